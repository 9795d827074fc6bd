"""Plans (which experiments answer a question) and how they are run: on several workers, with a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from wn_ref.errors import OverflowStop, require_whole
from wn_ref.experiment import PHASES, Experiment, Outcome, run_all
from wn_ref.noise import Noise

if TYPE_CHECKING:
    import pandas


def walking(
    noise: Callable[[float], Noise],
    sigmas: Sequence[float],
    seeds: Sequence[int],
    phases: Sequence[str] = PHASES,
    **settings: object,
) -> list[Experiment]:
    """Plan Walking Noise: noise at each injection point in turn (section 3.1).

    Parameters
    ----------
    noise : callable
        Makes the noise of a sigma, such as `wn_ref.additive`.
    sigmas, seeds, phases : sequences
        Every combination with every point is one experiment.
    **settings
        The other fields of `Experiment`.

    Returns
    -------
    list of Experiment
        By phase, point, sigma and seed.
    """
    return [
        Experiment(noise=noise(sigma), point=point, phase=phase, seed=seed, **settings)
        for phase in phases
        for point in range(len(Experiment(**settings).points))
        for sigma in sigmas
        for seed in seeds
    ]


def sweep(experiments: Sequence[Experiment], jobs: int = 1, progress: bool = False) -> pandas.DataFrame:
    """Run experiments and return a table, one row an experiment.

    A network that several experiments share is trained once. The table is the same for any number of workers.

    Parameters
    ----------
    experiments : sequence of Experiment
        In any order; the table has theirs.
    jobs : int
        Number of worker processes.
    progress : bool
        Whether to show a bar with the time left, on standard error.

    Returns
    -------
    pandas.DataFrame
        The experiment's fields, name of the point, accuracy, training_loss (of the last epoch), the data's number of
        test images and classes, and `error`: empty, or why the run stopped (accuracy is NaN then).
    """
    return table(outcomes(experiments, jobs, progress), experiments)


def outcomes(
    experiments: Sequence[Experiment], jobs: int = 1, progress: bool = False
) -> Iterator[tuple[Experiment, Outcome]]:
    """Yield each experiment with its result, or with the overflow that stopped it, as they come in."""
    from joblib import Parallel, delayed
    from tqdm import tqdm

    require_whole("jobs", jobs, least=1)
    groups: dict[Experiment, list[Experiment]] = {}
    for experiment in experiments:
        groups.setdefault(experiment.training(), []).append(experiment)
    tasks = sorted(groups.values(), key=len, reverse=True)  # the longest first: no worker waits for another at the end
    workers = Parallel(n_jobs=jobs, return_as="generator_unordered")
    with tqdm(total=len(tasks), unit="net", desc="training", disable=not progress) as bar:
        for group, results in workers(delayed(_attempt)(task) for task in tasks):
            bar.update()
            yield from zip(group, results, strict=True)


def table(pairs: Iterator[tuple[Experiment, Outcome]], order: Sequence[Experiment]) -> pandas.DataFrame:
    """Make the table of `sweep` from outcomes in any order; experiments without one are left out."""
    import pandas

    found = dict(pairs)
    return pandas.DataFrame([_row(experiment, found[experiment]) for experiment in order if experiment in found])


def _attempt(experiments: list[Experiment]) -> tuple[list[Experiment], list[Outcome]]:
    try:
        return experiments, run_all(experiments)
    except OverflowStop as stop:
        return experiments, [stop] * len(experiments)


def _row(experiment: Experiment, outcome: Outcome) -> dict[str, object]:
    data = experiment.data()
    name = experiment.point if isinstance(experiment.point, str) else experiment.points[experiment.point]
    row = experiment.row() | {"name": name, "test_size": len(data.test_labels), "classes": len(data.classes)}
    if isinstance(outcome, OverflowStop):
        return row | {"accuracy": float("nan"), "training_loss": float("nan"), "error": str(outcome)}
    return row | {"accuracy": outcome.accuracy, "training_loss": outcome.history[-1].loss, "error": ""}

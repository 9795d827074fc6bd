"""A sweep runs experiments on several workers and keeps what comes of each.

It has two stages. First networks are trained, the longest first, so that no worker waits for another at the end: those
that train with noise, and those without that several experiments share. Then the shared ones are evaluated under the
noise of each of their experiments. The parent hands out tasks and alone writes to the store; workers only compute.
"""

from __future__ import annotations

import json
import os
import platform
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from wn_ref.datasets import Dataset
from wn_ref.errors import InputError, OverflowStop
from wn_ref.experiment import Experiment, learn, measure
from wn_ref.network import weight_magnitudes
from wn_ref.store.canonical import key, keys
from wn_ref.store.networks import Arrays, to_arrays, to_network
from wn_ref.store.store import Outcome, Store, Training, writing
from wn_ref.sweeps.progress import Progress, cost
from wn_ref.sweeps.workers import DEATHS, each, pool

if TYPE_CHECKING:
    import pandas

EVALUATIONS = 16
"""How many evaluations of a shared network make one task: its network is sent once for all of them."""

Task = tuple[Experiment, list[Experiment]]
"""A training, and experiments that want it."""
Data = Callable[[Experiment], Dataset | None]
"""What a worker is handed to train and evaluate on; None if it is to load that itself."""


def sweep(
    experiments: Sequence[Experiment],
    store: str | Path | None = None,
    jobs: int = 1,
    progress: bool = False,
    retry_failed: bool = False,
    backend: str | None = None,
    scheduler: str | None = None,
) -> pandas.DataFrame:
    """Run experiments and return a table, one row an experiment.

    A network that several experiments share is trained once. The table is the same for any number of workers.

    Parameters
    ----------
    experiments : sequence of Experiment
        In any order; the table has theirs.
    store : str or Path, optional
        File that keeps every result as it comes in; what it has already is not run again. Without one, results live
        only as long as this call.
    jobs : int
        Number of worker processes on this machine.
    progress : bool
        Whether to show on standard error what is done, running, failed and how much time is left.
    retry_failed : bool
        Whether experiments that the store says failed are run again.
    backend, scheduler : str, optional
        Another backend of joblib, and the address of its scheduler: ``backend="dask", scheduler="tcp://host:8786"``.

    Returns
    -------
    pandas.DataFrame
        The experiment's fields, name of the point, the data's number of test images and classes, accuracy,
        training_loss (of the last epoch), and `error`: empty, or why the run failed (accuracy is NaN then).

    Raises
    ------
    InputError
        If the store, the workers or a data set cannot be used.
    """
    with writing(store) as opened:
        fill(opened, experiments, jobs, progress, retry_failed, backend, scheduler)
        return opened.table(experiments)


def fill(
    store: Store,
    experiments: Sequence[Experiment],
    jobs: int = 1,
    progress: bool = False,
    retry_failed: bool = False,
    backend: str | None = None,
    scheduler: str | None = None,
) -> None:
    """Run those experiments that a store has no row of; see `sweep`."""
    planned = keys(experiments)
    left = store.unfinished(planned, retry_failed)
    for experiment in {e.dataset: e for e in left.values()}.values():
        experiment.data()  # a data set that is absent stops the sweep here, instead of every run
    store.start_sweep(len(planned), len(left))
    todo = work(left.values(), store)
    for training, trained in todo.known.items():
        outcome = Outcome(trained.history[-1].accuracy, "", trained.seconds, machine())
        store.add(training, trained, {training: outcome})
    total = sum(map(_cost_of_training, todo.train)) + sum(map(_cost_of_evaluations, todo.evaluate))
    stored = len(planned) - len(left) + len(todo.known)
    with pool(jobs, backend, scheduler), Progress(total, len(planned), stored, jobs, progress) as bar:
        data = Experiment.data if backend is None else _own  # joblib maps large arrays into the memory of all workers
        failed = _train(todo.train, store, bar, data)
        _evaluate([task for task in todo.evaluate if task[0] not in failed], store, bar, data)


@dataclass(frozen=True)
class Work:
    """What a sweep has to do.

    Attributes
    ----------
    known : dict of Experiment to Training
        Experiments that are the training of a network which is kept: nothing is to be run.
    train, evaluate : list of Task
        Networks to train, and then to evaluate under the noise of experiments; the longest first.
    """

    known: dict[Experiment, Training]
    train: list[Task]
    evaluate: list[Task]


def work(experiments: Iterable[Experiment], store: Store) -> Work:
    """Return what is to be done for experiments without a result, given the networks that a store keeps."""
    groups: dict[Experiment, list[Experiment]] = {}
    for experiment in experiments:
        groups.setdefault(experiment.training(), []).append(experiment)
    shared = {key(training): training for training in groups if training.noise is None}
    trainings = store.trainings(shared)
    kept = {shared[k]: trained for k, trained in trainings.items() if store.networks.load(k) is not None}
    train = [(training, group) for training, group in groups.items() if training not in kept]
    evaluate = []
    for training, group in groups.items():
        group = [experiment for experiment in group if experiment.phase == "inference"]
        evaluate += [(training, group[i : i + EVALUATIONS]) for i in range(0, len(group), EVALUATIONS)]
    known = {training: trained for training, trained in kept.items() if training in groups[training]}
    train.sort(key=_cost_of_training, reverse=True)
    return Work(known, train, sorted(evaluate, key=_cost_of_evaluations, reverse=True))


def _own(_: Experiment) -> None:
    """Leave it to a worker on another machine to load its data."""


def _train(tasks: list[Task], store: Store, bar: Progress, data: Data) -> set[Experiment]:
    """Train networks, write the runs that ask for no more, and return the trainings that failed."""
    waiting, failed = len(tasks), set()
    with closing(each(train_one, tasks, lambda task: (task[0], data(task[0])))) as results:
        for (training, group), result in results:
            trained, outcome, arrays = result or (None, _killed(), None)
            if trained is None:
                failed.add(training)
            elif arrays is not None:
                store.networks.save(key(training), arrays)
            finished = group if trained is None else [e for e in group if e == training]
            store.add(training, trained, dict.fromkeys(finished, outcome))
            waiting -= 1
            bar.add(_cost_of_training((training, group)), len(finished), len(finished) * (trained is None), waiting)
    return failed


def _evaluate(tasks: list[Task], store: Store, bar: Progress, data: Data) -> None:
    """Evaluate each trained network under the noise of its experiments, and write those runs."""
    waiting, known = len(tasks), store.trainings({key(training) for training, _ in tasks})
    load = lru_cache(maxsize=1)(store.networks.load)
    with closing(each(evaluate_all, tasks, lambda task: (*task, load(key(task[0])), data(task[0])))) as results:
        for (training, group), result in results:
            outcomes = dict(zip(group, result or [_killed()] * len(group), strict=True))
            store.add(training, known[key(training)], outcomes)
            waiting -= 1
            failed = sum(bool(outcome.error) for outcome in outcomes.values())
            bar.add(_cost_of_evaluations((training, group)), len(group), failed, waiting)


def train_one(training: Experiment, data: Dataset | None = None) -> tuple[Training | None, Outcome, Arrays | None]:
    """Train one network, in a worker; return its arrays too if others may want it, which is if there was no noise."""
    start = time.perf_counter()
    try:
        network, history = learn(training, data=data)
    except Exception as error:  # whatever it is, it costs this run and no other
        return None, Outcome(None, _message(error), time.perf_counter() - start, machine()), None
    seconds = time.perf_counter() - start
    trained = Training(history, weight_magnitudes(network), seconds)
    outcome = Outcome(history[-1].accuracy, "", seconds, machine())
    return trained, outcome, to_arrays(network) if training.noise is None else None


def evaluate_all(
    training: Experiment, experiments: list[Experiment], arrays: Arrays, data: Dataset | None = None
) -> list[Outcome]:
    """Evaluate one trained network under the noise of each experiment, in a worker."""
    network, outcomes = to_network(training, arrays), []
    for experiment in experiments:
        start = time.perf_counter()
        try:
            accuracy, error = measure(experiment, network, data), ""
        except Exception as caught:
            accuracy, error = None, _message(caught)
        outcomes.append(Outcome(accuracy, error, time.perf_counter() - start, machine()))
    return outcomes


@cache
def machine() -> str:
    """Describe this process: versions, host and processor, as JSON."""
    import numba
    import numpy

    from wn_ref import __version__

    versions = {"wn_ref": __version__, "python": platform.python_version()}
    versions |= {"numpy": numpy.__version__, "numba": numba.__version__}
    return json.dumps(versions | {"host": platform.node(), "processor": _processor(), "cores": os.cpu_count()})


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _message(error: Exception) -> str:
    """Say in one line why a run failed; an error that nobody foresaw with its kind and place."""
    if isinstance(error, OverflowStop | InputError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    text = f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"
    return " ".join(text.split())


def _killed() -> Outcome:
    return Outcome(None, f"its worker was killed {DEATHS} times; is there enough memory?", 0.0, machine())


def _cost_of_training(task: Task) -> float:
    return cost(task[0])


def _cost_of_evaluations(task: Task) -> float:
    return sum(map(cost, task[1]))

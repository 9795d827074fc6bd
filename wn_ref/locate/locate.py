"""Find one midpoint with as few networks as it takes: the search of `wn_ref.locate.search`, on real experiments."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wn_ref.datasets import CATALOG
from wn_ref.errors import InputError, require_whole
from wn_ref.experiment import Experiment
from wn_ref.locate.search import Estimate, Question, at_inference, in_training
from wn_ref.noise import Noise, additive
from wn_ref.store.store import writing
from wn_ref.sweeps.execution import fill

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Location:
    """Where a midpoint is; made by `locate_midpoint`.

    Attributes
    ----------
    estimate : Estimate
        midpoint, interval, kind and seed_std.
    runs : pandas.DataFrame
        Every run, as of `wn_ref.sweep`.
    networks : int
        How many networks were trained.
    """

    estimate: Estimate
    runs: pandas.DataFrame = field(repr=False)
    networks: int

    @property
    def midpoint(self) -> float:
        """mu, in units of sigma; NaN while it is only bounded."""
        return self.estimate.midpoint

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        return self.estimate.interval

    @property
    def kind(self) -> str:
        """How it ended: "measured", "lower bound", "upper bound" or "stopped"."""
        return self.estimate.kind

    def __str__(self) -> str:
        return str(self.estimate)


def locate_midpoint(
    noise: Callable[[float], Noise] = additive,
    *,
    width: float = 0.1,
    max_runs: int = 60,
    jobs: int = 1,
    store: str | Path | None = None,
    low: float = 1e-4,
    high: float = 1e10,
    start: float = 1.0,
    show: Callable[[int, Estimate], None] | None = None,
    **settings: object,
) -> Location:
    """Find a midpoint noise level with as few networks as it takes (see `wn_ref.locate.search` for how).

    Parameters
    ----------
    noise : callable
        Makes the noise of a sigma, such as `wn_ref.additive`.
    width : float
        Ends when the 95 % interval is narrower than this share of the midpoint; 0.1 is +-5 %.
    max_runs : int
        Networks to train at most, at least 12.
    jobs : int
        Worker processes, and how many runs are placed at once.
    store : str or Path, optional
        A file that keeps every run as it ends; what it has already is not run again.
    low, high, start : float
        The range of sigma to search, and where to begin.
    show : callable, optional
        Called with the number of networks trained so far and the `Estimate`, after every batch.
    **settings
        The other fields of `Experiment`, without noise and seed: point, phase, epochs, ...

    Returns
    -------
    Location
        The same for the same arguments; `jobs` is one of them, as it decides what is known when a run is placed.

    Raises
    ------
    InputError
        If a value is none that can be run.
    """
    if not 1e-3 <= width < 2:
        raise InputError(f"width: expected 0.001 <= width < 2, got {width}; 0.1 is an interval of +-5 %")
    require_whole("max_runs", max_runs, least=12)
    require_whole("jobs", jobs, least=1)
    if not 0 < low <= start <= high < math.inf:
        raise InputError(f"start: expected 0 < low <= start <= high, got {low}, {start}, {high}; correct them")
    if taken := {"noise", "seed"} & set(settings):
        raise InputError(f"settings: expected neither noise nor seed, got {', '.join(taken)}; leave it out")
    template = Experiment(noise=noise(start), **settings)
    chance = 1 / len(CATALOG[template.dataset].classes)
    question = Question(chance, template.noise.sigma_mul == 0, width, low, high, start, max_runs, jobs)
    asked: dict[Experiment, None] = {}
    clean = replace(template, phase="inference").training()

    def measure(requests: Sequence[tuple[float, int]]) -> np.ndarray:
        plan = [
            replace(template, noise=noise(sigma), seed=seed) if sigma else replace(clean, seed=seed)
            for sigma, seed in requests
        ]
        asked.update(dict.fromkeys(plan))
        fill(opened, plan, jobs)
        return opened.table(plan)["accuracy"].to_numpy()

    search = in_training if template.phase == "training" else at_inference
    with writing(store) as opened:
        estimate = search(measure, question, show)
        runs = opened.table(asked)
    return Location(estimate, runs, len({experiment.training() for experiment in asked}))

"""Find one midpoint with few networks: the search of `wn_ref.locate.search`, with real experiments."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from wn_ref.datasets import CATALOG
from wn_ref.errors import InputError, require_whole
from wn_ref.experiment import Experiment
from wn_ref.lazy import pandas
from wn_ref.locate.question import Estimate, Question
from wn_ref.locate.search import at_inference, in_training
from wn_ref.noise import Noise, additive
from wn_ref.store.writer import writing
from wn_ref.sweeps.runner import fill
from wn_ref.sweeps.workers import Workers


@dataclass(frozen=True)
class Location:
    """Where a midpoint is, as `locate_midpoint` returns it.

    Attributes
    ----------
    estimate : Estimate
        The midpoint, its interval, how the search ended, and the scatter between networks.
    runs : pandas.DataFrame
        Every run, as in the table that `wn_ref.sweep` returns.
    networks : int
        How many networks were trained.

    Examples
    --------
    >>> import wn_ref as wn
    >>> location = wn.locate_midpoint(dataset="digits", epochs=3, phase="inference", width=0.3, max_runs=12)
    >>> low, high = location.interval
    >>> low < location.midpoint < high
    True
    >>> location.networks == location.runs["seed"].nunique()
    True
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
        """How the search ended: "measured", "lower bound", "upper bound" or "stopped" (see `Estimate`)."""
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
    **settings: Any,
) -> Location:
    """Find a midpoint noise level with as few networks as possible; `wn_ref.locate.search` describes how.

    Parameters
    ----------
    noise : callable
        Returns the noise for a sigma, such as `wn_ref.additive`.
    width : float
        The search ends when the 95 % interval is narrower than this fraction of the midpoint; 0.1 means +-5 %.
    max_runs : int
        How many networks are trained at most; 12 or more.
    jobs : int
        Number of worker processes, and of runs that are placed at the same time.
    store : str or Path, optional
        A file that keeps every run as it ends. Runs that have a result in it are not run again.
    low, high, start : float
        The smallest and the largest sigma of the search, and the first one.
    show : callable, optional
        Called with the number of networks trained so far and the `Estimate`, after every batch of runs.
    **settings
        The other fields of `Experiment` except seed: dataset, model, point, phase, epochs, ...

    Returns
    -------
    Location
        The same for the same arguments. `jobs` is one of them, because it decides what is known when a run is placed.

    Raises
    ------
    InputError
        If an argument has a value that cannot be used.
    StorageError
        If another process is writing to the store, or the disk is full or fails.

    Examples
    --------
    The midpoint of networks that meet additive noise in evaluation only, with an interval of +-15 %:

    >>> import wn_ref as wn
    >>> location = wn.locate_midpoint(wn.additive, dataset="digits", epochs=3, phase="inference", width=0.3)
    >>> location.kind, location.estimate.width <= 0.3
    ('measured', True)
    """
    if not 1e-3 <= width < 2:
        raise InputError(f"width: expected 0.001 <= width < 2, got {width}; 0.1 means an interval of +-5 %")
    require_whole("max_runs", max_runs, least=12)
    require_whole("jobs", jobs, least=1)
    if not 0 < low <= start <= high < math.inf:
        raise InputError(f"start: expected 0 < low <= start <= high, got {low}, {start}, {high}; correct them")
    if taken := {"noise", "seed"} & set(settings):
        raise InputError(f"settings: expected neither noise nor seed, got {', '.join(taken)}; leave it out")
    if not isinstance(first := noise(start), Noise):
        raise InputError(
            f"noise: expected a function from sigma to its noise, got one that returns {first!r}; correct it"
        )
    template = Experiment(noise=first, **settings)
    chance = 1 / len(CATALOG[template.dataset].classes)
    question = Question(chance, first.sigma_mul == 0, width, low, high, start, max_runs, jobs)
    clean = replace(template, phase="inference").training_experiment()
    asked: dict[Experiment, None] = {}

    def measure(requests: Sequence[tuple[float, int]]) -> np.ndarray:
        plan = [
            replace(template, noise=noise(sigma), seed=seed) if sigma else replace(clean, seed=seed)
            for sigma, seed in requests
        ]
        asked.update(dict.fromkeys(plan))
        fill(opened, plan, Workers(jobs))
        return opened.table(plan)["accuracy"].to_numpy()

    search = in_training if template.phase == "training" else at_inference
    with writing(store) as opened:
        estimate = search(measure, question, show)
        runs = opened.table(asked)
    return Location(estimate, runs, len({experiment.training_experiment() for experiment in asked}))

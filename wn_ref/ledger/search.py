"""A midpoint to be located: as data, and found in published runs.

A search places its runs one after the other, and what it asks for follows from the accuracies before. So the published
runs of a search are all that is needed to repeat it without training: `answered` asks the same questions, and looks the
answers up. That is how every midpoint of the ledger is computed. A campaign does the same, and runs what is missing: so
it goes on from what is published, on whatever machine that was run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from wn_ref.experiment import Experiment
from wn_ref.injection import GLOBAL
from wn_ref.ledger.tables import FIELDS, Cells, has_failed, identity, text
from wn_ref.noise import Noise, of_kind
from wn_ref.search.experiments import AT_ONCE, asked_run, question_about
from wn_ref.search.phases import SEARCHES
from wn_ref.search.question import Estimate, Show
from wn_ref.sweeps import grids

TYPICAL = {"training": 14, "inference": 7}
"""Networks that a search takes as a rule, for forecasts."""
SAME = 1e-6
"""Two noise levels are the same if they differ by less than this share: other machines round otherwise."""
VARIED = ("seed", "sigma_mul", "sigma_add")
"""Columns in which the runs of a search differ."""


@dataclass(frozen=True)
class Search:
    """A midpoint of the paper's: what `wn_ref.locate_midpoint` is asked.

    Attributes
    ----------
    dataset, model, batchnorm, phase, point, clamp
        Fields of `Experiment`.
    noise, gradient : str
        As for `wn_ref.noise.of_kind`.
    epochs : int or None
        None means the paper's.
    width : float
        How wide the 95 % interval may be, as a share of the midpoint.
    max_runs : int
        How many networks are trained at most.
    low, high : float
        The range of sigma. At `high`, the accuracy under infinite multiplicative noise is measured.
    start, step : float
        The first sigma, and the factor between it and the second.
    """

    dataset: str
    model: str
    batchnorm: bool
    noise: str = "additive"
    phase: str = "training"
    point: int | str = GLOBAL
    gradient: str = "exact"
    clamp: bool = False
    epochs: int | None = None
    width: float = 0.1
    max_runs: int = 40
    low: float = 1e-4
    high: float = 1e10
    start: float = 1.0
    step: float = 10.0

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The fields of `Experiment` that its runs have in common: those of the paper, but for what was chosen."""
        training = grids.paper_training(self.dataset, self.model) | ({"epochs": self.epochs} if self.epochs else {})
        own = {name: getattr(self, name) for name in ("dataset", "model", "batchnorm", "phase", "point", "clamp")}
        return own | training

    @cached_property
    def template(self) -> Experiment:
        """The experiment of the first sigma and seed 0."""
        return Experiment(noise=self.noise_of(1.0), **self.settings)

    @property
    def limits(self) -> dict[str, Any]:
        """Where it looks, and when it ends."""
        return {name: getattr(self, name) for name in ("width", "max_runs", "low", "high", "start", "step")}

    def noise_of(self, sigma: float) -> Noise:
        """Return its noise at a sigma."""
        return of_kind(self.noise, sigma, self.gradient)

    def at(self, epochs: int | None) -> Search:
        """Return the same search with a number of epochs."""
        return replace(self, epochs=epochs)

    def typical(self) -> list[Experiment]:
        """Return experiments that take about as long as those of the search."""
        networks = range(TYPICAL[self.phase])
        noisy = [asked_run(self.template, self.noise_of, sigma, seed) for seed in networks for sigma in self._levels]
        return noisy if self.phase == "training" else [*noisy, *(e.training_experiment() for e in noisy)]

    @property
    def _levels(self) -> list[float]:
        return [1.0] if self.phase == "training" else [float(sigma) for sigma in np.geomspace(0.1, 10, 18)]


@dataclass(frozen=True)
class Answer:
    """What published runs say about a midpoint.

    Attributes
    ----------
    estimate : Estimate
        The answer; that of a search that has just begun unless it is complete.
    complete : bool
        Whether the search has come to its end.
    runs : list of dict
        The rows that it used.
    """

    estimate: Estimate
    complete: bool
    runs: list[Cells]

    @property
    def networks(self) -> int:
        """How many networks were trained."""
        return len({trained_by(cells) for cells in self.runs})


class Missing(Exception):
    """A search asks for a run that there is not."""


Families = Mapping[tuple[str, ...], Mapping[str, Sequence[tuple[float, Cells]]]]
"""Runs that differ in sigma and seed alone: (sigma, row) by seed, by what else there is."""
Run = Callable[[Sequence[Experiment]], Sequence[Cells]]
"""Runs experiments and returns their rows."""


def families(runs: Sequence[Cells]) -> Families:
    """Divide published runs into those that one search may use."""
    found: dict[tuple[str, ...], dict[str, list[tuple[float, Cells]]]] = {}
    for cells in runs:
        sigma = max(float(cells["sigma_mul"]), float(cells["sigma_add"]))
        found.setdefault(_family(cells), {}).setdefault(cells["seed"], []).append((sigma, cells))
    return found


def answered(search: Search, known: Families, run: Run | None = None, show: Show | None = None) -> Answer:
    """Ask published runs, as far as they go.

    Parameters
    ----------
    search : Search
        What is asked.
    known : mapping
        The published runs, as `families` divides them.
    run : callable, optional
        Runs what is missing; without it, the answer ends there and is not complete.
    show : callable, optional
        As for `wn_ref.locate_midpoint`.
    """
    used: dict[int, Cells] = {}

    def measure(requests: Sequence[tuple[float, int]]) -> np.ndarray:
        asked = [asked_run(search.template, search.noise_of, sigma, seed) for sigma, seed in requests]
        found = [_find(known, experiment) for experiment in asked]
        missing = [one for one, cells in zip(asked, found) if cells is None or has_failed(cells)]
        if missing and run is not None:
            new = {identity(cells): cells for cells in run(missing)}
            found = [new.get(identity(one.row()), cells) for one, cells in zip(asked, found)]
        used.update({id(cells): cells for cells in found if cells is not None})
        if any(cells is None or has_failed(cells) for cells in found):
            raise Missing
        return np.array([float(cells["accuracy"]) if cells and cells["accuracy"] else math.nan for cells in found])

    question = question_about(search.template, **search.limits, at_once=AT_ONCE)
    try:
        estimate = SEARCHES[search.phase](measure, question, show)
    except Missing:
        return Answer(Estimate(), False, list(used.values()))
    return Answer(estimate, True, list(used.values()))


def trained_by(cells: Cells) -> tuple[str, ...]:
    """Return what identifies the network of a run: equal for all runs that share it."""
    if cells["phase"] == "training":
        return tuple(cells[name] for name in FIELDS)
    quiet = cells | {name: text(FIELDS[name]) for name in ("sigma_mul", "sigma_add", "first", "gradient", "executions")}
    return tuple((quiet | {"point": GLOBAL, "phase": "training"})[name] for name in FIELDS)


def _family(cells: Mapping[str, Any]) -> tuple[str, ...]:
    kind = tuple(str(float(cells[name]) > 0) for name in ("sigma_mul", "sigma_add"))
    return *kind, *(text(cells[name]) for name in FIELDS if name not in VARIED)


def _find(known: Families, experiment: Experiment) -> Cells | None:
    """Return the published run of an experiment, whose sigma may differ by rounding."""
    noise, row = experiment.noise, experiment.row()
    sigma = 0.0 if noise is None else max(noise.sigma_mul, noise.sigma_add)
    near = known.get(_family(row), {}).get(str(experiment.seed), ())
    same = [
        (abs(level - sigma), number) for number, (level, _) in enumerate(near) if abs(level - sigma) <= SAME * sigma
    ]
    return near[min(same)[1]][1] if same else None

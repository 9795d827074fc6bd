"""The search for a midpoint where every run trains a network: noise in training and evaluation.

Runs are placed one after the other (or `at_once` at a time), each with a seed of its own: first to bracket the midpoint
in ln sigma, then where they tell most about it. The result is the sigma at which *the accuracy averaged over seeds* is
half way down.

Half way is between the accuracy without noise, which is measured, and that under infinite noise. For additive noise the
latter is that of guessing, 1/K. For multiplicative and mixed noise it may be anything (section 6), and is measured at
the largest sigma that does not overflow. Both accuracies belong to the test images at hand, and so does the midpoint:
the interval is about other seeds, not about other images.

The search knows nothing of networks; it calls a `Measure`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from wn_ref.search.approach import approach, guess
from wn_ref.search.local_fit import SLOPES, LocalFit, fit_window
from wn_ref.search.plateaus import Plateaus, bracket, highest_measured
from wn_ref.search.question import Estimate, Measure, Question, Show
from wn_ref.search.stopping import evident, next_look
from wn_ref.search.verdict import bound, doubt, doubt_between_networks, unknown, without_fall

PLATEAU_RUNS = 2
"""How many networks measure a plateau at first; it gets more of them where they tell more than others."""
FEWEST_RUNS = 8
"""Runs around the midpoint before an interval is trusted; tests/search/test_coverage.py shows that they are enough."""
EARLIEST = 5
"""Runs around the midpoint before an interval is trusted that is evidently narrow enough."""

LARGEST = 700.0
"""Above this, exp overflows."""
CLOSE = 1 / 4
"""The smallest slope that matters, as a fraction of the width that is asked for."""


def in_training(measure: Measure, question: Question, show: Show | None = None) -> Estimate:
    """Locate a midpoint where every run trains a network: noise in training and evaluation.

    Parameters
    ----------
    measure : callable
        Returns the accuracies of runs, see `Measure`.
    question : Question
        What is asked.
    show : callable, optional
        See `Show`.
    """
    runs = _Runs(measure, question)
    runs.measure_plateaus()
    if answer := without_fall(runs.plateaus, question):
        return answer
    fit, estimate, look = None, Estimate(), FEWEST_RUNS
    while (count := min(question.at_once, question.max_runs - runs.networks)) > 0:
        levels = runs.next(fit, count)
        if not levels:
            return bound(runs.x, runs.y, runs.plateaus, question)
        runs.add(levels)
        fit = runs.fit(fit)
        fitted = 0 if fit is None else fit.runs - runs.halvings
        ended, due, early = runs.networks >= question.max_runs, fitted >= look, EARLIEST <= fitted < FEWEST_RUNS
        if show or due or early or ended:
            estimate = runs.estimate(fit)
        if show:
            show(runs.networks, estimate)
        if due and estimate.kind == "unknown":
            return estimate
        if due and estimate.width <= question.width:
            return replace(estimate, kind="measured")
        if early and fit and evident(estimate.width, fit.dof - runs.halvings, question.width):
            return replace(estimate, kind="measured")
        if due:
            look = next_look(fitted, estimate.width / question.width)
    return estimate


@dataclass
class _Runs:
    """All runs of a search so far; each has the number of networks before it as its seed.

    Attributes
    ----------
    x, y : list of float
        ln sigma and accuracy of the runs between the plateaus.
    clean, floor : list of float
        Accuracies of the runs that measure the plateaus.
    top : float
        The ln sigma of the runs in `floor`; inf if the floor is known.
    halvings : int
        How many runs halved a bracket around a curve that looked like a step. Such runs never contradict each other,
        whatever the scatter, and thus confirm nothing.
    """

    measure: Measure
    question: Question
    networks: int = 0
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    clean: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    top: float = math.inf
    halvings: int = 0

    def run(self, sigmas: list[float]) -> list[float]:
        """Train a network at each sigma and return their accuracies."""
        accuracies = self.measure([(sigma, self.networks + number) for number, sigma in enumerate(sigmas)])
        self.networks += len(sigmas)
        return [float(accuracy) for accuracy in accuracies]

    def measure_plateaus(self) -> None:
        """Measure the accuracy without noise, and the floor at the largest sigma that does not overflow."""
        low, high = self.question.low, self.question.high
        floors = 0 if self.question.floor_known else PLATEAU_RUNS
        accuracies = self.run([0.0] * PLATEAU_RUNS + [high] * floors)
        self.clean, self.floor = accuracies[:PLATEAU_RUNS], accuracies[PLATEAU_RUNS:]
        if floors == 0:
            return
        self.top = math.log(high)
        if np.isnan(self.floor).all() and not np.isnan(self.clean).all():
            sigma, accuracy = highest_measured(lambda level: self.run([level])[0], low, high)
            if math.isfinite(accuracy):
                self.top, self.floor = math.log(sigma), [accuracy, *self.run([sigma] * (floors - 1))]

    @property
    def plateaus(self) -> Plateaus:
        """Mean accuracies without noise and on the floor."""
        measured = Plateaus.of_runs(self.clean, self.floor, self.top)
        return replace(measured, floor=self.question.chance) if self.question.floor_known else measured

    def next(self, fit: LocalFit | None, count: int) -> list[float]:
        """Return where to measure next, in ln sigma; -inf means without noise, inf on the floor."""
        limits = self.question.limits
        if fit:
            low, high = bracket(self.x, self.plateaus.height(self.y))
            if high - low > max(2 * fit.wide[1], CLOSE * self.question.width / 2):  # a step, as far as one can see
                self.halvings += count
                return [float(level) for level in np.linspace(low, high, count + 2)[1:-1]]
            return fit.next(count, limits)
        limits = limits[0], min(limits[1], self.top)
        start, step = math.log(self.question.start), math.log(self.question.step)
        return approach(self.x, self.plateaus.height(self.y), limits, start, count, step)

    def add(self, levels: list[float]) -> None:
        """Train a network at each of these values of ln sigma."""
        for level, accuracy in zip(levels, self.run([math.exp(min(level, self.top)) for level in levels])):
            if math.isinf(level):
                (self.clean if level < 0 else self.floor).append(accuracy)
            else:
                self.x.append(level)
                self.y.append(accuracy)

    def fit(self, last: LocalFit | None) -> LocalFit | None:
        """Fit the runs, starting from the last fit; None if there are not enough runs, or all are on one side."""
        plateaus, known = self.plateaus, np.isfinite(self.y)
        x, y = np.array(self.x)[known], np.array(self.y)[known]
        height = plateaus.height(y)
        above, below = bracket(x, height)
        if math.isinf(above) or math.isinf(below):
            return None
        starts = [(float(last.wide[0]), float(last.wide[1])) if last else guess(x, height)]
        if above < below:  # a step, perhaps
            starts.append(((above + below) / 2, max((below - above) / 8, 2 * SLOPES[0])))
        return fit_window(x, y, plateaus, starts, CLOSE * self.question.width)

    def estimate(self, fit: LocalFit | None) -> Estimate:
        """Return what a fit says, or, without one, between which sigmas the midpoint is."""
        if fit is None:
            low, high = sorted(bracket(self.x, self.plateaus.height(self.y)))
            return Estimate(interval=(math.exp(low), math.exp(high)))
        mu, slope = fit.best[0], max(fit.best[1], fit.wide[1])
        if reason := doubt(mu, slope, self.plateaus) or doubt_between_networks(self.x, self.y, fit):
            return unknown(reason)
        low, high = fit.cautious_interval()
        above, below = bracket(self.x, self.plateaus.height(self.y))
        if fit.best[1] < below - above:  # a step, anywhere between these two
            low, high = min(low, above), max(high, below)
        ends = math.exp(low), math.exp(high) if high < LARGEST else math.inf
        return Estimate(math.exp(mu), ends, seed_std=fit.seed_std)

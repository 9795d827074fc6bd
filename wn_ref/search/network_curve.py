"""One trained network's accuracies at many noise levels, and its own midpoint."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wn_ref.search.approach import guess
from wn_ref.search.local_fit import LocalFit, fit_window
from wn_ref.search.plateaus import Plateaus, bracket
from wn_ref.search.question import Measure, Question

SCAN = 4
"""Evaluations per decade of sigma that find where a network's accuracy falls."""
FEWEST_SCANNED = 9
"""The fewest evaluations of a scan, however short the range."""
FINE = 1 / 8
"""A bracket of this fraction of the width that is asked for tells where the midpoint is, whatever the slope."""
WIDEN = 3.0
"""By how much the levels are spread, again and again, until a network's accuracy falls between them."""


@dataclass
class NetworkCurve:
    """What is known about one network; made by `scan` and `evaluate`.

    Attributes
    ----------
    measure, question
        As in `wn_ref.search.in_training.in_training`.
    seed : int
        Which network.
    plateaus : Plateaus
        Its own.
    x, y : np.ndarray
        ln sigma, ascending, and accuracy of its evaluations, (n,); NaN where one overflowed.
    """

    measure: Measure
    question: Question
    seed: int
    plateaus: Plateaus
    x: np.ndarray
    y: np.ndarray

    def add(self, levels: npt.ArrayLike) -> None:
        """Evaluate the network at more values of ln sigma."""
        new = np.setdiff1d(np.clip(levels, *self.question.limits), self.x)
        if len(new) == 0:
            return
        y = self.measure([(math.exp(level), self.seed) for level in new])
        order = np.argsort(x := np.r_[self.x, new])
        self.x, self.y = x[order], np.r_[self.y, y][order]

    @property
    def bracket(self) -> tuple[float, float]:
        """The largest ln sigma above half way and the smallest one below, or the other way round if they overlap.

        Without evaluations that overflowed; -inf or inf if there is none.
        """
        known = np.isfinite(self.y)
        low, high = sorted(bracket(self.x[known], self.plateaus.height(self.y[known])))
        return low, high

    @property
    def falls(self) -> bool:
        """Whether the midpoint lies between two evaluations."""
        low, high = self.bracket
        return math.isfinite(low) and math.isfinite(high)

    def fit(self) -> LocalFit | None:
        """Fit equation 1; None if too few evaluations have an accuracy. `falls` must be true."""
        known = np.isfinite(self.y)
        x, y = self.x[known], self.y[known]
        return fit_window(x, y, self.plateaus, [guess(x, self.plateaus.height(y))])

    def narrow(self) -> LocalFit | None:
        """Evaluate between two levels that are far apart compared with the slope, and return the fit."""
        for _ in range(4):
            low, high = self.bracket
            fit = self.fit()
            if fit is not None and high - low <= max(fit.wide[1], FINE * self.question.width):
                break
            self.add(np.linspace(low, high, 11)[1:-1])
        return self.fit()

    def find_fall(self, centre: float, distances: np.ndarray) -> None:
        """Spread levels around `centre`, at these distances in ln sigma, until the accuracy falls between them."""
        low, high = self.question.limits
        while not self.falls and (self.x[0] > low or self.x[-1] < high):
            distances = WIDEN * distances
            self.add(centre + distances)


def scan(measure: Measure, question: Question, seed: int) -> NetworkCurve:
    """Evaluate a network over the whole range of sigma; its last accuracy is the floor, unless that is known."""
    count = max(1 + math.ceil(SCAN * math.log10(question.high / question.low)), FEWEST_SCANNED)
    sigmas = np.unique(np.geomspace(question.low, question.high, count))
    clean, *accuracies = measure([(sigma, seed) for sigma in (0.0, *map(float, sigmas))])
    x, y = np.log(sigmas), np.asarray(accuracies, np.float64)
    if question.floor_known:
        return NetworkCurve(measure, question, seed, Plateaus(float(clean), question.chance), x, y)
    known = np.flatnonzero(np.isfinite(y))
    plateaus = Plateaus.of_runs([clean], y[known[-1:]], float(x[known[-1]]) if len(known) else math.nan)
    return NetworkCurve(measure, question, seed, plateaus, x, y)


def evaluate(
    measure: Measure, question: Question, seeds: Sequence[int], levels: np.ndarray, top: float
) -> list[NetworkCurve]:
    """Evaluate several networks at the same values of ln sigma, and where the floor is not known, at `top`.

    A network that overflows at `top` is scanned instead.
    """
    x = np.unique(np.clip(levels, *question.limits))
    ends = [0.0] if question.floor_known else [0.0, math.exp(top)]
    requests = [(sigma, seed) for seed in seeds for sigma in (*ends, *map(math.exp, x))]
    curves = []
    for seed, (clean, *accuracies) in zip(seeds, measure(requests).reshape(len(seeds), -1)):
        y = np.asarray(accuracies[len(ends) - 1 :], np.float64)
        plateaus = Plateaus(float(clean), question.chance)
        if not question.floor_known:
            plateaus = Plateaus.of_runs([clean], accuracies[:1], top)
        broken = math.isnan(plateaus.floor)
        curves.append(
            scan(measure, question, seed) if broken else NetworkCurve(measure, question, seed, plateaus, x, y)
        )
    return curves

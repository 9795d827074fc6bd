"""The search for a midpoint: measure, see what is known, choose where to measure next. No networks, only `measure`.

Two experiments, two designs:

- Noise in training and evaluation: every run is another network. Runs are placed one after the other (or `jobs` at a
  time), each with a seed of its own: first to bracket the midpoint in ln sigma, then where `design` says that
  they tell most about it. What is located is the sigma at which *accuracy averaged over seeds* is half way down.
- Noise at inference only: a network is expensive and its evaluations are cheap, so each network is evaluated at many
  sigmas and has a midpoint of its own; only more networks tell how these scatter. What is located is the *geometric
  mean over seeds* of the networks' midpoints. (The two differ by the square of their scatter, far less than either is
  known.)

Half way is between the accuracy without noise, which is measured, and that under noise without end: guessing, 1/K, for
additive noise; for multiplicative and mixed noise it may be anywhere (section 6), and is measured at the largest sigma.
Both belong to the test images at hand, as does the midpoint: the interval is about other seeds, not about other images.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wn_ref.locate.design import LocalFit, Plateaus, approach, bracket, fit_window, guess
from wn_ref.profile import student_quantile

CLEAN_RUNS = 2  # how many networks tell a plateau
FEWEST_RUNS = 8  # around the midpoint, before an interval is believed (see tests/test_locate.py)
FEWEST_NETWORKS = 5  # the same, where every network has a midpoint of its own
SCAN = 4  # evaluations a decade, to find the fall of the first network
LEVELS = 0.3 * np.linspace(-1, 1, 11)  # where the others are evaluated, in slopes about the midpoint
LOOK = (1.15, 2.0)  # how many times more runs before the next look, at least and at most

Measure = Callable[[Sequence[tuple[float, int]]], np.ndarray]
"""Accuracies (NaN for a run that overflowed) of (sigma, seed); sigma = 0 is no noise."""


@dataclass(frozen=True)
class Estimate:
    """What is known about a midpoint at some stage.

    Attributes
    ----------
    midpoint : float
        mu, in units of sigma; NaN while it is only bounded.
    interval : tuple of float
        The 95 % interval. Before there is one, the largest sigma found above half way and the smallest found below
        (0 or inf for none).
    kind : "measured", "lower bound", "upper bound" or "stopped"
        "stopped" is not, or not yet, as narrow as asked; bounds: no midpoint in the range that was searched.
    seed_std : float
        Standard deviation of ln mu between single networks, about their relative scatter; NaN if unknown.
    """

    midpoint: float = math.nan
    interval: tuple[float, float] = (0.0, math.inf)
    kind: str = "stopped"
    seed_std: float = math.nan

    @property
    def width(self) -> float:
        """Width of the interval over the midpoint; inf while it is only bounded."""
        low, high = self.interval
        return (high - low) / self.midpoint if self.midpoint > 0 else math.inf

    def __str__(self) -> str:
        low, high = self.interval
        if self.kind == "lower bound":
            return f"midpoint > {low:.3g}"
        if self.kind == "upper bound":
            return f"midpoint < {high:.3g}"
        if math.isnan(self.midpoint):
            return f"midpoint between {low:.3g} and {high:.3g}"
        return f"midpoint {self.midpoint:.3g} (95 %: {low:.3g} to {high:.3g})"


@dataclass(frozen=True)
class Question:
    """What is asked: see `locate_midpoint` for `width`, `low`, `high`, `start`, `max_runs` and `jobs`.

    `chance` is 1/K, `floor_known` whether accuracy ends there.
    """

    chance: float
    floor_known: bool = True
    width: float = 0.1
    low: float = 1e-4
    high: float = 1e10
    start: float = 1.0
    max_runs: int = 60
    jobs: int = 1

    @property
    def limits(self) -> tuple[float, float]:
        """The range of ln sigma."""
        return math.log(self.low), math.log(self.high)

    def flat(self, clean: float, floor: float) -> Estimate | None:
        """The verdict on a curve that has nowhere to fall, or None."""
        if clean - self.chance < 0.05 * (1 - self.chance):
            return Estimate(interval=(0.0, self.low), kind="upper bound")
        if clean - floor < 0.05 * (1 - self.chance):
            return Estimate(interval=(self.high, math.inf), kind="lower bound")
        return None


def in_training(measure: Measure, question: Question, show: Callable[[int, Estimate], None] | None = None) -> Estimate:
    """Locate a midpoint where every run trains a network.

    Parameters
    ----------
    measure : callable
        Makes runs.
    question : Question
        What is asked.
    show : callable, optional
        Called with the number of networks trained so far and the estimate, after every batch.
    """
    sigmas = [0.0] * CLEAN_RUNS + [question.high] * (0 if question.floor_known else CLEAN_RUNS)
    first = measure([(sigma, seed) for seed, sigma in enumerate(sigmas)])
    plateaus = Plateaus(float(np.nanmean(first[:CLEAN_RUNS])), question.chance, CLEAN_RUNS)
    if not question.floor_known:
        plateaus = Plateaus(plateaus.clean, float(np.nanmean(first[CLEAN_RUNS:])), CLEAN_RUNS, CLEAN_RUNS)
    if verdict := question.flat(plateaus.clean, plateaus.floor):
        return verdict
    x, y, used, look = [], [], len(sigmas), FEWEST_RUNS
    fit, estimate = None, Estimate()
    while (count := min(question.jobs, question.max_runs - used)) > 0:
        height = plateaus.height(y)
        levels = fit.next(count) if fit else approach(x, height, question.limits, math.log(question.start), count)
        if not levels:
            return _bound(x, height)
        accuracies = measure([(math.exp(level), used + number) for number, level in enumerate(levels)])
        x, y, used = [*x, *levels], [*y, *accuracies], used + len(levels)
        fit = _fit(x, y, plateaus, fit)
        due = fit is not None and fit.runs >= look
        if show or due or used >= question.max_runs:
            estimate = _estimate(x, y, plateaus, fit)
        if show:
            show(used, estimate)
        if due:
            if estimate.width <= question.width:
                return replace(estimate, kind="measured")
            look = _next_look(fit.runs, estimate.width / question.width)
    return estimate


def _next_look(runs: int, excess: float) -> int:
    """After how many runs to ask again whether the interval is narrow enough: when it should be, its width going as
    1 / sqrt(runs). To ask after every run is to stop when the scatter happens to look small.
    """
    return math.ceil(runs * min(max(min(excess, LOOK[1]) ** 2, LOOK[0]), LOOK[1]))


def _fallen(x: Sequence[float], height: np.ndarray) -> bool:
    """Whether the midpoint lies between runs that ended; an overflow is too much noise, but no accuracy."""
    known = np.isfinite(height)
    return all(map(math.isfinite, bracket(np.asarray(x)[known], height[known])))


def _fit(x: list[float], y: list[float], plateaus: Plateaus, last: LocalFit | None) -> LocalFit | None:
    height = plateaus.height(y)
    if not _fallen(x, height):
        return None
    known = np.isfinite(y)
    start = last.wide[:2] if last else guess(x, height)
    return fit_window(np.array(x)[known], np.array(y)[known], plateaus, *start)


def _estimate(x: list[float], y: list[float], plateaus: Plateaus, fit: LocalFit | None) -> Estimate:
    if fit is None:
        low, high = sorted(bracket(x, plateaus.height(y)))
        return Estimate(interval=(math.exp(low), math.exp(high)))
    low, high = (math.exp(min(end, 700)) for end in fit.interval())
    return Estimate(math.exp(fit.best[0]), (low, high), seed_std=fit.seed_std)


def _bound(x: Sequence[float], height: np.ndarray) -> Estimate:
    low, high = bracket(x, height)
    if not math.isinf(low):
        return Estimate(interval=(math.exp(low), math.inf), kind="lower bound")
    return Estimate(interval=(0.0, math.exp(high)), kind="upper bound")


def at_inference(measure: Measure, question: Question, show: Callable[[int, Estimate], None] | None = None) -> Estimate:
    """Locate a midpoint where one trained network can be evaluated at any sigma; arguments as of `in_training`."""
    scan = np.geomspace(question.low, question.high, 1 + math.ceil(SCAN * math.log10(question.high / question.low)))
    x, y, plateaus = _one_network(measure, question, scan, [0])[0]
    if verdict := question.flat(plateaus.clean, plateaus.floor):
        return verdict
    height = plateaus.height(y)
    if not _fallen(x, height):
        return _bound(x, height)
    wide = fit_window(x[np.isfinite(y)], y[np.isfinite(y)], plateaus, *guess(x, height)).wide
    around = tuple(float(math.exp(end)) for end in sorted(bracket(x, height)))
    midpoints, used, look = [], 1, FEWEST_NETWORKS
    estimate = Estimate(math.exp(wide[0]), around)
    while (count := min(question.jobs, question.max_runs - used)) > 0:
        centre = np.mean(midpoints) if midpoints else wide[0]
        levels = np.exp(np.clip(centre + wide[1] * LEVELS, *question.limits))
        networks = _one_network(measure, question, levels, range(used - 1, used - 1 + count))
        midpoints += [mu for network in networks if (mu := _own_midpoint(*network, wide)) is not None]
        used += count
        if len(midpoints) > 1:
            estimate = _mean(midpoints)
        if show:
            show(used, estimate)
        if len(midpoints) >= look:
            if estimate.width <= question.width:
                return replace(estimate, kind="measured")
            look = _next_look(len(midpoints), estimate.width / question.width)
    return estimate


def _one_network(
    measure: Measure, question: Question, sigmas: np.ndarray, seeds: Sequence[int]
) -> list[tuple[np.ndarray, np.ndarray, Plateaus]]:
    """ln sigma, accuracies and plateaus of one network for each seed."""
    ends = [0.0] if question.floor_known else [0.0, question.high]
    requests = [(float(sigma), seed) for seed in seeds for sigma in (*ends, *sigmas)]
    networks = measure(requests).reshape(len(seeds), -1)
    floors = [question.chance] * len(seeds) if question.floor_known else networks[:, 1]
    x = np.log(sigmas)
    return [(x, y[len(ends) :], Plateaus(float(y[0]), float(floor))) for y, floor in zip(networks, floors)]


def _own_midpoint(x: np.ndarray, y: np.ndarray, plateaus: Plateaus, wide: np.ndarray) -> float | None:
    """One network's ln mu, in the neighbourhood of others'; None if its evaluations overflowed."""
    known = np.isfinite(y)
    fit = fit_window(x[known], y[known], plateaus, *wide[:2])
    if fit is None:
        return None
    mu = float(fit.best[0])
    return mu if x[0] - wide[1] < mu < x[-1] + wide[1] else float(fit.wide[0])


def _mean(midpoints: list[float]) -> Estimate:
    """Geometric mean, its interval by Student's t, and the scatter, of midpoints given as ln mu.

    Who stops when the interval is narrow enough, stops when the scatter happens to look small. The factor 1 + 1 / n
    makes up for it; the simulations of tests/test_locate.py say how well.
    """
    std = float(np.std(midpoints, ddof=1))
    half = student_quantile(0.975, len(midpoints) - 1) * std / math.sqrt(len(midpoints)) * (1 + 1 / len(midpoints))
    mean = float(np.mean(midpoints))
    return Estimate(math.exp(mean), (math.exp(mean - half), math.exp(mean + half)), seed_std=std)

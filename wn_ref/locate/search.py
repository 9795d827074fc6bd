"""The search for a midpoint: measure, see what is known, choose where to measure next.

There are two kinds of experiments, and a design for each:

- Noise in training and evaluation: every run trains another network. Runs are placed one after the other (or `jobs` at
  a time), each with a seed of its own: first to bracket the midpoint in ln sigma, then where they tell most about it.
  The result is the sigma at which *the accuracy averaged over seeds* is half way down.
- Noise in evaluation only: a network is expensive and its evaluations are cheap. So each network is evaluated at many
  sigmas and has a midpoint of its own, and only more networks tell how these midpoints scatter. The result is the
  *geometric mean of the networks' midpoints*. (The two results differ by the square of the scatter, which is far less
  than the uncertainty of either.)

Half way is between the accuracy without noise, which is measured, and that under infinite noise. For additive noise the
latter is that of guessing, 1/K. For multiplicative and mixed noise it may be anything (section 6), and is measured at
the largest sigma. Both accuracies belong to the test images at hand, and so does the midpoint: the interval is about
other seeds, not about other images.

The search knows nothing of networks; it calls a `Measure`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from wn_ref.fits.intervals import student_quantile
from wn_ref.locate.approach import approach, bracket, guess
from wn_ref.locate.local_fit import LocalFit, Plateaus, fit_window
from wn_ref.locate.question import Estimate, Measure, Question

CLEAN_RUNS = 2
"""How many networks measure a plateau."""
FEWEST_RUNS = 8
"""Runs around the midpoint before an interval is trusted; tests/locate/test_search.py shows that they are enough."""
FEWEST_NETWORKS = 5
"""The same where every network has a midpoint of its own."""
SCAN = 4
"""Evaluations per decade of sigma to find where the first network's accuracy falls."""
LEVELS = 0.3 * np.linspace(-1, 1, 11)
"""Where the other networks are evaluated: distances from the midpoint in slopes."""
LOOK = (1.15, 2.0)
"""The factor by which the number of runs grows until the interval is looked at again, at least and at most."""

Show = Callable[[int, Estimate], None]
"""Called with the number of networks trained so far and the estimate, after every batch of runs."""


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
    sigmas = [0.0] * CLEAN_RUNS + [question.high] * (0 if question.floor_known else CLEAN_RUNS)
    first = measure([(sigma, seed) for seed, sigma in enumerate(sigmas)])
    plateaus = Plateaus(float(np.nanmean(first[:CLEAN_RUNS])), question.chance, CLEAN_RUNS)
    if not question.floor_known:
        plateaus = Plateaus(plateaus.clean, float(np.nanmean(first[CLEAN_RUNS:])), CLEAN_RUNS, CLEAN_RUNS)
    if answer := question.flat(plateaus.clean, plateaus.floor):
        return answer
    x: list[float] = []
    y: list[float] = []
    used, look = len(sigmas), FEWEST_RUNS
    fit, estimate = None, Estimate()
    while (count := min(question.jobs, question.max_runs - used)) > 0:
        height = plateaus.height(y)
        levels = fit.next(count) if fit else approach(x, height, question.limits, math.log(question.start), count)
        if not levels:
            return _bound(x, height)
        accuracies = measure([(math.exp(level), used + number) for number, level in enumerate(levels)])
        x, y, used = [*x, *levels], [*y, *accuracies], used + len(levels)
        fit = _fit(x, y, plateaus, fit)
        runs = 0 if fit is None else fit.runs
        if show or runs >= look or used >= question.max_runs:
            estimate = _estimate(x, y, plateaus, fit)
        if show:
            show(used, estimate)
        if runs >= look:
            if estimate.width <= question.width:
                return replace(estimate, kind="measured")
            look = _next_look(runs, estimate.width / question.width)
    return estimate


def _next_look(runs: int, excess: float) -> int:
    """Return after how many runs to ask again whether the interval is narrow enough.

    That is when it should be, as its width shrinks like 1 / sqrt(runs). A search that asked after every run would stop
    when the scatter happens to look small.

    Parameters
    ----------
    runs : int
        How many there are now.
    excess : float
        The interval's width divided by the width that is asked for.
    """
    return math.ceil(runs * min(max(min(excess, LOOK[1]) ** 2, LOOK[0]), LOOK[1]))


def _fallen(x: Sequence[float] | np.ndarray, height: np.ndarray) -> bool:
    """Return whether the midpoint lies between runs that have an accuracy, and thus did not overflow."""
    known = np.isfinite(height)
    return all(map(math.isfinite, bracket(np.asarray(x)[known], height[known])))


def _fit(x: list[float], y: list[float], plateaus: Plateaus, last: LocalFit | None) -> LocalFit | None:
    """Fit the runs, starting from the last fit; None if there are not enough runs, or all are on one side."""
    height = plateaus.height(y)
    if not _fallen(x, height):
        return None
    known = np.isfinite(y)
    mu, s = last.wide[:2] if last else guess(x, height)
    return fit_window(np.array(x)[known], np.array(y)[known], plateaus, mu, s)


def _estimate(x: list[float], y: list[float], plateaus: Plateaus, fit: LocalFit | None) -> Estimate:
    """Return what a fit says, or, without one, between which sigmas the midpoint is."""
    if fit is None:
        low, high = sorted(bracket(x, plateaus.height(y)))
        return Estimate(interval=(math.exp(low), math.exp(high)))
    low, high = (math.exp(min(end, 700)) for end in fit.interval())
    return Estimate(math.exp(fit.best[0]), (low, high), seed_std=fit.seed_std)


def _bound(x: Sequence[float] | np.ndarray, height: np.ndarray) -> Estimate:
    """Return the bound that is known where no midpoint was found."""
    low, high = bracket(x, height)
    if not math.isinf(low):
        return Estimate(interval=(math.exp(low), math.inf), kind="lower bound")
    return Estimate(interval=(0.0, math.exp(high)), kind="upper bound")


def at_inference(measure: Measure, question: Question, show: Show | None = None) -> Estimate:
    """Locate a midpoint where a trained network can be evaluated at any sigma: noise in evaluation only.

    The arguments are those of `in_training`.
    """
    scan = np.geomspace(question.low, question.high, 1 + math.ceil(SCAN * math.log10(question.high / question.low)))
    x, y, plateaus = _evaluated(measure, question, scan, [0])[0]
    if answer := question.flat(plateaus.clean, plateaus.floor):
        return answer
    height = plateaus.height(y)
    if not _fallen(x, height):
        return _bound(x, height)
    fit = fit_window(x[np.isfinite(y)], y[np.isfinite(y)], plateaus, *guess(x, height))
    low, high = sorted(bracket(x, height))
    if fit is None:
        return Estimate(interval=(math.exp(low), math.exp(high)))
    wide = fit.wide
    midpoints: list[float] = []
    used, look = 1, FEWEST_NETWORKS
    estimate = Estimate(math.exp(wide[0]), (math.exp(low), math.exp(high)))
    while (count := min(question.jobs, question.max_runs - used)) > 0:
        centre = np.mean(midpoints) if midpoints else wide[0]
        levels = np.exp(np.clip(centre + wide[1] * LEVELS, *question.limits))
        networks = _evaluated(measure, question, levels, range(used - 1, used - 1 + count))
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


def _evaluated(
    measure: Measure, question: Question, sigmas: np.ndarray, seeds: Sequence[int]
) -> list[tuple[np.ndarray, np.ndarray, Plateaus]]:
    """Return ln sigma, accuracies and plateaus of the network of each seed, evaluated at all sigmas."""
    ends = [0.0] if question.floor_known else [0.0, question.high]
    requests = [(float(sigma), seed) for seed in seeds for sigma in (*ends, *sigmas)]
    networks = measure(requests).reshape(len(seeds), -1)
    floors = [question.chance] * len(seeds) if question.floor_known else networks[:, 1]
    x = np.log(sigmas)
    return [(x, y[len(ends) :], Plateaus(float(y[0]), float(floor))) for y, floor in zip(networks, floors)]


def _own_midpoint(x: np.ndarray, y: np.ndarray, plateaus: Plateaus, wide: np.ndarray) -> float | None:
    """Return one network's ln mu, close to that of the others; None if too many of its evaluations overflowed.

    `wide` is the fit to the first network, which the sigmas were chosen by.
    """
    known = np.isfinite(y)
    fit = fit_window(x[known], y[known], plateaus, *wide[:2])
    if fit is None:
        return None
    mu = float(fit.best[0])
    return mu if x[0] - wide[1] < mu < x[-1] + wide[1] else float(fit.wide[0])


def _mean(midpoints: list[float]) -> Estimate:
    """Return the geometric mean of midpoints, given as ln mu, with its interval by Student's t, and their scatter.

    A search that stops when the interval is narrow enough tends to stop when the scatter happens to look small. The
    factor 1 + 1 / n makes up for that; the simulations in tests/locate/test_search.py show how well.
    """
    std = float(np.std(midpoints, ddof=1))
    half = student_quantile(0.975, len(midpoints) - 1) * std / math.sqrt(len(midpoints)) * (1 + 1 / len(midpoints))
    mean = float(np.mean(midpoints))
    return Estimate(math.exp(mean), (math.exp(mean - half), math.exp(mean + half)), seed_std=std)

"""What the data can tell about a midpoint: its value, only a bound, or nothing.

A best fit always exists, but it is worth reporting only if the curve supports it: accuracy has to fall at all, equation
1 has to describe how it falls, both plateaus have to be seen, and the confidence interval has to be closed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from wn_ref.fits.logistic import logistic
from wn_ref.fits.misfit import misfit
from wn_ref.fits.problem import MidpointProblem
from wn_ref.fits.profile import Profile

CONFIDENCE = 0.95  # level of the interval that has to be closed
FLAT = 16.27  # 99.9 % quantile of chi-squared with 3 degrees of freedom: mu, s and delta_a against a constant
HIDDEN = 2.71  # 90 % quantile of chi-squared with 1 degree of freedom: a bound of 95 % has one side


class Verdict(NamedTuple):
    """What the data tell about the midpoint.

    Attributes
    ----------
    kind : "measured", "lower bound", "upper bound" or "open"
        "open" means that the data tell nothing.
    bound : float
        The bound in units of sigma; NaN if there is none.
    interval : tuple of float
        (low, high) in units of sigma; an open end is 0 or inf.
    flat : bool
        Whether the accuracy does not fall at all.
    reason : str
        Why the data tell nothing although the kind could be another one; empty if the kind says enough.
    """

    kind: str
    bound: float
    interval: tuple[float, float]
    flat: bool = False
    reason: str = ""


def verdict(profile: Profile, chance: float, given: MidpointProblem) -> Verdict:
    """Decide what the data tell.

    A midpoint that is held is not in question: it is "measured", whether it lies among the levels or not, unless
    equation 1 misses the data with it.

    Parameters
    ----------
    profile : Profile
        Of the data, with the standard errors that decide.
    chance : float
        Accuracy of guessing: a flat curve at this height has fallen already, any other has not fallen yet.
    given : MidpointProblem
        The data with the standard errors as they were given, which tell whether equation 1 describes the curve.
    """
    problem, best = profile.problem, profile.best
    held = 0 in problem.held
    flat = not held and is_flat(problem, best)
    low, high = (0.0, math.inf) if flat else profile.interval(CONFIDENCE)
    if reason := misfit(given, best, max(float(np.ptp(problem.y)), (1 - chance) / 2)):
        return _open(reason)
    if held:
        return Verdict("measured", math.nan, (low, high))
    if flat:
        level, error = _mean(problem)
        fallen = level - chance < max(0.05 * (1 - chance), 3 * error)
        hidden = _hidden_midpoints(problem, chance, (1 - chance) / 4 if fallen else 0.0)
        if not len(hidden):
            return (_upper(problem.levels[0]) if fallen else _lower(problem.levels[-1]))._replace(flat=True)
        if hidden[-1] == problem.x_levels[-1] if fallen else hidden[0] == problem.x_levels[0]:
            return _open("its errors may hide that accuracy falls")
        return (_upper if fallen else _lower)(problem.sigma_at(hidden[-1 if fallen else 0]))._replace(flat=True)
    top_seen, bottom_seen, below = _plateaus(problem, best)
    if not top_seen and not bottom_seen:
        return _open("neither of its plateaus is among the noise levels")
    if best[0] > problem.x_levels[-1] or math.isinf(high) or not bottom_seen or len(below) == 0:
        return _lower(min(low, problem.levels[-1]))
    if best[0] < problem.x_levels[0] or low <= 0 or not top_seen:
        return _upper(max(high, below[0]))
    return Verdict("measured", math.nan, (low, high))


def _mean(problem: MidpointProblem) -> tuple[float, float]:
    """The weighted mean of the accuracies, and its standard error."""
    weights = 1 / problem.dy**2
    mean = float(np.sum(weights * problem.y) / np.sum(weights))
    return mean, float(np.sum(weights) ** -0.5)


def is_flat(problem: MidpointProblem, best: np.ndarray) -> bool:
    """Whether the curve does not fall, or a constant describes it about as well as equation 1 does."""
    if np.ptp(problem.y) == 0 or best[2] <= 0:
        return True
    return chi2_of_constant(problem) - problem.chi2(best) < FLAT


def chi2_of_constant(problem: MidpointProblem) -> float:
    """The weighted sum of squares of the best constant, whatever is held."""
    return float(np.sum(((problem.y - _mean(problem)[0]) / problem.dy) ** 2))


def _hidden_midpoints(problem: MidpointProblem, chance: float, least: float) -> np.ndarray:
    """The midpoints, values of x in ascending order, that flat data may have nevertheless.

    They are those of curves that fall to guessing among the levels and describe the data about as well as a constant
    does: with a_min where it is held, or at `chance`, delta_a from `least` on, an a_max of 1 at most, and an s that
    lets all of it happen among the levels.
    """
    a_min, x = problem.held.get(3, chance), problem.x_levels
    slopes = problem.slopes
    slopes = slopes[slopes <= max(np.ptp(x) / 10, slopes[0])]
    between = np.interp(np.arange(0, len(x) - 0.9, 0.2), np.arange(len(x)), x)
    mu, s = (grid.reshape(-1, 1) for grid in np.meshgrid(between, slopes))
    shape, target = logistic(problem.x, mu, s, 1, 0) / problem.dy, (problem.y - a_min) / problem.dy
    norms = np.maximum(np.sum(shape**2, axis=1), 1e-300)  # 0 where the whole curve lies behind its fall
    delta = np.clip(shape @ target / norms, least, max((1 - a_min) / 2, least))
    chi2 = np.sum((delta[:, None] * shape - target) ** 2, axis=1)
    return np.unique(mu[chi2 - chi2_of_constant(problem) < HIDDEN])


def _plateaus(problem: MidpointProblem, best: np.ndarray) -> tuple[bool, bool, np.ndarray]:
    """Whether the upper and the lower plateau are seen, and the noise levels behind the fall.

    The height of a plateau that is not seen is a guess, and with it mu. A plateau is seen if at least two levels lie on
    its side of the middle of the data, and the fit puts it at most half the range of the data beyond them. A height
    that is held fixed counts as seen.
    """
    y = problem.y
    middle, reach = (y.max() + y.min()) / 2, np.ptp(y) / 2
    edge = problem.sigma[y > middle].max()
    above, below = problem.levels[problem.levels <= edge], problem.levels[problem.levels > edge]
    top, bottom = 2 * best[2] + best[3], best[3]
    top_seen = 2 in problem.held or (len(above) >= 2 and top <= y.max() + reach)
    bottom_seen = 3 in problem.held or (len(below) >= 2 and bottom >= y.min() - reach)
    return bool(top_seen), bool(bottom_seen), below


def _lower(bound: float) -> Verdict:
    if bound <= 0:
        return _open("it may be at any level, down to 0")
    return Verdict("lower bound", float(bound), (float(bound), math.inf))


def _upper(bound: float) -> Verdict:
    if bound <= 0:
        return _open("accuracy has fallen without noise already")
    return Verdict("upper bound", float(bound), (0.0, float(bound)))


def _open(reason: str) -> Verdict:
    return Verdict("open", math.nan, (0.0, math.inf), reason=reason)

"""What the data can tell about a midpoint: its value, only a bound, or nothing.

A best fit always exists, but it is worth reporting only if the curve supports it: accuracy has to fall at all, both
plateaus have to be seen, and the confidence interval has to be closed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from wn_ref.fits.problem import MidpointProblem

CONFIDENCE = 0.95  # level of the interval that has to be closed
FLAT = 16.27  # 99.9 % quantile of chi-squared with 3 degrees of freedom: mu, s and delta_a against a constant


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
    """

    kind: str
    bound: float
    interval: tuple[float, float]


def verdict(problem: MidpointProblem, best: np.ndarray, chance: float) -> Verdict:
    """Decide what the data tell.

    Parameters
    ----------
    problem : MidpointProblem
        The data.
    best : np.ndarray
        The best parameters, (4,).
    chance : float
        Accuracy of guessing: a flat curve at this height has fallen already, any other has not fallen yet.
    """
    if 0 in problem.held:
        return Verdict("measured", math.nan, problem.interval(best, CONFIDENCE))
    if _flat(problem, best):
        level, error = _mean(problem)
        if level - chance < max(0.05 * (1 - chance), 3 * error):
            return _upper(problem.levels[0])
        return _lower(problem.levels[-1])
    low, high = problem.interval(best, CONFIDENCE)
    top_seen, bottom_seen, below = _plateaus(problem, best)
    if not top_seen and not bottom_seen:
        return Verdict("open", math.nan, (0.0, math.inf))
    if best[0] > problem.x_levels[-1] or math.isinf(high) or not bottom_seen or len(below) == 0:
        return _lower(min(low, problem.levels[-1]))
    if best[0] < problem.x_levels[0] or low <= 0 or not top_seen:
        return _upper(max(high, below[0]))
    return Verdict("measured", math.nan, (low, high))


def _mean(problem: MidpointProblem) -> tuple[float, float]:
    """The weighted mean of the accuracies, and its standard error."""
    weights = 1 / problem.dy**2
    mean = float(np.sum(weights * problem.y) / np.sum(weights))
    scatter = 1.0 if problem.weighted else float(np.var(problem.y)) ** 0.5
    return mean, scatter * float(np.sum(weights) ** -0.5)


def _flat(problem: MidpointProblem, best: np.ndarray) -> bool:
    """Whether the curve does not fall, or a constant describes it about as well as equation 1 does."""
    if np.ptp(problem.y) == 0 or best[2] <= 0:
        return True
    constant, chi2 = float(np.sum(((problem.y - _mean(problem)[0]) / problem.dy) ** 2)), problem.chi2(best)
    unit = 1.0 if problem.weighted else max(chi2 / problem.dof, 1e-300)
    return (constant - chi2) / unit < FLAT


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
        return Verdict("open", math.nan, (0.0, math.inf))
    return Verdict("lower bound", float(bound), (float(bound), math.inf))


def _upper(bound: float) -> Verdict:
    if bound <= 0:
        return Verdict("open", math.nan, (0.0, math.inf))
    return Verdict("upper bound", float(bound), (0.0, float(bound)))

"""Intervals from the midpoints of single seeds: what would other seeds do?"""

from __future__ import annotations

import math

import numpy as np

from wn_ref.fits.intervals import student_quantile

Interval = tuple[float, float]


def over_seeds(midpoints: np.ndarray, level: float) -> Interval | None:
    """Confidence interval of the geometric mean of midpoints, by Student's t of their logarithms.

    Parameters
    ----------
    midpoints : np.ndarray
        One for each seed, > 0, (seeds,).
    level : float
        Probability that the interval covers the midpoint that infinitely many seeds would have.

    Returns
    -------
    low, high : float
        None if there are fewer than two seeds.

    Examples
    --------
    Two seeds tell little, as the quantile of Student's t for one degree of freedom is 12.7:

    >>> low, high = over_seeds(np.array([1.0, 1.1]), 0.95)
    >>> print(f"{low:.2f} to {high:.2f}")
    0.57 to 1.92
    """
    n = len(midpoints)
    if n < 2:
        return None
    logs = np.log(midpoints)
    reach = student_quantile((1 + level) / 2, n - 1) * float(np.std(logs, ddof=1)) / math.sqrt(n)
    centre = float(np.mean(logs))
    return math.exp(max(centre - reach, -700)), math.exp(min(centre + reach, 700))


def wider(one: Interval, other: Interval | None) -> Interval:
    """The smallest interval that holds both."""
    return one if other is None else (min(one[0], other[0]), max(one[1], other[1]))

"""How a number of executions is shared out among injection points (section 8).

    guided      n_i ~ 1 / mu_i
    optimal     n = argmin sum_i c_i / n_i,  sum_i n_i = n_t

n executions divide the variance of additive noise by n. If the noise at point i does a harm c_i sigma^2 / n_i, and the
harms of all points add up, the best real numbers are n_i ~ sqrt(c_i), and c_i = 1 / mu_i^2 makes that the paper's rule:
`allocate_executions`. The best *whole* numbers come from `allocate_optimally`, for any c.
"""

from __future__ import annotations

import numpy as np

from wn_ref.errors import InputError, require_whole


def allocate_executions(midpoints: np.ndarray, total: int) -> np.ndarray:
    """Share executions out in proportion to 1 / mu, as the paper does, with rounding that keeps their sum.

    Each point gets the whole part of its share n_t (1 / mu_i) / sum (1 / mu), and at least 1. What is missing then
    goes to the largest remainders, one each; a surplus is taken back, one by one, from the point that exceeds its
    share most.

    Parameters
    ----------
    midpoints : array_like
        mu > 0, (points,), at inference; inf for a point that noise never hurts. Equal ones give the uniform allocation.
    total : int
        n_t, at least the number of points.

    Returns
    -------
    np.ndarray
        int64, (points,), each at least 1, their sum `total`.

    Raises
    ------
    InputError
        If a midpoint is not positive, or the total is too small.
    """
    mu = np.asarray(midpoints, np.float64)
    _check("midpoints", mu, total)
    if not (mu > 0).all():
        raise InputError(f"midpoints: expected numbers > 0, got {midpoints}; inf stands for one beyond the data")
    weights = np.ones(len(mu)) if np.isinf(mu).all() else mu.min() / mu
    shares = total * weights / weights.sum()
    counts = np.maximum(np.floor(shares + 1e-9), 1).astype(np.int64)
    if (missing := total - counts.sum()) > 0:
        counts[np.argsort(counts - shares, kind="stable")[:missing]] += 1
    while counts.sum() > total:
        counts[np.argmax(np.where(counts > 1, counts - shares, -np.inf))] -= 1
    return counts


def allocate_optimally(harms: np.ndarray, total: int) -> np.ndarray:
    """The whole numbers n >= 1 with the least sum_i c_i / n_i.

    One execution after the other goes to the point where it saves most, c_i / n_i - c_i / (n_i + 1). Savings only
    shrink as n_i grows, so no other allocation can collect larger ones: the result is exact, not a heuristic.

    Parameters
    ----------
    harms : array_like
        c >= 0, (points,): what noise of unit variance at a point costs, in any unit; 1 / mu^2, or as measured.
    total : int
        n_t, at least the number of points.

    Returns
    -------
    np.ndarray
        int64, (points,), each at least 1, their sum `total`.

    Raises
    ------
    InputError
        If a harm is negative or not finite, or the total is too small.
    """
    c = np.asarray(harms, np.float64)
    _check("harms", c, total)
    if not ((c >= 0) & np.isfinite(c)).all():
        raise InputError(f"harms: expected finite numbers >= 0, got {harms}; replace them")
    counts = np.ones(len(c), np.int64)
    for _ in range(total - len(c)):
        counts[np.argmax(c / (counts * (counts + 1.0)))] += 1
    return counts


def _check(what: str, values: np.ndarray, total: int) -> None:
    if values.ndim != 1 or not len(values):
        raise InputError(f"{what}: expected one number a point, got shape {values.shape}; flatten them")
    if np.isnan(values).any():
        raise InputError(f"{what}: expected numbers, got NaN at point {int(np.argmax(np.isnan(values)))}; replace it")
    require_whole("total", total, least=len(values))

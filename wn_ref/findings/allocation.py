"""Two ways to share out executions among the injection points (section 8).

    guided      n_i ~ 1 / mu_i
    optimal     n = argmin sum_i c_i / n_i,  sum_i n_i = n_t

Averaging n executions divides the variance of additive noise by n. If the noise at point i does a harm of
c_i sigma^2 / n_i, and the harms of all points add up, the best real numbers are n_i ~ sqrt(c_i). For c_i = 1 / mu_i^2
this is the paper's rule, `allocate_executions`. `allocate_optimally` finds the best *whole* numbers, for any c.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wn_ref.arrays import unmasked
from wn_ref.errors import InputError, require_whole


def allocate_executions(midpoints: npt.ArrayLike, total: int) -> np.ndarray:
    """Share executions out in proportion to 1 / mu, as the paper does, and round without changing their sum.

    The share of point i is n_t (1 / mu_i) / sum_j (1 / mu_j). Each point gets this share rounded down, but at least 1.
    If executions are left over, the points with the largest remainders get one more each. If too many were given,
    they are taken back, one at a time, from the point that exceeds its share most.

    Parameters
    ----------
    midpoints : array_like
        mu > 0 at inference, (points,); inf for a point that noise never harms. Equal midpoints give the uniform
        allocation.
    total : int
        n_t, at least the number of points.

    Returns
    -------
    np.ndarray
        n, int64, (points,): each at least 1, and their sum is `total`.

    Raises
    ------
    InputError
        If a midpoint is not positive, or the total is too small.

    Examples
    --------
    The shares are 4.5, 3 and 1.5; the execution that is left over goes to the first of the two equal remainders:

    >>> import wn_ref as wn
    >>> wn.allocate_executions([1.0, 1.5, 3.0], total=9).tolist()
    [5, 3, 1]
    """
    mu = unmasked("midpoints", midpoints, np.float64)
    _check("midpoints", mu, total)
    if not (mu > 0).all():
        raise InputError(
            f"midpoints: expected numbers > 0, got {midpoints!r}; use inf for a point that noise never harms"
        )
    weights = np.ones(len(mu)) if np.isinf(mu).all() else mu.min() / mu
    shares = total * weights / weights.sum()
    counts = np.maximum(np.floor(shares + 1e-9), 1).astype(np.int64)
    if (missing := total - counts.sum()) > 0:
        counts[np.argsort(counts - shares, kind="stable")[:missing]] += 1
    while counts.sum() > total:
        counts[np.argmax(np.where(counts > 1, counts - shares, -np.inf))] -= 1
    return counts


def allocate_optimally(harms: npt.ArrayLike, total: int) -> np.ndarray:
    """Find the whole numbers n >= 1 with the least sum_i c_i / n_i.

    Executions are given out one at a time, each to the point where it saves most, c_i / n_i - c_i / (n_i + 1). The
    saving at a point only shrinks as n_i grows, so no other allocation can save more: the result is exact.

    Parameters
    ----------
    harms : array_like
        c >= 0, (points,): the harm of a single execution's noise at each point, in any unit that is the same for all;
        either 1 / mu^2, or measured (`wn_ref.findings.harms`).
    total : int
        n_t, at least the number of points.

    Returns
    -------
    np.ndarray
        n, int64, (points,): each at least 1, and their sum is `total`.

    Raises
    ------
    InputError
        If a harm is negative or not finite, or the total is too small.

    Examples
    --------
    >>> allocate_optimally([16.0, 16.0, 2.0], total=12).tolist()
    [5, 5, 2]
    """
    c = unmasked("harms", harms, np.float64)
    _check("harms", c, total)
    if not ((c >= 0) & np.isfinite(c)).all():
        raise InputError(f"harms: expected finite numbers >= 0, got {harms!r}; replace the others")
    counts = np.ones(len(c), np.int64)
    for _ in range(total - len(c)):
        saved = c / (counts * (counts + 1.0))
        counts[np.argmin(np.where(saved == saved.max(), counts, total))] += 1  # of equal ones, that with the fewest
    return counts


def _check(what: str, values: np.ndarray, total: int) -> None:
    if values.ndim != 1 or not len(values):
        raise InputError(
            f"{what}: expected one number for each point, got an array of shape {values.shape}; give a list of numbers"
        )
    if np.isnan(values).any():
        raise InputError(f"{what}: expected numbers, got NaN at point {int(np.argmax(np.isnan(values)))}; replace it")
    require_whole("total", total, least=len(values))

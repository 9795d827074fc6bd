"""Weighted least squares by the method of Levenberg and Marquardt, and the covariance of the result."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def levenberg_marquardt(
    residuals: Callable[[np.ndarray], np.ndarray],
    jacobian: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    tolerance: float = 1e-9,
    max_steps: int = 500,
) -> np.ndarray:
    """Minimise chi2(p) = sum r(p)^2.

    A step d solves (J^T J + lambda D) d = -J^T r. For lambda = 0 it is the Gauss-Newton step; for large lambda it is
    a short step down the gradient. D is the diagonal of J^T J, each entry the largest seen so far, which makes the
    method independent of units, as long as the squares of entries of J are numbers of float64: units in which J is
    below 1e-150 or above 1e150 are too far off. A step that lowers chi2 is accepted and lambda shrinks; any other step
    is rejected and lambda grows.

    Parameters
    ----------
    residuals : callable
        r(p), (n,), already divided by the uncertainties. A step to where r is not finite is rejected.
    jacobian : callable
        dr/dp, (n, parameters).
    start : np.ndarray
        The first p, (parameters,).
    tolerance : float
        The search ends when a step changes every parameter by less than this fraction of its size, or when chi2
        falls no further.
    max_steps : int
        The most steps that are tried, accepted or not.

    Returns
    -------
    np.ndarray
        The best p found, (parameters,).

    Examples
    --------
    A straight line p0 + p1 x through three points:

    >>> import numpy as np
    >>> x, y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0])
    >>> J = np.stack([np.ones(3), x], axis=1)
    >>> p = levenberg_marquardt(lambda p: p[0] + p[1] * x - y, lambda p: J, np.zeros(2))
    >>> p.round(6).tolist()
    [1.0, 2.0]
    """
    p = np.array(start, np.float64)
    r, J = residuals(p), jacobian(p)
    damping, scale = 1e-3, np.full(len(p), 1e-150)
    for _ in range(max_steps):
        scale = np.maximum(scale, np.sqrt(np.sum(J * J, axis=0)))  # the square root of D
        A, g = (J / scale).T @ (J / scale), (J / scale).T @ r
        d = -np.linalg.solve(A + damping * np.eye(len(p)), g) / scale
        trial = residuals(p + d)
        gain = r @ r - trial @ trial
        if gain >= 0:
            p, r, damping = p + d, trial, max(damping / 10, 1e-12)
            J = jacobian(p)
        else:
            damping *= 10
        converged = np.all(np.abs(d) <= tolerance * (np.abs(p) + tolerance)) or 0 <= gain <= 1e-15 * (r @ r)
        if converged or damping > 1e12:
            break
    return p


def covariance(J: np.ndarray) -> np.ndarray:
    """(J^T J)^-1 at the minimum: the covariance of the parameters if the residuals have unit variance.

    Parameters
    ----------
    J : np.ndarray
        dr/dp, (n, parameters).

    Returns
    -------
    np.ndarray
        (parameters, parameters); every entry is inf if the data do not determine all parameters, or if the squares of
        a column of J are too large or too small for float64 (see `levenberg_marquardt`).
    """
    size = np.sqrt(np.sum(J * J, axis=0))
    if not np.isfinite(size).all() or (size == 0).any():
        return np.full((len(size), len(size)), np.inf)
    correlation = (J / size).T @ (J / size)  # its diagonal is 1, whatever the units
    if np.linalg.cond(correlation) > 1e13:
        return np.full_like(correlation, np.inf)
    return np.linalg.inv(correlation) / np.outer(size, size)

"""Weighted least squares by Levenberg and Marquardt's method, and the covariance of what it finds."""

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

    A step d solves (J^T J + lambda D) d = -J^T r: Gauss-Newton's step for lambda = 0, a short one down the gradient
    for large lambda. D holds the largest diagonal of J^T J seen so far, so that units do not matter. A step that
    lowers chi2 is taken and lambda shrinks; any other is refused and lambda grows.

    Parameters
    ----------
    residuals : callable
        r(p), (n,), already divided by the uncertainties; where it is not finite, a step is refused.
    jacobian : callable
        dr/dp, (n, number of parameters).
    start : np.ndarray
        First p.
    tolerance : float
        Ends when a step changes every parameter by less than this share of its size (or chi2 cannot fall further).
    max_steps : int
        Ends after so many trials in any case.

    Returns
    -------
    np.ndarray
        The best p found.
    """
    p = np.array(start, np.float64)
    r, J = residuals(p), jacobian(p)
    damping, scale = 1e-3, np.full(len(p), 1e-150)
    for _ in range(max_steps):
        scale = np.maximum(scale, np.sqrt(np.sum(J * J, axis=0)))  # the root of D
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
    """(J^T J)^-1 at the minimum: the covariance of the parameters, if residuals have unit variance.

    Parameters
    ----------
    J : np.ndarray
        dr/dp, (n, number of parameters).

    Returns
    -------
    np.ndarray
        Square; inf throughout where the data leave a parameter, or a combination of some, open.
    """
    size = np.sqrt(np.sum(J * J, axis=0))
    if (size == 0).any():
        return np.full((len(size), len(size)), np.inf)
    correlation = (J / size).T @ (J / size)  # unit diagonal: units do not matter
    if np.linalg.cond(correlation) > 1e13:
        return np.full_like(correlation, np.inf)
    return np.linalg.inv(correlation) / np.outer(size, size)

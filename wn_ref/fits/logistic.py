"""Equation 1, the scaled and shifted logistic function, sums of it, and their derivatives (sections 4.1 and 6.2).

F(sigma; mu, s, delta_a, a_min) = 2 delta_a / (1 + exp((sigma - mu) / s)) + a_min
"""

from __future__ import annotations

import numpy as np

Values = float | np.ndarray


def logistic(sigma: Values, mu: Values, s: Values, delta_a: float, a_min: float) -> np.ndarray:
    """F of equation 1, computed with 2 / (1 + exp(z)) = 1 - tanh(z / 2), which cannot overflow.

    `sigma`, `mu` and `s` may be arrays; they are broadcast.

    Examples
    --------
    Half way between a_max = 0.9 and a_min = 0.1 at the midpoint:

    >>> float(logistic(2.0, mu=2.0, s=0.5, delta_a=0.4, a_min=0.1))
    0.5
    """
    return (1 - np.tanh((sigma - mu) / (2 * s))) * delta_a + a_min


def logistic_jacobian(sigma: np.ndarray, mu: float, s: float, delta_a: float, a_min: float) -> np.ndarray:  # noqa: ARG001
    """Derivatives of F with respect to mu, s, delta_a and a_min, (n, 4). With z = (sigma - mu) / s, t = tanh(z / 2):

    dF/dmu = delta_a (1 - t^2) / (2 s),    dF/ds = z dF/dmu,    dF/ddelta_a = 1 - t,    dF/da_min = 1
    """
    z = np.clip((sigma - mu) / s, -700, 700)  # outside this range 1 - t^2 is 0 anyway
    t = np.tanh(z / 2)
    by_mu = delta_a * (1 - t * t) / (2 * s)
    return np.stack([by_mu, z * by_mu, 1 - t, np.ones_like(z)], axis=1)


def stacked(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    """F(x) for p = (mu_1, s_1, delta_1, ..., a_min)."""
    return sum(logistic(x, mu, s, delta, 0.0) for mu, s, delta in p[:-1].reshape(-1, 3)) + p[-1]


def stacked_slope(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Derivative of F with respect to x, (n,): minus the sum of those with respect to the mu."""
    return -stacked_jacobian(x, p)[:, :-1:3].sum(axis=1)


def stacked_jacobian(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Derivatives of F with respect to p, (n, len(p)): those of each step side by side, then 1 for a_min."""
    steps = [logistic_jacobian(x, mu, s, delta, 0.0)[:, :3] for mu, s, delta in p[:-1].reshape(-1, 3)]
    return np.hstack([*steps, np.ones((len(x), 1))])

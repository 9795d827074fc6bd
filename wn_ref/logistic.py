"""Equation 1, the scaled and shifted logistic function, and its derivatives (section 4.1).

F(sigma; mu, s, delta_a, a_min) = 2 delta_a / (1 + exp((sigma - mu) / s)) + a_min
"""

from __future__ import annotations

import numpy as np


def logistic(sigma: np.ndarray, mu: float, s: float, delta_a: float, a_min: float) -> np.ndarray:
    """F of equation 1, by 2 / (1 + exp(z)) = 1 - tanh(z / 2), which cannot overflow."""
    return (1 - np.tanh((sigma - mu) / (2 * s))) * delta_a + a_min


def logistic_jacobian(sigma: np.ndarray, mu: float, s: float, delta_a: float, a_min: float) -> np.ndarray:  # noqa: ARG001
    """Derivatives of F by mu, s, delta_a and a_min, (n, 4). With z = (sigma - mu) / s and t = tanh(z / 2):

    dF/dmu = delta_a (1 - t^2) / (2 s),    dF/ds = z dF/dmu,    dF/ddelta_a = 1 - t,    dF/da_min = 1
    """
    z = np.clip((sigma - mu) / s, -700, 700)  # beyond, 1 - t^2 is 0 anyway
    t = np.tanh(z / 2)
    by_mu = delta_a * (1 - t * t) / (2 * s)
    return np.stack([by_mu, z * by_mu, 1 - t, np.ones_like(z)], axis=1)

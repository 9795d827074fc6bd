"""Equation 1 as printed, without its overflow, and its Jacobian by central differences."""

import numpy as np
import pytest

from tests.gradcheck import assert_close, numerical_gradient
from wn_ref.fits.logistic import logistic, logistic_jacobian

PAPER_GRID = np.geomspace(1e-2, 1e2, 17)
TRUTH = {"mu": 1.6, "s": 0.4, "delta_a": 0.43, "a_min": 0.1}


def test_equation_1():
    mu, s, delta_a, a_min = TRUTH.values()
    sigma = np.array([0, 0.5, 1.6, 3, 1e300])
    z = np.minimum((sigma - mu) / s, 700)
    np.testing.assert_allclose(logistic(sigma, **TRUTH), 2 / (1 + np.exp(z)) * delta_a + a_min, rtol=1e-14)
    assert logistic(np.array(mu), **TRUTH) == pytest.approx(delta_a + a_min)


def test_jacobian(rng):
    p = np.array(list(TRUTH.values()))
    dF = rng.standard_normal(17)
    expected = numerical_gradient(lambda: float(np.sum(dF * logistic(PAPER_GRID, *p))), p)
    assert_close("p", dF @ logistic_jacobian(PAPER_GRID, *p), expected)

"""Curves whose midpoint can be measured, and curves that only bound it."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from wn_ref import fit_midpoint
from wn_ref.fits import accuracy_uncertainty
from wn_ref.fits.logistic import logistic
from wn_ref.fits.misfit import CHANCE
from wn_ref.fits.verdict import FLAT, HIDDEN

LEVELS = np.geomspace(0.01, 8, 12)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize(
    ("curve", "kind", "bound"),
    [
        (np.full(12, 0.95), "lower bound", (8, 8)),
        (np.full(12, 0.3), "lower bound", (8, 8)),
        (np.full(12, 0.1), "upper bound", (0.01, 0.01)),
        (logistic(LEVELS, 9, 2, 0.4, 0.1), "lower bound", (2, 8)),  # falls, but not far enough to tell
        (logistic(LEVELS, 1, 0.3, -0.4, 0.9), "lower bound", (8, 8)),  # rises
        (np.r_[0.5, np.full(11, 0.1)], "upper bound", (0.01, 0.02)),  # fallen at the second level
        (np.where(LEVELS < 1, 0.95, 0.1), "measured", None),  # a step
    ],
    ids=["never drops", "never drops, low", "at chance", "not far enough", "rises", "at once", "step"],
)
def test_it_knows_what_it_cannot_know(curve, kind, bound, noise, scale, rng):
    for _ in range(5):
        y = curve + noise * rng.standard_normal(12)
        fit = fit_midpoint(LEVELS, y, np.full(12, 0.01), scale=scale)
        assert fit.kind == kind
        low, high = fit.interval()
        if kind == "measured":  # anywhere between the two levels of the step, and no standard error
            assert 0.5 < low < fit.midpoint < high < 1.8
            continue
        assert math.isnan(fit.midpoint)
        assert math.isnan(fit.midpoint_std)
        assert math.isnan(fit.slope)
        assert bound[0] <= fit.bound <= bound[1]
        assert (low, high) == ((fit.bound, math.inf) if kind == "lower bound" else (0, fit.bound))
        assert str(fit) == f"midpoint {'>' if kind == 'lower bound' else '<'} {fit.bound:.3g}"


def test_a_straight_line_has_no_midpoint_and_it_says_why():
    fit = fit_midpoint(LEVELS, np.linspace(0.9, 0.1, 12), np.full(12, 0.01))
    assert fit.kind == "open"
    assert str(fit) == "midpoint unknown: neither of its plateaus is among the noise levels"


def test_chance_tells_two_flat_curves_apart():
    y, dy = np.full(12, 0.5), np.full(12, 0.01)
    assert fit_midpoint(LEVELS, y, dy, chance=0.1).kind == "lower bound"
    assert fit_midpoint(LEVELS, y, dy, chance=0.5).kind == "upper bound"


def test_bounds_of_curves_whose_fall_is_hidden_by_their_errors_are_true(rng):
    """Small test sets: no fall is proven, and that is no proof that there is none."""
    sigma, found = np.geomspace(0.1, 100, 7), Counter()
    for mu in np.exp(rng.uniform(0, math.log(10), 150)):
        y = logistic(np.log(sigma), math.log(mu), 0.5, 0.2, 0.1) + 0.1 * np.clip(rng.standard_normal(7), -2, 2)
        fit = fit_midpoint(sigma, y, np.full(7, 0.1), a_min=0.1, rescale=True)
        low, high = fit.interval()
        found[fit.kind, low <= mu <= high] += 1
    assert found["lower bound", True] > 20
    assert found["lower bound", False] <= 5  # of 150, where all of them would be wrong if the last level were the bound


def test_a_dip_of_chance_is_no_proof_that_accuracy_stays():
    dip = [0.999] * 5 + [0.1] * 2 + [0.999] * 2 + [0.1] * 4
    fit = fit_midpoint(np.geomspace(0.1, 100, 13), dip)
    assert fit.kind == "lower bound"
    assert fit.bound < 1  # the last four levels are at chance


def test_errors_that_would_hide_any_fall_leave_the_midpoint_open():
    fit = fit_midpoint(LEVELS, np.full(12, 0.5), np.full(12, 0.5))
    assert (fit.kind, fit.reason) == ("open", "its errors may hide that accuracy falls")
    assert fit.interval() == (0, math.inf)


def test_the_limits_are_the_quantiles_that_they_are_said_to_be():
    assert pytest.approx(stats.chi2.ppf(0.999, 3), abs=0.005) == FLAT
    assert pytest.approx(stats.norm.isf(1e-6), abs=0.005) == CHANCE
    assert pytest.approx(stats.norm.isf(0.05) ** 2, abs=0.005) == HIDDEN


def test_the_uncertainty_of_one_evaluation_by_hand():
    """One success and one failure more: 1 of 102 where none of 100 was right."""
    p = 1 / 102
    assert accuracy_uncertainty([0.0], 100) == pytest.approx(math.sqrt(p * (1 - p) / 100))
    assert accuracy_uncertainty([1.0], 100) == pytest.approx(math.sqrt(p * (1 - p) / 100))


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_midpoint_that_is_held_where_equation_1_misses_is_not_measured(scale):
    """That it lies beyond all levels is no reason, if the curve is so flat that nothing speaks against it."""
    sigma = np.geomspace(0.1, 100, 13)
    x = np.log(sigma / 3) if scale == "log" else sigma - 3
    far = fit_midpoint(sigma, logistic(x, 0, 0.5, 0.4, 0.1), [0.01] * 13, mu=1e5, scale=scale)
    assert (far.kind, far.interval()) == ("open", (0, math.inf))
    assert "degrees of freedom; mu held at 1e+05 may be wrong)" in far.reason
    assert far.chi2 > 100 * far.dof
    near = fit_midpoint(sigma, logistic(x, 0, 0.5, 0.4, 0.1), [0.01] * 13, mu=3.1, scale=scale)
    assert (near.kind, near.midpoint, near.interval()) == ("measured", pytest.approx(3.1), pytest.approx((3.1, 3.1)))
    assert fit_midpoint(sigma, [0.9] * 13, [0.01] * 13, mu=1e5, scale=scale).kind == "measured"

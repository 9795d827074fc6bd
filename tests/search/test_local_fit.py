"""The local fit against closed forms and fit_midpoint, and the design against brute force."""

import math

import numpy as np
import pytest
from scipy import stats

from wn_ref import fit_midpoint
from wn_ref.fits.logistic import logistic, logistic_jacobian
from wn_ref.search.local_fit import REACH, fit_window
from wn_ref.search.plateaus import Plateaus

PLATEAUS = Plateaus(clean=0.9, floor=0.1, clean_runs=2)
X = 1.3 + 0.5 * np.linspace(-0.8, 0.8, 9)


def exact(x, mu=1.3, s=0.5):
    return logistic(np.asarray(x), mu, s, 0.4, 0.1)


def test_exact_runs_give_exact_parameters():
    fit = fit_window(X, exact(X), PLATEAUS, [(1.2, 0.4)])
    np.testing.assert_allclose(fit.best, [1.3, 0.5, 0.4, 0.1], rtol=1e-5)
    assert (fit.runs, fit.dof) == (9, 7)
    assert fit.interval() == pytest.approx((1.3, 1.3), abs=1e-4)


def test_agrees_with_the_fit_of_a_whole_curve(rng):
    """Runs within a slope of mu, a plateau that is known: the same problem as fit_midpoint's without uncertainties."""
    known = Plateaus(0.9, 0.1, clean_runs=10**12)
    y = exact(X) + 0.02 * rng.standard_normal(9)
    local = fit_window(X, y, known, [(1.3, 0.5)])
    whole = fit_midpoint(np.exp(X), y, delta_a=0.4, a_min=0.1, scale="log")
    assert math.exp(local.best[0]) == pytest.approx(whole.midpoint, rel=1e-5)
    assert np.exp(local.interval()) == pytest.approx(whole.interval(), rel=1e-3)


def test_interval_is_students_where_the_problem_is_linear(rng):
    """Tiny scatter: mu has a standard error of tau sqrt(C_00) and a t distribution."""
    y = exact(X) + 1e-4 * rng.standard_normal(9)
    fit = fit_window(X, y, PLATEAUS, [(1.3, 0.5)])
    half = stats.t.ppf(0.975, fit.dof) * fit.midpoint_std
    assert fit.interval() == pytest.approx((fit.best[0] - half, fit.best[0] + half), abs=0.01 * half)
    assert fit.midpoint_std == pytest.approx(fit.seed_std / 3, rel=0.15)  # of 9 runs, spread over little of the curve


def test_runs_far_away_do_not_count():
    """A tail that is no logistic's shifts the fit of the whole curve, not the local one."""
    far = np.array([2.5, 3.0, 3.5])
    x, y = np.r_[X, far], np.r_[exact(X), exact(far) + 0.1]
    fit = fit_window(x, y, PLATEAUS, [(1.3, 0.5)])
    assert fit.best[0] == pytest.approx(1.3, abs=1e-4)
    assert abs(fit.wide[0] - 1.3) > 0.01


@pytest.mark.parametrize("side", [-1, 1])
def test_the_next_run_goes_to_the_other_side(side, rng):
    """Against brute force: the variance of mu after another run, from the inverse of the information."""
    x = 1.3 + 0.5 * side * np.array([0.1, 0.3, 0.35, 0.4, 0.45])
    fit = fit_window(x, exact(x) + 0.01 * rng.standard_normal(5), PLATEAUS, [(1.3, 0.5)])
    mu, s, *_ = fit.wide
    candidates = mu + s * np.linspace(-REACH, REACH, 21)
    truths = [fit.wide + [away, 0, 0, 0] for away in min(fit.midpoint_std, REACH * s) * np.array([-1, 0, 1])]

    def variance(level, p):
        J = np.vstack([logistic_jacobian(fit.x, *p) / fit.dy[:, None], logistic_jacobian(np.array([level]), *p)])
        return np.linalg.inv(J.T @ J + 1e-9 * np.eye(4))[0, 0]

    best = min(candidates, key=lambda level: sum(variance(level, p) for p in truths))
    assert fit.next() == [pytest.approx(best)]
    assert (best - mu) * side < 0
    assert len(fit.next(3)) == 3


def test_a_floor_that_is_measured_is_less_certain(rng):
    y = exact(X) + 0.01 * rng.standard_normal(9)
    known, measured = (fit_window(X, y, Plateaus(0.9, 0.1, 2, runs), [(1.3, 0.5)]) for runs in (0, 2))
    assert measured.midpoint_std > 1.2 * known.midpoint_std


def test_too_few_runs():
    assert fit_window(X[:3], exact(X[:3]), PLATEAUS, [(1.3, 0.5)]) is None


def test_a_curve_that_bends_is_inside_of_the_cautious_interval_though_runs_agree():
    """Runs without scatter on a curve that bends as measured ones do: the exact interval has no width, and misses."""
    for bend in (-0.08, 0.08):
        z = np.array([-0.9, -0.5, -0.2, 0.1, 0.3, 0.6, 0.8])
        y = 0.1 + 0.8 / (1 + np.exp(z + bend * z**2))
        fit = fit_window(1.3 + 0.5 * z, y, PLATEAUS, [(1.3, 0.5)])
        (low, high), (lower, higher) = fit.interval(), fit.cautious_interval()
        assert lower < low < high < higher
        assert lower <= 1.3 <= higher
        assert higher - lower < 0.05


def test_the_cautious_interval_has_no_end_where_the_interval_has_none():
    flat = fit_window(
        np.array([0.9, 1.1, 1.3, 1.5, 1.7]), 0.5 + 0.01 * np.array([1, -1, 1, -1, 1]), PLATEAUS, [(1.3, 0.5)]
    )
    assert np.isinf(flat.interval()).any() == np.isinf(flat.cautious_interval()).any()

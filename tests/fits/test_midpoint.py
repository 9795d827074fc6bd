"""The fit of equation 1: closed forms, SciPy, certified answers, coverage, and hard cases."""

import math
from functools import cache
from itertools import islice

import numpy as np
import pytest
from scipy import optimize, stats

from tests.fits.test_leastsquares import RAT42, RAT42_CERTIFIED
from wn_ref import InputError, accuracy_uncertainty, fit_midpoint
from wn_ref.fits.logistic import logistic

PAPER_GRID = np.geomspace(1e-2, 1e2, 17)
TRUTH = {"mu": 1.6, "s": 0.4, "delta_a": 0.43, "a_min": 0.1}


def simulate(rng, sigma=PAPER_GRID, scale="linear"):
    """A random curve like the paper's: (truth, accuracies, uncertainties)."""
    mu = 10 ** rng.uniform(-0.4, 0.7)
    s = rng.uniform(0.2, 0.4) * (mu if scale == "linear" else 1.5)
    truth = (mu, s, rng.uniform(0.2, 0.45), 0.1)
    dy = rng.uniform(0.004, 0.015, len(sigma))
    x = (sigma, mu) if scale == "linear" else (np.log(sigma), math.log(mu))
    return truth, logistic(x[0], x[1], *truth[1:]) + dy * rng.standard_normal(len(sigma)), dy


@pytest.fixture(scope="module")
def simulated():
    """For each scale 1,000 curves as `simulate` returns them, and their fits."""

    @cache
    def of(scale):
        rng = np.random.default_rng(20241022)
        curves = [simulate(rng, scale=scale) for _ in range(1000)]
        return curves, [fit_midpoint(PAPER_GRID, y, dy, scale=scale) for _, y, dy in curves]

    return of


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_exact_data_give_exact_parameters(scale):
    x = (PAPER_GRID, 1.6) if scale == "linear" else (np.log(PAPER_GRID), math.log(1.6))
    y = logistic(x[0], x[1], 0.4, 0.43, 0.1)
    fit = fit_midpoint(PAPER_GRID, y, np.full(17, 0.01), scale=scale)
    received = [fit.midpoint, fit.slope, fit.half_range, fit.a_min, fit.a_max]
    np.testing.assert_allclose(received, [1.6, 0.4, 0.43, 0.1, 0.96], rtol=1e-8)
    np.testing.assert_allclose(fit(PAPER_GRID), y, rtol=1e-8)
    assert fit.kind == "measured"
    assert fit.dof == 13
    assert fit.chi2 < 1e-12


def test_agrees_with_scipy_on_200_random_curves(simulated):
    for (truth, y, dy), fit in islice(zip(*simulated("linear")), 200):
        tight = {"ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-15}
        p, cov = optimize.curve_fit(logistic, PAPER_GRID, y, truth, dy, absolute_sigma=True, **tight)
        np.testing.assert_allclose([fit.midpoint, fit.slope, fit.half_range, fit.a_min], p, rtol=1e-6)
        np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), np.sqrt(np.diag(cov)), rtol=1e-4)
        assert fit.midpoint_std == pytest.approx(cov[0, 0] ** 0.5, rel=1e-4)


def test_agrees_with_scipy_without_uncertainties_and_with_held_parameters(rng):
    truth, y, _ = simulate(rng)
    fit = fit_midpoint(PAPER_GRID, y, a_min=0.1, scale="linear")
    p, cov = optimize.curve_fit(lambda x, mu, s, d: logistic(x, mu, s, d, 0.1), PAPER_GRID, y, truth[:3], ftol=1e-14)
    np.testing.assert_allclose([fit.midpoint, fit.slope, fit.half_range, fit.a_min], [*p, 0.1], rtol=1e-6)
    np.testing.assert_allclose(fit.covariance[:3, :3], cov, rtol=1e-4)
    assert np.all(fit.covariance[3] == 0)


def test_certified_problem():
    """NIST's Rat42 is equation 1, a_min = 0, sigma = 100 - x: b1 = 2 delta_a, b2 = (100 - mu) / s, b3 = 1 / s."""
    x, y = (
        np.array(RAT42[0]),
        np.array(RAT42[1]) / 100,
    )  # per cent as shares: a residual sum of squares 10,000 times smaller
    fit = fit_midpoint(100 - x, y, a_min=0, scale="linear")
    values, deviations = RAT42_CERTIFIED
    mu, s = fit.midpoint, fit.slope
    np.testing.assert_allclose([200 * fit.half_range, (100 - mu) / s, 1 / s], values, rtol=1e-6)
    by = np.array(
        [[0, 0, 200], [-1 / s, -(100 - mu) / s**2, 0], [0, -1 / s**2, 0]]
    )  # d(b1, b2, b3) / d(mu, s, delta_a)
    np.testing.assert_allclose(np.sqrt(np.diag(by @ fit.covariance[:3, :3] @ by.T)), deviations, rtol=1e-6)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_intervals_cover_the_truth_as_often_as_they_say(scale, simulated):
    """93 to 97 % of 1,000 curves: a true 95 % misses that once in 250 seeds."""
    covered = 0
    for (truth, *_), fit in zip(*simulated(scale)):
        low, high = fit.interval(0.95)
        covered += low <= truth[0] <= high
    assert 930 <= covered <= 970


def test_intervals_without_uncertainties_use_students_distribution(rng):
    """Five points and three parameters leave two degrees of freedom: a normal quantile would cover only 81 %."""
    sigma, covered = np.array([0.2, 0.9, 1.5, 2.1, 4.0]), 0
    for _ in range(400):
        y = logistic(sigma, 1.5, 0.5, 0.43, 0.1) + 0.01 * rng.standard_normal(5)
        low, high = fit_midpoint(sigma, y, a_min=0.1, scale="linear").interval(0.95)
        covered += low <= 1.5 <= high
    assert 0.92 <= covered / 400 <= 0.98


def test_interval_is_where_the_profile_crosses_the_quantile(rng):
    _, y, dy = simulate(rng)
    fit = fit_midpoint(PAPER_GRID, y, dy, scale="linear")
    for level, quantile in ((0.6827, 1.0), (0.95, 3.8415), (0.99, 6.6349)):
        for end in fit.interval(level):
            assert fit_midpoint(PAPER_GRID, y, dy, mu=end, scale="linear").chi2 - fit.chi2 == pytest.approx(
                quantile, rel=2e-3
            )
    with pytest.raises(InputError, match="level: expected a probability"):
        fit.interval(95)


def test_one_sigma_interval_is_about_the_standard_error(rng):
    fit = fit_midpoint(PAPER_GRID, logistic(PAPER_GRID, **TRUTH), np.full(17, 1e-4), scale="linear")
    low, high = fit.interval(0.6827)
    assert (high - low) / 2 == pytest.approx(fit.midpoint_std, rel=1e-2)


def test_rescale_widens_by_the_root_of_chi2_per_degree_of_freedom(rng):
    y = logistic(PAPER_GRID, **TRUTH) + 2e-4 * rng.standard_normal(17)
    plain, wide = (
        fit_midpoint(PAPER_GRID, y, np.full(17, 5e-5), rescale=rescale, scale="linear") for rescale in (False, True)
    )
    factor = math.sqrt(plain.chi2 / plain.dof)
    assert factor > 2
    assert wide.midpoint == plain.midpoint
    assert wide.chi2 == plain.chi2
    assert wide.midpoint_std == pytest.approx(factor * plain.midpoint_std)
    by_scatter = factor * stats.t.ppf(0.975, plain.dof) / stats.norm.ppf(0.975)
    assert np.diff(wide.interval())[0] == pytest.approx(by_scatter * np.diff(plain.interval())[0], rel=1e-2)
    good = fit_midpoint(PAPER_GRID, logistic(PAPER_GRID, **TRUTH), np.full(17, 5e-5), rescale=True, scale="linear")
    assert good.midpoint_std == pytest.approx(plain.midpoint_std, rel=0.5)


def test_curves_over_decades_want_the_logarithm(rng):
    """A long tail, as a trained network has it: in sigma the fit is bad and mu drifts off the half-way point."""
    sigma = np.geomspace(0.03, 300, 13)
    y = logistic(np.log(sigma), math.log(10), 0.8, 0.42, 0.1) + 0.007 * rng.standard_normal(13)
    log, linear = (fit_midpoint(sigma, y, np.full(13, 0.007), scale=scale) for scale in ("log", "linear"))
    assert log.chi2 / log.dof < 2.5
    assert log.interval()[0] < 10 < log.interval()[1]
    assert linear.chi2 / linear.dof > 10
    assert linear.kind != "measured" or linear.interval()[1] < 10


def test_a_noise_free_level_counts_on_either_scale():
    sigma = np.r_[0, PAPER_GRID]
    y = logistic(np.log(np.maximum(sigma, 1e-9)), 0.2, 0.4, 0.43, 0.1)
    fit = fit_midpoint(sigma, y, np.full(18, 0.01), scale="log")
    assert fit.midpoint == pytest.approx(math.exp(0.2), rel=1e-6)
    assert fit.dof == 14
    assert fit(0) == pytest.approx(0.96, rel=1e-6)


def test_hard_cases_found_by_a_critical_reader():
    """Each of these once ended in a traceback, an endless loop, an interval of width 0 or a number without support."""
    paper = np.geomspace(0.01, 1e10, 49)  # the fall is a thousandth of the smallest step's share of the grid
    for width, sigma in ((0.5, paper), (1.0, np.r_[np.linspace(0, 2, 21), np.geomspace(2.5, 1e16, 40)])):
        fit = fit_midpoint(sigma, logistic(sigma, 2, width, 0.425, 0.1), np.full(len(sigma), 0.01), scale="linear")
        low, high = fit.interval()
        assert low < 2 - fit.midpoint_std < 2 + fit.midpoint_std < high
    straight = (np.geomspace(0.01, 100, 11), np.linspace(0.9, 0.1, 11))
    for dy in (None, np.full(11, 1e-9), np.full(11, 0.01)):
        assert fit_midpoint(*straight, dy, scale="log").kind == "open"
        assert str(fit_midpoint(*straight, dy, scale="log")).startswith("midpoint unknown: neither of its plateaus")
    noisy_plateau = ([0.1, 0.3, 1, 3, 10, 30, 100], [0.925, 0.924, 0.915, 0.912, 0.874, 0.878, 0.916], [0.005] * 7)
    assert fit_midpoint(*noisy_plateau, a_min=0.1, scale="log").kind == "lower bound"
    for level, kind in ((0.85, "lower bound"), (0.5, "lower bound"), (0.1, "upper bound")):
        assert fit_midpoint(np.linspace(0.5, 3, 7), [level] * 7, scale="linear").kind == kind
    assert fit_midpoint(np.linspace(0, 3, 7), np.linspace(0.2, 0.8, 7), scale="linear").kind == "lower bound"
    close = 1 + 1e-10 * np.arange(5)
    assert fit_midpoint(close, [0.9, 0.9, 0.5, 0.1, 0.1], [0.01] * 5, scale="linear").kind in (
        "measured",
        "open",
        "lower bound",
    )
    for scale in ("linear", "log"):
        fit_midpoint([1, 2, 3, 4, 5], [0.9, 0.9, 0.5, 0.1, 0.1], [0.01] * 5, s=1e-300, scale=scale)
    step = fit_midpoint([1, 2, 3, 4, 5, 6], [0.9, 0.9, 0.9, 0.1, 0.1, 0.1], scale="linear")
    assert 3 <= step.interval()[0] <= step.interval()[1] <= 4


def test_whatever_comes_there_is_an_answer_and_no_warning(rng):
    """Random curves of all sorts: a finite number in a finite interval, or a bound, or nothing; never a crash."""
    for case in range(300):
        n = int(rng.integers(5, 14))
        sigma = np.sort(10 ** rng.uniform(-3, 3, n)) if case % 3 else np.r_[0, np.sort(rng.uniform(0, 9, n - 1))]
        sorts = rng.random(n), np.sort(rng.random(n))[::-1], np.full(n, 0.9), np.where(np.arange(n) < 3, 0.9, 0.1)
        y = sorts[case % 4]
        y = np.clip(y + 0.01 * rng.standard_normal(n) * (case % 5 > 0), 0, 1)
        dy = None if case % 7 == 0 else np.full(n, 10 ** rng.uniform(-9, -1))
        held = {"a_min": 0.1} if case % 2 else {}
        fit = fit_midpoint(sigma, y, dy, scale=("linear", "log")[case // 4 % 2], rescale=bool(case % 3), **held)
        low, high = fit.interval()
        assert 0 <= low <= high
        if fit.kind == "measured":
            assert low <= fit.midpoint * (1 + 1e-9)
            assert fit.midpoint <= high * (1 + 1e-9)
            assert sigma.min() <= fit.midpoint <= sigma.max()
        else:
            assert math.isnan(fit.midpoint)
            assert low == 0 or math.isinf(high)


def test_order_and_units_of_sigma_do_not_matter(rng):
    _, y, dy = simulate(rng)
    fit = fit_midpoint(PAPER_GRID, y, dy, scale="linear")
    mixed = rng.permutation(17)
    assert fit_midpoint(PAPER_GRID[mixed], y[mixed], dy[mixed], scale="linear").midpoint == pytest.approx(
        fit.midpoint, rel=1e-6
    )
    assert fit_midpoint(1e10 * PAPER_GRID, y, dy, scale="linear").midpoint == pytest.approx(
        1e10 * fit.midpoint, rel=1e-6
    )


def test_accuracy_uncertainty():
    spread = accuracy_uncertainty([[0.5, 0.7], [0.1, 0.1]], 100)
    np.testing.assert_allclose(spread**2, [0.1**2 + 0.6 * 0.4 / 100, 0.1 * 0.9 / 100], rtol=0.08)
    assert accuracy_uncertainty([1.0], 2000) == pytest.approx(1 / 2000, rel=0.01)
    assert accuracy_uncertainty([[0.9]], 400)[0] == pytest.approx(0.3 / 20, rel=0.01)
    with pytest.raises(InputError, match="divide percentages"):
        accuracy_uncertainty([97.0, 98.0], 2000)
    with pytest.raises(InputError, match="test_size: expected a whole number of at least 1"):
        accuracy_uncertainty([0.97], 0)
    with pytest.raises(InputError, match="accuracies: expected those of at least one seed"):
        accuracy_uncertainty([], 2000)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_units_of_sigma_do_not_matter_up_to_the_limit(scale, rng):
    """From 1e-98 to 1e100; beyond, squares of numbers with this unit would leave the range of float64."""
    sigma = np.linspace(0.01, 5, 17)
    y = logistic(sigma, **TRUTH) + 0.01 * rng.standard_normal(17)
    fit = fit_midpoint(sigma, y, [0.01] * 17, scale=scale)
    for unit in (1e-98, 1e99):
        same = fit_midpoint(unit * sigma, y, [0.01] * 17, scale=scale)
        found = np.array([same.midpoint, same.midpoint_std, *same.interval()]) / unit
        np.testing.assert_allclose(found, [fit.midpoint, fit.midpoint_std, *fit.interval()], rtol=1e-5)


def test_a_fit_may_be_asked_at_noise_levels_only():
    fit = fit_midpoint(PAPER_GRID, logistic(PAPER_GRID, **TRUTH), np.full(17, 0.01))
    assert fit(np.ma.masked_array([1.0, 2.0])).shape == (2,)
    for sigma in (-1.0, [1, -1.0], None, "1", np.nan, np.inf, np.ma.masked_equal([1, 2], 2)):
        with pytest.raises(
            InputError, match=r"sigma: expected (.*numbers|an array, .* masked|noise levels >= 0, got -1\.0)"
        ):
            fit(sigma)

"""One step or two: SciPy, central differences, and how often the wrong one is chosen."""

import numpy as np
import pytest
from scipy import optimize, stats

from wn_ref import InputError
from wn_ref.fits.logistic import stacked, stacked_jacobian, stacked_slope
from wn_ref.fits.stacked import FALLS, PLATEAU, fit_stacked, fit_steps

SIGMA = np.geomspace(0.1, 1e4, 21)
X = np.log(SIGMA)
TWO = np.array([np.log(2), 0.4, 0.15, np.log(300), 0.5, 0.2, 0.1])  # 80 %, a plateau at 50 %, 10 %
ONE = np.array([np.log(20), 0.6, 0.4, 0.1])


def test_exact_data_give_exact_parameters():
    fit = fit_stacked(SIGMA, stacked(X, TWO), np.full(21, 0.01))
    assert fit.steps == 2
    np.testing.assert_allclose(fit.midpoints, [2, 300], rtol=1e-5)
    np.testing.assert_allclose(fit.slopes, [0.4, 0.5], rtol=1e-5)
    np.testing.assert_allclose(fit.plateaus, [0.8, 0.5, 0.1], rtol=1e-5)
    np.testing.assert_allclose(fit(SIGMA), stacked(X, TWO), atol=1e-7)
    assert fit.dof == 14
    assert fit.chi2 < 1e-8
    x = np.linspace(0, 9, 31)
    y = stacked(x, np.array([2, 0.3, 0.1, 6, 0.4, 0.3, 0.1]))
    linear = fit_steps(x, y, np.full(31, 0.01), 2, scale="linear")
    np.testing.assert_allclose(linear.midpoints, [2, 6], rtol=1e-5)


def test_jacobian():
    h = 1e-6 * np.eye(7)
    numerical = np.stack([(stacked(X, TWO + d) - stacked(X, TWO - d)) / 2e-6 for d in h], axis=1)
    np.testing.assert_allclose(stacked_jacobian(X, TWO), numerical, atol=1e-8)


def test_slope():
    numerical = (stacked(X + 1e-6, TWO) - stacked(X - 1e-6, TWO)) / 2e-6
    np.testing.assert_allclose(stacked_slope(X, TWO), numerical, atol=1e-8)


def test_flatness_tells_a_plateau_from_a_lopsided_step():
    dy = np.full(21, 0.01)
    plateau = fit_steps(SIGMA, stacked(X, TWO), dy, 2)
    assert plateau.flatness < 0.05 < PLATEAU
    lopsided = 0.1 + 0.8 * np.exp(-np.sqrt(SIGMA / 30))
    assert fit_stacked(SIGMA, lopsided, dy).steps == 2
    assert fit_steps(SIGMA, lopsided, dy, 2).flatness > PLATEAU
    assert np.isnan(fit_steps(SIGMA, stacked(X, ONE), dy, 1).flatness)
    x = np.linspace(0, 9, 31)
    by_hand = np.array([2, 0.3, 0.1, 6, 0.4, 0.3, 0.1])
    linear = fit_steps(x, stacked(x, by_hand), np.full(31, 0.01), 2, scale="linear")
    fall = -np.gradient(stacked(np.linspace(2, 6, 4001), by_hand), 0.001)
    assert linear.flatness == pytest.approx(fall.min() / min(fall[1], fall[-2]), rel=0.01)


@pytest.mark.parametrize("a_min", [None, 0.1])
def test_agrees_with_scipy_on_random_curves(a_min, rng):
    for _ in range(25):
        truth = TWO * rng.uniform(0.8, 1.2, 7)
        truth[-1] = 0.1
        dy = rng.uniform(0.003, 0.008, 21)
        y = stacked(X, truth) + dy * rng.standard_normal(21)
        fit = fit_steps(SIGMA, y, dy, 2, a_min=a_min)
        free = 7 if a_min is None else 6

        def function(x, *p, free=free, truth=truth):
            return stacked(x, np.append(p, truth[free:]))

        tight = {"ftol": 1e-14, "xtol": 1e-14, "gtol": 1e-14, "maxfev": 20_000}
        p, cov = optimize.curve_fit(function, X, y, truth[:free], dy, absolute_sigma=True, **tight)
        chi2 = np.sum(((function(X, *p) - y) / dy) ** 2)
        assert fit.chi2 == pytest.approx(chi2, rel=1e-6)
        received = np.column_stack([np.log(fit.midpoints), fit.slopes, fit.half_ranges]).reshape(-1)
        np.testing.assert_allclose(received, p[:6], rtol=1e-3)
        np.testing.assert_allclose(np.diag(fit.covariance)[:free], np.diag(cov), rtol=1e-2)
        assert fit.aicc == pytest.approx(chi2 + 2 * free + 2 * free * (free + 1) / (20 - free))


def test_one_step_is_the_midpoint_fit(rng):
    from wn_ref import fit_midpoint

    for _ in range(10):
        y = stacked(X, ONE) + 0.01 * rng.standard_normal(21)
        one, same = fit_steps(SIGMA, y, [0.01] * 21, 1), fit_midpoint(SIGMA, y, [0.01] * 21, scale="log")
        assert one.midpoints[0] == pytest.approx(same.midpoint, rel=1e-5)
        assert one.chi2 == pytest.approx(same.chi2, rel=1e-8)


def test_two_steps_never_fit_worse_than_one(rng):
    for case in range(12):
        y = np.sort(rng.uniform(0.05, 0.95, 21))[::-1] if case % 2 else rng.uniform(0.05, 0.95, 21)
        scale = ("log", "linear")[case // 2 % 2]
        for a_min in (None, 0.1):
            one, two = (fit_steps(SIGMA, y, np.full(21, 0.01), steps, a_min=a_min, scale=scale) for steps in (1, 2))
            assert two.chi2 <= one.chi2 * (1 + 1e-9)


def test_the_unit_of_sigma_does_not_matter(rng):
    y = stacked(SIGMA, np.array([2.0, 0.4, 0.4, 0.1])) + 0.01 * rng.standard_normal(len(SIGMA))
    fits = [fit_steps(unit * SIGMA, y, np.full(len(y), 0.01), 2, scale="linear") for unit in (1, 1e-15, 1e15)]
    assert [fit.chi2 for fit in fits] == pytest.approx([fits[0].chi2] * 3, rel=1e-6)


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_perfect_fits_are_found_on_logarithmic_levels(scale, rng):
    """Of 30 exact curves with two steps none is missed; on the scale "linear" their slopes differ by decades."""
    for case in range(30):
        sigma = np.geomspace(0.1, 10 ** rng.uniform(2, 5), (13, 17, 21, 41)[case % 4])
        mu = np.sort(np.exp(rng.uniform(np.log(sigma[1]), np.log(sigma[-2]), 2)))
        s = rng.uniform(0.1, 0.5, 2) * (mu if scale == "linear" else 1)
        places = mu if scale == "linear" else np.log(mu)
        truth = np.array([places[0], s[0], rng.uniform(0.08, 0.22), places[1], s[1], rng.uniform(0.08, 0.22), 0.1])
        y = stacked(sigma if scale == "linear" else np.log(sigma), truth)
        fit = fit_steps(sigma, y, np.full(len(sigma), 0.01), 2, a_min=(None, 0.1)[case % 2], scale=scale)
        assert fit.chi2 < 0.01


def test_a_second_step_has_a_price_however_many_points_there_are(rng):
    """At 81 points AICc alone finds a second step in 5 to 20 % of these curves; here it is none of 40, or one."""
    sigma = np.geomspace(0.1, 1e4, 81)
    truth, dy = stacked(np.log(sigma), ONE), np.full(81, 0.01)
    found = [fit_stacked(sigma, truth + dy * rng.standard_normal(81), dy).steps for _ in range(40)]
    assert found.count(2) <= 1


def test_how_often_the_wrong_one_is_chosen(rng):
    """Two steps found in a single one: at most 2 of 60 curves. One found where there are two: none of 20."""
    dy = np.full(21, 0.01)

    def steps(truth):
        return fit_stacked(SIGMA, stacked(X, truth) + dy * rng.standard_normal(21), dy).steps

    assert sum(steps(ONE) == 2 for _ in range(60)) <= 2
    assert all(steps(TWO) == 2 for _ in range(20))


def test_nobody_knows_the_shape_of_noise_alone(rng):
    """Flat curves and steps without width end in one step, without a warning."""
    for y in (np.full(21, 0.9), np.where(SIGMA < 5, 0.9, 0.1), np.full(21, 0.1) + 0.01 * rng.standard_normal(21)):
        assert np.isfinite(fit_stacked(SIGMA, y, [0.01] * 21).chi2)
    step = np.where(SIGMA < 5, 0.9, np.where(SIGMA < 500, 0.5, 0.1))
    fit = fit_stacked(SIGMA, step, [0.01] * 21)
    assert fit.steps == 2
    assert fit.chi2 < 1


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("scale", ["log", "linear"])
def test_a_curve_that_does_not_fall_has_no_midpoints(scale, steps, rng):
    dy, noise = np.full(21, 0.01), 0.01 * rng.standard_normal(21)
    for y in (np.full(21, 0.9), 0.9 + noise, stacked(-X, ONE * [-1, 1, 1, 1]), np.linspace(0.1, 0.9, 21)):
        for fit in (fit_steps(SIGMA, y, dy, steps, scale=scale), fit_stacked(SIGMA, y, dy, scale=scale)):
            assert not fit.falls
            assert np.isnan([*fit.midpoints, *fit.slopes, fit.flatness, *fit.covariance.flat]).all()
            assert np.isfinite([fit.chi2, fit.aicc, *fit.plateaus, *fit(SIGMA)]).all()
    falling = fit_steps(SIGMA, stacked(X, ONE) + noise, dy, steps, scale=scale)
    assert falling.falls
    assert np.isfinite([*falling.midpoints, *falling.slopes]).all()
    assert pytest.approx([stats.chi2.ppf(0.999, 3 * k) for k in (1, 2)], abs=0.005) == FALLS


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((SIGMA[:8], X[:8] / 9 + 0.3, [0.1] * 8, 2), {}, "at least 9 different noise levels to weigh 2 steps, got 8"),
        ((SIGMA, X, [0.1] * 21, 3), {}, "steps: expected a whole number of at most 2, got 3; correct it"),
        ((SIGMA, X, [0.1] * 21, 0), {}, "steps: expected a whole number of at least 1, got 0; correct it"),
        ((SIGMA, X, [0.1] * 21, 2.0), {}, "steps: expected a whole number of at least 1, got 2.0; correct it"),
        ((SIGMA, X, [0.1] * 21, True), {}, "steps: expected a whole number of at least 1, got True; correct it"),
        ((SIGMA, X, None, 2), {}, "uncertainty: expected standard errors, got None"),
        ((SIGMA, X, [0.1] * 20, 2), {}, "uncertainty: expected 21 values"),
        ((SIGMA, X, [0.1] * 21, 2), {"scale": "lin"}, "scale: expected one of linear, log"),
    ],
)
def test_bad_input(arguments, options, message):
    with pytest.raises(InputError, match=message) as caught:
        fit_steps(*arguments, **options)
    assert "\n" not in str(caught.value)

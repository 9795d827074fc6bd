"""Intervals at any scatter, of sudden falls, and fits that start again where their profile found something better.

`tests/benchmarks/fit_coverage.py` has the same simulations with more curves.
"""

import math

import numpy as np
import pytest

from wn_ref import fit_midpoint
from wn_ref.fits.logistic import logistic
from wn_ref.fits.problem import MidpointProblem
from wn_ref.fits.profile import Profile

GRID = np.geomspace(1e-2, 1e2, 17)
FREE = dict.fromkeys(("mu", "s", "delta_a", "a_min"))


@pytest.mark.parametrize("scatter", [1e-4, 1e-6])
def test_without_uncertainties_intervals_cover_at_any_scatter(scatter, rng):
    """52 curves or more of 60: an interval of 95 % misses that once in 500 seeds, one of 70 % nearly always."""
    covered = 0
    for _ in range(60):
        mu, s = 10 ** rng.uniform(-0.4, 0.7), rng.uniform(0.1, 0.6)
        y = logistic(np.log(GRID), math.log(mu), s, 0.42, 0.1) + scatter * rng.standard_normal(17)
        low, high = fit_midpoint(GRID, y, scale="log").interval()
        covered += low <= mu <= high
        assert (high / low - 1) / scatter > 0.1  # as wide as the scatter demands
    assert covered >= 52


def test_rescaled_intervals_cover_with_few_degrees_of_freedom(rng):
    """Five levels, three free parameters, and standard errors that are too small by three.

    275 curves or more of 300: an interval of 95 % misses that once in 150 seeds, the normal quantile's 84 % always.
    """
    covered = 0
    for _ in range(300):
        mu, s = 10 ** rng.uniform(-0.4, 0.7), rng.uniform(0.3, 0.6)
        sigma = mu * np.geomspace(0.06, 9, 5) * math.exp(rng.uniform(-0.3, 0.3))
        y = logistic(np.log(sigma), math.log(mu), s, 0.42, 0.1) + 0.015 * rng.standard_normal(5)
        low, high = fit_midpoint(sigma, y, np.full(5, 0.005), a_min=0.1, rescale=True).interval()
        covered += low <= mu <= high
    assert covered >= 275


def test_intervals_scale_with_the_scatter(rng):
    """The same residuals a hundred times smaller: an interval a hundred times narrower, down to rounding."""
    residuals, widths = rng.standard_normal(17), []
    for scatter in (1e-3, 1e-5, 1e-7):
        low, high = fit_midpoint(
            GRID, logistic(np.log(GRID), 0.3, 0.4, 0.42, 0.1) + scatter * residuals, scale="log"
        ).interval()
        widths.append(high - low)
    assert widths[0] / widths[1] == pytest.approx(100, rel=0.02)
    assert widths[1] / widths[2] == pytest.approx(100, rel=0.02)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("dy", [None, 1e-9, 0.01])
@pytest.mark.parametrize(
    "levels", [np.geomspace(0.1, 100, 9), np.linspace(1, 9, 9), np.r_[0, np.geomspace(0.3, 30, 8)]]
)
def test_a_step_between_two_levels_may_be_anywhere_between_them(scale, dy, levels):
    y = np.where(np.arange(9) < 5, 0.9, 0.1)
    for held in ({}, {"a_min": 0.1}):
        fit = fit_midpoint(levels, y, None if dy is None else np.full(9, dy), scale=scale, **held)
        low, high = fit.interval()
        assert fit.kind == "measured"
        assert low <= levels[4] * (1 + 1e-9)
        assert high >= levels[5] * (1 - 1e-9)
        for level in (0.5, 0.999):
            low, high = fit.interval(level)
            assert low <= levels[4]
            assert levels[5] <= high


def test_a_step_with_a_little_scatter_covers_its_gap(rng):
    for scatter in (1e-3, 1e-6, 1e-12):
        y = np.where(np.arange(17) < 9, 0.9, 0.1) + scatter * rng.standard_normal(17)
        low, high = fit_midpoint(GRID, y, scale="log").interval()
        assert low <= GRID[8]
        assert GRID[9] <= high


def test_a_perfect_fit_is_known_up_to_rounding():
    low, high = fit_midpoint(GRID, logistic(np.log(GRID), 0.3, 0.4, 0.42, 0.1), scale="log").interval()
    assert low < math.exp(0.3) < high
    assert high / low < 1 + 1e-6


def test_a_profile_that_meets_lower_chi2_says_where(rng):
    y = logistic(np.log(GRID), 0.3, 0.4, 0.42, 0.1) + 0.01 * rng.standard_normal(17)
    problem = MidpointProblem.checked(GRID, y, np.full(17, 0.01), FREE, "log")
    best = problem.minimise()
    assert Profile(problem, best).better is None
    profile = Profile(problem, best + [0.2, 0, 0, 0])
    profile.chi2(best[0] + 0.01)
    assert profile.better is not None
    assert problem.minimise(profile.better) == pytest.approx(best, rel=1e-6)


def test_a_fit_that_starts_badly_ends_at_the_minimum(rng, monkeypatch):
    """The first minimum is replaced by a point beside it; the interval finds the way down, and the fit follows."""
    y = logistic(np.log(GRID), 0.3, 0.4, 0.42, 0.1) + 0.01 * rng.standard_normal(17)
    right, minimise = fit_midpoint(GRID, y, [0.01] * 17, scale="log"), MidpointProblem.minimise

    def badly(problem, start=None):
        return minimise(problem) + [0.1, 0, 0, 0] if start is None else minimise(problem, start)

    monkeypatch.setattr(MidpointProblem, "minimise", badly)
    found = fit_midpoint(GRID, y, [0.01] * 17, scale="log")
    assert found.chi2 == pytest.approx(right.chi2, rel=1e-9)
    assert found.interval() == pytest.approx(right.interval(), rel=1e-4)


def test_no_profile_is_below_the_fit_of_an_awkward_curve(rng):
    """Bumps, outliers, several falls: the fit is the lowest of all profiles between the levels."""
    for case in range(24):
        sigma = np.sort(10 ** rng.uniform(-2, 2, 11))
        y = np.sort(rng.random(11))[::-1] if case % 2 else rng.random(11)
        y[rng.integers(11)] = rng.random()
        scale = ("linear", "log")[case // 2 % 2]
        problem = MidpointProblem.checked(sigma, y, np.full(11, 0.03), FREE, scale)
        fit, profile = fit_midpoint(sigma, y, np.full(11, 0.03), scale=scale), Profile(problem, problem.minimise())
        if fit.kind == "measured":
            lowest = min(map(profile.chi2, np.linspace(problem.x_levels[0], problem.x_levels[-1], 60)))
            assert fit.chi2 <= lowest + 1e-3

"""The problem that a fit solves: parameters held fixed, degrees of freedom, and input that makes no problem."""

import math

import numpy as np
import pytest

from wn_ref import InputError, fit_midpoint
from wn_ref.fits.logistic import logistic
from wn_ref.fits.problem import MidpointProblem
from wn_ref.fits.profile import Profile

PAPER_GRID = np.geomspace(1e-2, 1e2, 17)
TRUTH = {"mu": 1.6, "s": 0.4, "delta_a": 0.43, "a_min": 0.1}
FREE = dict.fromkeys(TRUTH)


def test_held_parameters_stay(rng):
    y, dy = logistic(PAPER_GRID, **TRUTH) + 0.01 * rng.standard_normal(17), np.full(17, 0.01)
    for name, value in (("mu", 1.5), ("s", 0.3), ("delta_a", 0.4), ("a_min", 0.12)):
        fit = fit_midpoint(PAPER_GRID, y, dy, scale="linear", **{name: value})
        attribute = {"mu": "midpoint", "s": "slope", "delta_a": "half_range"}.get(name, name)
        assert getattr(fit, attribute) == value
        assert fit.dof == 14
    assert fit_midpoint(PAPER_GRID, y, dy, mu=1.5, scale="linear").interval() == (1.5, 1.5)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_profile_is_the_least_chi2_with_mu_held(scale, rng):
    y, dy = logistic(PAPER_GRID, **TRUTH) + 0.01 * rng.standard_normal(17), np.full(17, 0.01)
    problem = MidpointProblem.checked(PAPER_GRID, y, dy, FREE, scale)
    profile = Profile(problem, problem.minimise())
    for mu in (1.2, 1.6, 2.1):
        x = mu if scale == "linear" else math.log(mu)
        assert problem.sigma_at(x) == pytest.approx(mu)
        held = MidpointProblem.checked(PAPER_GRID, y, dy, FREE | {"mu": mu}, scale)
        assert profile.chi2(x) == pytest.approx(held.chi2(held.minimise()), abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ([1, 2, 3], [0.9, 0.5, 0.1], [0.1] * 3),
            "at least 4 different noise levels to fit 4 parameters, got 3; add some",
        ),
        (([1, 1, 2, 2, 3], [0.9, 0.9, 0.5, 0.5, 0.1], [0.1] * 5), "at least 4 different noise levels"),
        (([1, 2, 3, 4], [0.9, 0.8, 0.5, 0.1]), "at least 5 different noise levels"),
        (([1, 2, 3, 4], [0.9, math.nan, 0.5, 0.1]), "accuracy: expected finite numbers, got nan at position 1"),
        (([1, 2, 3, math.inf], [0.9, 0.8, 0.5, 0.1]), "sigma: expected finite numbers, got inf at position 3"),
        (([-1, 2, 3, 4], [0.9, 0.8, 0.5, 0.1], [0.1] * 4), "sigma: expected noise levels >= 0, got -1"),
        (([1, 2, 3, 4], [0.9, 0.8, 0.5]), r"accuracy: expected 4 values .* got shape \(3,\)"),
        (([1, 2, 3, 4], [0.9, 0.8, 0.5, 0.1], [0.1]), r"uncertainty: expected 4 values .* got shape \(1,\)"),
        (([[1, 2]], [[0.9, 0.8]]), "in one dimension"),
        (([], []), "at least 5 different noise levels to fit 4 parameters, got 0"),
        (([1, 2, 3, 4], [0.9, 0.8, 0.5, 0.1], [0.1, 0, 0.1, 0.1]), "uncertainty: expected standard errors > 1e-12"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        fit_midpoint(*arguments)
    assert "\n" not in str(caught.value)


def test_bad_options():
    data = (PAPER_GRID, logistic(PAPER_GRID, **TRUTH))
    with pytest.raises(InputError, match="expected one to be free"):
        fit_midpoint(*data, **TRUTH)
    for held in ({"s": 0}, {"mu": -1}, {"a_min": math.nan}, {"a_min": 2}, {"a_min": "low"}, {"s": math.inf}):
        with pytest.raises(InputError, match=f"{next(iter(held))}: expected a.*correct it"):
            fit_midpoint(*data, **held)
    with pytest.raises(InputError, match="scale: expected one of linear, log, got 'lin'; did you mean 'linear'"):
        fit_midpoint(*data, scale="lin")


def test_ln_sigma_needs_a_level_above_0():
    data = ([0, 0], [0.5, 0.5], [0.01, 0.01])
    with pytest.raises(InputError, match="sigma: expected a noise level > 0 to fit in ln sigma, got only 0; add some"):
        fit_midpoint(*data, mu=1, s=1, a_min=0.1)
    assert fit_midpoint(*data, mu=1, s=1, a_min=0.1, scale="linear").kind == "measured"
    assert fit_midpoint([0, 1], [0.9, 0.5], [0.01] * 2, mu=1, a_min=0.1).midpoint == 1


def test_the_grid_of_slopes_is_made_once(monkeypatch):
    """A profile asks for it at every value of mu."""
    made, geomspace = [], np.geomspace
    monkeypatch.setattr(np, "geomspace", lambda *ends: made.append(ends[2]) or geomspace(*ends))
    y = logistic(PAPER_GRID, **TRUTH)
    problem = MidpointProblem.checked(PAPER_GRID, y, np.full(17, 0.01), FREE, "log")
    Profile(problem, problem.minimise()).interval(0.95)
    assert made.count(60) == 1

"""Curves that equation 1 does not describe get no verdict; real ones, which are nearly logistic, do."""

import numpy as np
import pytest

from wn_ref import fit_midpoint
from wn_ref.fits import accuracy_uncertainty
from wn_ref.fits.logistic import logistic

LEVELS = np.geomspace(0.1, 100, 13)
X = np.log(LEVELS)
PULSES = [0.939, 0.936, 0.917, 0.861, 0.747, 0.653, 0.595, 0.569, 0.557, 0.55, 0.546, 0.544, 0.543]  # tutorial 14
PULSES_DY = [0.006, 0.006, 0.008, 0.012, 0.012, 0.012, 0.012, 0.013, 0.014, 0.013, 0.013, 0.013, 0.013]


@pytest.mark.parametrize("dy", [PULSES_DY, None])
@pytest.mark.parametrize("rescale", [True, False])
def test_a_curve_that_ends_elsewhere_than_a_min_says_so(dy, rescale):
    held = fit_midpoint(LEVELS, PULSES, dy, a_min=0.1, scale="log", rescale=rescale)
    assert held.kind == "open"
    assert str(held).startswith("midpoint unknown: equation 1 misses the accuracies by 0.04")
    assert "a_min held at 0.1 may be wrong" in held.reason
    assert "\n" not in str(held)
    assert np.isnan(held.midpoint)
    assert held.interval() == (0, np.inf)
    free = fit_midpoint(LEVELS, PULSES, dy, scale="log", rescale=rescale)
    assert free.kind == "measured"
    assert free.reason == ""
    assert free.midpoint == pytest.approx(1.05, rel=0.1)


@pytest.mark.parametrize(
    ("y", "held"),
    [
        (0.1 + 0.4 * logistic(X, -0.7, 0.3, 0.5, 0) + 0.44 * logistic(X, 3, 0.3, 0.5, 0), {"a_min": 0.1}),  # two steps
        (0.1 + 0.25 * logistic(X, -0.7, 0.3, 0.5, 0) + 0.6 * logistic(X, 3, 0.3, 0.5, 0), {}),
        (np.where(np.abs(X - 0.5) < 1, 0.1, 0.94), {"a_min": 0.1}),  # comes back
        (logistic(X, 1, 0.3, 0.42, 0.1) - 0.8 * (np.arange(13) == 3), {"a_min": 0.1}),  # one training has failed
        (logistic(X, 1, 0.3, 0.37, 0.2), {"a_min": 0.1}),  # ends at 0.2
    ],
    ids=["two steps", "two steps, free", "comes back", "one failed", "ends higher"],
)
def test_other_shapes_get_no_verdict(y, held):
    for rescale in (True, False):
        fit = fit_midpoint(LEVELS, y, np.full(13, 0.007), scale="log", rescale=rescale, **held)
        assert fit.kind == "open"
        assert "equation 1 misses the accuracies by" in fit.reason


@pytest.mark.parametrize(
    "y",
    [
        [0.999] * 4 + [0.1] * 3 + [0.7] * 3 + [0.1] * 3,  # comes back
        [0.999] * 5 + [0.3] * 3 + [0.999, 0.5, 0.1, 0.1, 0.1],
        [0.999] * 3 + [0.6] + [0.55] * 5 + [0.3] + [0.1] * 3,  # two steps
    ],
)
@pytest.mark.parametrize("rescale", [True, False])
def test_a_plateau_with_tiny_errors_does_not_decide_alone(y, rescale):
    """Of 10,000 images 99.9 % are known to 0.0003, and 70 % to 0.005, so that the weights differ by 200."""
    fit = fit_midpoint(LEVELS, y, accuracy_uncertainty(np.array(y)[:, None], 10_000), rescale=rescale)
    assert fit.kind == "open"
    assert "the curve has another shape" in fit.reason


@pytest.mark.parametrize(
    "y",
    [
        0.1 + 0.84 * np.exp(-np.sqrt(LEVELS / 3)),
        logistic(LEVELS, 2, 0.6, 0.42, 0.1),
        logistic(X, 1, 0.5, 0.42, 0.1) + 0.025 * np.sin(np.arange(13)),
        logistic(X, 1, 0.5, 0.41, 0.12),
    ],
    ids=["stretched", "logistic in sigma", "wavy", "ends a little higher"],
)
def test_curves_that_are_nearly_logistic_have_a_midpoint(y):
    """chi2 is up to 60 for each degree of freedom with tiny standard errors; `rescale` widens the interval."""
    for dy in (0.007, 0.002):
        fit = fit_midpoint(LEVELS, y, np.full(13, dy), a_min=0.1, scale="log", rescale=True)
        assert fit.kind == "measured"
        assert fit.chi2 / fit.dof > 1 or dy == 0.007


def test_chance_alone_is_no_misfit(rng):
    """Whatever the scatter: of 30 logistic curves none is refused, with the right standard errors or without any."""
    for case in range(30):
        dy = (0.003, 0.03, 0.1)[case % 3]
        y = np.clip(logistic(X, rng.uniform(0, 2), 0.4, 0.35, 0.15) + dy * rng.standard_normal(13), 0, 1)
        for uncertainty in (np.full(13, dy), None):
            assert fit_midpoint(LEVELS, y, uncertainty, scale="log", rescale=case % 2 == 0).reason == ""


def test_what_was_held_may_be_wrong():
    fit = fit_midpoint(LEVELS, logistic(X, 1, 0.3, 0.42, 0.1), np.full(13, 0.007), s=2, a_min=0.3)
    assert "s held at 2 and a_min held at 0.3 may be wrong" in fit.reason


def test_a_single_point_has_no_neighbours():
    assert (
        fit_midpoint([1], [0.5], [0.01], s=1, delta_a=0.4, a_min=0.1).reason
        == "its errors may hide that accuracy falls"
    )

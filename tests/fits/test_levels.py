"""Noise levels that differ by rounding only are one level."""

import numpy as np
import pytest

from wn_ref import InputError, fit_midpoint
from wn_ref.fits.levels import merge_levels

CURVE = [0.9, 0.9, 0.8, 0.5, 0.2, 0.1, 0.1]


def test_levels_that_agree_to_12_digits_are_one():
    assert len(np.unique(merge_levels([0.215443469003, 0.21544346900318834]))) == 1
    assert len(np.unique(merge_levels([1.0, np.nextafter(1, 2), 1 + 1e-13]))) == 1
    assert len(np.unique(merge_levels([0.0, 5e-324, 1e-300]))) == 3
    assert len(np.unique(merge_levels([1.0, 1 + 1e-10, 1e9, 1e9 + 1]))) == 4
    assert len(np.unique(merge_levels(1 + 9e-12 * np.arange(4)))) == 2  # no chain: the third is 18e-12 off
    assert merge_levels([3.0, 1.0, 3.0 + 1e-14, 2.0]).tolist() == [3.0, 1.0, 3.0, 2.0]
    assert merge_levels([]).shape == (0,)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_neighbours_one_ulp_apart_are_fitted_as_one_level(scale):
    """A level that is there twice counts like a repetition, whatever the last bit says."""
    sigma = np.array([0.1, 0.3, 1, 3, 10, 30, 100])
    for apart in (np.nextafter(sigma, np.inf), sigma * (1 + 1e-14), sigma * (1 - 4e-13)):
        same = fit_midpoint([*sigma, *sigma], CURVE * 2, [0.01] * 14, scale=scale)
        near = fit_midpoint([*sigma, *apart], CURVE * 2, [0.01] * 14, scale=scale)
        assert str(near) == str(same)
        assert near.kind == same.kind


def test_levels_that_are_one_do_not_count_as_several():
    with pytest.raises(InputError, match="at least 4 different noise levels to fit 4 parameters, got 1"):
        fit_midpoint(1 + 1e-12 * np.arange(5), [0.9, 0.9, 0.5, 0.1, 0.1], [0.01] * 5)


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([np.inf, 1, np.inf], "sigma: expected finite numbers, got inf at position 0; leave it out"),
        ([1, np.nan], "sigma: expected finite numbers, got nan at position 1; leave it out"),
        (np.ma.masked_equal([1.0, 2.0], 2), "sigma: expected numbers, got 1 that are masked"),
        (["1", "2"], "sigma: expected real numbers, got "),
    ],
)
def test_levels_are_finite_numbers(levels, message):
    with pytest.raises(InputError, match=message) as caught:
        merge_levels(levels)
    assert "\n" not in str(caught.value)

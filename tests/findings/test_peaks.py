"""Peaks: closed forms of the index, and quantisation by hand."""

import numpy as np
import pytest
from scipy import stats

from wn_ref import InputError
from wn_ref.findings.peaks import binary_index, quantise

N = 20_000
HALVES = (np.arange(N) + 0.5) / N  # an even sample of the uniform distribution


@pytest.mark.parametrize(
    ("values", "two", "three"),
    [
        ([0, 0, 5, 5, 5], 1, 1),
        ([-3, 0, 0, 3], 2 / 3, 1),  # two peaks: {-3}, {0, 0, 3}: within 6 of 18
        ([7.0] * 4, 1, 1),
        (HALVES, 3 / 4, 8 / 9),
        (stats.norm.ppf(HALVES), 2 / np.pi, 0.8098),  # Lloyd and Max's quantisers of two and three levels
        (stats.expon.ppf(HALVES), 0.6476, 0.8203),
        (stats.halfnorm.ppf(HALVES), 0.6767, 0.8404),
    ],
    ids=["two peaks", "three peaks", "constant", "uniform", "normal", "exponential", "half-normal"],
)
def test_index_in_closed_form(values, two, three):
    for scale in (1, -1e10, 1e-20):
        assert binary_index(scale * np.array(values), 2) == pytest.approx(two, abs=2e-3)
        assert binary_index(scale * np.array(values), 3) == pytest.approx(three, abs=2e-3)


def test_index_is_the_best_of_all_splits(rng):
    for _ in range(20):
        v = np.sort(rng.standard_normal(9) ** 3)
        splits = [(v[:i], v[i:j], v[j:]) for i in range(1, 9) for j in range(i, 9)]
        within = [sum(part.var() * len(part) for part in parts if len(part)) for parts in splits]
        assert binary_index(rng.permutation(v).reshape(3, 3), 3) == pytest.approx(1 - min(within) / v.var() / 9)
        within = [v[:i].var() * i + v[i:].var() * (9 - i) for i in range(1, 9)]
        assert binary_index(v, 2) == pytest.approx(1 - min(within) / v.var() / 9)


def test_quantise_by_hand():
    """Standard deviation 4.27: everything within 2.13 is 0, 4 and 8 become 6, -5 and -7 become -6."""
    y = np.array([[0.0, 1, -1, 2], [4, 8, -5, -7]])
    assert y.std() == pytest.approx(4.4651, abs=1e-3)
    quantise(y, 0.5)
    assert y.tolist() == [[0, 0, 0, 0], [6, 6, -6, -6]]
    y = np.array([0.0, 0, 0, 1e30], np.float32)
    quantise(y, 0.5)
    assert y.tolist() == [0, 0, 0, np.float32(1e30)]


def test_bad_input():
    for threshold in (0, -1, np.nan):
        with pytest.raises(InputError, match="threshold: expected a positive number"):
            quantise(np.ones(3), threshold)
    for y, got in (([0, np.nan, 5], "1 of 3 values that are not"), ([np.inf, 1.0], "1 of 2 values"), ([], "no values")):
        with pytest.raises(InputError, match=f"activation: expected finite numbers, got {got}"):
            quantise(np.array(y), 0.5)
    with pytest.raises(InputError, match="activation: expected floats, which peaks are, got int64"):
        quantise(np.arange(4), 0.5)
    with pytest.raises(InputError, match="peaks: expected 2 or 3, got 4"):
        binary_index(np.ones(3), 4)
    with pytest.raises(InputError, match="activation: expected finite numbers, got 1 of 2 values that are not"):
        binary_index(np.array([1, np.inf]))
    with pytest.raises(InputError, match="activation: expected finite numbers, got no values"):
        binary_index(np.array([]))


@pytest.mark.parametrize("offset", [0.0, 1e5, -1e8])
def test_the_index_does_not_depend_on_where_zero_is(offset, rng):
    values = rng.random(5000)
    assert binary_index(values + offset) == pytest.approx(binary_index(values), abs=1e-5)
    assert binary_index(np.full(10, offset)) == 1


def test_the_threshold_is_a_share_of_the_standard_deviation_and_not_of_the_size():
    """Mean 3, standard deviation 1: with 2.5 of it, 2 is 0 and 4 is a peak; the root mean square would be 3.16."""
    y = np.array([2.0, 4.0, 2.0, 4.0])
    quantise(y, 2.5)
    assert y.tolist() == [0, 4, 0, 4]


def test_a_spread_that_no_float_has_is_refused():
    """Its threshold was inf, and every value 0."""
    with pytest.raises(InputError, match="activation: expected a finite standard deviation, got inf; use less noise"):
        quantise(np.array([0.0, 1e200, -1e200]), 0.5)


def test_masks_and_texts_are_refused():
    masked = np.ma.masked_array([1.0, 2.0], [True, False])
    for call in (lambda: quantise(masked, 0.5), lambda: binary_index(masked), lambda: binary_index(np.array(["x"]))):
        with pytest.raises(InputError, match="activation: expected an array, got"):
            call()
    with pytest.raises(InputError, match="threshold: expected a positive number"):
        quantise(np.ones(3), "0.5")


def test_the_index_leaves_the_activation_as_it_is(rng):
    values = rng.random(50)
    kept = values.copy()
    binary_index(values)
    assert np.array_equal(values, kept)

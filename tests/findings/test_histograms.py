"""Counts by hand, shares of a normal distribution, and every activation counted once."""

import numpy as np
import pytest
from scipy import stats

from wn_ref import InputError, build_model, multiplicative
from wn_ref.findings.histograms import activation_histograms, histogram_pair
from wn_ref.injection import Injection


def test_counts_by_hand():
    edges, quiet, noisy = histogram_pair(np.array([[0.0, 1.0], [1.5, 4.0]]), np.array([-4.0, 3.0, 3.5]), bins=4)
    assert edges.tolist() == [-4, -2, 0, 2, 4]
    assert quiet.tolist() == [0, 0, 3, 1]
    assert noisy.tolist() == [1, 0, 0, 2]


def test_counts_by_hand_on_a_logarithmic_axis():
    edges, quiet, noisy = histogram_pair(np.array([0, -0.02, 0.01, 5.0]), np.array([0.0, 0, -1e4]), bins=3, scale="log")
    np.testing.assert_allclose(edges, [1e-2, 1, 1e2, 1e4])
    assert quiet.tolist() == [2, 1, 0]  # the zero is on no logarithmic axis
    assert noisy.tolist() == [0, 0, 1]


def test_shares_are_those_of_the_normal_distribution(rng):
    """Within 5 standard errors in each of 20 bins."""
    n = 200_000
    x = np.clip(rng.standard_normal(n), -3, 3)
    edges, quiet, noisy = histogram_pair(x, 2 * x, 24)
    share = np.diff(stats.norm.cdf(edges / 2))
    inner = np.s_[1:-1]
    assert np.all(abs(noisy - n * share)[inner] < 5 * np.sqrt(n * share)[inner])
    assert quiet.sum() == noisy.sum() == n


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_every_activation_is_counted(scale, rng):
    net = build_model("lenet5", (1, 16, 16), 4, batchnorm=True)
    x = rng.standard_normal((1, 16, 16, 20)).astype(np.float32)
    sizes = {name: y.size for name, y in net.activations(x)}
    table = activation_histograms(net, x, Injection(multiplicative(1e10), 5), 40, scale)
    for name, rows in table.groupby("name"):
        for counts, zeros in (("quiet", "quiet_zeros"), ("with_noise", "noise_zeros")):
            assert rows[counts].sum() == sizes[name] - (rows[zeros].iloc[0] if scale == "log" else 0)
        assert np.allclose(rows["low"].to_numpy()[1:], rows["high"].to_numpy()[:-1])
    assert list(dict.fromkeys(table["name"])) == net.points
    assert table.groupby("point")["noisy"].first().tolist() == [False] * 5 + [True] * 11
    before = table[table["point"] < 5]
    assert (before["quiet"] == before["with_noise"]).all()
    assert table.loc[table["point"] == 5, "high"].max() > 1e9


def test_degenerate_arrays_have_a_histogram():
    for values in (np.zeros(5), np.full(5, 1e10), np.full(5, -1e-20)):
        for scale in ("linear", "log"):
            edges, quiet, _ = histogram_pair(values, values, 4, scale)
            assert np.all(np.diff(edges) > 0)
            assert quiet.sum() == (0 if scale == "log" and values[0] == 0 else 5)


def test_bad_input():
    with pytest.raises(InputError, match="noisy: expected finite numbers, got 1 of 2 that are not"):
        histogram_pair(np.ones(3), np.array([1, np.inf]))
    with pytest.raises(InputError, match="quiet: expected finite numbers, got an empty array"):
        histogram_pair(np.ones(0), np.ones(3))
    with pytest.raises(InputError, match="scale: expected one of linear, log"):
        histogram_pair(np.ones(3), np.ones(3), scale="lin")
    with pytest.raises(InputError, match="bins: expected a whole number of at least 1"):
        histogram_pair(np.ones(3), np.ones(3), 0)


@pytest.mark.parametrize(
    ("quiet", "noisy", "scale"),
    [([-1.7e308], [1.7e308], "linear"), ([1.7e308], [1.7e308], "linear"), ([1e250], [1e250], "log")],
)
def test_a_range_that_no_float_has(quiet, noisy, scale):
    with pytest.raises(InputError, match=r"quiet, noisy: expected a range that a float64 can have, got .*; scale"):
        histogram_pair(np.array(quiet), np.array(noisy), scale=scale)


def test_the_largest_range(rng):
    edges, quiet, _ = histogram_pair(np.array([-8e307, 8e307]), np.array([0.0]), 4)
    assert np.isfinite(edges).all()
    assert quiet.tolist() == [1, 0, 0, 1]


def test_masks_and_texts_are_refused():
    for bad in (np.ma.masked_array([1.0, 2.0], [True, False]), np.array(["x"])):
        with pytest.raises(InputError, match="quiet: expected an array, got"):
            histogram_pair(bad, np.ones(3))

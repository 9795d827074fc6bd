"""Softmax cross-entropy: closed forms, central differences, extremes, class weights."""

import math

import numpy as np
import pytest

from tests.gradcheck import assert_close, numerical_gradient
from wn_ref import InputError, cross_entropy


@pytest.mark.parametrize("weighted", [False, True])
def test_gradient(rng, weighted):
    z, labels = rng.standard_normal((5, 7)), rng.integers(0, 5, 7)
    weights = rng.uniform(0.2, 1, 5) if weighted else None
    _, dz = cross_entropy(z, labels, weights)
    assert_close("logits", dz, numerical_gradient(lambda: cross_entropy(z, labels, weights)[0], z))


def test_closed_forms():
    assert cross_entropy(np.zeros((10, 3)), np.array([0, 5, 9]))[0] == pytest.approx(math.log(10))
    loss, dz = cross_entropy(np.array([[math.log(3.0)], [0.0]]), np.array([0]))
    assert loss == pytest.approx(-math.log(0.75))
    np.testing.assert_allclose(dz, [[-0.25], [0.25]])


def test_class_weights_make_a_weighted_mean():
    z = np.array([[0.0, 0.0], [1.0, 1.0]])
    single = [cross_entropy(z[:, n : n + 1], np.array([n]))[0] for n in (0, 1)]
    assert cross_entropy(z, np.array([0, 1]), np.array([3.0, 1.0]))[0] == pytest.approx((3 * single[0] + single[1]) / 4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_layout_gives_the_same_loss_and_gradient(dtype, rng):
    z, labels, weights = rng.standard_normal((5, 8)).astype(dtype), rng.integers(0, 5, 8), rng.uniform(0.2, 1, 5)
    loss, dz = cross_entropy(z, labels, weights)
    protected = z.copy()
    protected.flags.writeable = False
    for given in (
        np.asfortranarray(z), np.repeat(z, 2, axis=1)[:, ::2], z[::-1, ::-1].copy()[::-1, ::-1], protected,
        np.pad(z, ((0, 0), (2, 1)))[:, 2:-1],
    ):  # fmt: skip
        before = given.copy()
        found, gradient = cross_entropy(given, np.repeat(labels, 3)[::3].astype(np.uint8), weights[::-1].copy()[::-1])
        assert found == loss
        assert np.array_equal(gradient, dz)
        assert gradient.flags.c_contiguous
        assert np.array_equal(given, before)
        assert not np.shares_memory(gradient, given)


@pytest.mark.parametrize(
    "logits",
    [np.zeros((3, 0)), np.zeros((0, 3)), np.zeros(3), np.zeros((3, 1, 1)), np.zeros((3, 2), ">f4"), 3.0, "abc"],
)
def test_logits_of_another_form_are_refused(logits):
    with pytest.raises(InputError, match=r"logits: expected float32 or float64 of shape \(classes, batch\), got"):
        cross_entropy(logits, np.zeros(2, int))


@pytest.mark.parametrize(
    "weights",
    [[1.0, 0.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf], [1.0, 1e300], ["a", "b"], [[1.0, 1.0]], 1.0, [1j, 1]],
)
def test_weights_that_weigh_nothing_or_everything_are_refused(weights):
    with pytest.raises(InputError, match="class_weights: expected 2 numbers > 0 and < 1e"):
        cross_entropy(np.zeros((2, 3)), np.array([0, 1, 1]), weights)


def test_large_logits_do_not_overflow():
    z = np.array([[1e30, -1e30], [0, 0]], np.float32)
    loss, dz = cross_entropy(z, np.array([0, 1]))
    assert loss == 0
    assert np.all(dz == 0)
    assert cross_entropy(z, np.array([1, 1]))[0] == pytest.approx(5e29)


def test_nan_stays_visible():
    assert math.isnan(cross_entropy(np.array([[0.0], [np.nan], [1.0]]), np.array([0]))[0])


def test_whole_number_logits_and_real_labels_are_refused():
    with pytest.raises(InputError, match=r"logits: expected float32 or float64 of shape \(classes, batch\), got int64"):
        cross_entropy(np.zeros((2, 3), int), np.array([0, 1, 1]))
    with pytest.raises(InputError, match="labels: expected whole numbers, got float64"):
        cross_entropy(np.zeros((2, 3)), np.array([0, 1, 1.7]))


@pytest.mark.parametrize(
    ("labels", "weights", "message"),
    [
        ([0, 1], None, r"expected shape \(3,\) .* got \(2,\)"),
        ([0, 1, 2], None, "expected 0 to 1, got 0 to 2"),
        ([0, -1, 1], None, "expected 0 to 1, got -1 to 1"),
        ([0, 1, 1], [1.0], "class_weights: expected 2 numbers > 0"),
    ],
)
def test_bad_input(labels, weights, message):
    with pytest.raises(InputError, match=message):
        cross_entropy(np.zeros((2, 3)), np.array(labels), weights)

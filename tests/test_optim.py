"""Optimisers against their equations written out, and closed forms."""

import numpy as np
import pytest

from wn_ref import InputError, build_model
from wn_ref.optim import SGD, Adam, clamp_weights, cosine


def test_adam_is_its_equations(rng):
    theta = rng.standard_normal(50)
    adam = Adam(theta)
    expected, m, v = theta.copy(), np.zeros(50), np.zeros(50)
    for t in range(1, 20):
        g = rng.standard_normal(50)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        expected -= 1e-2 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        adam.step(g, 1e-2)
        np.testing.assert_allclose(theta, expected, rtol=1e-12)


def test_the_first_step_of_adam_has_the_length_of_the_rate():
    theta = np.zeros(3, np.float32)
    Adam(theta).step(np.array([1e-3, -5, 1e3], np.float32), 0.1)
    np.testing.assert_allclose(theta, [-0.1, 0.1, -0.1], rtol=2e-5)


def test_sgd_with_momentum_by_hand():
    theta = np.array([1.0])
    sgd = SGD(theta, momentum=0.5)
    for expected in (0.9, 0.75, 0.575):
        sgd.step(np.array([1.0]), 0.1)
        assert theta[0] == pytest.approx(expected)
    with pytest.raises(InputError, match="momentum: expected 0 <= momentum < 1, got 1"):
        SGD(theta, momentum=1)
    with pytest.raises(InputError, match=r"momentum: expected 0 <= momentum < 1, got '0.9'"):
        SGD(theta, momentum="0.9")


@pytest.mark.parametrize("optimiser", [SGD, Adam])
@pytest.mark.parametrize("rate", [-1, np.nan, np.inf, "0.1", None])
def test_a_rate_that_is_none_moves_nothing(optimiser, rate):
    theta = np.ones(3)
    with pytest.raises(InputError, match="learning_rate: expected a number >= 0, got "):
        optimiser(theta).step(np.ones(3), rate)
    assert (theta == 1).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1e-3, 6, 5), "epoch: expected a whole number of at most 5, got 6"),
        ((1e-3, -1, 5), "epoch: expected a whole number of at least 0, got -1"),
        ((1e-3, 0, 0), "epochs: expected a whole number of at least 1, got 0"),
        ((-1, 0, 3), "learning_rate: expected a positive number, got -1"),
    ],
)
def test_the_schedule_has_no_rate_beyond_its_epochs(arguments, message):
    """An epoch off by one would have a rate that looks right: the cosine rises again."""
    with pytest.raises(InputError, match=f"^{message}"):
        cosine(*arguments)
    assert cosine(1e-3, 5, 5) == 0


@pytest.mark.parametrize("optimiser", [SGD, Adam])
def test_a_step_tells_whether_all_is_finite(optimiser):
    g = np.ones(70, np.float32)
    assert optimiser(np.full(70, 3e38, np.float32)).step(g, 0.1)
    for bad in (np.nan, np.inf, -np.inf):
        g[33] = bad
        assert not optimiser(np.zeros(70, np.float32)).step(g, 0.1)


@pytest.mark.parametrize("optimiser", [lambda theta: SGD(theta, 0.9), Adam])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_remembered_of_a_dead_unit_ends_at_zero(optimiser, dtype):
    theta = np.ones(50, dtype)
    optimiser = optimiser(theta)
    optimiser.step(np.full(50, np.finfo(dtype).tiny * 1e3, dtype), 1e-3)
    for _ in range(200):  # 0.9^200 is 7e-10: without an end, 7e-7 of the smallest normal number would be left
        optimiser.step(np.zeros(50, dtype), 1e-3)
    remembered = optimiser.v if isinstance(optimiser, SGD) else optimiser.m
    assert (remembered == 0).all()
    assert np.isfinite(theta).all()


def test_cosine():
    assert [cosine(2.0, epoch, 4) for epoch in range(5)] == pytest.approx([2, 1 + 0.5**0.5, 1, 1 - 0.5**0.5, 0])


def test_clamp_touches_weights_only():
    net = build_model("mlp", (1, 4, 4), batchnorm=True)
    net.theta[:] = 3
    net.theta[::2] = -3
    clamp_weights(net)
    for name, array in net.parameters.items():
        assert set(np.unique(array)) <= ({-1, 1} if name.endswith(".weight") else {-3, 3})


@pytest.mark.parametrize("optimiser", [SGD, Adam])
def test_a_gradient_that_is_not_like_the_parameters_is_refused(optimiser):
    """Compiled loops do not look where an array ends."""
    made = optimiser(np.zeros(6))
    for bad in (np.ones(2), np.ones(9), np.ones((2, 3)), np.ones(6, np.float32), [1.0] * 6):
        with pytest.raises(InputError, match=r"g: expected float64 \(6,\) as theta, got"):
            made.step(bad, 0.1)
    assert (made.theta == 0).all()
    assert made.step(np.ones(12)[::2], 0.1)
    assert len(set(made.theta.tolist())) == 1
    for bad in (np.zeros((2, 3)), np.zeros(6, int), np.array(0.0), [0.0]):
        with pytest.raises(InputError, match="theta: expected one vector of float32 or float64, got"):
            optimiser(bad)


@pytest.mark.parametrize("optimiser", [SGD, Adam])
def test_what_cannot_be_written_to_is_not_optimised(optimiser):
    theta = np.zeros(3)
    theta.flags.writeable = False
    with pytest.raises(InputError, match=r"theta: expected one vector of .*, got float64 .* that is read-only"):
        optimiser(theta)


@pytest.mark.parametrize("limit", [-1.0, 0.0, np.nan, np.inf])
def test_a_clamp_needs_a_limit(limit):
    net = build_model("mlp", (1, 4, 4))
    before = net.theta.copy()
    with pytest.raises(InputError, match="limit: expected a positive number"):
        clamp_weights(net, limit)
    np.testing.assert_array_equal(net.theta, before)

"""Every layer against central differences, small cases by hand, and mistakes that the check must find."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wn_ref import LayerError, check_layer
from wn_ref.layers import BatchNorm, Dense, Flatten, ReLU

SIZES = st.integers(1, 6)


@settings(max_examples=20, deadline=None)
@given(inputs=SIZES, outputs=SIZES, batch=SIZES, seed=st.integers(0, 99))
def test_gradients_of_dense(inputs, outputs, batch, seed):
    check_layer(Dense(inputs, outputs, seed), (inputs,), seed=seed, batches=(batch, 7))


@settings(max_examples=20, deadline=None)
@given(features=SIZES, batch=st.integers(3, 8), image=st.booleans(), training=st.booleans(), seed=st.integers(0, 99))
def test_gradients_of_batch_norm(features, batch, image, training, seed):
    rng = np.random.default_rng(seed)
    layer = BatchNorm(features, np.float64)
    layer.parameters["gamma"][:] = rng.uniform(0.5, 2, features)
    layer.parameters["beta"][:] = rng.standard_normal(features)
    layer.statistics["running_mean"][:] = rng.standard_normal(features)
    layer.statistics["running_var"][:] = rng.uniform(0.5, 2, features)
    shape = (features, 3, 2) if image else (features,)
    check_layer(layer, shape, training, seed, batches=(batch, 9))
    statistics = {name: array.copy() for name, array in layer.statistics.items()}
    layer.forward(1 + 2 * rng.standard_normal((*shape, batch)), training)
    for name, array in statistics.items():
        assert np.array_equal(array, layer.statistics[name]) != training


@pytest.mark.parametrize("seed", range(5))
def test_gradients_of_relu_and_flatten(seed):
    check_layer(ReLU(), (5, 3, 2), seed=seed)
    check_layer(Flatten(), (2, 3, 4), seed=seed)


class TransposedDense(Dense):
    """dW = x dy^T, transposed back: wrong unless W is symmetric in its gradient."""

    def backward(self, dy, input_gradient=True):
        dx = super().backward(dy, input_gradient)
        self.gradients["weight"][:] = (self.x @ dy.T)[: dy.shape[0], : self.x.shape[0]]
        return dx


class BatchNormOfConstants(BatchNorm):
    """dx as if mean and variance did not depend on x."""

    def backward(self, dy, input_gradient=True):
        super().backward(dy, input_gradient)
        _, dy = self.take_gradient(dy)
        return self.parameters["gamma"][:, None] * self._scale[:, None] * dy


class SlightlyWrongReLU(ReLU):
    def backward(self, dy, input_gradient=True):
        return super().backward(dy, input_gradient) * (1 + 1e-6)


@pytest.mark.parametrize(
    ("layer", "what"),
    [(TransposedDense(4, 4), "dweight"), (BatchNormOfConstants(4), "dx"), (SlightlyWrongReLU(), "dx")],
    ids=lambda value: type(value).__name__,
)
def test_a_wrong_gradient_fails_the_same_check(layer, what):
    with pytest.raises(LayerError, match=rf"breaks \"gradients are those of central differences\": {what}\["):
        check_layer(layer, (4,))


def test_dense_by_hand():
    layer = Dense(2, 1)
    layer.parameters["weight"][:] = [[2, 3]]
    layer.parameters["bias"][:] = 1
    x = np.array([[1, 10], [1, 0]], np.float32)
    assert layer.forward(x).tolist() == [[6, 21]]
    assert layer.backward(np.array([[1, 2]], np.float32)).tolist() == [[2, 4], [3, 6]]
    assert layer.gradients["weight"].tolist() == [[21, 1]]
    assert layer.gradients["bias"].tolist() == [3]
    assert layer.backward(np.array([[1, 2]], np.float32), input_gradient=False) is None


def test_initial_weights_are_uniform_in_one_over_root_fan_in():
    layer = Dense(400, 300, seed=3)
    weight = layer.parameters["weight"]
    assert abs(weight).max() <= 0.05
    assert abs(weight).max() > 0.0499
    assert abs(weight.std() - 0.05 / np.sqrt(3)) < 0.0002
    assert np.array_equal(weight, Dense(400, 300, seed=3).parameters["weight"])
    assert not np.array_equal(weight, Dense(400, 300, seed=4).parameters["weight"])
    assert not np.array_equal(weight, Dense(400, 300, seed=3, index=1).parameters["weight"])


def test_relu_keeps_nan():
    y = ReLU().forward(np.array([[-1, 0, 2, np.nan, np.inf, -np.inf]], np.float32))
    np.testing.assert_array_equal(y, [[0, 0, 2, np.nan, np.inf, 0]])


def test_flatten_is_c_order(rng):
    x = rng.standard_normal((2, 3, 4, 5))
    layer = Flatten()
    y = layer.forward(x)
    assert y.shape == (24, 5)
    assert np.array_equal(y[:, 1], x[..., 1].ravel())
    assert np.array_equal(layer.backward(y), x)


def test_batch_norm_statistics_by_hand():
    layer = BatchNorm(1, np.float64)
    x = np.array([[1.0, 2, 3, 6]])  # mean 3, biased variance 3.5, unbiased 14/3
    y = layer.forward(x, training=True)
    np.testing.assert_allclose(y, (x - 3) / np.sqrt(3.5 + 1e-5), rtol=1e-14)
    np.testing.assert_allclose(layer.statistics["running_mean"], [0.3])
    np.testing.assert_allclose(layer.statistics["running_var"], [0.9 + 0.1 * 14 / 3])
    y = layer.forward(x, training=False)
    np.testing.assert_allclose(y, (x - 0.3) / np.sqrt(0.9 + 0.1 * 14 / 3 + 1e-5), rtol=1e-14)


def test_batch_norm_survives_noise_beyond_the_root_of_float32(rng):
    x = (1e19 * rng.standard_normal((3, 128))).astype(np.float32)  # x^2 overflows, (x - m) / s does not
    layer = BatchNorm(3)
    y = layer.forward(x, training=True)
    np.testing.assert_allclose(y.std(axis=1), 1, rtol=1e-5)
    assert np.isfinite(layer.backward(y.copy())).all()


def test_memory_is_reused_and_never_the_input(rng):
    x = rng.standard_normal((4, 6))
    for layer in (Dense(4, 4, dtype=np.float64), BatchNorm(4, np.float64), ReLU()):
        kept = x.copy()
        first = layer.forward(x, training=True)
        assert first is layer.forward(x, training=True)
        first[:] = 0  # as an injection point may
        dx = layer.backward(np.ones_like(first))
        assert not np.shares_memory(dx, x)
        assert np.array_equal(x, kept)

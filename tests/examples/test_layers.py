"""The layers of tutorials/examples/layers.py keep every promise, and compute what they say."""

import numpy as np
import pytest
from examples.layers import GELU, AvgPool, Dropout, LayerNorm, Tanh
from scipy.integrate import quad

import wn_ref as wn
from wn_ref import InputError, LayerError, check_layer
from wn_ref.layers import Dense
from wn_ref.random import EVALUATION

LAYERS = {
    "avgpool": (AvgPool(2), (3, 6, 7)),
    "avgpool of 3": (AvgPool(3), (2, 3, 8)),
    "dropout": (Dropout(0.4, seed=1, index=2), (4, 3)),
    "tanh": (Tanh(), (2, 3, 2)),
    "gelu": (GELU(), (2, 3, 2)),
    "layer norm": (LayerNorm(6), (6,)),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("layer", "shape"), LAYERS.values(), ids=LAYERS)
def test_every_promise_is_kept(layer, shape, training):
    for seed in range(3):
        check_layer(layer, shape, training, seed)


def test_average_pooling_by_hand():
    x = np.arange(12, dtype=np.float32).reshape(1, 3, 4, 1)  # 0 1 2 3 / 4 5 6 7 / 8 9 10 11
    layer = AvgPool(2)
    assert layer.forward(x).ravel().tolist() == [2.5, 4.5]
    dx = layer.backward(np.array([4, 8], np.float32).reshape(1, 1, 2, 1))
    assert dx.ravel().tolist() == [1, 1, 2, 2, 1, 1, 2, 2, 0, 0, 0, 0]
    with pytest.raises(InputError, match=r"x: expected \(channels, >= 4, >= 4, batch\) for this pooling"):
        AvgPool(4).forward(x)


def test_gelu_is_x_times_the_distribution_of_a_normal():
    x = np.array([[-2.0, -0.5, 0.0, 1.0, 3.0]])
    share = [quad(lambda t: np.exp(-t * t / 2) / np.sqrt(2 * np.pi), -np.inf, limit)[0] for limit in x[0]]
    np.testing.assert_allclose(GELU().forward(x), x * share, atol=1e-8)


def test_layer_norm_normalises_samples(rng):
    y = LayerNorm(400, np.float64).forward(3 + 2 * rng.standard_normal((400, 5)))
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), 1, rtol=1e-5)
    with pytest.raises(InputError, match=r"x: expected \(4, batch\) for this layer norm"):
        LayerNorm(4).forward(np.zeros((4, 2, 3), np.float32))


def test_dropout_drops_its_share():
    """Each test of a mean fails by chance once in two million times (5 standard deviations)."""
    x = np.ones((100, 1000))
    for share in (0.0, 0.1, 0.5, 0.9):
        layer = Dropout(share, seed=3)
        y = layer.forward(x, training=True).copy()
        assert set(np.unique(y)) <= {0.0, 1 / (1 - share)}
        assert abs(np.mean(y == 0) - share) <= 5 * np.sqrt(share * (1 - share) / x.size)
        np.testing.assert_array_equal(layer.backward(np.ones_like(y)), y)
        np.testing.assert_array_equal(layer.forward(x), x)


def test_every_dropout_and_every_batch_has_draws_of_its_own():
    """Two independent masks of 10,000 elements agree in half of them; 5 standard deviations are 0.025."""
    x, masks = np.ones((100, 100)), []
    for seed, index, step in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, EVALUATION)):
        layer = Dropout(0.5, seed, index)
        layer.step = step
        masks.append(layer.forward(x, training=True) > 0)
    for i, mask in enumerate(masks):
        assert all(abs(np.mean(mask == other) - 0.5) < 0.025 for other in masks[:i])


def network(data):
    dense = [Dense(64, 32), Dense(32, len(data.classes), index=1)]
    return wn.Network([wn.layers.Flatten(), dense[0], Tanh(), Dropout(0.3, index=2), dense[1]], input_shape=data.shape)


def test_training_with_dropout_can_be_repeated_and_evaluated_in_any_order():
    data = wn.load_dataset("digits")
    nets = [network(data), network(data)]
    assert nets[0].points == ["input", "dense1", "tanh1", "dense2"]
    wn.train(nets[0], data, epochs=2)
    first = [wn.evaluate(nets[0], data, wn.additive(1.0), repetition=r) for r in (0, 1)]
    for _ in range(3):
        wn.evaluate(nets[1], data)  # has no influence on what is drawn later
    wn.train(nets[1], data, epochs=2)
    np.testing.assert_array_equal(nets[0].theta, nets[1].theta)
    assert [wn.evaluate(nets[1], data, wn.additive(1.0), repetition=r) for r in (1, 0)] == first[::-1]
    without = network(data)
    without.layers[3].share = 0.0
    wn.train(without, data, epochs=2)
    assert not np.array_equal(without.theta, nets[0].theta)


class TanhOfItsOutput(Tanh):
    def forward(self, x, training=False):
        self.y = super().forward(x)
        return self.y

    def backward(self, dy, input_gradient=True):
        self.take_gradient(dy)
        return dy * (1 - self.y**2)


class DropoutThatKeepsItsMask(Dropout):
    """Draws a mask for the first batch only."""

    m = None

    def _m(self, x):
        self.m = super()._m(x) if self.m is None else self.m
        return self.m


class LayerNormOfConstants(LayerNorm):
    def backward(self, dy, input_gradient=True):
        super().backward(dy)
        return self.parameters["gamma"][:, None] * dy / self.x.std(axis=0)


@pytest.mark.parametrize(
    ("layer", "promise"),
    [
        (TanhOfItsOutput(), "backward does not need the output"),
        (DropoutThatKeepsItsMask(), "earlier batches leave no trace"),
        (LayerNormOfConstants(4), "gradients are those of central differences"),
    ],
)
def test_planted_mistakes_are_found(layer, promise):
    with pytest.raises(LayerError, match=f'breaks "{promise}"'):
        check_layer(layer, (4,))

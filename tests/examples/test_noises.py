"""The noises of tutorials/examples/noises.py: moments, what they depend on, gradients, and keys.

Statistics are compared within 5 standard deviations, which fail by chance once in two million times. The draws are
fixed, so that a test that passes once always does.
"""

from functools import partial

import numpy as np
import pytest
from examples.noises import Converter, DeviceVariation, NoisyDense, Pulses, StuckAt, Uniform, in_memory_mlp

import wn_ref as wn
from wn_ref import InputError, check_layer
from wn_ref.code_fingerprint import fingerprint_of_code
from wn_ref.own_noise import check_own_noise, describe_own_noise
from wn_ref.random import EVALUATION, Stream

STREAM = Stream(seed=3, point=2, step=5)
ALL = (
    Uniform(sigma=0.5),
    Pulses(sigma=0.5, share=0.5),
    StuckAt(share=0.3),
    Converter(bits=3),
    DeviceVariation(sigma=0.5),
)
every_noise = pytest.mark.parametrize("noise", ALL, ids=lambda noise: type(noise).__name__)


def injected(noise, x, stream=STREAM, executions=1):
    y = x.copy()
    noise.inject(y, stream, executions)
    return y


def assert_moments(a, sigma, kurtosis):
    """Mean 0 and variance sigma^2; the variance of a sample variance is sigma^4 (kurtosis - 1) / n."""
    assert abs(a.mean()) < 5 * sigma / np.sqrt(a.size)
    assert abs(a.var() - sigma**2) < 5 * sigma**2 * np.sqrt((kurtosis - 1) / a.size)


@every_noise
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 4, 5)])
def test_any_shape_and_type_in_place_and_repeatable(noise, dtype, shape, rng):
    x = rng.standard_normal(shape).astype(dtype)
    y = injected(noise, x)
    assert y.dtype == dtype
    assert not np.array_equal(y, x)
    np.testing.assert_array_equal(injected(noise, x), y)
    gapped = np.repeat(x, 2, axis=-1)[..., ::2]
    noise.inject(gapped, STREAM)
    np.testing.assert_array_equal(gapped, y)
    np.testing.assert_allclose(injected(noise, x.astype(np.float64)), y, atol=1e-5)


@every_noise
def test_straight_through(noise, rng):
    """In a network: the gradient is that of the network without noise behind the last layer."""
    net = wn.build_model("mlp", (1, 4, 4), 5, dtype="float64")
    x, dy = rng.standard_normal((1, 4, 4, 6)), rng.standard_normal((5, 6))
    gradients = []
    for given in (None, noise):
        net.forward(x, True, given, "dense4", seed=1)
        net.backward(dy)
        gradients.append(net.dtheta.copy())
    np.testing.assert_array_equal(*gradients)
    assert noise.backward(dy, STREAM) is dy


@pytest.mark.parametrize("noise", [DeviceVariation(sigma=0.5, gradient="exact"), StuckAt(share=0.4, gradient="exact")])
def test_exact_gradients(noise, rng):
    """y is linear in x, so that one difference is the derivative."""
    x, v, dy = rng.standard_normal((3, 20, 5))
    expected = np.sum(dy * (injected(noise, x + v) - injected(noise, x)))
    kept = dy.copy()
    dx = noise.backward(dy, STREAM)
    np.testing.assert_allclose(np.sum(dx * v), expected, rtol=1e-12)
    np.testing.assert_array_equal(dy, kept)


def test_uniform():
    x = np.full((1000, 100), 2.0)
    a = injected(Uniform(sigma=0.5), x) - x
    assert abs(a).max() <= 0.5 * np.sqrt(3)
    assert_moments(a, 0.5, 1.8)
    for quarter in np.histogram(a, bins=4, range=(-0.5 * np.sqrt(3), 0.5 * np.sqrt(3)))[0]:
        assert abs(quarter - a.size / 4) < 5 * np.sqrt(a.size * 3 / 16)
    assert_moments(injected(Uniform(sigma=0.5), x, executions=4) - x, 0.25, 3 - 1.2 / 4)


@pytest.mark.parametrize("share", [0.01, 0.2, 1.0])
def test_pulses(share):
    x = np.zeros((1000, 100))
    a = injected(Pulses(sigma=0.5, share=share), x)
    size = 0.5 / np.sqrt(share)
    np.testing.assert_allclose(np.abs(a[a != 0]), size)
    assert abs(np.mean(a != 0) - share) <= 5 * np.sqrt(share * (1 - share) / a.size)
    assert_moments(a, 0.5, max(1 / share, 1.01))
    averaged = injected(Pulses(sigma=0.5, share=share), x, executions=16)
    assert_moments(averaged, 0.125, 3 + (1 / share - 3) / 16)


@pytest.mark.parametrize("noise", [Uniform(sigma=1.0), Pulses(sigma=1.0, share=1.0)])
def test_every_element_point_and_batch_has_draws_of_its_own(noise):
    """Two independent noises of 10,000 elements are correlated by less than 5 / 100."""
    streams = (STREAM, Stream(4, 2, 5), Stream(3, 1, 5), Stream(3, 2, 6), Stream(3, 2, EVALUATION))
    drawn = [injected(noise, np.zeros((100, 100)), stream).ravel() for stream in streams]
    drawn.append(injected(noise, np.zeros((100, 101)))[:, 1:].ravel())
    assert (abs(np.corrcoef(drawn)[np.triu_indices(len(drawn), 1)]) < 0.05).all()


def test_stuck_units_are_the_same_in_every_batch(rng):
    x = rng.standard_normal((100, 100, 3))
    noise = StuckAt(share=0.2, value=-7.0)
    y = injected(noise, x)
    stuck = (y == -7).all(axis=-1)
    np.testing.assert_array_equal(y[~stuck], x[~stuck])
    assert (y[stuck] == -7).all()
    assert abs(stuck.mean() - 0.2) < 5 * np.sqrt(0.2 * 0.8 / stuck.size)
    larger = np.ones((100, 100, 8))
    for stream, executions in ((Stream(3, 2, 6), 1), (STREAM, 5), (Stream(3, 2, EVALUATION), 1)):
        np.testing.assert_array_equal(injected(noise, larger, stream, executions)[..., 0] == -7, stuck)
    for stream in (Stream(4, 2, 5), Stream(3, 1, 5)):  # another chip, another point: 0.04 are stuck in both
        both = (injected(noise, larger, stream)[..., 0] == -7) & stuck
        assert abs(both.mean() - 0.04) < 5 * np.sqrt(0.04 * 0.96 / both.size)


def test_devices_vary_once_for_a_network():
    noise, x = DeviceVariation(sigma=0.5), np.full((100, 1000, 3), 2.0)
    m = injected(noise, x) / 2
    assert (m == m[..., :1]).all()
    assert_moments(m[..., 0] - 1, 0.5, 3)
    for stream, executions in ((Stream(3, 2, 6), 1), (STREAM, 5), (Stream(3, 2, EVALUATION), 1)):
        np.testing.assert_array_equal(injected(noise, x[..., :1], stream, executions) / 2, m[..., :1])
    others = [injected(noise, x[..., :1], stream).ravel() for stream in (STREAM, Stream(4, 2, 5), Stream(3, 1, 5))]
    assert (abs(np.corrcoef(others)[np.triu_indices(3, 1)]) < 5 / np.sqrt(1e5)).all()


def test_converter_by_hand():
    x = np.array([-9.0, -4.0, -1.6, -0.4, 0.0, 0.4, 0.6, 2.9, 3.0, 9.0])
    assert injected(Converter(bits=3), x).tolist() == [-4, -4, -2, 0, 0, 0, 1, 3, 3, 3]
    assert injected(Converter(bits=1), x).tolist() == [-4, -4, 0, 0, 0, 0, 0, 0, 0, 0]
    assert injected(Converter(bits=3, largest=8.0), x).tolist() == [-8, -4, -2, 0, 0, 0, 0, 2, 4, 6]


def test_converter(rng):
    x = rng.uniform(-3.9, 3.9, 100_000)
    for bits in (4, 6, 8):
        y, step = injected(Converter(bits=bits), x), 4 / 2 ** (bits - 1)
        inside = x < 4 - step
        assert abs(y - x)[inside].max() <= step / 2 * (1 + 1e-12)
        assert_moments((y - x)[inside], step / np.sqrt(12), 1.8)
        assert len(np.unique(y)) <= 2**bits
        np.testing.assert_array_equal(injected(Converter(bits=bits), x, Stream(9), executions=7), y)  # nothing random


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Uniform(sigma=-1.0), "sigma: expected a finite standard deviation >= 0, got -1.0"),
        (lambda: Pulses(sigma=1.0, share=0.0), "share: expected a share 0 < share <= 1, got 0.0"),
        (lambda: Pulses(sigma=1.0, share=1.5), "share: expected a share 0 < share <= 1, got 1.5"),
        (lambda: StuckAt(share=1.0), "share: expected a share 0 <= share < 1, got 1.0"),
        (lambda: StuckAt(value=np.nan), "value: expected a finite number, got nan"),
        (lambda: Converter(bits=0), "bits: expected a whole number of at least 1, got 0"),
        (lambda: Converter(largest=0.0), "largest: expected a positive number, got 0.0"),
        (lambda: Converter(gradient="exact"), "gradient: expected 'straight_through' for a converter, got 'exact'"),
        (lambda: DeviceVariation(sigma=np.inf), "sigma: expected a finite standard deviation >= 0, got inf"),
        (lambda: NoisyDense(4, 3, -0.1), "sigma: expected a finite standard deviation >= 0, got -0.1"),
    ],
)
def test_bad_values(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value).startswith(message)


@every_noise
def test_each_noise_has_a_key_of_its_own(noise, monkeypatch):
    check_own_noise(noise)
    descriptions = [describe_own_noise(other) for other in ALL]
    assert len(set(descriptions)) == len(ALL)
    assert descriptions[ALL.index(noise)] == describe_own_noise(noise)
    for changed in (Uniform(sigma=0.25), Pulses(sigma=0.5, share=0.02), StuckAt(share=0.4), Converter(bits=4)):
        assert describe_own_noise(changed) not in descriptions
    monkeypatch.setattr(type(noise), "inject", lambda self, x, stream, executions=1: None)
    assert describe_own_noise(noise) not in descriptions


# ---- noise on weights


@pytest.mark.parametrize("training", [True, False])
def test_noisy_dense_keeps_every_promise(training):
    for sigma in (0.0, 0.3):
        check_layer(NoisyDense(4, 3, sigma, seed=1, index=2), (4,), training)
        check_layer(NoisyDense(4, 3, sigma, in_training=False), (4,), training)


def test_noise_on_weights():
    layer = NoisyDense(200, 300, 0.1, seed=3, index=1, dtype=np.float64)
    weight, bias, drawn = layer.parameters["weight"].copy(), layer.parameters["bias"], []
    for step in (0, 1, EVALUATION):
        layer.step = step
        drawn.append(layer.forward(np.eye(200), training=True) - bias[:, None] - weight)
        assert_moments(drawn[-1], 0.1, 3)
    np.testing.assert_array_equal(layer.parameters["weight"], weight)
    for seed, index in ((4, 1), (3, 2)):
        other = NoisyDense(200, 300, 0.1, seed, index, np.float64)
        parameters = other.parameters
        drawn.append(other.forward(np.eye(200)) - parameters["bias"][:, None] - parameters["weight"])
    correlation = np.corrcoef([n.ravel() for n in drawn])[np.triu_indices(5, 1)]
    assert (abs(correlation) < 5 / np.sqrt(60_000)).all()


def test_only_in_evaluation(rng):
    layer = NoisyDense(4, 3, 0.5, in_training=False)
    x = rng.standard_normal((4, 5)).astype(np.float32)
    clean = wn.layers.Dense(4, 3).forward(x)
    np.testing.assert_allclose(layer.forward(x, training=True), clean, rtol=1e-5)
    assert abs(layer.forward(x) - clean).max() > 0.1


def test_a_model_with_noisy_weights():
    """Without noise it is the paper's MLP but for its seeds; results do not depend on what was asked before."""
    data = wn.load_dataset("digits")
    build = partial(in_memory_mlp, data.shape, len(data.classes), True, 0, "float32")
    nets = [build(sigma=sigma) for sigma in (0.0, 0.01, 1.0)]
    assert nets[0].points == wn.build_model("mlp", data.shape, len(data.classes)).points
    accuracy = [wn.train(net, data, epochs=5)[-1].accuracy for net in nets]
    assert accuracy[0] > 0.8
    assert accuracy[1] > 0.8
    assert accuracy[2] < 0.3
    forwards = [wn.evaluate(nets[1], data, wn.additive(s), "relu1", repetition=r) for s, r in ((1, 0), (9, 1), (9, 2))]
    back = [wn.evaluate(nets[1], data, wn.additive(s), "relu1", repetition=r) for s, r in ((9, 2), (9, 1), (1, 0))]
    assert back == forwards[::-1]
    again = build(sigma=0.01)
    wn.train(again, data, epochs=5)
    np.testing.assert_array_equal(again.theta, nets[1].theta)


def test_models_of_other_sigmas_or_other_layers_are_other_models(monkeypatch):
    models = [partial(in_memory_mlp, sigma=sigma) for sigma in (0.1, 0.2, 0.1)]
    prints = [fingerprint_of_code((model.func, model.keywords)) for model in models]
    assert prints[0] == prints[2] != prints[1]
    monkeypatch.setattr(NoisyDense, "forward", lambda self, x, training=False: x)
    assert fingerprint_of_code((models[0].func, models[0].keywords)) not in prints

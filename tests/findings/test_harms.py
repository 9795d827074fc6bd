"""Harms against a closed form, and against what accuracy does when the noise of a point changes."""

import numpy as np
import pytest
from scipy.special import expit

from wn_ref import InputError, OverflowStop, build_model
from wn_ref.datasets import Dataset
from wn_ref.findings.harms import Probe, harms, soft_error
from wn_ref.layers import Dense, Flatten
from wn_ref.network import Network
from wn_ref.random import CALIBRATION


@pytest.fixture(scope="module")
def chain():
    """logits (0, 4 (x + n_0 + n_1)) + n_2 for x = +-1: their difference has the variance 16 v_0 + 16 v_1 + 2 v_2."""
    images = np.r_[np.zeros(1000), np.full(1000, 255)].astype(np.uint8).reshape(-1, 1, 1, 1)
    labels = np.repeat([0, 1], 1000)
    data = Dataset("brightness", images, labels, images, labels, ("dark", "bright"), (0.5,), (0.5,))
    net = Network([Flatten(), Dense(1, 1, 0, 0, "float32"), Dense(1, 2, 0, 1, "float32")], input_shape=(1, 1, 1))
    for name, value in {"dense1.weight": 1, "dense1.bias": 0, "dense2.weight": [[0], [4]], "dense2.bias": 0}.items():
        net.parameters[name][...] = value
    return net, data


@pytest.mark.parametrize("counts", [[1, 1, 1], [2, 5, 1]])
def test_harms_are_those_of_the_closed_form(chain, counts):
    """c_i / n_i = w_i v_i dE[L]/dV with V = sum w_i v_i, w = 16, 16, 2, and E[L] = E[sigmoid(-(4 + sqrt(V) n))]."""
    sigma, weights = 1.5, np.array([16, 16, 2])
    grid = np.linspace(-8, 8, 4001)
    density = np.exp(-(grid**2) / 2) / np.exp(-(grid**2) / 2).sum()

    def error(variance):
        return np.sum(density * expit(-(4 + np.sqrt(variance) * grid)))

    v = sigma**2 / np.array(counts)
    total = weights @ v
    slope = (error(total * 1.001) - error(total * 0.999)) / (0.002 * total)
    expected = weights * sigma**2 * slope
    received = [harms(*chain, sigma, counts, repetitions=20, seed=seed) for seed in range(5)]
    spread = np.std(received, axis=0, ddof=1) / np.sqrt(5)
    assert np.all(np.abs(np.mean(received, axis=0) - expected) < 5 * spread)
    assert np.all(spread < 0.15 * expected)


def test_derivative_of_the_soft_error(rng):
    logits, labels = rng.standard_normal((5, 7)), rng.integers(0, 5, 7)
    _, derivative = soft_error(logits, labels)
    direction = rng.standard_normal(logits.shape)
    ahead, behind = (soft_error(logits + step * direction, labels)[0] for step in (1e-5, -1e-5))
    assert np.vdot(derivative, direction) == pytest.approx((ahead - behind) / 2e-5, rel=1e-7)
    assert soft_error(np.array([[1000.0], [0.0]]), np.array([0]))[0] == 0


def test_the_same_whatever_the_size_of_batches(chain):
    net, data = chain
    settings = {"sigma": 0.5, "executions": [1, 1, 1], "repetitions": 20}
    received = [harms(net, data, batch_size=size, **settings) for size in (2000, 300)]
    np.testing.assert_allclose(*received, rtol=0.5)  # other noise, the same scale


def test_needs_a_repetition_and_one_count_a_point(chain):
    with pytest.raises(InputError, match="repetitions"):
        harms(*chain, 1.0, [1, 1, 1], repetitions=0)
    with pytest.raises(InputError, match="executions: expected 3"):
        harms(*chain, 1.0, [1, 1])


def test_nothing_to_measure_is_refused(chain):
    for logits, labels in ((np.zeros((3, 0)), []), (np.zeros((0, 2)), [0, 0]), ([], []), (np.zeros((3, 2)), [0])):
        with pytest.raises(
            InputError, match=r"logits: expected shape \(classes, batch\) and a label for each image, got"
        ):
            soft_error(np.array(logits), np.array(labels, int))
    for labels in ([0, -1], [0, 3], [0.0, 1.0]):
        with pytest.raises(InputError, match="labels: expected whole numbers from 0 to 2, got"):
            soft_error(np.zeros((3, 2)), np.array(labels))
    with pytest.raises(InputError, match="batch_size: expected a whole number of at least 1, got 0"):
        harms(*chain, 1.0, [1, 1, 1], batch_size=0)
    with pytest.raises(InputError, match="executions: expected 3"):
        harms(*chain, 1.0, [])


def test_images_weigh_the_same_in_a_small_last_batch(chain, monkeypatch):
    """Noise that is the same for all images: a batch of 1,999 and one of 1 are as good as one of 2,000."""
    net, data = chain

    def inject(self, x, stream, executions=1):
        x += 0.5

    monkeypatch.setattr(Probe, "inject", inject)
    whole, parts = (harms(net, data, 1.0, [1, 1, 1], repetitions=1, batch_size=size) for size in (2000, 1999))
    np.testing.assert_allclose(parts, whole, rtol=1e-5, atol=1e-8)  # both logits move alike behind the last layer


def test_noise_is_other_noise_than_that_of_evaluations(chain, monkeypatch):
    """What is chosen by harms is not chosen under the noise that is to judge it."""
    steps = []
    monkeypatch.setattr(Probe, "inject", lambda self, x, stream, executions=1: steps.append(stream.step))
    harms(*chain, 1.0, [1, 1, 1], repetitions=2, batch_size=1000)
    assert set(steps) == set(range(CALIBRATION, CALIBRATION + 4))


def test_an_overflow_has_no_harm(chain):
    net, data = chain
    with pytest.raises(OverflowStop, match=r"overflow in batch 0: .* is not finite; try less noise"):
        harms(net, data, 3e38, [1, 1, 1])
    with pytest.raises(InputError, match="logits: expected those of 2 classes for 1,000 images"):
        harms(build_model("mlp", data.shape, 3, batchnorm=False), data, 1.0, [1] * 8)


def test_an_effect_on_the_loss_that_overflows_is_no_harm(chain, monkeypatch):
    net, data = chain
    monkeypatch.setattr("wn_ref.findings.harms.soft_error", lambda z, _: (0.5, np.full_like(z, 3e38)))
    with pytest.raises(
        OverflowStop, match=r"overflow in harms: the effect of the noise at dense[12] is not finite; try less noise"
    ):
        harms(net, data, 10.0, [1, 1, 1])

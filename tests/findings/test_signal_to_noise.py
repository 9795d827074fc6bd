"""Closed forms against simulation, and what is measured in a network against both."""

from dataclasses import dataclass

import numpy as np
import pytest

from wn_ref import InputError, OverflowStop, additive, build_model, mixed, multiplicative
from wn_ref.findings.signal_to_noise import noise_power, signal_to_noise
from wn_ref.injection import Injection
from wn_ref.noise import Noise
from wn_ref.random import Stream, uniform

NOISES = [additive(0.7), multiplicative(0.7), mixed(0.7, 2.0, "multiplicative"), mixed(0.7, 2.0, "additive")]


@pytest.mark.parametrize("noise", NOISES, ids=repr)
def test_noise_power_is_that_of_the_noise_injected(noise, rng):
    """A million draws: within 1 %, about four standard errors of the heaviest tail here."""
    x = rng.standard_normal(1_000_000) + 1.5
    y = x.copy()
    noise.inject(y, Stream(3, 0, 0))
    assert noise_power(np.mean(x**2), noise) == pytest.approx(np.mean((y - x) ** 2), rel=0.01)


def test_order_and_scale_matter_as_they_should():
    assert noise_power(4.0, mixed(2.0, 3.0, "multiplicative")) == 16 + 9
    assert noise_power(4.0, mixed(2.0, 3.0, "additive")) == 16 + 45
    assert noise_power(100.0, additive(3.0)) == noise_power(1.0, additive(3.0)) == 9
    assert noise_power(100.0, multiplicative(3.0)) == 100 * noise_power(1.0, multiplicative(3.0))


def test_one_point(rng):
    """Noise at dense2 alone: none ahead, its own there, more and more of the network's own behind."""
    net = build_model("mlp", (1, 8, 8), 5, batchnorm=False)
    x = rng.standard_normal((1, 8, 8, 2000)).astype(np.float32)
    table = signal_to_noise(net, x, Injection(additive(0.2), 3)).set_index("name")
    assert table.index[table["noisy"]].tolist() == ["dense2"]
    assert np.all(table.loc[["input", "dense1", "relu1"], "total"] == 0)
    assert np.isinf(table.loc["relu1", "total_snr"])
    row = table.loc["dense2"]
    assert row["injected"] == pytest.approx(0.04)
    assert row["total"] == pytest.approx(0.04, rel=0.03)
    assert row["snr"] == pytest.approx(row["power"] / 0.04)
    assert row["decibels"] == pytest.approx(10 * np.log10(row["snr"]))
    assert 0 < table.loc["relu2", "total"] < 0.04
    assert table.loc["input", "power"] == pytest.approx(1, rel=0.01)
    assert table.loc["input", "variance"] == pytest.approx(1, rel=0.01)


def test_larger_weights_help_against_additive_noise_only(rng):
    """Ten times the weights: 20 dB behind the layer; nothing changes for multiplicative noise."""
    net = build_model("mlp", (1, 8, 8), 5, batchnorm=True)
    x = rng.standard_normal((1, 8, 8, 500)).astype(np.float32)
    net.parameters["dense1.bias"] = np.zeros(64)

    def decibels(noise):
        return signal_to_noise(net, x, Injection(noise, "global")).set_index("name").loc["dense1", "decibels"]

    before = [decibels(noise) for noise in (additive(0.5), multiplicative(0.5))]
    net.parameters["dense1.weight"][...] *= 10
    after = [decibels(noise) for noise in (additive(0.5), multiplicative(0.5))]
    np.testing.assert_allclose(np.subtract(after, before), [20, 0], atol=1e-5)


def test_noise_of_all_points_adds_up(rng):
    net = build_model("mlp", (1, 8, 8), 5, batchnorm=True)
    x = rng.standard_normal((1, 8, 8, 500)).astype(np.float32)
    table = signal_to_noise(net, x, Injection(additive(0.3), "global")).set_index("name")
    assert not table.loc["bn1", "noisy"]
    assert table.loc["bn1", "injected"] == 0
    assert table.loc["bn1", "total"] > 0
    assert np.all(table.loc["dense1":, "total"] >= table.loc["dense1":, "injected"] * 0.95)


def test_needs_noise(rng):
    net = build_model("mlp", (1, 8, 8), 5)
    with pytest.raises(InputError, match="injection: expected noise to compare the signal with, got none"):
        signal_to_noise(net, np.zeros((1, 8, 8, 2), np.float32), Injection(point=1))


@dataclass(frozen=True)
class Coin(Noise):
    """y = x + a, a = +-sigma: of a kind that has no closed form here."""

    sigma: float = 0.0

    def inject(self, x, stream, executions=1):
        u = uniform((executions, *x.shape), *stream)
        x += (self.sigma * np.where(u < 0.5, 1.0, -1.0).mean(axis=0)).astype(x.dtype)


@pytest.mark.parametrize("noise", [*NOISES, Coin(sigma=0.7)], ids=repr)
def test_several_executions_have_their_share_of_the_noise(noise, rng):
    """What is injected agrees with what is there, at the one noisy point, for every kind of noise."""
    net = build_model("mlp", (1, 8, 8), 5, batchnorm=False)
    x = rng.standard_normal((1, 8, 8, 2000)).astype(np.float32)
    once, often = (
        signal_to_noise(net, x, Injection(noise, "dense2", executions=[n])).set_index("name").loc["dense2"]
        for n in (1, 4)
    )
    for row in (once, often):
        assert row["injected"] == pytest.approx(row["total"], rel=0.03)
    assert once["injected"] / often["injected"] == pytest.approx(4, rel=0.03)
    assert often["decibels"] - once["decibels"] == pytest.approx(10 * np.log10(4), abs=0.15)


def test_the_variance_is_that_between_images_and_leaves_constant_offsets_out(rng):
    net = build_model("mlp", (1, 8, 8), 5, batchnorm=False)
    net.parameters["dense1.bias"] = np.linspace(-50, 50, 64)
    x = rng.standard_normal((1, 8, 8, 500)).astype(np.float32)
    row = signal_to_noise(net, x, Injection(additive(0.2), 1)).set_index("name").loc["dense1"]
    y = dict(net.activations(x))["dense1"].astype(np.float64)
    assert row["variance"] == pytest.approx(np.mean([unit.var() for unit in y]))
    assert row["power"] > 100 * row["variance"]


def test_an_overflow_is_not_taken_for_no_noise(rng):
    """Behind noise of 3e38, the largest power of ten of float32, logits are inf - inf: an error, as of `evaluate`."""
    net = build_model("mlp", (1, 8, 8), 5, batchnorm=False)
    x = rng.standard_normal((1, 8, 8, 100)).astype(np.float32)
    with pytest.raises(OverflowStop, match="overflow in signal_to_noise: dense3 is not finite; try less noise"):
        signal_to_noise(net, x, Injection(additive(3e38), point="dense3"))
    wide = build_model("mlp", (1, 8, 8), 5, batchnorm=False, dtype="float64")
    with pytest.raises(OverflowStop, match="overflow in signal_to_noise: dense3 is not finite; try less noise"):
        signal_to_noise(wide, x, Injection(additive(1e200), point="dense3"))  # its square is not
    net.parameters["dense2.bias"][0] = np.inf
    with pytest.raises(
        OverflowStop, match="dense2 is not finite; try a smaller learning rate, and whether all weights"
    ):
        signal_to_noise(net, x, Injection(additive(0.1), point="dense3"))


@pytest.mark.parametrize(
    ("power", "noise", "message"),
    [
        (1.0, additive(1e200), "noise: expected a power that a float64 can have, got Noise"),
        (1e300, multiplicative(1e10), "noise: expected a power that a float64 can have, got Noise"),
        (1.0, Coin(sigma=0.5), "noise: expected Gaussian noise, got Coin.*; use signal_to_noise"),
        (1.0, 0.5, "noise: expected an object of the class Noise, got 0.5"),
        (-1.0, additive(1.0), "signal_power: expected a finite mean square >= 0, got -1.0"),
        (np.nan, additive(1.0), "signal_power: expected a finite mean square >= 0, got nan"),
        ("4", additive(1.0), "signal_power: expected a finite mean square >= 0, got '4'"),
    ],
)
def test_a_noise_power_that_there_is_not(power, noise, message):
    with pytest.raises(InputError, match=message):
        noise_power(power, noise)

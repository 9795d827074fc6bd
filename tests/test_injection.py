"""Points by their numbers and their names."""

from dataclasses import dataclass

import numpy as np
import pytest

from wn_ref import InputError, additive, build_model, mixed, multiplicative
from wn_ref.arrays import Memory
from wn_ref.injection import Injection, Injector
from wn_ref.noise import Noise

POINTS = build_model("mlp", (1, 8, 8), batchnorm=True).injection_points
NAMES = ("input", "dense1", "bn1", "relu1", "dense2", "bn2", "relu2", "dense3", "bn3", "relu3", "dense4")


def test_numbers_and_names_mean_the_same():
    assert POINTS.names == NAMES
    for number, name in enumerate(NAMES):
        assert POINTS.numbers(number) == POINTS.numbers(name) == POINTS.numbers(np.int8(number)) == (number,)
        assert POINTS.normalised(name) == POINTS.normalised(np.str_(name)) == number
    assert POINTS.normalised("global") == "global"
    assert POINTS.numbers("all") == tuple(range(11))
    assert POINTS.numbers("global") == (0, 1, 3, 4, 6, 7, 9, 10)
    assert POINTS.executions("dense2", [3]) == {4: 3}


@pytest.mark.parametrize(
    "bad", [-1, 11, "dense5", "Dense2", "2", "", 2.0, True, None, [2], np.array([2, 3]), ("dense2",)]
)
def test_what_is_no_point(bad):
    with pytest.raises(
        InputError, match=r"point: expected 'global', 'all' or 0 to 10 \(0 input, .*; choose one, by"
    ) as caught:
        POINTS.numbers(bad)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "noise",
    [
        additive(0.7),
        multiplicative(0.7),
        multiplicative(0.7, "exact"),
        mixed(0.7, 2.0, "multiplicative", "exact"),
        mixed(0.7, 2.0, "additive", "exact"),
        mixed(0.0, 2.0, "additive", "exact"),
    ],
)
def test_factors_that_were_kept_give_the_bits_of_those_drawn_again(noise, dtype, rng):
    points = build_model("mlp", (1, 4, 4), batchnorm=False).injection_points
    injection = Injection(noise, "all", seed=5, step=3)
    keeping, drawing = Injector(injection, points, Memory()), Injector(injection, points)
    for point, shape in ((0, (1, 3, 3, 7)), (2, (64, 33)), (7, (10, 300))):
        x, dx = rng.standard_normal((2, *shape)).astype(dtype)
        one, other = x.copy(), x.copy()
        keeping.inject(point, one)
        drawing.inject(point, other)
        assert np.array_equal(one, other)
        assert not np.array_equal(one, x)
        received = keeping.backward(point, dx.copy())
        assert np.array_equal(received, drawing.backward(point, dx.copy()))
        assert np.array_equal(received, dx) == (not noise.has_factors)
    assert bool(keeping._factors) == noise.has_factors


def test_factors_of_several_executions_and_of_evaluations_are_drawn_again(rng):
    net = build_model("mlp", (1, 4, 4), batchnorm=False)
    x = rng.standard_normal((1, 4, 4, 9)).astype(np.float32)
    for training, executions, kept in ((True, None, 7), (False, None, 0), (True, [2] * 8, 0)):
        net.forward(x, training, multiplicative(0.5, "exact"), "all", executions=executions)
        assert len(net._injected._factors) == kept


@dataclass(frozen=True)
class Halved(Noise):
    """Has an `inject` of its own, and the fields of multiplicative noise."""

    def inject(self, x, stream, executions=1):
        x *= 0.5


class HalvedExactly(Halved):
    """Has a `backward` that fits."""

    def backward(self, dy, stream, executions=1, out=None):
        return 0.5 * dy


def test_an_exact_gradient_that_nobody_knows_is_refused():
    """That of `Noise` would multiply by Gaussian factors that were never applied, or by none at all."""
    assert Halved(sigma_mul=0.5).gradient == "straight_through"
    for sigmas in ({"sigma_mul": 0.5}, {"sigma_add": 0.5}, {}):
        with pytest.raises(InputError, match="gradient: expected a backward in Halved, which has an inject of its own"):
            Halved(**sigmas, gradient="exact")


def test_a_point_that_is_not_there_is_refused_without_noise_too():
    """A forgotten noise would look like perfect robustness."""
    net = build_model("mlp", (1, 4, 4), batchnorm=False)
    x = np.ones((1, 4, 4, 2), np.float32)
    with pytest.raises(InputError, match="point: expected 'global', 'all' or 0 to "):
        net.forward(x, point="conv7")
    with pytest.raises(InputError, match="executions: expected 8 numbers"):
        net.forward(x, executions=[9, 9])


def test_a_noise_of_ones_own_injects_itself_in_training_too(rng):
    net = build_model("mlp", (1, 4, 4), batchnorm=False)
    x = rng.standard_normal((1, 4, 4, 9)).astype(np.float32)
    clean = dict(net.activations(x))["dense1"].copy()
    injection = Injection(HalvedExactly(sigma_mul=0.5, gradient="exact"), "dense1")
    noisy = next(y.copy() for name, y in net.activations(x, training=True, injection=injection) if name == "dense1")
    np.testing.assert_array_equal(noisy, clean * np.float32(0.5))

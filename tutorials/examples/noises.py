"""Six errors of hardware: uniform noise, pulses, stuck units, a converter, varying devices, and noisy weights.

What happens to *activations* is a `wn.Noise`: a frozen dataclass with `inject`, which changes x in place, and, if it
has a derivative of its own, `backward`; without one, the gradient is straight-through, dx = dy. It draws from no other
stream than the one that it is given. What it depends on is what it takes from that stream:

    anew for every element of every batch          uniform(x.shape, *stream)
    once for every unit of a network, for good     uniform(x.shape[:-1], stream.seed, stream.point)

With several `executions` the mean of so many noisy copies of x is wanted (section 8 of the paper). One more axis in
front gives each of them draws of its own.

Curves and tables take the field `sigma` for the level of a noise (`wn_ref.own_noise.level_of`). `StuckAt` and
`Converter` have two numbers and no sigma; theirs are told apart in the column own_noise.

Noise on *weights* is no `wn.Noise`, which sees activations only. It is a layer: see `NoisyDense`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

import wn_ref as wn
from wn_ref.errors import InputError, require_number, require_whole
from wn_ref.layers import BatchNorm, Dense, Flatten, ReLU
from wn_ref.random import LAYERS, uniform


@dataclass(frozen=True)
class Uniform(wn.Noise):
    """y = x + a, with a uniform in +-sqrt(3) sigma, whose standard deviation is sigma."""

    sigma: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        require_number("sigma", self.sigma, "a finite standard deviation >= 0", least=0)

    def inject(self, x, stream, executions=1):
        u = uniform((executions, *x.shape), *stream).mean(axis=0)
        x += (self.sigma * math.sqrt(12) * (u - 0.5)).astype(x.dtype)


@dataclass(frozen=True)
class Pulses(wn.Noise):
    """y = x + a, a = +-sigma / sqrt(share) for a `share` of all elements, else 0; its standard deviation is sigma."""

    sigma: float = 0.0
    share: float = 0.01

    def __post_init__(self):
        super().__post_init__()
        require_number("sigma", self.sigma, "a finite standard deviation >= 0", least=0)
        require_number("share", self.share, "a share 0 < share <= 1", least=math.ulp(0), below=math.nextafter(1, 2))

    def inject(self, x, stream, executions=1):
        u = uniform((executions, *x.shape), *stream)
        sign = np.where(u < self.share / 2, 1.0, -1.0) * (u < self.share)
        x += (sign.mean(axis=0) * self.sigma / math.sqrt(self.share)).astype(x.dtype)


@dataclass(frozen=True)
class StuckAt(wn.Noise):
    """y = `value` for a `share` of the units, else x: broken for good, the same units in every batch.

    Which ones depends on the seed of the run and on the point, and another seed is another chip. To execute it again
    does not help. With gradient="exact", dx = 0 there; straight-through by default.
    """

    share: float = 0.0
    value: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        require_number("share", self.share, "a share 0 <= share < 1", least=0, below=1)
        require_number("value", self.value, "a finite number")

    def inject(self, x, stream, executions=1):
        x[self._stuck(x, stream)] = self.value

    def backward(self, dy, stream, executions=1, out=None):
        if self.gradient != "exact":
            return dy
        dx = dy.copy()
        dx[self._stuck(dy, stream)] = 0
        return dx

    def _stuck(self, x, stream):
        return uniform(x.shape[:-1], stream.seed, stream.point) < self.share


@dataclass(frozen=True)
class Converter(wn.Noise):
    """An analogue-to-digital converter of n bits, from -`largest` to `largest`; nothing in it is random.

    y = s round(x / s), with s = largest / 2^(n - 1), and at most 2^n values: -2^(n - 1) s ... (2^(n - 1) - 1) s

    The derivative of a staircase is 0, so that nothing would be learned in front of it: straight-through only. The
    error is at most s / 2 within the range, with a standard deviation of about s / sqrt(12).
    """

    bits: int = 8
    largest: float = 4.0

    def __post_init__(self):
        if self.gradient == "exact":
            raise InputError(
                "gradient: expected 'straight_through' for a converter, got 'exact', which is 0; leave it out"
            )
        super().__post_init__()
        require_whole("bits", self.bits, least=1, most=24)
        require_number("largest", self.largest, "a positive number", least=math.ulp(0))

    def inject(self, x, stream, executions=1):
        half = 2 ** (self.bits - 1)
        step = x.dtype.type(self.largest / half)
        x[...] = np.clip(np.round(x / step), -half, half - 1) * step


@dataclass(frozen=True)
class DeviceVariation(wn.Noise):
    """y = x m, with m ~ N(1, sigma^2) for each unit, drawn once for a network: no two devices are alike.

    m depends on the seed of the run and on the point alone. To execute it again does not help, since it is the same
    device. With gradient="exact", dx = dy m; straight-through by default.
    """

    sigma: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        require_number("sigma", self.sigma, "a finite standard deviation >= 0", least=0)

    def inject(self, x, stream, executions=1):
        x *= self._m(x, stream)

    def backward(self, dy, stream, executions=1, out=None):
        return dy * self._m(dy, stream) if self.gradient == "exact" else dy

    def _m(self, x, stream):
        n = wn.normal(x.shape[:-1], stream.seed, stream.point)[..., None]  # the batch is the last axis
        return 1 + x.dtype.type(self.sigma) * n.astype(x.dtype)


class NoisyDense(Dense):
    """In-memory computing: every batch meets weights of its own, W' = W + sigma n with n ~ N(0, 1).

    y = W' x + b
    dW = dy x^T,  db = sum of dy,  dx = W'^T dy        exact, since dW' / dW = 1

    `sigma` is in the units of the weights, which begin within +-1 / sqrt(inputs). n depends on (seed, index, step):
    those of the weights and the layer, and the number of the batch, which the network tells every layer.
    So each batch of training and of every evaluation has noise of its own, in any order and on any worker. The weights
    themselves, which are stored and trained, stay without noise. With `in_training=False` only evaluations are noisy.
    """

    def __init__(self, inputs, outputs, sigma, seed=0, index=0, dtype=np.float32, in_training=True) -> None:
        super().__init__(inputs, outputs, seed, index, dtype)
        self.sigma = require_number("sigma", sigma, "a finite standard deviation >= 0", least=0)
        self.seed, self.index, self.in_training = seed, index, in_training

    def forward(self, x, training=False):
        x, weight = self.take_input(x), self.parameters["weight"]
        sigma = self.sigma if self.in_training or not training else 0.0
        n = wn.normal(weight.shape, self.seed, LAYERS + self.index, self.step)
        self.noisy_weight = weight + weight.dtype.type(sigma) * n
        return self.noisy_weight @ x + self.parameters["bias"][:, None]

    def backward(self, dy, input_gradient=True):
        x, dy = self.take_gradient(dy)
        np.dot(dy, x.T, out=self.gradients["weight"])
        np.sum(dy, axis=1, out=self.gradients["bias"])
        return self.noisy_weight.T @ dy


def in_memory_mlp(input_shape, classes, batchnorm, seed, dtype, sigma=0.0, in_training=True) -> wn.Network:
    """Build the paper's MLP with noisy weights.

    sigma belongs to the model, not to a noise: each sigma of a sweep is a model of its own, such as
    ``functools.partial(in_memory_mlp, sigma=0.1)``, and is trained for itself.
    """
    sizes, layers = (math.prod(input_shape), 64, 64, 64, classes), [Flatten()]
    for index, (inputs, outputs) in enumerate(pairwise(sizes)):
        layers.append(NoisyDense(inputs, outputs, sigma, seed, index, dtype, in_training))
        if index < 3:
            layers += [BatchNorm(outputs, dtype), ReLU()] if batchnorm else [ReLU()]
    return wn.Network(layers, dtype, input_shape)

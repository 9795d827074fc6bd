"""Five layers of one's own: average pooling, dropout, tanh, GELU, and layer norm.

Each is a class with a `kind`, `output_shape`, `forward` and `backward`; what they promise is in `wn_ref.layers.layer`,
and ``wn.check_layer(AvgPool(2), shape=(3, 6, 7))`` checks it. They are written in NumPy alone, and so not the fastest.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erf

from wn_ref.errors import InputError, require_number, require_whole
from wn_ref.layers import Layer
from wn_ref.random import LAYERS, uniform


class AvgPool(Layer):
    """The mean of each window of `size` x `size`; rows and columns left over at the end are ignored.

    y[c, i, j, n] = mean of x[c, k i + p, k j + q, n] over p, q < k
    dx[c, k i + p, k j + q, n] = dy[c, i, j, n] / k^2
    """

    kind = "avgpool"

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.size = require_whole("size", size, least=1)

    def output_shape(self, shape):
        if len(shape) != 3 or min(shape[1:]) < self.size:
            expected = f"(channels, >= {self.size}, >= {self.size}, batch)"
            raise InputError(f"x: expected {expected} for this pooling, got {(*shape, 'batch')}; the batch is last")
        channels, height, width = shape
        return channels, height // self.size, width // self.size

    def forward(self, x, training=False):
        x, k = self.take_input(x), self.size
        channels, rows, columns, batch = self.y_shape
        windows = x[:, : k * rows, : k * columns].reshape(channels, rows, k, columns, k, batch)
        return windows.mean(axis=(2, 4))

    def backward(self, dy, input_gradient=True):
        x, dy = self.take_gradient(dy)
        _, rows, columns, _ = dy.shape
        dx, k = np.zeros_like(x), self.size
        dx[:, : k * rows, : k * columns] = dy.repeat(k, axis=1).repeat(k, axis=2) / k**2
        return dx


class Dropout(Layer):
    """y = x m in training, with m = 0 for a `share` of all elements, else 1 / (1 - share); y = x in evaluation.

    dx = dy m

    m is a function of (seed, index, step): the seed of the network's weights, the number of the layer, as for `Dense`,
    and the number of the batch, which the network tells every layer. So nothing is kept between two batches, a run can
    be repeated, and backward draws m again. No injection point follows: dropout is no part of the finished network.
    """

    kind = "dropout"
    noisy = False

    def __init__(self, share: float = 0.5, seed: int = 0, index: int = 0) -> None:
        super().__init__()
        self.share = require_number("share", share, "a share 0 <= share < 1", least=0, below=1)
        self.seed, self.index = seed, index

    def output_shape(self, shape):
        return shape

    def forward(self, x, training=False):
        x, self.training = self.take_input(x), training
        return x * self._m(x)

    def backward(self, dy, input_gradient=True):
        x, dy = self.take_gradient(dy)
        return dy * self._m(x)

    def _m(self, x):
        if not self.training:
            return x.dtype.type(1)
        stays = uniform(x.shape, self.seed, LAYERS + self.index, self.step) >= self.share
        return (stays / (1 - self.share)).astype(x.dtype)


class Tanh(Layer):
    """y = tanh(x), dx = dy (1 - tanh(x)^2).

    1 - y^2 would be the shorter derivative, but y belongs to the noise, which may have changed it.
    """

    kind = "tanh"

    def output_shape(self, shape):
        return shape

    def forward(self, x, training=False):
        return np.tanh(self.take_input(x))

    def backward(self, dy, input_gradient=True):
        x, dy = self.take_gradient(dy)
        return dy * (1 - np.tanh(x) ** 2)


class GELU(Layer):
    """y = x P(x), dx = dy (P(x) + x p(x)); P and p are the distribution and the density of the standard normal."""

    kind = "gelu"

    def output_shape(self, shape):
        return shape

    def forward(self, x, training=False):
        x = self.take_input(x)
        return x * _distribution(x)

    def backward(self, dy, input_gradient=True):
        x, dy = self.take_gradient(dy)
        return dy * (_distribution(x) + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi))


def _distribution(x):
    return (1 + erf(x / math.sqrt(2))) / 2


class LayerNorm(Layer):
    """The features of each sample are normalised on their own, (features, batch), in evaluation as in training.

    m = mean(x),  v = mean((x - m)^2),  h = (x - m) / sqrt(v + eps)        over the features of a sample
    y = gamma h + beta

    dgamma = sum(dy h),  dbeta = sum(dy)                                   over the samples
    dx = (g - mean(g) - h mean(g h)) / sqrt(v + eps),  g = gamma dy        means over the features
    """

    kind = "layernorm"
    globally_noisy = False  # as behind batch norm

    def __init__(self, features: int, dtype=np.float32) -> None:
        super().__init__()
        self.add_parameter("gamma", np.ones(features, dtype))
        self.add_parameter("beta", np.zeros(features, dtype))

    def output_shape(self, shape):
        features = len(self.parameters["gamma"])
        if shape != (features,):
            raise InputError(
                f"x: expected ({features}, batch) for this layer norm, got {(*shape, 'batch')}; match them"
            )
        return shape

    def forward(self, x, training=False):
        h, _ = _normalised(self.take_input(x))
        return self.parameters["gamma"][:, None] * h + self.parameters["beta"][:, None]

    def backward(self, dy, input_gradient=True):
        x, dy = self.take_gradient(dy)
        h, scale = _normalised(x)
        np.sum(dy * h, axis=1, out=self.gradients["gamma"])
        np.sum(dy, axis=1, out=self.gradients["beta"])
        g = self.parameters["gamma"][:, None] * dy
        return scale * (g - g.mean(axis=0) - h * (g * h).mean(axis=0))


def _normalised(x):
    """Return h and 1 / sqrt(v + eps) of every sample."""
    difference = x - x.mean(axis=0)
    scale = 1 / np.sqrt((difference**2).mean(axis=0) + 1e-5)
    return difference * scale, scale

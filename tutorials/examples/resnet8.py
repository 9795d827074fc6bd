"""ResNet-8 (He et al., 2016), for images such as those of CIFAR-10: seven convolutions and a dense layer.

    conv 3 x 3, 16 channels, BN, ReLU
    three blocks of 16, 32 and 64 channels:  ReLU(f(x) + s(x)),  f = conv 3 x 3, BN, ReLU, conv 3 x 3, BN
    mean over all pixels, dense

The second and the third block begin with a stride of 2 and have a 1 x 1 convolution with that stride as shortcut s
(without a batch norm of its own, which the original has); s(x) = x in the first. Noise goes behind every layer of f and
behind the sum: "add1", "add2", "add3". There are 78,000 parameters. `wn_ref.layers.Conv` has no padding: `Pad` adds it.
"""

from __future__ import annotations

import numpy as np

import wn_ref as wn
from wn_ref.errors import InputError, require_whole
from wn_ref.layers import BatchNorm, Conv, Dense, Layer, ReLU, residual


class Pad(Layer):
    """A border of `width` zeros around each image; dx is dy without it. No hardware computes it: not noisy."""

    kind = "pad"
    noisy = False

    def __init__(self, width: int = 1) -> None:
        super().__init__()
        self.width = require_whole("width", width, least=1)

    def output_shape(self, shape):
        if len(shape) != 3:
            raise InputError(f"x: expected (channels, height, width, batch), got {(*shape, 'batch')}; pad images only")
        channels, rows, columns = shape
        return channels, rows + 2 * self.width, columns + 2 * self.width

    def forward(self, x, training=False):
        x, w = self.take_input(x), self.width
        y = self.memory("y", self.y_shape, x.dtype)
        y[...] = 0
        y[:, w:-w, w:-w] = x
        return y

    def backward(self, dy, input_gradient=True):
        _, dy = self.take_gradient(dy)
        w = self.width
        return np.ascontiguousarray(dy[:, w:-w, w:-w])


class GlobalAvgPool(Layer):
    """The mean of each channel: (channels, height, width, batch) -> (channels, batch)."""

    kind = "avgpool"

    def output_shape(self, shape):
        if len(shape) != 3:
            raise InputError(
                f"x: expected (channels, height, width, batch), got {(*shape, 'batch')}; the batch is last"
            )
        return shape[:1]

    def forward(self, x, training=False):
        return self.take_input(x).mean(axis=(1, 2))

    def backward(self, dy, input_gradient=True):
        x, dy = self.take_gradient(dy)
        dx = np.empty_like(x)
        dx[...] = dy[:, None, None] / x[0, :, :, 0].size
        return dx


def resnet8(input_shape, classes, batchnorm, seed, dtype) -> wn.Network:
    """Build the network with its initial weights; it takes images of any size."""
    index = 0

    def conv(inputs, outputs, size, stride=1):
        nonlocal index
        index += 1  # every layer with weights has a number of its own, or two would begin alike
        return Conv(inputs, outputs, (size, size), (stride, stride), seed, index, dtype)

    def norm(channels):
        return [BatchNorm(channels, dtype)] if batchnorm else []

    channels = 16
    layers = [Pad(1), conv(input_shape[0], channels, 3), *norm(channels), ReLU()]
    for outputs, stride in ((16, 1), (32, 2), (64, 2)):
        branch = [Pad(1), conv(channels, outputs, 3, stride), *norm(outputs), ReLU()]
        branch += [Pad(1), conv(outputs, outputs, 3), *norm(outputs)]
        shortcut = conv(channels, outputs, 1, stride) if stride > 1 else None
        layers += [*residual(branch, shortcut), ReLU()]
        channels = outputs
    layers += [GlobalAvgPool(), Dense(channels, classes, seed, 0, dtype)]
    return wn.Network(layers, dtype, input_shape)

"""What users bring along: a network, a noise and data, as several tests use them."""

from dataclasses import dataclass

import numpy as np

from wn_ref import Dataset, Network, Noise
from wn_ref.layers import BatchNorm, Conv, Dense, Flatten, ReLU
from wn_ref.random import uniform


def small_cnn(input_shape, classes, batchnorm, seed, dtype, width=3):
    channels, height, columns = input_shape
    layers = [Conv(channels, width, (3, 3), seed=seed, index=0, dtype=dtype)]
    layers += [BatchNorm(width, dtype)] if batchnorm else []
    layers += [ReLU(), Flatten(), Dense(width * (height - 2) * (columns - 2), classes, seed, 1, dtype)]
    return Network(layers, dtype, input_shape)


def bars(name="bars", images=240, seed=0, amplitude=120):
    """Bright rows or columns, at random places, on a noisy ground."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, images)
    pictures = rng.integers(0, 100, (images, 1, 6, 6))
    for picture, label, place in zip(pictures[:, 0], labels, rng.integers(0, 6, images)):
        (picture if label else picture.T)[place] += amplitude
    pictures, half = pictures.astype(np.uint8), images // 2
    parts = pictures[:half], labels[:half], pictures[half:], labels[half:]
    return Dataset(name, *parts, classes=("columns", "rows"), mean=(0.3,), std=(0.25,))


@dataclass(frozen=True)
class Uniform(Noise):
    """y = x + a, a uniform with standard deviation sigma."""

    sigma: float = 0.0

    def inject(self, x, stream, executions=1):
        x += (self.sigma * np.sqrt(12) * (uniform(x.shape, *stream) - 0.5)).astype(x.dtype)

"""Flatten: images to feature columns.

    y  = x with all axes but the batch made into one, in C order
    dx = dy in the shape of x

It computes nothing, so no injection point follows it.
"""

from __future__ import annotations

import math

import numpy as np

from wn_ref.layers.layer import Layer


class Flatten(Layer):
    """(channels, height, width, batch) -> (channels * height * width, batch), a view."""

    kind = "flatten"
    noisy = False

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(channels, height, width) -> (channels * height * width,)."""
        return (math.prod(shape),)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return y = x as columns."""
        return self.take_input(x).reshape(self.y_shape)

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        """Return dx = dy in the shape of x."""
        x, dy = self.take_gradient(dy)
        return dy.reshape(x.shape)

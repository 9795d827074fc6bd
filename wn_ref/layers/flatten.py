"""Flatten: images to feature columns.

    y  = x with all axes but the batch made one, in C order
    dx = dy in the shape of x

It computes nothing, so no injection point follows it.
"""

from __future__ import annotations

import numpy as np

from wn_ref.layers.layer import Layer


class Flatten(Layer):
    """(channels, height, width, batch) -> (channels * height * width, batch), a view."""

    kind = "flatten"
    noisy = False

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """y = x as columns."""
        self.shape = x.shape
        return x.reshape(-1, x.shape[-1])

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        """Return dx = dy in the shape of x."""
        return dy.reshape(self.shape)

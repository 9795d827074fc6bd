"""Rectified linear unit.

y  = max(x, 0)
dx = dy where x > 0, else 0
"""

from __future__ import annotations

import numpy as np

from wn_ref.compiled import kernel
from wn_ref.layers.layer import Layer


class ReLU(Layer):
    """y = max(x, 0), for any shape."""

    kind = "relu"

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of x."""
        return shape

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return y = max(x, 0); NaN stays NaN."""
        x = self.take_input(x)
        y = self.memory("y", x.shape, x.dtype)
        _forward(x.reshape(-1), y.reshape(-1))
        return y

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray:
        """Return dx = dy where x > 0, else 0."""
        x, dy = self.take_gradient(dy)
        dx = self.changeable(dy)
        _backward(x.reshape(-1), dx.reshape(-1))
        return dx


@kernel
def _forward(x, y):
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = zero if x[i] <= zero else x[i]  # asked this way round, NaN stays NaN


@kernel
def _backward(x, dx):
    """dx comes in as dy: with an array for each, the compiler would have to ask whether they overlap."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        dx[i] = zero if x[i] <= zero else dx[i]

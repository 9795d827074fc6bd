"""Rectified linear unit.

y  = max(x, 0)
dx = dy where x > 0, else 0
"""

from __future__ import annotations

import numpy as np

from wn_ref.kernel import kernel
from wn_ref.layers.layer import Layer


class ReLU(Layer):
    """y = max(x, 0), for any shape."""

    kind = "relu"

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """y = max(x, 0)."""
        self.x = x
        y = self.memory("y", x.shape, x.dtype)
        _forward(x.reshape(-1), y.reshape(-1))
        return y

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray:
        """Return dx = dy where x > 0, else 0, written over dy."""
        _backward(self.x.reshape(-1), dy.reshape(-1))
        return dy


@kernel
def _forward(x, y):
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = zero if x[i] <= zero else x[i]  # asked this way round, NaN stays NaN


@kernel
def _backward(x, dy):
    zero = x.dtype.type(0)
    for i in range(x.size):
        dy[i] = zero if x[i] <= zero else dy[i]

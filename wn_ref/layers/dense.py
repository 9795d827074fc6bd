"""Dense (fully connected) layer.

    y  = W x + b
    dW = dy x^T,    db = sum of dy over the batch,    dx = W^T dy

with x (inputs, batch), y (outputs, batch), W (outputs, inputs), b (outputs).
"""

from __future__ import annotations

import math

import numpy as np

from wn_ref.kernel import kernel
from wn_ref.layers.layer import Layer
from wn_ref.random import WEIGHTS, uniform


class Dense(Layer):
    """y = W x + b, both initially uniform in +-1/sqrt(inputs).

    Parameters
    ----------
    inputs, outputs : int
        Number of features before and after.
    seed, index : int
        Source of the initial weights: the seed, and the number of the layer in its network.
    dtype : np.dtype
        float32 or float64.
    """

    kind = "dense"

    def __init__(self, inputs: int, outputs: int, seed: int = 0, index: int = 0, dtype: np.dtype = np.float32) -> None:
        super().__init__()
        self.add_parameter("weight", fan_in_uniform((outputs, inputs), inputs, seed, 2 * index, dtype))
        self.add_parameter("bias", fan_in_uniform((outputs,), inputs, seed, 2 * index + 1, dtype))

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """y = W x + b: (inputs, batch) -> (outputs, batch)."""
        self.x = x
        weight, bias = self.parameters["weight"], self.parameters["bias"]
        y = self.memory("y", (weight.shape[0], x.shape[1]), x.dtype)
        np.dot(weight, x, out=y)
        _add_to_rows(y, bias)
        return y

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        """dW = dy x^T, db = sum of dy over the batch; return dx = W^T dy."""
        np.dot(dy, self.x.T, out=self.gradients["weight"])
        _sum_rows(dy, self.gradients["bias"])
        if not input_gradient:
            return None
        dx = self.memory("dx", self.x.shape, dy.dtype)
        return np.dot(self.parameters["weight"].T, dy, out=dx)


def fan_in_uniform(shape: tuple[int, ...], fan_in: int, seed: int, step: int, dtype: np.dtype) -> np.ndarray:
    """Draw initial weights uniform in +-1/sqrt(fan_in), the default of PyTorch 1.11 that the paper's runs used."""
    return ((2 * uniform(shape, seed, WEIGHTS, step) - 1) / math.sqrt(fan_in)).astype(dtype)


@kernel
def _add_to_rows(y, bias):
    """y[i, n] += bias[i]."""
    for i in range(y.shape[0]):
        for n in range(y.shape[1]):
            y[i, n] += bias[i]


@kernel
def _sum_rows(dy, sums):
    """sums[i] = sum over n of dy[i, n]."""
    for i in range(dy.shape[0]):
        sums[i] = dy[i].sum()

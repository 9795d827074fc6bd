"""Dense (fully connected) layer.

    y  = W x + b
    dW = dy x^T,    db = sum of dy over the batch,    dx = W^T dy

with x (inputs, batch), y (outputs, batch), W (outputs, inputs), b (outputs).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wn_ref.compiled import kernel
from wn_ref.errors import InputError, require_whole
from wn_ref.layers.initial import fan_in_uniform
from wn_ref.layers.layer import Layer


class Dense(Layer):
    """y = W x + b, with W and b initially uniform in +-1/sqrt(inputs).

    Parameters
    ----------
    inputs, outputs : int
        Number of features of x and of y.
    seed, index : int
        Where the initial weights come from: the seed, and the number of the layer in its network.
    dtype : np.dtype
        float32 or float64.
    """

    kind = "dense"

    def __init__(
        self, inputs: int, outputs: int, seed: int = 0, index: int = 0, dtype: npt.DTypeLike = np.float32
    ) -> None:
        super().__init__()
        require_whole("inputs", inputs, least=1)
        require_whole("outputs", outputs, least=1)
        self.add_parameter("weight", fan_in_uniform((outputs, inputs), inputs, seed, 2 * index, dtype))
        self.add_parameter("bias", fan_in_uniform((outputs,), inputs, seed, 2 * index + 1, dtype))

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(inputs,) -> (outputs,)."""
        outputs, inputs = self.parameters["weight"].shape
        if shape != (inputs,):
            raise InputError(f"x: expected ({inputs}, batch) for this dense layer, got {(*shape, 'batch')}; match them")
        return (outputs,)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return y = W x + b: (inputs, batch) -> (outputs, batch)."""
        x = self.take_input(x)
        y = self.memory("y", self.y_shape, x.dtype)
        np.dot(self.parameters["weight"], x, out=y)
        _add_to_rows(y, self.parameters["bias"])
        return y

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        """Fill dW = dy x^T and db = sum of dy over the batch; return dx = W^T dy."""
        x, dy = self.take_gradient(dy)
        np.dot(dy, x.T, out=self.gradients["weight"])
        _sum_rows(dy, self.gradients["bias"])
        if not input_gradient:
            return None
        return np.dot(self.parameters["weight"].T, dy, out=self.memory("dx", x.shape, dy.dtype))


# As y += b[:, None] and dy.sum(axis=1), which take NumPy ten times as long on arrays of this size.


@kernel
def _add_to_rows(y, bias):
    for i in range(y.shape[0]):
        for n in range(y.shape[1]):
            y[i, n] += bias[i]


@kernel
def _sum_rows(dy, sums):
    for i in range(dy.shape[0]):
        sums[i] = dy[i].sum()

"""Dense (fully connected) layer.

    y  = W x + b
    dW = dy x^T,    db = sum of dy over the batch,    dx = W^T dy

with x (inputs, batch), y (outputs, batch), W (outputs, inputs), b (outputs).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wn_ref.errors import InputError, require_whole
from wn_ref.kernels import fast_form
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
        _forward(x, self.parameters["weight"], self.parameters["bias"], y)
        return y

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        """Fill dW = dy x^T and db = sum of dy over the batch; return dx = W^T dy."""
        x, dy = self.take_gradient(dy)
        _weight_gradient(x, dy, self.gradients["weight"], self.gradients["bias"])
        if not input_gradient:
            return None
        dx = self.memory("dx", x.shape, dy.dtype)
        _input_gradient(self.parameters["weight"], dy, dx)
        return dx


@fast_form("dense.forward")
def _forward(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, y: np.ndarray) -> None:
    np.dot(weight, x, out=y)
    y += bias[:, None]


@fast_form("dense.weight_gradient")
def _weight_gradient(x: np.ndarray, dy: np.ndarray, dw: np.ndarray, db: np.ndarray) -> None:
    np.dot(dy, x.T, out=dw)
    dy.sum(axis=1, out=db)


@fast_form("dense.input_gradient")
def _input_gradient(weight: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> None:
    np.dot(weight.T, dy, out=dx)

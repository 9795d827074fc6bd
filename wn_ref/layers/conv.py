"""Convolution without padding.

    y[o, i, j, n] = b[o] + sum over c, p, q of W[o, c, p, q] x[c, i S + p, j T + q, n]
    dW[o, c, p, q] = sum over i, j, n of dy[o, i, j, n] x[c, i S + p, j T + q, n],    db[o] = sum of dy[o]
    dx[c, h, w, n] = sum over all o, p, q and i, j with i S + p = h and j T + q = w of W[o, c, p, q] dy[o, i, j, n]

with output channel o, input channel c, output row and column i, j, kernel row and column p, q, stride (S, T), sample n.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wn_ref.compiled import kernel
from wn_ref.errors import InputError, require_pair, require_whole
from wn_ref.kernels import fast_form
from wn_ref.layers.initial import fan_in_uniform
from wn_ref.layers.layer import Layer


class Conv(Layer):
    """y = W * x + b, with W and b initially uniform in +-1/sqrt(inputs * rows * columns of the kernel).

    Parameters
    ----------
    inputs, outputs : int
        Number of channels of x and of y.
    size, stride : (int, int)
        Rows and columns of the kernel, and its steps down and across.
    seed, index : int
        Where the initial weights come from: the seed, and the number of the layer in its network.
    dtype : np.dtype
        float32 or float64.
    """

    kind = "conv"

    def __init__(
        self, inputs: int, outputs: int, size: tuple[int, int], stride: tuple[int, int] = (1, 1), seed: int = 0,
        index: int = 0, dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        require_whole("outputs", outputs, least=1)
        size, self.stride = require_pair("size", size, least=1), require_pair("stride", stride, least=1)
        fan_in = require_whole("inputs", inputs, least=1) * size[0] * size[1]
        self.add_parameter("weight", fan_in_uniform((outputs, inputs, *size), fan_in, seed, 2 * index, dtype))
        self.add_parameter("bias", fan_in_uniform((outputs,), fan_in, seed, 2 * index + 1, dtype))

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(inputs, height, width) -> (outputs, height', width'), with height' = (height - rows) // S + 1."""
        outputs, inputs, rows, columns = self.parameters["weight"].shape
        if len(shape) != 3 or shape[0] != inputs or shape[1] < rows or shape[2] < columns:
            expected = f"({inputs}, >= {rows}, >= {columns}, batch) for this convolution"
            raise InputError(f"x: expected {expected}, got {(*shape, 'batch')}; the batch is the last axis")
        return outputs, (shape[1] - rows) // self.stride[0] + 1, (shape[2] - columns) // self.stride[1] + 1

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return y = W * x + b: (inputs, height, width, batch) -> (outputs, height', width', batch)."""
        x = self.take_input(x)
        y = self.memory("y", self.y_shape, x.dtype)
        _forward(x, self.parameters["weight"], self.parameters["bias"], self.stride, y)
        return y

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        """Fill dW and db; return dx."""
        x, dy = self.take_gradient(dy)
        _weight_gradient(x, dy, self.stride, self.gradients["weight"], self.gradients["bias"])
        if not input_gradient:
            return None
        dx = self.memory("dx", x.shape, dy.dtype)
        _input_gradient(self.parameters["weight"], dy, self.stride, dx)
        return dx


@fast_form("conv.forward")
@kernel
def _forward(x, weight, bias, stride, y):
    (outputs, inputs, kernel_rows, kernel_columns), (_, rows, columns, batch) = weight.shape, y.shape
    for o in range(outputs):
        for i in range(rows):
            for j in range(columns):
                y[o, i, j] = bias[o]
                for c in range(inputs):
                    for p in range(kernel_rows):
                        for q in range(kernel_columns):
                            for n in range(batch):
                                y[o, i, j, n] += weight[o, c, p, q] * x[c, i * stride[0] + p, j * stride[1] + q, n]


@fast_form("conv.weight_gradient")
@kernel
def _weight_gradient(x, dy, stride, dw, db):
    (outputs, inputs, kernel_rows, kernel_columns), (_, rows, columns, batch) = dw.shape, dy.shape
    for o in range(outputs):
        db[o] = dy[o].sum()
        for c in range(inputs):
            for p in range(kernel_rows):
                for q in range(kernel_columns):
                    total = dw.dtype.type(0)
                    for i in range(rows):
                        for j in range(columns):
                            for n in range(batch):
                                total += dy[o, i, j, n] * x[c, i * stride[0] + p, j * stride[1] + q, n]
                    dw[o, c, p, q] = total


@fast_form("conv.input_gradient")
@kernel
def _input_gradient(weight, dy, stride, dx):
    (outputs, inputs, kernel_rows, kernel_columns), (_, rows, columns, batch) = weight.shape, dy.shape
    dx[:] = 0
    for c in range(inputs):
        for o in range(outputs):
            for i in range(rows):
                for j in range(columns):
                    for p in range(kernel_rows):
                        for q in range(kernel_columns):
                            for n in range(batch):
                                dx[c, i * stride[0] + p, j * stride[1] + q, n] += weight[o, c, p, q] * dy[o, i, j, n]

"""Convolution without padding.

    y[o, i, j, n] = b[o] + sum over c, p, q of W[o, c, p, q] x[c, i S + p, j T + q, n]

    dW[o, c, p, q] = sum over i, j, n of dy[o, i, j, n] x[c, i S + p, j T + q, n],    db[o] = sum of dy[o]
    dx[c, h, w, n] = sum over all o, p, q and i, j with i S + p = h and j T + q = w of W[o, c, p, q] dy[o, i, j, n]

with output channel o, channel c, output row and column i, j, kernel row and column p, q, stride (S, T), sample n.

The kernels below are these loop nests, reordered and blocked: LANES samples go through them as one vector, and a block
of sums (6, or 2 x 5) stays in registers while the loops over their products run inside. Each vector that is loaded then
serves 6 (or 2) of them, and a sum is written once. A batch that is no multiple of LANES is filled up with zeros.
"""

from __future__ import annotations

import numpy as np

from wn_ref.errors import InputError
from wn_ref.kernel import kernel
from wn_ref.layers.dense import fan_in_uniform
from wn_ref.layers.layer import Layer
from wn_ref.layers.vector import LANES, load, spread, store, total


class Conv(Layer):
    """y = W * x + b, both initially uniform in +-1/sqrt(inputs * rows * columns of the kernel).

    Parameters
    ----------
    inputs, outputs : int
        Number of channels before and after.
    size : (int, int)
        Rows and columns of the kernel.
    stride : (int, int)
        Down and across.
    seed, index : int
        Source of the initial weights: the seed, and the number of the layer in its network.
    dtype : np.dtype
        float32 or float64.
    """

    kind = "conv"

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: tuple[int, int],
        stride: tuple[int, int] = (1, 1),
        seed: int = 0,
        index: int = 0,
        dtype: np.dtype = np.float32,
    ) -> None:
        super().__init__()
        self.stride = stride
        fan_in = inputs * size[0] * size[1]
        self.add_parameter("weight", fan_in_uniform((outputs, inputs, *size), fan_in, seed, 2 * index, dtype))
        self.add_parameter("bias", fan_in_uniform((outputs,), fan_in, seed, 2 * index + 1, dtype))

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """y = W * x + b: (inputs, height, width, batch) -> (outputs, height', width', batch)."""
        weight, bias = self.parameters["weight"], self.parameters["bias"]
        if x.shape[0] != weight.shape[1] or x.shape[1] < weight.shape[2] or x.shape[2] < weight.shape[3]:
            least = f"({weight.shape[1]}, >= {weight.shape[2]}, >= {weight.shape[3]}, batch)"
            raise InputError(f"x: expected {least} for this convolution, got {x.shape}; the batch is the last axis")
        self.x = self._filled("x", x)
        (_, height, width, batch), (outputs, _, rows, columns) = self.x.shape, weight.shape
        shape = (height - rows) // self.stride[0] + 1, (width - columns) // self.stride[1] + 1
        y = self.memory("y", (outputs, *shape, batch), x.dtype)
        _forward(self.x, weight, bias, self.stride, y)
        return self._cut("cut y", y, x.shape[-1])

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        """Fill dW and db; return dx."""
        batch, dy = dy.shape[-1], self._filled("dy", dy)
        _weight_gradient(self.x, dy, self.stride, self.gradients["weight"], self.gradients["bias"])
        if not input_gradient:
            return None
        dx = self.memory("dx", self.x.shape, dy.dtype)
        outputs_last = np.ascontiguousarray(np.moveaxis(self.parameters["weight"], 0, -1))
        _input_gradient(outputs_last, dy, self.stride, dx)
        return self._cut("cut dx", dx, batch)

    def _filled(self, name: str, x: np.ndarray) -> np.ndarray:
        """x with zeros for samples until the batch is a multiple of LANES (x itself, if it is one)."""
        batch = x.shape[-1]
        if batch % LANES == 0:
            return x
        filled = self.memory(f"filled {name}", (*x.shape[:-1], batch + -batch % LANES), x.dtype)
        filled[..., :batch], filled[..., batch:] = x, 0
        return filled

    def _cut(self, name: str, x: np.ndarray, batch: int) -> np.ndarray:
        """The first `batch` samples of x, contiguous."""
        if batch == x.shape[-1]:
            return x
        cut = self.memory(name, (*x.shape[:-1], batch), x.dtype)
        cut[:] = x[..., :batch]
        return cut


@kernel
def _next_five(first, last):
    """The five channels behind `first`; beyond the last one, the last one again."""
    return min(first + 1, last), min(first + 2, last), min(first + 3, last), min(first + 4, last), min(first + 5, last)


@kernel
def _forward(x, weight, bias, stride, y):
    """For all i, j: start 6 channels o at b[o], add all c, p, q. Beyond the last channel the last one is repeated."""
    outputs, channels, kernel_rows, kernel_columns = weight.shape
    _, rows, columns, batch = y.shape
    last = outputs - 1
    for i in range(rows):
        for j in range(columns):
            for n in range(0, batch, LANES):
                for o in range(0, outputs, 6):
                    o1, o2, o3, o4, o5 = _next_five(o, last)
                    y0, y1, y2 = spread(bias[o]), spread(bias[o1]), spread(bias[o2])
                    y3, y4, y5 = spread(bias[o3]), spread(bias[o4]), spread(bias[o5])
                    for c in range(channels):
                        for p in range(kernel_rows):
                            for q in range(kernel_columns):
                                v = load(x, (c, i * stride[0] + p, j * stride[1] + q, n))
                                y0 += weight[o, c, p, q] * v
                                y1 += weight[o1, c, p, q] * v
                                y2 += weight[o2, c, p, q] * v
                                y3 += weight[o3, c, p, q] * v
                                y4 += weight[o4, c, p, q] * v
                                y5 += weight[o5, c, p, q] * v
                    store(y, (o, i, j, n), y0)
                    store(y, (o1, i, j, n), y1)
                    store(y, (o2, i, j, n), y2)
                    store(y, (o3, i, j, n), y3)
                    store(y, (o4, i, j, n), y4)
                    store(y, (o5, i, j, n), y5)


@kernel
def _weight_gradient(x, dy, stride, dw, db):
    """For all c, p: the sums over i, j, n for 2 channels o, r and 5 columns q; what is beyond the last repeats it."""
    outputs, channels, kernel_rows, kernel_columns = dw.shape
    last = kernel_columns - 1
    for o in range(0, outputs, 2):
        r = min(o + 1, outputs - 1)
        for c in range(channels):
            for p in range(kernel_rows):
                for q in range(0, kernel_columns, 5):
                    q1, q2, q3, q4 = min(q + 1, last), min(q + 2, last), min(q + 3, last), min(q + 4, last)
                    o0 = o1 = o2 = o3 = o4 = spread(dw.dtype.type(0))
                    r0 = r1 = r2 = r3 = r4 = spread(dw.dtype.type(0))
                    for i in range(dy.shape[1]):
                        h = i * stride[0] + p
                        for j in range(dy.shape[2]):
                            w = j * stride[1]
                            for n in range(0, dy.shape[3], LANES):
                                d, e = load(dy, (o, i, j, n)), load(dy, (r, i, j, n))
                                x0, x1 = load(x, (c, h, w + q, n)), load(x, (c, h, w + q1, n))
                                x2, x3 = load(x, (c, h, w + q2, n)), load(x, (c, h, w + q3, n))
                                x4 = load(x, (c, h, w + q4, n))
                                o0 += d * x0
                                o1 += d * x1
                                o2 += d * x2
                                o3 += d * x3
                                o4 += d * x4
                                r0 += e * x0
                                r1 += e * x1
                                r2 += e * x2
                                r3 += e * x3
                                r4 += e * x4
                    for m, sum_o, sum_r in ((q, o0, r0), (q1, o1, r1), (q2, o2, r2), (q3, o3, r3), (q4, o4, r4)):
                        dw[o, c, p, m], dw[r, c, p, m] = total(sum_o), total(sum_r)
        db[o], db[r] = dy[o].sum(), dy[r].sum()


@kernel
def _input_gradient(weight, dy, stride, dx):
    """For all h, w: the sums over i, j, o for 6 channels c; beyond the last the last is repeated. W has o last."""
    channels, kernel_rows, kernel_columns, outputs = weight.shape
    last = channels - 1
    for h in range(dx.shape[1]):
        rows = range(max(0, (h - kernel_rows) // stride[0] + 1), min(dy.shape[1], h // stride[0] + 1))
        for w in range(dx.shape[2]):
            columns = range(max(0, (w - kernel_columns) // stride[1] + 1), min(dy.shape[2], w // stride[1] + 1))
            for n in range(0, dx.shape[3], LANES):
                for c in range(0, channels, 6):
                    c1, c2, c3, c4, c5 = _next_five(c, last)
                    x0 = x1 = x2 = x3 = x4 = x5 = spread(dx.dtype.type(0))
                    for i in rows:
                        p = h - i * stride[0]
                        for j in columns:
                            q = w - j * stride[1]
                            for o in range(outputs):
                                v = load(dy, (o, i, j, n))
                                x0 += weight[c, p, q, o] * v
                                x1 += weight[c1, p, q, o] * v
                                x2 += weight[c2, p, q, o] * v
                                x3 += weight[c3, p, q, o] * v
                                x4 += weight[c4, p, q, o] * v
                                x5 += weight[c5, p, q, o] * v
                    store(dx, (c, h, w, n), x0)
                    store(dx, (c1, h, w, n), x1)
                    store(dx, (c2, h, w, n), x2)
                    store(dx, (c3, h, w, n), x3)
                    store(dx, (c4, h, w, n), x4)
                    store(dx, (c5, h, w, n), x5)

"""Convolution without padding.

    y[o, i, j, n] = b[o] + sum over c, p, q of W[o, c, p, q] x[c, i S + p, j T + q, n]

    dW[o, c, p, q] = sum over i, j, n of dy[o, i, j, n] x[c, i S + p, j T + q, n],    db[o] = sum of dy[o]
    dx[c, h, w, n] = sum over all o, p, q and i, j with i S + p = h and j T + q = w of W[o, c, p, q] dy[o, i, j, n]

with output channel o, channel c, output row and column i, j, kernel row and column p, q, stride (S, T), sample n.

The kernels below are these loop nests, reordered. With samples last, a row of outputs y[o, i] is one run of numbers in
memory, and so is what it reads of x for one (c, p, q), if the stride across is 1 (else runs are one column long). The
innermost loop goes along a run; it takes five products at a time, so that each load and store of a sum serves five.
"""

from __future__ import annotations

import numpy as np

from wn_ref.kernel import inlined, kernel
from wn_ref.layers.dense import fan_in_uniform
from wn_ref.layers.layer import Layer


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
        self.x = x
        weight, bias = self.parameters["weight"], self.parameters["bias"]
        (_, height, width, batch), (outputs, _, rows, columns) = x.shape, weight.shape
        shape = (height - rows) // self.stride[0] + 1, (width - columns) // self.stride[1] + 1
        y = self.memory("y", (outputs, *shape, batch), x.dtype)
        _forward(x, weight, bias, self.stride, y)
        return y

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        """Fill dW and db; return dx."""
        _weight_gradient(self.x, dy, self.stride, self.gradients["weight"], self.gradients["bias"])
        if not input_gradient:
            return None
        dx = self.memory("dx", self.x.shape, dy.dtype)
        _input_gradient(self.parameters["weight"], dy, self.stride, dx)
        return dx


@kernel
def _forward(x, weight, bias, stride, y):
    """For each row i and channel o of y: start at b[o], then add all c, p, q."""
    channels, height, width, batch = x.shape
    outputs, rows, columns, _ = y.shape
    run, runs = (columns * batch, 1) if stride[1] == 1 else (batch, columns)
    xs, ys = x.reshape(channels, height, width * batch), y.reshape(outputs, rows, columns * batch)
    for i in range(rows):
        for o in range(outputs):
            for j in range(runs):
                out = ys[o, i, j * run : (j + 1) * run]
                out[:] = bias[o]
                for c in range(channels):
                    for p in range(weight.shape[2]):
                        _add_taps(out, xs[c, i * stride[0] + p, j * stride[1] * batch :], weight[o, c, p], batch)


@inlined
def _add_taps(out, x, w, batch):
    """out[t] += sum over q of w[q] x[q batch + t]."""
    size, taps = out.size, w.size
    for q in range(0, taps - 4, 5):
        w0, w1, w2, w3, w4 = w[q], w[q + 1], w[q + 2], w[q + 3], w[q + 4]
        x0, x1, x2 = x[q * batch :][:size], x[(q + 1) * batch :][:size], x[(q + 2) * batch :][:size]
        x3, x4 = x[(q + 3) * batch :][:size], x[(q + 4) * batch :][:size]
        for t in range(size):
            out[t] += w0 * x0[t] + w1 * x1[t] + w2 * x2[t] + w3 * x3[t] + w4 * x4[t]
    for q in range(taps - taps % 5, taps):
        w0, x0 = w[q], x[q * batch :][:size]
        for t in range(size):
            out[t] += w0 * x0[t]


@kernel
def _weight_gradient(x, dy, stride, dw, db):
    """For each row i of dy[o]: add its products with what it was made of to all dW[o, c, p, q]."""
    channels, height, width, batch = x.shape
    outputs, rows, columns, _ = dy.shape
    run, runs = (columns * batch, 1) if stride[1] == 1 else (batch, columns)
    xs, dys = x.reshape(channels, height, width * batch), dy.reshape(outputs, rows, columns * batch)
    dw[:] = 0
    db[:] = 0
    for i in range(rows):
        for o in range(outputs):
            for j in range(runs):
                d = dys[o, i, j * run : (j + 1) * run]
                db[o] += d.sum()
                for c in range(channels):
                    for p in range(dw.shape[2]):
                        _add_dots(dw[o, c, p], d, xs[c, i * stride[0] + p, j * stride[1] * batch :], batch)


@inlined
def _add_dots(dw, d, x, batch):
    """dw[q] += sum over t of d[t] x[q batch + t]."""
    size, taps = d.size, dw.size
    zero = dw.dtype.type(0)
    for q in range(0, taps - 4, 5):
        x0, x1, x2 = x[q * batch :][:size], x[(q + 1) * batch :][:size], x[(q + 2) * batch :][:size]
        x3, x4 = x[(q + 3) * batch :][:size], x[(q + 4) * batch :][:size]
        s0 = s1 = s2 = s3 = s4 = zero
        for t in range(size):
            s0 += d[t] * x0[t]
            s1 += d[t] * x1[t]
            s2 += d[t] * x2[t]
            s3 += d[t] * x3[t]
            s4 += d[t] * x4[t]
        dw[q] += s0
        dw[q + 1] += s1
        dw[q + 2] += s2
        dw[q + 3] += s3
        dw[q + 4] += s4
    for q in range(taps - taps % 5, taps):
        x0, s0 = x[q * batch :][:size], zero
        for t in range(size):
            s0 += d[t] * x0[t]
        dw[q] += s0


@kernel
def _input_gradient(weight, dy, stride, dx):
    """For each row h of dx[c]: start at 0, then add every row i of dy that h took part in, with p = h - i S."""
    channels, height, width, batch = dx.shape
    outputs, rows, columns, _ = dy.shape
    run, runs = (columns * batch, 1) if stride[1] == 1 else (batch, columns)
    dxs, dys = dx.reshape(channels, height, width * batch), dy.reshape(outputs, rows, columns * batch)
    dxs[:] = 0
    for h in range(height):
        first, last = max(0, (h - weight.shape[2]) // stride[0] + 1), min(rows, h // stride[0] + 1)
        for c in range(channels):
            for i in range(first, last):
                for j in range(runs):
                    out, start = dxs[c, h, j * stride[1] * batch :], j * run
                    _add_channels(out, dys, i, start, start + run, weight, c, h - i * stride[0], batch)


@inlined
def _add_channels(out, dy, i, a, b, weight, c, p, batch):
    """out[q batch + t] += sum over o of weight[o, c, p, q] dy[o, i, a + t]."""
    outputs, taps = weight.shape[0], weight.shape[3]
    for o in range(0, outputs - 4, 5):
        d0, d1, d2, d3, d4 = dy[o, i, a:b], dy[o + 1, i, a:b], dy[o + 2, i, a:b], dy[o + 3, i, a:b], dy[o + 4, i, a:b]
        for q in range(taps):
            part, w = out[q * batch :][: b - a], weight[o : o + 5, c, p, q]
            w0, w1, w2, w3, w4 = w[0], w[1], w[2], w[3], w[4]
            for t in range(b - a):
                part[t] += w0 * d0[t] + w1 * d1[t] + w2 * d2[t] + w3 * d3[t] + w4 * d4[t]
    for o in range(outputs - outputs % 5, outputs):
        d0 = dy[o, i, a:b]
        for q in range(taps):
            part, w0 = out[q * batch :][: b - a], weight[o, c, p, q]
            for t in range(b - a):
                part[t] += w0 * d0[t]

"""The three loop nests of a convolution, blocked.

    forward           for all o, i, j, n:  y[o, i, j, n] = b[o] + sum of W[o, c, p, q] x[c, i S + p, j T + q, n]
                                           over c, p, q
    weight_gradient   for all o, c, p, q:  dW[o, c, p, q] = sum of dy[o, i, j, n] x[c, i S + p, j T + q, n]
                                           over i, j, n
    input_gradient    for all c, h, w, n:  dx[c, h, w, n] = sum of W[o, c, p, q] dy[o, i, j, n]
                                           over o, p, q and i, j with i S + p = h and j T + q = w

They are the loops of `wn_ref/layers/conv.py` in another order. LANES samples go through them as one vector, and a block
of sums (6, or 2 x 5) stays in registers while the loops over their products run inside. Each vector that is loaded then
serves 6 (or 2) sums, and each sum is written once. Where 6 channels (or 2 x 5 columns) would reach beyond the last one,
the last one is computed again instead. A batch that is not a multiple of LANES is filled up with zeros.
"""

from __future__ import annotations

import numpy as np

from wn_ref.compiled import kernel
from wn_ref.kernels.vector import LANES, filled_up, load, spread, store, total, without_filling


def forward(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: tuple[int, int], y: np.ndarray) -> None:
    """Compute y = W * x + b; shapes as in `wn_ref.layers.conv`."""
    filled = filled_up(y, copy=False)
    _forward_of_blocks(filled_up(x), weight, bias, stride, filled)
    without_filling(filled, y)


def weight_gradient(x: np.ndarray, dy: np.ndarray, stride: tuple[int, int], dw: np.ndarray, db: np.ndarray) -> None:
    """Compute dW and db."""
    _weight_gradient_of_blocks(filled_up(x), filled_up(dy), stride, dw, db)


def input_gradient(weight: np.ndarray, dy: np.ndarray, stride: tuple[int, int], dx: np.ndarray) -> None:
    """Compute dx."""
    outputs_last = np.ascontiguousarray(np.moveaxis(weight, 0, -1))
    filled = filled_up(dx, copy=False)
    _input_gradient_of_blocks(outputs_last, filled_up(dy), stride, filled)
    without_filling(filled, dx)


@kernel
def _next_five(first, last):
    """Return the five channels behind `first`; beyond the last one, the last one again."""
    return min(first + 1, last), min(first + 2, last), min(first + 3, last), min(first + 4, last), min(first + 5, last)


@kernel
def _forward_of_blocks(x, weight, bias, stride, y):
    """For all i, j: start 6 channels o at b[o], and add the products of all c, p, q."""
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
def _weight_gradient_of_blocks(x, dy, stride, dw, db):
    """For all c, p: the sums over i, j, n for 2 channels o, r and 5 columns q."""
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
        db[o], db[r] = _sum(dy[o].reshape(-1)), _sum(dy[r].reshape(-1))


@kernel
def _sum(row):
    total = row.dtype.type(0)
    for m in range(row.size):
        total += row[m]
    return total


@kernel
def _input_gradient_of_blocks(weight, dy, stride, dx):
    """For all h, w: the sums over i, j, o for 6 channels c. Here W has its output channel o on the last axis."""
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

"""The three matrix products of a dense layer, blocked.

    forward           for all o, n:  y[o, n] = b[o] + sum of W[o, i] x[i, n] over i
    weight_gradient   for all o, i:  dW[o, i] = sum of dy[o, n] x[i, n] over n,    db[o] = sum of dy[o, n] over n
    input_gradient    for all i, n:  dx[i, n] = sum of W[o, i] dy[o, n] over o

A block of 8 rows of LANES sums stays in registers while the loop over their products runs inside: each step loads one
vector, and 8 numbers that multiply it. Where 8 rows would reach beyond the last one, the last one is computed again
instead. BLAS first copies its matrices into an order of its own, which pays for matrices that are larger than a
layer's; here x and W are read from where they are, and only dy, the smallest, is transposed for dW.
"""

from __future__ import annotations

import numpy as np

from wn_ref.compiled import kernel
from wn_ref.kernels.vector import LANES, filled_up, load, spread, store, store_columns, without_filling

DEPTH = 112
"""How many products `forward` adds up before it goes to the next rows: so much of x and W stays in the first cache."""


def forward(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, y: np.ndarray) -> None:
    """Compute y = W x + b; shapes as in `wn_ref.layers.dense`."""
    filled = filled_up(y, copy=False)
    _forward_of_blocks(filled_up(x), weight, bias, filled)
    without_filling(filled, y)


def weight_gradient(x: np.ndarray, dy: np.ndarray, dw: np.ndarray, db: np.ndarray) -> None:
    """Compute dW and db."""
    _weight_gradient_of_blocks(x, filled_up(dy), dw, db)


def input_gradient(weight: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> None:
    """Compute dx."""
    filled = filled_up(dx, copy=False)
    _input_gradient_of_blocks(weight, filled_up(dy), filled)
    without_filling(filled, dx)


@kernel
def _eight(first, end):
    """Return `first` and the seven numbers behind it; from `end` on, the last one before it again."""
    last = end - 1
    a, b, c = min(first + 1, last), min(first + 2, last), min(first + 3, last)
    return first, a, b, c, min(first + 4, last), min(first + 5, last), min(first + 6, last), min(first + 7, last)


@kernel
def _forward_of_blocks(x, weight, bias, y):
    """For 8 outputs o and LANES samples: start at b[o], or at what is there already, and add the products of all i."""
    outputs, inputs = weight.shape
    for n in range(0, y.shape[1], LANES):
        for start in range(0, inputs, DEPTH):
            for first in range(0, outputs, 8):
                a, b, c, d, e, f, g, h = _eight(first, outputs)
                if start == 0:
                    y0, y1, y2, y3 = spread(bias[a]), spread(bias[b]), spread(bias[c]), spread(bias[d])
                    y4, y5, y6, y7 = spread(bias[e]), spread(bias[f]), spread(bias[g]), spread(bias[h])
                else:
                    y0, y1, y2, y3 = load(y, (a, n)), load(y, (b, n)), load(y, (c, n)), load(y, (d, n))
                    y4, y5, y6, y7 = load(y, (e, n)), load(y, (f, n)), load(y, (g, n)), load(y, (h, n))
                w0, w1, w2, w3 = weight[a], weight[b], weight[c], weight[d]
                w4, w5, w6, w7 = weight[e], weight[f], weight[g], weight[h]
                for i in range(start, min(start + DEPTH, inputs)):
                    v = load(x, (i, n))
                    y0 += w0[i] * v
                    y1 += w1[i] * v
                    y2 += w2[i] * v
                    y3 += w3[i] * v
                    y4 += w4[i] * v
                    y5 += w5[i] * v
                    y6 += w6[i] * v
                    y7 += w7[i] * v
                for o, sums in ((a, y0), (b, y1), (c, y2), (d, y3), (e, y4), (f, y5), (g, y6), (h, y7)):
                    store(y, (o, n), sums)


@kernel
def _weight_gradient_of_blocks(x, dy, dw, db):
    """For 8 inputs i and LANES outputs o: add the products of all n, then write the block as columns of dW."""
    (outputs, inputs), batch = dw.shape, x.shape[1]
    zero = dy.dtype.type(0)
    by_sample = np.zeros((dy.shape[1], (outputs + LANES - 1) // LANES * LANES), dy.dtype)  # dy transposed
    for first in range(0, outputs, 8):
        a, b, c, d, e, f, g, h = _eight(first, outputs)
        for n in range(0, dy.shape[1], LANES):
            upper = load(dy, (a, n)), load(dy, (b, n)), load(dy, (c, n)), load(dy, (d, n))
            lower = load(dy, (e, n)), load(dy, (f, n)), load(dy, (g, n)), load(dy, (h, n))
            store_columns(by_sample, (n, first), (*upper, *lower))
    block = np.empty((LANES, 8), dw.dtype)
    for first in range(0, inputs, 8):
        a, b, c, d, e, f, g, h = _eight(first, inputs)
        x0, x1, x2, x3, x4, x5, x6, x7 = x[a], x[b], x[c], x[d], x[e], x[f], x[g], x[h]
        for start in range(0, outputs, LANES):
            s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = spread(zero)
            for n in range(batch):
                v = load(by_sample, (n, start))
                s0 += x0[n] * v
                s1 += x1[n] * v
                s2 += x2[n] * v
                s3 += x3[n] * v
                s4 += x4[n] * v
                s5 += x5[n] * v
                s6 += x6[n] * v
                s7 += x7[n] * v
            sums = s0, s1, s2, s3, s4, s5, s6, s7
            if start + LANES <= outputs and first + 8 <= inputs:
                store_columns(dw, (start, first), sums)
            else:
                store_columns(block, (0, 0), sums)
                for o in range(start, min(start + LANES, outputs)):
                    for i in range(first, min(first + 8, inputs)):
                        dw[o, i] = block[o - start, i - first]
    for o in range(outputs):
        db[o] = dy[o].sum()


@kernel
def _input_gradient_of_blocks(weight, dy, dx):
    """For 8 inputs i and LANES samples: add the products of all o."""
    outputs, inputs = weight.shape
    zero = dx.dtype.type(0)
    for n in range(0, dx.shape[1], LANES):
        for first in range(0, inputs, 8):
            a, b, c, d, e, f, g, h = _eight(first, inputs)
            x0 = x1 = x2 = x3 = x4 = x5 = x6 = x7 = spread(zero)
            for o in range(outputs):
                v, row = load(dy, (o, n)), weight[o]
                x0 += row[a] * v
                x1 += row[b] * v
                x2 += row[c] * v
                x3 += row[d] * v
                x4 += row[e] * v
                x5 += row[f] * v
                x6 += row[g] * v
                x7 += row[h] * v
            for i, sums in ((a, x0), (b, x1), (c, x2), (d, x3), (e, x4), (f, x5), (g, x6), (h, x7)):
                store(dx, (i, n), sums)

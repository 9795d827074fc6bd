"""Max pooling.

    y[c, i, j, n] = max over p, q of x[c, i S + p, j S + q, n]
    dx[c, h, w, n] = sum of dy[c, i, j, n] over the windows (i, j) whose maximum came from (h, w)

with windows of `size` x `size` at stride S. As in PyTorch, the first of equal numbers wins, a NaN beats every number,
and rows and columns left over at the end are ignored.
"""

from __future__ import annotations

import numpy as np

from wn_ref.compiled import kernel
from wn_ref.errors import InputError, require_whole
from wn_ref.layers.layer import Layer


class MaxPool(Layer):
    """The largest number of each window of `size` x `size`, with windows `stride` apart.

    Parameters
    ----------
    size : int
        Rows and columns of a window.
    stride : int, optional
        Steps from a window to the next, down and across; `size` by default.
    """

    kind = "pool"

    def __init__(self, size: int = 2, stride: int | None = None) -> None:
        super().__init__()
        require_whole("size", size, least=1)
        require_whole("stride", size if stride is None else stride, least=1)
        self.size, self.stride = int(size), int(size if stride is None else stride)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(channels, height, width) -> (channels, height', width'), with height' = (height - size) // S + 1."""
        if len(shape) != 3 or min(shape[1:]) < self.size:
            expected = f"(channels, >= {self.size}, >= {self.size}, batch)"
            raise InputError(f"x: expected {expected} for this max pooling, got {(*shape, 'batch')}; the batch is last")
        channels, height, width = shape
        return channels, (height - self.size) // self.stride + 1, (width - self.size) // self.stride + 1

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return y = maxima: (channels, height, width, batch) -> (channels, height', width', batch)."""
        x = self.take_input(x)
        y = self.memory("y", self.y_shape, x.dtype)
        self.winner = self.memory("winner", self.y_shape, np.min_scalar_type(self.size**2 - 1))
        _forward(x, self.size, self.stride, y, self.winner)
        return y

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray:
        """Return dx: each dy goes to the place that its maximum came from."""
        x, dy = self.take_gradient(dy)
        dx = self.memory("dx", x.shape, x.dtype)
        _backward(dy, self.winner, self.size, self.stride, dx)
        return dx


@kernel
def _forward(x, size, stride, y, winner):
    """Write y, and winner = size p + q of each maximum."""
    channels, rows, columns, batch = y.shape
    for c in range(channels):
        for i in range(rows):
            for j in range(columns):
                largest, place, first = y[c, i, j], winner[c, i, j], x[c, i * stride, j * stride]
                for n in range(batch):
                    largest[n], place[n] = first[n], 0
                for m in range(1, size * size):
                    candidate, number = x[c, i * stride + m // size, j * stride + m % size], winner.dtype.type(m)
                    for n in range(batch):
                        better = (candidate[n] > largest[n]) | (candidate[n] != candidate[n])
                        largest[n] = candidate[n] if better else largest[n]
                        place[n] = number if better else place[n]


@kernel
def _backward(dy, winner, size, stride, dx):
    channels, rows, columns, batch = dy.shape
    zero = dx.dtype.type(0)
    apart = size == stride  # then every place has one window, or none at the end
    if apart:
        dx[:, rows * size :] = 0
        dx[:, :, columns * size :] = 0
    else:
        dx[:] = 0
    for c in range(channels):
        for i in range(rows):
            for j in range(columns):
                d, place = dy[c, i, j], winner[c, i, j]
                for m in range(size * size):
                    out, number = dx[c, i * stride + m // size, j * stride + m % size], winner.dtype.type(m)
                    for n in range(batch):
                        share = d[n] if place[n] == number else zero
                        out[n] = share if apart else out[n] + share

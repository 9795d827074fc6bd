"""Layers in plain NumPy, images first: what `wn_ref.ports.numpy_port` is made of. Not one line is shared with wn_ref.

Each layer has `forward`, and `backward`, which returns dx and keeps the gradients of its parameters in `gradients`.
"""

from __future__ import annotations

from collections.abc import MutableMapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from wn_ref.ports.chain import CaseLayer


class Layer:
    """A layer, and the weights of the whole network, in which it finds its own by name."""

    def __init__(self, about: CaseLayer, weights: MutableMapping[str, np.ndarray]) -> None:
        self.about, self.w = about, weights
        self.gradients: dict[str, np.ndarray] = {}

    def own(self, name: str) -> np.ndarray:
        """Return a parameter or a running average of this layer."""
        return self.w[f"{self.about.name}.{name}"]

    def keep(self, **gradients: np.ndarray) -> None:
        """Keep the gradients of this layer's parameters."""
        self.gradients = {f"{self.about.name}.{name}": gradient for name, gradient in gradients.items()}

    def forward(self, x: np.ndarray, training: bool) -> np.ndarray:
        """Return y."""
        raise NotImplementedError

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return dx."""
        raise NotImplementedError


class Dense(Layer):
    """y = x W^T + b."""

    def forward(self, x: np.ndarray, training: bool) -> np.ndarray:
        """(batch, inputs) -> (batch, outputs)."""
        self.x = x
        return x @ self.own("weight").T + self.own("bias")

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return dy W; dW = dy^T x, db = sum of dy."""
        self.keep(weight=dy.T @ self.x, bias=dy.sum(axis=0))
        return dy @ self.own("weight")


class Conv(Layer):
    """A correlation without padding."""

    def forward(self, x: np.ndarray, training: bool) -> np.ndarray:
        """(batch, inputs, height, width) -> (batch, outputs, height', width')."""
        self.x, (down, across) = x, self.about.stride
        self.windows = sliding_window_view(x, self.about.shape[2:], axis=(2, 3))[:, :, ::down, ::across]
        y = np.einsum("ncijpq,ocpq->noij", self.windows, self.own("weight"), optimize=True)
        return y + self.own("bias")[:, None, None]

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return dx: every dy goes back to its window, weighted."""
        self.keep(weight=np.einsum("ncijpq,noij->ocpq", self.windows, dy, optimize=True), bias=dy.sum(axis=(0, 2, 3)))
        dx, (down, across) = np.zeros_like(self.x), self.about.stride
        rows, columns = dy.shape[2:]
        for p, q in np.ndindex(*self.about.shape[2:]):
            part = np.einsum("noij,oc->ncij", dy, self.own("weight")[:, :, p, q], optimize=True)
            dx[:, :, p : p + rows * down : down, q : q + columns * across : across] += part
        return dx


class BatchNorm(Layer):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, for each feature or channel."""

    epsilon, momentum = 1e-5, 0.1

    def forward(self, x: np.ndarray, training: bool) -> np.ndarray:
        """Normalise by the batch and move the running averages in training, else normalise by these."""
        self.axes, self.training = (0, *range(2, x.ndim)), training
        if training:
            mean, variance = x.mean(axis=self.axes), x.var(axis=self.axes)
            self.average("running_mean", mean)
            self.average("running_var", x.var(axis=self.axes, ddof=1))
        else:
            mean, variance = self.own("running_mean"), self.own("running_var")
        self.scale = self.wide(1 / np.sqrt(variance + self.epsilon), x)
        self.h = (x - self.wide(mean, x)) * self.scale
        return self.wide(self.own("gamma"), x) * self.h + self.wide(self.own("beta"), x)

    def average(self, name: str, value: np.ndarray) -> None:
        """Move a running average."""
        self.w[f"{self.about.name}.{name}"] = (1 - self.momentum) * self.own(name) + self.momentum * value

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return dx; mean and variance depend on x as well."""
        self.keep(gamma=(dy * self.h).sum(axis=self.axes), beta=dy.sum(axis=self.axes))
        mean = dy.mean(axis=self.axes, keepdims=True)
        along = (dy * self.h).mean(axis=self.axes, keepdims=True)
        return self.wide(self.own("gamma"), dy) * self.scale * (dy - mean - self.h * along)

    @staticmethod
    def wide(vector: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return a vector of features in the shape in which it goes with x."""
        return vector.reshape(-1, *(1,) * (x.ndim - 2)).astype(x.dtype)


class ReLU(Layer):
    """y = max(x, 0)."""

    def forward(self, x: np.ndarray, training: bool) -> np.ndarray:
        """Return y."""
        self.x = x
        return np.maximum(x, 0)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return dy where x > 0."""
        return np.where(self.x > 0, dy, 0)


class MaxPool(Layer):
    """The largest number of each window; the first of equal ones."""

    def forward(self, x: np.ndarray, training: bool) -> np.ndarray:
        """(batch, channels, height, width) -> (batch, channels, height', width')."""
        self.shape, size, (down, across) = x.shape, self.about.size, self.about.stride
        windows = sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::down, ::across]
        flat = windows.reshape(*windows.shape[:4], size * size)
        self.winner = flat.argmax(axis=-1)
        return flat.max(axis=-1)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return dx: every dy goes back to the place that its maximum came from."""
        dx, (down, across) = np.zeros(self.shape, dy.dtype), self.about.stride
        n, c, i, j = np.indices(dy.shape)
        row, column = i * down + self.winner // self.about.size, j * across + self.winner % self.about.size
        np.add.at(dx, (n, c, row, column), dy)
        return dx


class Flatten(Layer):
    """(batch, channels, height, width) -> (batch, features)."""

    def forward(self, x: np.ndarray, training: bool) -> np.ndarray:
        """Return y."""
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return dy in the shape of x."""
        return dy.reshape(self.shape)

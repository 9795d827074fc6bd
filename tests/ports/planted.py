"""Ports with a mistake, made from the port in plain NumPy."""

import numpy as np

from wn_ref.ports import numpy_layers
from wn_ref.ports.numpy_port import NumpyPort


def with_layer(kind, layer):
    """The port with another layer."""
    return type("Planted", (NumpyPort,), {"layers": {**NumpyPort.layers, kind: layer}})


def with_method(**methods):
    """The port with other methods."""
    return type("Planted", (NumpyPort,), methods)


class SwappedMomentum(numpy_layers.BatchNorm):
    momentum = 0.9


class Transposed(numpy_layers.Dense):
    """Square weights are read as (inputs, outputs), and their gradients are handed back like that."""

    def own(self, name):
        value = super().own(name)
        return value.T if value.ndim == 2 and value.shape[0] == value.shape[1] else value

    def keep(self, weight, bias):
        super().keep(weight=weight.T if weight.shape[0] == weight.shape[1] else weight, bias=bias)


class ChannelsLast(numpy_layers.Flatten):
    def forward(self, x, training):
        self.shape = (len(x), *x.shape[2:], x.shape[1])
        return x.transpose(0, 2, 3, 1).reshape(len(x), -1)

    def backward(self, dy):
        return dy.reshape(self.shape).transpose(0, 3, 1, 2)


class Leaky(numpy_layers.ReLU):
    """No cause that is known."""

    def forward(self, x, training):
        self.x = x
        return np.where(x > 0, x, 0.01 * x).astype(x.dtype)

    def backward(self, dy):
        return np.where(self.x > 0, dy, 0.01 * dy).astype(dy.dtype)


def summed(self, logits, labels):
    loss, dlogits = NumpyPort.loss(self, logits, labels)
    return loss * len(labels), dlogits * len(labels)


def smoothed(self, logits, labels):
    """No cause that is known."""
    loss, dlogits = NumpyPort.loss(self, logits, labels)
    return 0.9 * loss + 0.1, 0.9 * dlogits


def next_numbers(self, normal, point, draw, sigma):
    return sigma * normal(point + 1, draw)


def added_up(self, executions):
    return np.sum(executions, axis=0)


def own_noise(self, normal, point, draw, sigma):
    """Never asks; no cause that is known."""
    return np.float64(sigma) * np.random.default_rng(point).normal(size=1)


def not_a_number(self, gradients, learning_rate):
    NumpyPort.update(self, gradients, learning_rate)
    self.w["dense1.bias"] = np.full_like(self.w["dense1.bias"], np.nan)


def raising(self, dlogits, factors):
    raise RuntimeError("out of\nmemory")

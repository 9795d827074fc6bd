"""Residual blocks (He et al., 2016): a branch of layers, and a shortcut around them.

    y = f(x) + s(x)              f: the layers between `Fork` and `Add`; s: one layer, or nothing, s(x) = x
    dx = f'(dy) + s'(dy)         f' and s' are what the backward passes of f and s make of dy

A network stays a flat list, so that every layer of the branch has its injection point:

    Fork, Conv, BatchNorm, ReLU, Conv, BatchNorm, Add, ReLU        points: conv1, bn1, relu1, conv2, bn2, add1, relu2

`Fork` keeps a copy of x, because noise behind the next layers may overwrite what it hands on. `Add` gives it the
gradient of the shortcut on the way back.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wn_ref.errors import CallOrderError, InputError
from wn_ref.layers.layer import Layer


class Fork(Layer):
    """Hands x on, and keeps a copy for the shortcut of its `Add`. It computes nothing: no injection point follows."""

    kind = "fork"
    noisy = False

    shape: tuple[int, ...] | None = None  # of x, without the batch, once it is known

    def _forget(self) -> None:
        super()._forget()
        self.kept: np.ndarray | None = None  # the copy of x, until Add has taken it
        self.gradient: np.ndarray | None = None  # of the loss by the copy, from Add's backward

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of x."""
        self.shape = shape
        return shape

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return x itself."""
        x = self.take_input(x)
        self.kept, self.gradient = self.memory("kept", x.shape, x.dtype), None
        self.kept[...] = x
        return x

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray:
        """Return dx = dy of the branch + the gradient of the shortcut.

        Raises
        ------
        CallOrderError
            If there was no backward pass of the `Add` that belongs to it.
        """
        _, dy = self.take_gradient(dy)
        if self.gradient is None:
            raise CallOrderError("fork: backward needs that of its add before it; call it in a network")
        dx = self.changeable(dy)
        dx += self.gradient
        self.gradient = None
        return dx


class Add(Layer):
    """y = x + s(what came into its fork), with an injection point behind the sum.

    Parameters
    ----------
    fork : Fork
        Where the shortcut begins: in front of this layer, in the same network.
    shortcut : Layer, optional
        s, such as a 1 x 1 convolution with a stride; by default s(x) = x. Its parameters are those of this layer
        ("add1.weight"), and no injection point is behind it alone: additive noise there is additive noise on the sum.
    """

    kind = "add"

    def __init__(self, fork: Fork, shortcut: Layer | None = None) -> None:
        super().__init__()
        if not isinstance(fork, Fork) or not isinstance(shortcut, Layer | None):
            got = f"{fork!r} and {shortcut!r}"
            raise InputError(f"add: expected a Fork, and a layer or None, got {got}; use residual(...)")
        self.fork, self.shortcut = fork, shortcut
        if shortcut is not None:  # the same dictionaries: where a network moves the arrays to, the shortcut finds them
            self.parameters, self.gradients = shortcut.parameters, shortcut.gradients
            self.statistics = shortcut.statistics

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of x, which has to be that at the end of the shortcut."""
        if (came := self.fork.shape) is not None:
            self._require_end(came if self.shortcut is None else self.shortcut.output_shape(came), shape)
        return shape

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return y = x + s(what came into the fork).

        Raises
        ------
        CallOrderError
            If there was no forward pass of the fork since the last one of this layer.
        InputError
            If the branch and the shortcut end in different shapes.
        """
        x, shortcut = self.take_input(x), self.fork.kept
        if shortcut is None:
            self.x = None
            raise CallOrderError("add: forward needs that of its fork before it; call it in a network")
        self.fork.kept = None
        if self.shortcut is not None:
            self.shortcut.step = self.step
            shortcut = self.shortcut.forward(shortcut, training)
        self._require_end(shortcut.shape, x.shape)
        return np.add(x, shortcut, out=self.memory("y", x.shape, x.dtype))

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        """Fill the gradients of the shortcut, give the fork its part of dx, and return dy for the branch."""
        _, dy = self.take_gradient(dy)
        ds = dy if self.shortcut is None else self.shortcut.backward(dy, input_gradient)
        if ds is not None and np.may_share_memory(ds, dy):  # the branch may write into dy itself
            kept = self.memory("ds", ds.shape, ds.dtype)
            kept[...] = ds
            ds = kept
        self.fork.gradient = ds
        return dy if input_gradient else None

    def _require_end(self, shortcut: tuple[int, ...] | None, branch: tuple[int, ...]) -> None:
        if shortcut is not None and shortcut != branch:
            self.x = None
            expected = f"the branch to end in {shortcut} as the shortcut does"
            raise InputError(f"x: expected {expected}, got {branch}; match them by the shortcut's layer")


def residual(layers: Sequence[Layer], shortcut: Layer | None = None) -> list[Layer]:
    """Return the layers of a residual block, y = f(x) + s(x), for the list that a `Network` is made of.

    Parameters
    ----------
    layers : sequence of Layer
        The branch f; other blocks may lie within it.
    shortcut : Layer, optional
        s; by default x itself.

    Examples
    --------
    >>> import wn_ref as wn
    >>> from wn_ref.layers import Dense, Flatten, ReLU
    >>> block = residual([Dense(4, 8), ReLU(), Dense(8, 4, index=1)])
    >>> net = wn.Network([Flatten(), *block, Dense(4, 3, index=2)], input_shape=(1, 2, 2))
    >>> net.points
    ['input', 'dense1', 'relu1', 'dense2', 'add1', 'dense3']
    """
    fork = Fork()
    return [fork, *layers, Add(fork, shortcut)]


def check_blocks(layers: Sequence[Layer]) -> None:
    """Check that every fork has its add behind it, and that blocks lie one behind or within another.

    Raises
    ------
    InputError
        If one does not; the message names the layer by its place in the list.
    """
    opened: list[tuple[int, Fork]] = []
    owned = {id(layer) for layer in layers}
    for index, layer in enumerate(layers):
        if isinstance(layer, Fork):
            opened.append((index, layer))
        elif isinstance(layer, Add):
            if not opened or opened.pop()[1] is not layer.fork:
                expected = f"the last open fork in front of layer {index} (add) to be its own"
                raise InputError(f"layers: expected {expected}, got another one or none; use residual(...)")
            if id(layer.shortcut) in owned:
                expected = f"the shortcut of layer {index} (add) to be a layer of its own"
                raise InputError(f"layers: expected {expected}, got one of the list; make another object")
            if layer.shortcut is not None:
                owned.add(id(layer.shortcut))
    if opened:
        raise InputError(f"layers: expected an add behind layer {opened[-1][0]} (fork), got none; use residual(...)")

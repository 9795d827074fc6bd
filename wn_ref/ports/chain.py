"""The layers of a case as data, so that a port needs no model of this package to build the same network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.layers import BatchNorm, Conv, Dense, Flatten, Layer, MaxPool, ReLU
from wn_ref.network import Network

KINDS: dict[str, type[Layer]] = {
    "dense": Dense,
    "conv": Conv,
    "bn": BatchNorm,
    "relu": ReLU,
    "pool": MaxPool,
    "flatten": Flatten,
}
"""The kinds of layers that a case can have."""
DIMENSIONS = {"dense": 2, "conv": 4, "bn": 1}
MOST_LAYERS, MOST_NUMBERS = 1000, 1 << 27


@dataclass(frozen=True)
class CaseLayer:
    """One layer of a case.

    Attributes
    ----------
    name : str
        The kind and a number: "conv1", "bn1", "relu1", "pool1", "flatten1", "dense1".
    kind : str
        One of `KINDS`.
    point : int or None
        The number of the injection point behind the layer; a flatten layer has none.
    shape : tuple of int
        Of the weight: (outputs, inputs) of a dense layer, (outputs, inputs, rows, columns) of a convolution without
        padding, (features,) of batch norm; () for the rest.
    size : int
        Rows and columns of the window of a max pooling, else 0.
    stride : tuple of int
        Steps down and across of a convolution or of the windows, else ().
    """

    name: str
    kind: str
    point: int | None
    shape: tuple[int, ...] = ()
    size: int = 0
    stride: tuple[int, ...] = ()

    @property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the layer's parameters by their full names, such as "dense1.weight"."""
        if not self.shape:
            return {}
        if self.kind == "bn":
            return {f"{self.name}.gamma": self.shape, f"{self.name}.beta": self.shape}
        return {f"{self.name}.weight": self.shape, f"{self.name}.bias": self.shape[:1]}

    @property
    def statistics(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the running averages of batch norm by their full names."""
        names = (f"{self.name}.running_mean", f"{self.name}.running_var") if self.kind == "bn" else ()
        return dict.fromkeys(names, self.shape)

    def build(self, seed: int = 0, index: int = 0) -> Layer:
        """Return the layer of `wn_ref.layers` in float64, with the first weights of that seed and index."""
        if self.kind == "dense":
            return Dense(self.shape[1], self.shape[0], seed, index, np.float64)
        if self.kind == "conv":
            (outputs, inputs, rows, columns), (down, across) = self.shape, self.stride
            return Conv(inputs, outputs, (rows, columns), (down, across), seed, index, np.float64)
        if self.kind == "bn":
            return BatchNorm(self.shape[0], np.float64)
        return MaxPool(self.size, self.stride[0]) if self.kind == "pool" else KINDS[self.kind]()

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of y for an x of `shape`, both without the batch.

        Raises
        ------
        InputError
            If the layer cannot take such an x.
        """
        fits, result = True, shape
        if self.kind == "dense":
            fits, result = shape == self.shape[1:], self.shape[:1]
        elif self.kind == "bn":
            fits = shape[:1] == self.shape
        elif self.kind == "flatten":
            result = (math.prod(shape),)
        elif self.kind in ("conv", "pool"):
            window = self.shape[2:] or (self.size, self.size)
            fits = len(shape) == 3 and all(a >= b for a, b in zip(shape[1:], window))
            fits = fits and self.shape[1:2] in ((), shape[:1])
            if fits:
                sizes = ((a - b) // s + 1 for a, b, s in zip(shape[1:], window, self.stride))
                result = ((self.shape or shape)[0], *sizes)
        if not fits:
            raise InputError(f"layers: expected {self.name} to fit to an input of {shape}, got {self}; correct them")
        return result


def layers_of(network: Network) -> tuple[CaseLayer, ...]:
    """Describe the layers of a network.

    Raises
    ------
    InputError
        If it has a layer of another kind than those of the paper's networks.
    """
    kinds, found, point = {value: key for key, value in KINDS.items()}, [], 0
    for name, layer in zip(network.names, network.layers):
        kind = kinds.get(type(layer))
        if kind is None:
            raise InputError(
                f"model: expected layers of the kinds {', '.join(KINDS)}, got {name}; choose another model"
            )
        shape = next((array.shape for array in layer.parameters.values()), ())
        size, stride = (layer.size, (layer.stride,) * 2) if isinstance(layer, MaxPool) else (0, ())
        stride = layer.stride if isinstance(layer, Conv) else stride
        point += layer.noisy
        found.append(CaseLayer(name, kind, point if layer.noisy else None, shape, size, stride))
    return tuple(found)


def layers_from(value: object) -> tuple[CaseLayer, ...]:
    """Return the layers that JSON describes, as `layers_to` wrote them; strict.

    Raises
    ------
    InputError
        If something is missing, unknown or out of its range.
    """
    fields = list(asdict(CaseLayer("", "relu", None)))
    if not isinstance(value, list) or not 0 < len(value) <= MOST_LAYERS:
        raise InputError(f"layers: expected a list of 1 to {MOST_LAYERS} layers, got {value!r:.60}; correct it")
    layers: list[CaseLayer] = []
    count: dict[str, int] = {}
    point = 0
    for one in value:
        if not isinstance(one, Mapping) or sorted(one) != sorted(fields):
            raise InputError(f"layers: expected objects with {', '.join(fields)}, got {one!r:.60}; correct it")
        kind = require_choice("kind of layer", one["kind"], KINDS)
        count[kind] = count.get(kind, 0) + 1
        shape, stride = _sizes(one["shape"]), _sizes(one["stride"])
        size = require_whole("size", one["size"], least=int(kind == "pool"), most=MOST_NUMBERS)
        point += kind != "flatten"
        layer = CaseLayer(f"{kind}{count[kind]}", kind, None if kind == "flatten" else point, shape, size, stride)
        strides = 2 if kind in ("conv", "pool") else 0
        if len(shape) != DIMENSIONS.get(kind, 0) or len(stride) != strides or layers_to([layer])[0] != dict(one):
            raise InputError(f"layers: expected a layer such as {layers_to([layer])[0]}, got {one!r:.200}; correct it")
        layers.append(layer)
    return tuple(layers)


def layers_to(layers: Sequence[CaseLayer]) -> list[dict[str, Any]]:
    """Return layers as JSON has them."""
    lists = {"shape", "stride"}
    return [{k: list(v) if k in lists else v for k, v in asdict(layer).items()} for layer in layers]


def _sizes(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > 4:
        raise InputError(f"layers: expected a list of at most 4 sizes, got {value!r:.60}; correct it")
    sizes = tuple(require_whole("layers", size, least=1, most=MOST_NUMBERS) for size in value)
    if math.prod(sizes) > MOST_NUMBERS:
        raise InputError(f"layers: expected at most {MOST_NUMBERS} numbers in an array, got {value}; correct it")
    return sizes

"""A layer on trial: what it is given, what it computes, and how two results are compared."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from wn_ref.errors import InputError, require_flag, require_type, require_whole
from wn_ref.layers import Layer

Results = dict[str, np.ndarray]
"""What a layer has computed: "y", "dx", and "dweight" for a parameter "weight"."""


class Found(Exception):
    """A promise is broken; the text says where."""


class Trial:
    """A layer, and what it is given."""

    def __init__(self, layer: Layer, shape: Sequence[int], training: bool, seed: int, batches: Sequence[int]) -> None:
        require_type("layer", layer, Layer, "derive its class from wn_ref.layers.Layer and make an object of it")
        if not hasattr(layer, "parameters"):
            kind = type(layer).__name__
            raise InputError(
                f"layer: expected {kind} to be set up as a layer, got one that is not; call super().__init__()"
            )
        if np.ndim(shape) != 1 or len(shape) < 1 or np.ndim(batches) != 1 or len(set(batches)) < 2:
            expected, got = "a shape without the batch, and two batch sizes or more", f"{shape!r} and {batches!r}"
            raise InputError(f"shape, batches: expected {expected}, got {got}; correct them")
        self.layer, self.training = layer, require_flag("training", training)
        self.seed = require_whole("seed", seed, least=0)
        self.shape = tuple(require_whole("shape", size, least=1) for size in shape)
        self.batches = tuple(require_whole("batches", batch, least=1) for batch in batches)
        self.statistics = {name: array.copy() for name, array in layer.statistics.items()}
        self.fresh().output_shape(self.shape)

    def fresh(self, dtype: npt.DTypeLike = np.float64) -> Layer:
        """Return a copy of the layer with parameters of a type, and with gradients of 0."""
        layer = copy.deepcopy(self.layer)
        layer.keep_arrays()
        for name, array in layer.parameters.items():
            layer.parameters.move(name, array.astype(dtype))
            layer.gradients.move(name, np.zeros(array.shape, dtype))
        return layer

    def x(self, batch: int, dtype: npt.DTypeLike = np.float64, number: int = 0) -> np.ndarray:
        """Return an input: normals that are the same in float32 and float64."""
        generator = np.random.default_rng([self.seed, batch, number])
        return generator.standard_normal((*self.shape, batch), np.float32).astype(dtype)

    def dy(self, y: np.ndarray) -> np.ndarray:
        """Return an upstream gradient: normals, because with all ones the dx of batch norm is 0 whatever it does."""
        return np.random.default_rng([self.seed, y.size]).standard_normal(y.shape, np.float32).astype(y.dtype)

    def forward(self, layer: Layer, x: np.ndarray) -> np.ndarray:
        """Return y of a layer in the state of the original: running averages, and the step of its random numbers."""
        for name, array in layer.statistics.items():
            array[...] = self.statistics[name]
        layer.step = x.shape[-1]
        y = layer.forward(x, self.training)
        if not isinstance(y, np.ndarray):
            raise Found(f"expected forward to return an array, got {y!r}")
        return y

    def results(self, layer: Layer, x: np.ndarray, dy: np.ndarray | None = None) -> Results:
        """Return copies of all that a forward and a backward pass compute."""
        y = self.forward(layer, x).copy()
        return {"y": y} | self.gradients(layer, self.dy(y) if dy is None else dy)

    def results_of_original(self, x: np.ndarray) -> Results:
        """Return what the layer itself computes, and leave it as it was."""
        attributes = dict(vars(self.layer))
        arrays = [*self.layer.gradients.values(), *self.layer.statistics.values()]
        kept = [array.copy() for array in arrays]
        try:
            return self.results(self.layer, x)
        finally:
            vars(self.layer).clear()
            vars(self.layer).update(attributes)
            for array, values in zip(arrays, kept):
                array[...] = values

    def gradients(self, layer: Layer, dy: np.ndarray) -> Results:
        """Return copies of all that a backward pass computes."""
        dx = layer.backward(dy)
        if not isinstance(dx, np.ndarray):
            raise Found(f"expected backward to return an array, got {dx!r}")
        return {"dx": dx.copy()} | {f"d{name}": gradient.copy() for name, gradient in layer.gradients.items()}


def compare(received: Results, expected: Results, when: str, tolerance: float = 0.0, least: float = 0.0) -> None:
    """Compare arrays: bits, or up to a tolerance relative to the largest element, or to `least` if that is larger."""
    for name, want in expected.items():
        got = received[name]
        if got.shape != want.shape:
            raise Found(f"{name}: expected shape {want.shape}, got {got.shape} {when}")
        allowed = tolerance * max(np.abs(want).max(initial=0), least)
        with np.errstate(invalid="ignore"):
            error = np.where((got == want) | (np.isnan(got) & np.isnan(want)), 0, np.abs(got - want))
        complain(name, got, want, error, allowed, when)


def complain(
    name: str, got: np.ndarray, want: np.ndarray, error: np.ndarray, allowed: npt.ArrayLike, when: str
) -> None:
    """Raise at the element whose error is worst, if one is not as small as allowed, or no number."""
    wrong = ~(error <= allowed)
    if wrong.any():
        worst = np.unravel_index(np.argmax(np.where(wrong, np.nan_to_num(error, nan=np.inf), -1)), error.shape)
        place = ", ".join(str(int(i)) for i in worst)
        raise Found(f"{name}[{place}]: expected {want[worst]:.9g}, got {got[worst]:.9g} {when}")


def layouts(array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the same numbers in other places of the memory."""
    order = tuple(reversed(range(array.ndim)))
    yield "in Fortran's order", np.ascontiguousarray(array.transpose(order)).transpose(order)
    yield "as every other number of a larger array", np.repeat(array, 2, axis=-1)[..., ::2]
    yield "backwards in memory", array[::-1].copy()[::-1]
    readonly = array.copy()
    readonly.flags.writeable = False
    yield "in a read-only array", readonly

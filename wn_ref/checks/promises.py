"""What a layer promises, one function each, in the order in which they are tested.

A later one may rely on the earlier ones: numbers are compared once it is sure that nobody has overwritten them.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from wn_ref.checks.differences import STEPS, slope_at
from wn_ref.checks.trial import Found, Trial, compare, complain, layouts
from wn_ref.errors import CallOrderError

TOLERANCE = 1e-7
"""How far a gradient may be from central differences, relative to the largest element of the gradient."""
CLOSE = {"float64": 1e-9, "float32": 1e-3}
"""How far results may be from each other if only rounding differs, relative to the largest element, or to 1."""


class Promise(NamedTuple):
    """A promise in words, what to do if it is broken, and the function that tests it."""

    text: str
    hint: str
    test: Callable[[Trial], None]


PROMISES: list[Promise] = []


def _promise(text: str, hint: str) -> Callable[[Callable[[Trial], None]], Callable[[Trial], None]]:
    def register(test: Callable[[Trial], None]) -> Callable[[Trial], None]:
        PROMISES.append(Promise(text, hint, test))
        return test

    return register


@_promise("its kind is a name", "give the class a kind such as 'dense', without digits at its end")
def _kind(trial: Trial) -> None:
    kind = getattr(trial.layer, "kind", None)
    if not isinstance(kind, str) or not kind or kind[-1].isdigit() or "." in kind:
        raise Found(f"expected a text without points and without digits at its end, got {kind!r}")


@_promise("output_shape tells the shape of y", "correct output_shape or forward; the batch is the last axis")
def _shape(trial: Trial) -> None:
    for batch in trial.batches:
        layer = trial.fresh()
        y, told = trial.forward(layer, trial.x(batch)), layer.output_shape(trial.shape)
        expected = (*(y.shape[:-1] if told is None else told), batch)
        if y.shape != expected or y.dtype != np.float64:
            raise Found(f"y: expected float64 of shape {expected}, got {y.dtype} of shape {y.shape}")


@_promise("backward needs a forward", "begin backward with x, dy = self.take_gradient(dy)")
def _order(trial: Trial) -> None:
    y = trial.forward(trial.fresh(), trial.x(trial.batches[0]))
    try:
        returned = trial.fresh().backward(trial.dy(y))
    except CallOrderError:
        return
    except Exception as error:
        raise Found(f"expected CallOrderError, got {type(error).__name__}: {error}") from error
    raise Found(f"expected CallOrderError from backward alone, got {type(returned).__name__}")


@_promise("dx has the shape and type of x", "correct what backward returns")
def _shape_of_dx(trial: Trial) -> None:
    for batch in trial.batches:
        x = trial.x(batch)
        dx = trial.results(trial.fresh(), x)["dx"]
        if (dx.shape, dx.dtype) != (x.shape, x.dtype):
            raise Found(f"dx: expected {x.dtype} of shape {x.shape}, got {dx.dtype} of shape {dx.shape}")


@_promise(
    "numbers stay finite", "avoid 0 / 0 and overflow; put a layer that maps x in front of one that needs some x only"
)
def _finite(trial: Trial) -> None:
    for batch in trial.batches:
        layer, x = trial.fresh(), trial.x(batch)
        arrays = trial.results(layer, x) | {f"statistics {name}": array for name, array in layer.statistics.items()}
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                place = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
                raise Found(f"{name}{list(place)}: expected a finite number from normal x, got {array[place]}")


@_promise("x and dy are not written to", "write into an array of the layer's own, such as self.memory(...)")
def _not_written_to(trial: Trial) -> None:
    layer, x = trial.fresh(), trial.x(trial.batches[-1])
    kept = {"x": x.copy()}
    y = trial.forward(layer, x)
    compare({"x": x}, kept, "after forward")
    dy = trial.dy(y)
    kept["dy"] = dy.copy()
    trial.gradients(layer, dy)
    compare({"x": x, "dy": dy}, kept, "after backward")


@_promise("arrays stay where they are", "write into them with [...] = or out=; a network's arrays are views of them")
def _in_place(trial: Trial) -> None:
    layer = trial.fresh()
    groups = {"parameters": layer.parameters, "gradients": layer.gradients, "statistics": layer.statistics}
    before = {what: dict(arrays) for what, arrays in groups.items()}
    values = {f"parameters {name}": array.copy() for name, array in layer.parameters.items()}
    trial.results(layer, trial.x(trial.batches[-1]))
    for what in groups:
        after = getattr(layer, what)
        if set(after) != set(before[what]):
            raise Found(f"{what}: expected {sorted(before[what])}, got {sorted(after)}")
        for name, array in before[what].items():
            if after[name] is not array:
                raise Found(f"{what}[{name!r}]: expected the array that was there, got another one")
    compare({f"parameters {name}": array for name, array in layer.parameters.items()}, values, "after a pass")


@_promise("the same x gives the same bits", "draw from Stream(self.seed, LAYERS + self.index, self.step) alone")
def _repeatable(trial: Trial) -> None:
    layer, x = trial.fresh(), trial.x(trial.batches[-1])
    first = trial.results(layer, x)
    compare(trial.results(trial.fresh(), x), first, "from another copy")
    compare({"y": trial.forward(layer, x)}, {"y": first["y"]}, "at the second time")


@_promise("gradients are overwritten", "write gradients with [...] = or out=, at every backward")
def _overwritten(trial: Trial) -> None:
    layer, x = trial.fresh(), trial.x(trial.batches[-1])
    first = trial.results(layer, x)
    for gradient in layer.gradients.values():
        gradient[...] = 1
    compare(trial.results(layer, x), first, "where the gradient was 1 before")
    for gradient in layer.gradients.values():
        gradient[...] = 1
    layer.backward(trial.dy(trial.forward(layer, x)), input_gradient=False)
    alone = {f"d{name}": gradient for name, gradient in layer.gradients.items()}
    compare(alone, {name: first[name] for name in alone}, "with input_gradient=False")


@_promise("backward does not need the output", "remember the input, or copy the output: noise overwrites it")
def _noise(trial: Trial) -> None:
    layer, x = trial.fresh(), trial.x(trial.batches[-1])
    expected = trial.results(trial.fresh(), x)
    y = trial.forward(layer, x.copy())
    dy = trial.dy(y)
    y[...] = np.nan
    gradients = {name: array for name, array in expected.items() if name != "y"}
    compare(trial.gradients(layer, dy), gradients, "after the output was overwritten")
    compare(trial.results(layer, x), expected, "after an output was overwritten")


@_promise("earlier batches leave no trace", "make buffers anew for another batch size, as self.memory(...) does")
def _no_trace(trial: Trial) -> None:
    used, last = trial.fresh(), 0
    for batch in (*trial.batches, *reversed(trial.batches)):
        x = trial.x(batch, number=1)
        expected = trial.results(trial.fresh(), x)
        compare(trial.results(used, x), expected, f"with a batch of {batch} after one of {last or batch}")
        trial.forward(used, trial.x(batch, number=2))
        compare(trial.results(used, x), expected, "after a forward without its backward")
        last = batch


@_promise("evaluation changes no statistics", "write them if `training` is true, and only read them if it is not")
def _evaluation_only_reads(trial: Trial) -> None:
    if trial.training:
        return
    layer = trial.fresh()
    trial.results(layer, trial.x(trial.batches[-1]))
    compare(dict(layer.statistics), trial.statistics, "after a pass with training=False")


@_promise(
    "in evaluation each sample is by itself", "take statistics of a batch in training only; the batch is the last axis"
)
def _samples_by_themselves(trial: Trial) -> None:
    if trial.training:
        return
    x, other = (trial.x(max(trial.batches), number=number) for number in (0, 1))
    expected = trial.forward(trial.fresh(), x).copy()
    for sample in range(x.shape[-1]):
        beside = other.copy()
        beside[..., sample] = x[..., sample]
        y = trial.forward(trial.fresh(), beside)[..., sample]
        when = f"for sample {sample} beside other samples"
        compare({"y": y}, {"y": expected[..., sample]}, when, CLOSE["float64"], least=1)


@_promise("gradients are those of central differences", "correct backward")
def _gradients(trial: Trial) -> None:
    for batch in trial.batches:
        layer, x = trial.fresh(), trial.x(batch)
        dy = trial.dy(trial.forward(layer, x))
        received = trial.results(layer, x)
        for name, value in {"x": x, **layer.parameters}.items():
            _gradient(f"d{name}", received[f"d{name}"], lambda: trial.forward(layer, x), value, dy)  # noqa: B023


@_promise("x may lie in memory in any way", "begin forward with x = self.take_input(x)")
def _layout_of_x(trial: Trial) -> None:
    x = trial.x(trial.batches[-1])
    expected = trial.results(trial.fresh(), x)
    for how, other in layouts(x):
        compare(trial.results(trial.fresh(), other), expected, f"with x {how}", CLOSE["float64"])
        compare({"x": other}, {"x": x}, f"after a pass with x {how}")


@_promise("dy may lie in memory in any way", "begin backward with x, dy = self.take_gradient(dy)")
def _layout_of_dy(trial: Trial) -> None:
    x = trial.x(trial.batches[-1])
    expected = trial.results(trial.fresh(), x)
    dy = trial.dy(expected["y"])
    for how, other in layouts(dy):
        compare(trial.results(trial.fresh(), x, other), expected, f"with dy {how}", CLOSE["float64"])
        compare({"dy": other}, {"dy": dy}, f"after a pass with dy {how}")


@_promise("float32 stays float32", "compute in the type of x; NumPy makes float64 of float32 and an array of float64")
def _float32(trial: Trial) -> None:
    for batch in trial.batches:
        layer, x = trial.fresh(np.float32), trial.x(batch, np.float32)
        y = trial.forward(layer, x)
        received = {"y": y} if y.dtype != np.float32 else trial.results(layer, x)
        for name, array in received.items():
            if array.dtype != np.float32:
                raise Found(f"{name}: expected float32 from float32, got {array.dtype}")
        expected = trial.results(trial.fresh(), trial.x(batch))
        compare(received, expected, "in float32 rather than float64", CLOSE["float32"], least=1)


@_promise("copies do the same", "keep what counts in attributes, and define the class at the top of a module")
def _copies(trial: Trial) -> None:
    layer = trial.layer
    dtype = next((array.dtype for array in layer.parameters.values()), np.dtype(np.float64))
    x = trial.x(trial.batches[-1], dtype)
    expected = trial.results_of_original(x)
    for how, twin in (("copy.deepcopy", copy.deepcopy(layer)), ("pickle", pickle.loads(pickle.dumps(layer)))):
        for name, array in layer.parameters.items():
            if np.shares_memory(array, twin.parameters[name]):
                raise Found(f"{name}: expected an array of its own in the copy of {how}, got that of the layer")
        compare(trial.results(twin, x), expected, f"from {how}")


def _gradient(
    name: str, received: np.ndarray, function: Callable[[], np.ndarray], value: np.ndarray, dy: np.ndarray
) -> None:
    slopes = [slope_at(function, value, index, dy, STEPS[0]) for index in np.ndindex(value.shape)]
    expected, rounding = np.array(slopes).T.reshape(2, *value.shape)
    allowed = TOLERANCE * np.abs(expected).max() + rounding
    error = np.abs(received - expected)
    for index in zip(*np.nonzero(~(error <= allowed))):
        for step in STEPS[1:]:  # is it a kink of the function that lies within the first step?
            slope, rounding_here = slope_at(function, value, index, dy, step)
            if abs(received[index] - slope) <= TOLERANCE * np.abs(expected).max() + rounding_here:
                error[index] = 0
    when = f"with a batch of {dy.shape[-1]}"
    if name != "dx" and received.any() and not expected.any():
        when += f" (does forward read self.parameters[{name[1:]!r}], and not an array that it keeps elsewhere?)"
    complain(name, received, expected, error, allowed, when)

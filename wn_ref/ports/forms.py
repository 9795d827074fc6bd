"""Shapes and types: the first thing that is looked at in whatever a port hands back."""

from __future__ import annotations

import difflib
from typing import Any, NamedTuple

import numpy as np

from wn_ref.ports.case import Case
from wn_ref.ports.layout import activation_from, activation_to, weight_from, weight_to


class Form(NamedTuple):
    """Something that a port handed back in the wrong shape or type or not finite, and what is wrong with it."""

    quantity: str
    note: str
    ends: bool = False
    """Whether nothing that follows can be compared."""


def is_weight(quantity: str) -> bool:
    """Return whether a quantity belongs to a parameter or a running average, and not to an activation."""
    return "." in quantity


def form_of(case: Case, layout: str, quantity: str, value: Any) -> tuple[Form | None, np.ndarray]:
    """Return what is wrong with the form of a quantity, or None; and the quantity in this package's order, float64."""
    shape = _shape(case, quantity)
    if shape is None:
        return Form(quantity, _unknown(case, quantity)), np.empty(0)
    try:
        array = np.asarray(value)
    except Exception as error:  # of any framework
        return Form(quantity, f"expected an array, got {type(value).__name__} ({error!s:.80})"), np.empty(0)
    back, to = (weight_from, weight_to) if is_weight(quantity) else (activation_from, activation_to)
    outside = to(layout, np.broadcast_to(0.0, shape)).shape
    if array.shape != outside or array.dtype.kind != "f":
        return Form(quantity, f"expected shape {outside}, got {array.dtype} {array.shape}"), np.empty(0)
    if quantity != "loss" and "running" not in quantity and array.dtype != case.dtype:
        return Form(quantity, f"expected {case.dtype}, got {array.dtype}"), np.empty(0)
    if not np.isfinite(array).all():
        return Form(quantity, "expected finite numbers, got NaN or infinity", ends=True), np.empty(0)
    return None, np.array(back(layout, array), np.float64, order="C")


def _shape(case: Case, quantity: str) -> tuple[int, ...] | None:
    """Return the shape of a quantity in this package's order, or None if there is none of that name."""
    kind, _, name = quantity.partition("/")
    if kind == "loss":
        return ()
    if kind == "logits":
        return (case.classes, case.batch)
    if quantity == "gradient/input":
        return (*case.input_shape, case.batch)
    return _shapes(case, kind).get(name)


def _shapes(case: Case, kind: str) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all that has a name, of one kind: of activations, weights, gradients or moments."""
    if kind == "activation":
        return {name: (*shape, case.batch) for name, shape in zip(case.points.names, case.shapes)}
    return case.parameters | case.statistics if kind in ("start", "after") else case.parameters


def _unknown(case: Case, quantity: str) -> str:
    """Return what is said of a name that the case does not have: the names of its layer, or else the closest ones."""
    kind, _, name = quantity.partition("/")
    names = list(_shapes(case, kind))
    layer = [one for one in names if "." in one and one.partition(".")[0] == name.partition(".")[0]]
    close = difflib.get_close_matches(name, names)
    expected = f"one of {', '.join(layer)}" if layer else f"names such as {', '.join(close or names[:3])}"
    return f"expected {expected}, got {name!r}; rename it, or leave it out"

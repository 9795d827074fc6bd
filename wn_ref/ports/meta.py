"""The settings of a case as JSON, both ways: what the entry `meta` of a case file says, field by field in FORMAT.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from wn_ref.errors import InputError, require_whole
from wn_ref.layers.batchnorm import EPSILON, MOMENTUM
from wn_ref.noise import Noise
from wn_ref.optim import Adam
from wn_ref.ports.case import TOLERANCES, Case
from wn_ref.ports.chain import layers_from, layers_to
from wn_ref.ports.known import ACCEPTABLE
from wn_ref.version import __version__

SCHEMA = "wn-vectors/2"
LAYOUTS = {
    "images": "(batch, channels, height, width)",
    "features": "(batch, features)",
    "conv.weight": "(outputs, inputs, rows, columns), a correlation without padding",
    "dense.weight": "(outputs, inputs)",
    "flatten": "features are numbered in C order of (channels, height, width)",
    "normals": "elements are drawn in C order of (channels, height, width, batch) or (features, batch), and stored "
    "with the batch first",
}
"""How the arrays of a file lie, in words."""
LARGEST = 1 << 20
"""Bytes of JSON that are read at most."""

_FREE = ("generator", "layouts", "acceptable")
"""Fields that are for people: what they say may differ between versions of this package."""
_LISTS = ("input_shape", "executions", "class_weights")
_PLAIN = (
    *("model", "classes", "point", "clamp", "learning_rate", "epochs", "steps_per_epoch", "steps", "batch", "seed"),
    *("dtype", "image_scale", "weight_scale"),
)


def meta_of(case: Case) -> dict[str, Any]:
    """Return the settings of a case, and what follows from them, as JSON has them."""
    noise = case.noise
    lists = {name: None if getattr(case, name) is None else list(getattr(case, name)) for name in _LISTS}
    return {
        "schema": SCHEMA,
        "generator": f"wn_ref {__version__}",
        "case": case.name,
        **{name: getattr(case, name) for name in _PLAIN},
        **lists,
        "layers": layers_to(case.layers),
        "batchnorm": {"epsilon": EPSILON, "momentum": MOMENTUM} if case.batchnorm else None,
        "noise": {
            "kind": " then ".join(kind for kind, _ in case.operators) or "none",
            "sigma_mul": noise.sigma_mul,
            "sigma_add": noise.sigma_add,
            "first": noise.first,
            "gradient": noise.gradient,
        },
        "points": list(case.points.names),
        "noisy": list(case.noisy()),
        "rates": list(case.rates),
        "adam": {"beta1": Adam.beta1, "beta2": Adam.beta2, "epsilon": Adam.epsilon},
        "zero_gradients": list(case.zero_gradients),
        "tolerances": TOLERANCES[case.dtype],
        "layouts": LAYOUTS,
        "acceptable": ACCEPTABLE,
    }


def case_from(text: str) -> Case:
    """Return the case that JSON describes; strict: what is missing, unknown or does not follow is an error.

    Raises
    ------
    InputError
        If the text is no JSON, of another schema, or a setting is missing or cannot be used.
    """
    try:
        meta = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"meta: expected JSON, got {error}; write the file again") from None
    if not isinstance(meta, Mapping) or "schema" not in meta:
        raise InputError(f"meta: expected a JSON object with a schema, got {text!r:.60}; write the file again")
    if meta["schema"] != SCHEMA:
        newer = "use a newer wn_ref" if str(meta["schema"]).startswith("wn-vectors/") else "write the file again"
        raise InputError(f"meta: expected schema {SCHEMA!r}, got {meta['schema']!r:.60}; {newer}")
    try:
        noise = dict(meta["noise"])
        noise.pop("kind")
        lists: dict[str, Any] = {n: None if meta[n] is None else tuple(meta[n]) for n in _LISTS}
        plain = {name: meta[name] for name in _PLAIN}
        if not isinstance(meta["case"], str) or not isinstance(meta["model"], str):
            raise InputError(f"meta: expected texts for case and model, got {meta['case']!r:.60}; correct them")
        for size in lists["input_shape"] or ():
            require_whole("input_shape", size, least=1, most=1 << 27)
        case = Case(name=meta["case"], layers=layers_from(meta["layers"]), noise=Noise(**noise), **lists, **plain)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"meta: expected all settings, got {type(error).__name__} {error}; write it again") from None
    expected = json.loads(json.dumps(meta_of(case)))
    if unknown := set(meta) ^ set(expected):
        got = f"{', '.join(sorted(unknown))} missing or unknown"
        raise InputError(f"meta: expected exactly the fields of {SCHEMA}, got {got}; see FORMAT.md")
    for name, value in expected.items():
        if name not in _FREE and meta[name] != value:
            got = f"{meta[name]!r:.100}"
            raise InputError(f"meta: expected {name} {value!r:.100} from the other settings, got {got}; correct it")
    return case


def meta_entry(case: Case) -> np.ndarray:
    """Return the settings of a case as the bytes of UTF-8 JSON, uint8: the entry `meta` of its file."""
    return np.frombuffer(json.dumps(meta_of(case), indent=1).encode(), np.uint8)

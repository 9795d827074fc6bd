"""The canonical form of an experiment, and the key that follows from it.

    key = first 32 hexadecimal digits of SHA-256(canonical form)

The canonical form is JSON with sorted names and without spaces, of the fields that differ from their defaults::

    Experiment(noise=additive(0.5), seed=3)   ->   {"noise":{"sigma_add":0.5},"seed":3}

Equal experiments have equal forms: a whole number is written without a point (1.0 as 1), and every other number with
the fewest digits that identify it. Because defaults are left out, a field may be added to `Experiment` without changing
the keys in existing stores, provided that its default means what was done before there was this field. For the same
reason **neither the name nor the default of a field may ever change**.

A noise or a model of the user's own stands there as `Experiment.own_noise` or `own_model` describes it, with a
fingerprint of its code, and data of the user's own as the fingerprint of their content.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from hashlib import sha256
from typing import Any

from wn_ref.experiment import Experiment
from wn_ref.noise import Noise

_OWN = {"noise": "own_noise", "model": "own_model", "dataset": "own_data"}
"""Fields that may be the user's own, and the fields that then identify them."""


def canonical(experiment: Experiment) -> str:
    """Return the canonical form: JSON of the fields that differ from their defaults."""
    return _object(experiment)


def key(experiment: Experiment) -> str:
    """Return the experiment's key in a store, 32 hexadecimal digits."""
    return sha256(canonical(experiment).encode()).digest()[:16].hex()


def keys(experiments: Iterable[Experiment]) -> dict[str, Experiment]:
    """Return experiments by key, in their order; one that is given several times appears once."""
    return {key(experiment): experiment for experiment in experiments}


def _object(instance: Experiment | Noise) -> str:
    """Return an experiment or a noise as JSON."""
    values = vars(instance)
    parts = []
    for name, default in _fields(type(instance)):  # type: ignore[arg-type]  # the class of a dataclass can be hashed
        value = values[name]
        if value is not default and (default is None or value != default):
            parts.append(f'"{name}":{(name in _OWN and values.get(_OWN[name])) or _text(value)}')
    return "{" + ",".join(parts) + "}"


@lru_cache(maxsize=1 << 16, typed=True)
def _text(value: Any) -> str:
    """Return one value as JSON; equal values give the same text."""
    if isinstance(value, Noise):
        return _object(value)
    if isinstance(value, tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, str) or value is None:
        return json.dumps(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if value == int(value) else repr(value)


@lru_cache
def _fields(kind: type[Experiment] | type[Noise]) -> tuple[tuple[str, Any], ...]:
    """Return the fields of a dataclass that can be given, with their defaults, sorted by name."""
    given = sorted((field for field in fields(kind) if field.init), key=lambda field: field.name)
    return tuple((field.name, field.default) for field in given)

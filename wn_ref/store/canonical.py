"""The canonical form of an experiment, and the key that follows from it.

    key = first 32 hexadecimal digits of SHA-256(canonical form)

The canonical form is JSON with sorted names and without spaces, of the fields that differ from their defaults::

    Experiment(noise=additive(0.5), seed=3)   ->   {"noise":{"sigma_add":0.5},"seed":3}

Equal experiments have equal forms: a whole number is written as one (1.0 as 1), every other number with the fewest
digits that give it back. Because defaults are left out, a field may be added to `Experiment` without changing any key
that is stored already, provided that its default means what was done before. For the same reason **the default of a
field may never change**, nor its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from functools import lru_cache
from hashlib import sha256

import numpy as np

from wn_ref.experiment import Experiment


def canonical(experiment: Experiment) -> str:
    """Return the canonical form: JSON of the fields that differ from their defaults."""
    return _object(experiment)


def key(experiment: Experiment) -> str:
    """Return the experiment's key in a store, 32 hexadecimal digits."""
    return sha256(canonical(experiment).encode()).hexdigest()[:32]


def keys(experiments: Iterable[Experiment]) -> dict[str, Experiment]:
    """Return experiments by key, each once, in their order."""
    return {key(experiment): experiment for experiment in experiments}


def _object(instance: object) -> str:
    values = vars(instance)
    parts = [f'"{name}":{_text(values[name])}' for name, default in _fields(type(instance)) if values[name] != default]
    return "{" + ",".join(parts) + "}"


@lru_cache(maxsize=1 << 16, typed=True)
def _text(value: object) -> str:
    """Write one value as JSON; values that are equal give the same text."""
    if is_dataclass(value):
        return _object(value)
    if isinstance(value, tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, str) or value is None:
        return json.dumps(value)
    if isinstance(value, bool | np.bool):
        return "true" if value else "false"
    return str(int(value)) if value == int(value) else repr(float(value))


@lru_cache
def _fields(kind: type) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, field.default) for field in sorted(fields(kind), key=lambda field: field.name))

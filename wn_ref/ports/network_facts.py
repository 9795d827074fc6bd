"""What a file of a network says about it; `wn_ref.ports.network_file` describes every field."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from wn_ref.datasets import Dataset
from wn_ref.datasets.fingerprint import fingerprint
from wn_ref.errors import InputError, require_choice
from wn_ref.models import MODELS, Model
from wn_ref.network import Network
from wn_ref.own_model import describe_own_model, place_of
from wn_ref.version import ALGORITHM, __version__

SCHEMA, NUMBER = "wn-network", 1
WEIGHTS_PER_PIXEL = 25
"""The networks of this package have more weights than this for each pixel of a channel, so a file that has fewer is not
of the network that it names, which then need not be built to find out."""
LARGEST_IMAGE = 1 << 20
"""Channels times height times width."""


@dataclass(frozen=True)
class NetworkFacts:
    """What a file says about its network.

    Attributes
    ----------
    model, own_model, input_shape, classes, batchnorm, dtype, points, seed, data, experiment, wn_ref, algorithm
        See `wn_ref.ports.network_file`.
    """

    model: str
    own_model: str
    input_shape: tuple[int, int, int]
    classes: int
    batchnorm: bool
    dtype: str
    points: tuple[str, ...]
    seed: int | None
    data: dict[str, Any] | None
    experiment: str | None
    wn_ref: str
    algorithm: int

    @classmethod
    def of(
        cls,
        model: str | Model,
        network: Network,
        classes: int,
        batchnorm: bool,
        seed: int | None,
        data: dict[str, Any] | None,
        experiment: str | None,
    ) -> NetworkFacts:
        """Return the facts about a network of a model."""
        own = describe_own_model(model)
        channels, height, width = network.input_shape or ()
        if channels * height * width > LARGEST_IMAGE:
            got = f"{channels} x {height} x {width}"
            raise InputError(f"network: expected images of at most {LARGEST_IMAGE} values, got {got}; scale them")
        return cls(
            model=model if isinstance(model, str) else place_of(own),
            own_model=own,
            input_shape=(channels, height, width),
            classes=classes,
            batchnorm=batchnorm,
            dtype=network.dtype.name,
            points=tuple(network.points),
            seed=seed,
            data=data,
            experiment=experiment,
            wn_ref=__version__,
            algorithm=ALGORITHM,
        )

    def as_meta(self) -> dict[str, Any]:
        """Return the facts as the entry `meta` has them."""
        return {"schema": f"{SCHEMA}/{NUMBER}", **asdict(self)}

    @classmethod
    def of_meta(cls, meta: Mapping[str, Any], path: str | Path) -> NetworkFacts:
        """Return the facts that an entry `meta` has; fields that are not known are left out.

        Raises
        ------
        InputError
            If it is of something else or of a later version, or a field is missing or cannot be used.
        """
        schema = meta.get("schema", "no schema")
        kind, _, number = str(schema).rpartition("/")
        if kind == SCHEMA and number.isdecimal() and int(number) > NUMBER:
            raise InputError(f"path: expected schema {SCHEMA}/{NUMBER}, got {schema} in {path}; update wn_ref")
        if schema != f"{SCHEMA}/{NUMBER}":
            got = f"{str(schema)[:60]!r} in {path}"
            raise InputError(f"path: expected the schema {SCHEMA}/{NUMBER}, got {got}; choose a file of a network")
        for name, is_usable in _USABLE.items():
            if name not in meta or not is_usable(meta[name]):
                got = f"{str(meta[name])[:60]!r}" if name in meta else "none"
                raise InputError(f"path: expected a usable {name} in the meta of {path}, got {got}; save it again")
        known = {field.name: meta[field.name] for field in fields(cls)}
        tuples = {name: tuple(meta[name]) for name in ("input_shape", "points")}
        return cls(**known | tuples)

    def require_possible(self, values: int, path: str | Path) -> None:
        """Raise `InputError` if a network of this package that has so many values cannot be the one of these facts."""
        _, height, width = self.input_shape
        require_choice(f"path: model in {path}", self.model, MODELS)
        if max(height * width * WEIGHTS_PER_PIXEL, self.classes) > values:
            facts = f"{self.model} for images of {self.input_shape} and {self.classes} classes"
            raise InputError(f"path: expected the weights of {facts}, got {values} values in {path}; save it again")


def data_facts(data: Dataset | None) -> dict[str, Any] | None:
    """Return what a file says about the data set that a network learned from."""
    if data is None:
        return None
    facts = {"name": data.name, "fingerprint": fingerprint(data), "classes": list(data.classes)}
    return facts | {name: [float(value) for value in getattr(data, name)] for name in ("mean", "std")}


def _is_whole(value: Any, least: int) -> bool:
    return type(value) is int and value >= least


def _are(kinds: tuple[type, ...], values: Any) -> bool:
    return isinstance(values, list) and all(type(value) in kinds for value in values)


def _is_shape(value: Any) -> bool:
    return _are((int,), value) and len(value) == 3 and min(value) >= 1 and math.prod(value) <= LARGEST_IMAGE


def _is_data(value: Any) -> bool:
    if value is None:
        return True
    texts = isinstance(value, dict) and all(isinstance(value.get(name), str) for name in ("name", "fingerprint"))
    return (
        texts
        and _are((str,), value.get("classes"))
        and all(_are((int, float), value.get(name)) for name in ("mean", "std"))
    )


_USABLE: dict[str, Callable[[Any], bool]] = {
    "model": lambda value: isinstance(value, str),
    "own_model": lambda value: isinstance(value, str),
    "input_shape": _is_shape,
    "classes": lambda value: _is_whole(value, 2),
    "batchnorm": lambda value: isinstance(value, bool),
    "dtype": lambda value: value in ("float32", "float64"),
    "points": lambda value: _are((str,), value),
    "seed": lambda value: value is None or _is_whole(value, 0),
    "data": _is_data,
    "experiment": lambda value: value is None or isinstance(value, str),
    "wn_ref": lambda value: isinstance(value, str),
    "algorithm": lambda value: _is_whole(value, 1),
}

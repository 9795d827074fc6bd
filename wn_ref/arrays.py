"""The arrays of a network, by name, the types that they can have, and memory that is allocated once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Generic, Self, TypeVar, overload

import numpy as np
import numpy.typing as npt

from wn_ref.counted import counted
from wn_ref.errors import InputError, require_choice

REAL = (np.dtype(np.float32), np.dtype(np.float64))


class ArraysByName(MutableMapping[str, np.ndarray]):
    """Named arrays that stay where they are: assigning to a name, or `update`, copies the values into its array."""

    fixed = True

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._arrays = dict(arrays)

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        require_choice("name", name, self)
        self[name][...] = fitting(name, value, self[name])

    def __delitem__(self, name: str) -> None:
        raise InputError(f"{name}: a network's arrays cannot be deleted; build another network without that layer")

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**self, **other}

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**other, **self}

    def __ior__(self, other: Mapping[str, Any]) -> Self:
        self.update(other)
        return self

    def copy(self) -> dict[str, np.ndarray]:
        """Return a dictionary of the same arrays."""
        return dict(self)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name}: {array.shape}" for name, array in self.items()) + "}"


class LayerArrays(ArraysByName):
    """Those of a layer: a new name gets a copy of its array; from then on values are copied into that.

    So nothing changes its shape or its type, by which compiled loops go. In a network there are no new names, and none
    can be deleted.
    """

    fixed = False

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        if name in self or self.fixed:
            super().__setitem__(name, value)
        else:
            self.move(name, np.array(unmasked(name, value)))

    def __delitem__(self, name: str) -> None:
        if self.fixed:
            super().__delitem__(name)
        del self._arrays[name]

    def move(self, name: str, array: np.ndarray) -> None:
        """Let a name stand for another array from now on."""
        self._arrays[name] = array


T = TypeVar("T")


class InPlace(Generic[T]):
    """An attribute that is set once; to assign to it later copies the values to where they are.

    Views of an array, such as those that layers have of a network's theta, then see them, too. The arrays of a layer
    that is in no network may be exchanged.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        try:
            return vars(instance)[self._name]
        except KeyError:
            raise AttributeError(f"{owner.__name__} has no {self._name} yet") from None

    def __set__(self, instance: object, value: T) -> None:
        there = vars(instance).get(self._name)
        if isinstance(there, np.ndarray):
            there[...] = fitting(self._name, value, there)
        elif not isinstance(there, ArraysByName) or not there.fixed:  # also a dictionary, of a class of the user's
            vars(instance)[self._name] = value
        else:
            if not isinstance(value, Mapping) or set(value) != set(there):
                got = ", ".join(map(str, value)) if isinstance(value, Mapping) else type(value).__name__
                raise InputError(f"{self._name}: expected arrays {', '.join(there)}, got {got}; give all of them")
            # all are looked at, and copied, before one is written: they may be views of those that are there
            there.update({name: fitting(name, array, there[name]).copy() for name, array in value.items()})


def fitting(name: str, value: Any, array: np.ndarray) -> np.ndarray:
    """Return values of the type of an array, changed in nothing but lost digits, to be copied; else `InputError`."""
    found = unmasked(name, value)
    if found.shape != array.shape:
        raise InputError(f"{name}: expected shape {array.shape}, got {found.shape}; reshape it")
    if not np.can_cast(found.dtype, array.dtype, "same_kind"):
        raise InputError(f"{name}: expected values that {array.dtype} can have, got {found.dtype}; convert them")
    if found.dtype == array.dtype:
        return found
    with np.errstate(over="ignore"):
        converted = found.astype(array.dtype)
    if array.dtype.kind in "iu" and (converted != found).any():
        raise InputError(f"{name}: expected whole numbers that {array.dtype} can have, got larger ones; correct them")
    if lost := int(np.count_nonzero(np.isfinite(found) & ~np.isfinite(converted))):
        largest = np.finfo(array.dtype).max
        raise InputError(
            f"{name}: expected numbers up to {largest:.3g}, got {counted(lost, 'larger one')}; scale them down"
        )
    return converted


class Memory:
    """Arrays with names whose memory is allocated once, and is as large as the largest shape that was asked for."""

    def __init__(self) -> None:
        self._views: dict[str, tuple[tuple, np.ndarray]] = {}
        self._blocks: dict[str, np.ndarray] = {}

    def __call__(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> np.ndarray:
        """Return the array `name` in that shape, from the same memory at every call; its content is arbitrary."""
        key = (shape, dtype)
        known = self._views.get(name)
        if known is not None and known[0] == key:
            return known[1]
        size = math.prod(shape) * np.dtype(dtype).itemsize
        block = self._blocks.get(name)
        if block is None or block.size < size:
            block = self._blocks[name] = _aligned_bytes(size)
        view = block[:size].view(dtype).reshape(shape)
        self._views[name] = (key, view)
        return view

    def apart(self, array: np.ndarray) -> np.ndarray:
        """Return the array, or a copy if it lies in this memory, where results would be written over it."""
        within = any(np.may_share_memory(array, block) for block in self._blocks.values())
        return array.copy() if within else array


def _aligned_bytes(size: int) -> np.ndarray:
    """Return uninitialised bytes that start at a cache line (64 bytes), so that no SIMD load touches two lines."""
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size]


def unmasked(what: str, values: npt.ArrayLike, dtype: npt.DTypeLike | None = None) -> np.ndarray:
    """Return values as an ordinary array.

    Raises
    ------
    InputError
        If some are masked, which nothing here would leave out, or NumPy makes no array of them: of a tensor that
        requires a gradient, of rows that have different lengths, or of texts if they should be numbers (`dtype`).
    """
    if np.ma.is_masked(values):
        count = np.ma.count_masked(values)
        raise InputError(
            f"{what}: expected an array, got one with {counted(count, 'masked value')}; fill or remove them"
        )
    try:
        return np.asarray(values, dtype)
    except (TypeError, ValueError, RuntimeError) as error:
        got = f"a {type(values).__name__} that is none ({' '.join(str(error).split()).rstrip('.')})"
        raise InputError(f"{what}: expected an array, got {got}; convert it") from None


def real_type(dtype: npt.DTypeLike) -> np.dtype:
    """Return float32 or float64 as NumPy's type; raise `InputError` if `dtype` is neither."""
    if isinstance(dtype, np.dtype) and dtype in REAL:  # asked for every batch
        return dtype
    try:
        if dtype is not None and (given := np.dtype(dtype)) in REAL:
            return given
    except TypeError:  # no type at all
        pass
    name = getattr(dtype, "__name__", str(dtype))
    return np.dtype(require_choice("dtype", name, ("float32", "float64")))

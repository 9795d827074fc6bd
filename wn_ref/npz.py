"""Arrays in an .npz file, and one entry `meta` that says in JSON what they are.

A file may come from anybody, and may be damaged, or made to do harm. So nothing is unpickled, and the header of every
array is looked at before memory is taken for its numbers: an array has as many bytes as its header says, and all of
them together are not more than the file. Arrays are not compressed, because a small file could then become a large one.
"""

from __future__ import annotations

import json
import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format as npy

from wn_ref.errors import InputError

META = "meta"
"""The entry with the facts: an array of bytes (uint8), which are JSON in UTF-8."""
LONGEST_META = 1 << 20
"""In bytes."""
BROKEN_NPZ = (
    OSError, EOFError, ValueError, KeyError, AttributeError, RuntimeError, NotImplementedError, zipfile.BadZipFile,
    zlib.error, tokenize.TokenError,
)  # fmt: skip
"""What reading a damaged .npz file may raise, besides `MemoryError`."""
KINDS = "biufU"
"""Truth values, whole numbers, floats and texts; see `np.dtype.kind`."""


class Header(NamedTuple):
    """What an array is, before it is read."""

    shape: tuple[int, ...]
    dtype: np.dtype


class _UnusableError(Exception):
    """Why a file cannot be used."""


def write_npz(path: Path, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any] | None = None) -> None:
    """Write arrays, and `meta` if there is one; the same content gives the same bytes.

    Parameters
    ----------
    path : Path
        The file; one that is there is replaced.
    arrays : mapping of str to np.ndarray
        By name.
    meta : mapping, optional
        What JSON can hold.
    """
    arrays = dict(arrays)
    if meta is not None:
        text = json.dumps(meta, ensure_ascii=False, allow_nan=False)
        arrays[META] = np.frombuffer(text.encode(), np.uint8)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
                npy.write_array(entry, np.asarray(array), allow_pickle=False)


class Npz:
    """An open file; made by `open_npz`.

    Attributes
    ----------
    headers : dict of str to Header
        Of all arrays but `meta`, in the order of the file.
    """

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._archive = archive
        self.headers: dict[str, Header] = {}
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > size or any(entry.compress_type for entry in entries):
            raise _UnusableError("compressed arrays")
        for entry in entries:
            name = entry.filename.removesuffix(".npy")
            if name in self.headers:
                raise _UnusableError(f"two arrays of the name {name!r}")
            self.headers[name] = self._header(name, entry)
        self._meta = self.headers.pop(META, None)

    def meta(self) -> dict[str, Any]:
        """Return the facts that the entry `meta` has; an empty dictionary if there is no such entry."""
        if self._meta is None:
            return {}
        shape, dtype = self._meta
        if dtype != np.uint8 or len(shape) != 1 or shape[0] > LONGEST_META:
            raise _UnusableError(f"{dtype} of shape {shape} as its meta, which are no bytes of JSON")
        try:
            found = json.loads(self.array(META).tobytes().decode())
        except (ValueError, RecursionError):
            raise _UnusableError("a meta that is no JSON") from None
        if not isinstance(found, dict):
            raise _UnusableError("a meta that is no object of JSON")
        return found

    def array(self, name: str) -> np.ndarray:
        """Read one array."""
        with self._archive.open(f"{name}.npy") as entry:
            return npy.read_array(entry, allow_pickle=False)

    def _header(self, name: str, info: zipfile.ZipInfo) -> Header:
        with self._archive.open(info) as entry:
            version = npy.read_magic(entry)
            if version == (1, 0):
                shape, _, dtype = npy.read_array_header_1_0(entry)
            elif version == (2, 0):
                shape, _, dtype = npy.read_array_header_2_0(entry)
            else:
                raise _UnusableError(f"version {version} of NumPy's format in {name!r}")
            there = info.file_size - entry.tell()
        if dtype.hasobject:
            raise _UnusableError(f"Python objects in {name!r}")
        if dtype.kind not in KINDS:
            raise _UnusableError(f"{dtype} in {name!r}")
        promised = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or promised != there:
            raise _UnusableError(f"{there} bytes in {name!r} where its header promises {promised}")
        return Header(shape, dtype)


@contextmanager
def open_npz(path: Path, expected: str) -> Iterator[Npz]:
    """Open a file; what is wrong with it becomes an error of one line.

    Parameters
    ----------
    path : Path
        The file.
    expected : str
        What it should be, for the message.

    Raises
    ------
    InputError
        If the file cannot be read or used, also if it turns out inside of the ``with`` block.

    Examples
    --------
    >>> write_npz(Path("some.npz"), {"x": np.arange(3.0)}, {"schema": "some/1"})
    >>> with open_npz(Path("some.npz"), "some numbers") as file:
    ...     print(file.meta(), file.headers["x"].shape, file.array("x"))
    {'schema': 'some/1'} (3,) [0. 1. 2.]
    """
    try:
        with path.open("rb") as raw, zipfile.ZipFile(raw) as archive:
            yield Npz(archive, path.stat().st_size)
    except InputError:
        raise
    except _UnusableError as error:
        raise InputError(f"path: expected {expected}, got {path} with {error}; choose another file") from None
    except BROKEN_NPZ as error:
        reason = getattr(error, "strerror", None) or "which is broken or no .npz file"
        raise InputError(f"path: expected {expected}, got {path}: {reason}; choose another file") from None

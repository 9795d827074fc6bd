"""Case files: `.npz` without pickle, written whole or not at all, and read with suspicion.

A file that came from somewhere else may be truncated, of a later version, or made to harm. So the settings are read
first, the names, shapes and types of all arrays follow from them, and no array is read before its header says the same.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from wn_ref.errors import InputError
from wn_ref.files import Output
from wn_ref.npz import META, write_npz
from wn_ref.ports.case import MOST_ARRAYS, Case
from wn_ref.ports.contents import expected_arrays
from wn_ref.ports.meta import LARGEST, case_from, meta_entry
from wn_ref.ports.record import record

LARGEST_FILE = 1 << 30
"""Bytes of all arrays of a file together, at most."""
LARGEST_HEADER = 4096


def write_case(case: Case, output: Output) -> Path:
    """Do the steps of a case and write its file; return where it is.

    Raises
    ------
    InputError, StorageError
        As for `wn_ref.files.Output.write`.
    """
    arrays = {META: meta_entry(case)} | record(case)
    return output.write(lambda part: write_npz(part, arrays))


def read_case(path: str | Path) -> tuple[Case, dict[str, np.ndarray]]:
    """Read a case file.

    Returns
    -------
    case : Case
        Its settings.
    arrays : dict of str to np.ndarray
        All its arrays, by the names that FORMAT.md describes.

    Raises
    ------
    InputError
        If the file cannot be read, is no case file or one of a later version, or an array is missing, unknown, or of
        another shape or type than the settings say.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = _sizes(archive)
            header = _header(archive, META)
            if header[1] != np.uint8 or len(header[0]) != 1 or header[0][0] > LARGEST:
                raise InputError(f"meta: expected at most {LARGEST} bytes, got {header[1]} {header[0]}; write it again")
            case = case_from(_array(archive, META).tobytes().decode())
            expected = expected_arrays(case)
            if odd := set(expected) ^ (set(sizes) - {META}):
                what = "without" if min(odd) in expected else "with"
                raise InputError(
                    f"arrays: expected those of its settings, got a file {what} {min(odd)}; write it again"
                )
            for name, form in expected.items():
                if (found := _header(archive, name)) != form:
                    (shape, dtype), (others, kind) = form, found
                    raise InputError(f"{name}: expected {dtype} {shape}, got {kind} {others}; write the file again")
            arrays = {name: _array(archive, name) for name in expected}
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        RuntimeError,
        NotImplementedError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        absent = getattr(error, "strerror", None)
        got = f"none ({absent})" if absent else f"one which is broken or no case file ({error!s:.100})"
        raise InputError(f"{path}: expected a file of wn-ref vectors, got {got}; write it again") from None
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(f"{path}: {name}: expected finite numbers, got others; write the file again")
    return case, arrays


def _sizes(archive: zipfile.ZipFile) -> dict[str, int]:
    """Return the sizes of a file's arrays in bytes, by name, after a check that they can be read at all."""
    entries = archive.infolist()
    names = [entry.filename.removesuffix(".npy") for entry in entries]
    most = MOST_ARRAYS + 1  # with the settings
    if len(entries) > most or len(set(names)) != len(names):
        raise InputError(f"arrays: expected at most {most}, each once, got {len(entries)}; write the file again")
    if (total := sum(entry.file_size for entry in entries)) > LARGEST_FILE:
        raise InputError(f"arrays: expected at most {LARGEST_FILE} bytes, got {total}; choose a smaller case")
    if META not in names:
        raise InputError("meta: expected settings, got a file without them; write it again with wn-ref vectors")
    return dict(zip(names, (entry.file_size for entry in entries)))


def _header(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Return the shape and the type of an array from its header alone, which has to agree with the entry's size."""
    with archive.open(f"{name}.npy") as entry:
        shape, dtype, start = _read_header(entry)
    size = archive.getinfo(f"{name}.npy").file_size
    count = 1
    for length in shape:
        count *= length
    if dtype.hasobject or start + count * dtype.itemsize != size:
        raise InputError(f"{name}: expected {size - start} bytes of numbers, got {dtype} {shape}; write the file again")
    return shape, dtype


def _read_header(entry: IO[bytes]) -> tuple[tuple[int, ...], np.dtype, int]:
    version = np.lib.format.read_magic(entry)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if read is None:
        raise InputError(f"arrays: expected version 1 or 2 of .npy, got {version}; write the file again")
    shape, fortran, dtype = read(entry, max_header_size=LARGEST_HEADER)
    if fortran and len(shape) > 1:
        raise InputError("arrays: expected arrays in C order, got Fortran order; write the file again")
    return shape, dtype, entry.tell()


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(f"{name}.npy") as entry:
        return np.lib.format.read_array(entry, allow_pickle=False, max_header_size=LARGEST_HEADER)

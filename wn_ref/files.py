"""Write files so that each of them is complete or absent."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wn_ref.errors import InputError, StorageError, require_choice

FIGURES = (".png", ".pdf", ".svg")
"""The formats of figures, by the ending of the file's name."""

_BAD_PATH = {
    errno.EACCES, errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.EPERM,
    errno.EROFS,
}  # fmt: skip
"""Errors of the system that say that a path cannot be used; all others say that the disk failed."""


def require_folder(folder: Path) -> None:
    """Check that files can be made in a folder.

    Raises
    ------
    InputError
        If there is no such folder, or this process may not write to it.
    StorageError
        If the disk is full or fails.
    """
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or error
        if error.errno not in _BAD_PATH:
            raise StorageError(f"output: expected to write to {folder}, got {reason}; check the disk") from None
        raise InputError(
            f"output: expected a folder to write to, got {folder} ({reason}); choose another folder"
        ) from None


def free_figure(figure: Path, *beside: str) -> list[Path]:
    """Choose names that are not taken yet for a figure and the files beside it: walk.png, walk-2.png, ...

    Parameters
    ----------
    figure : Path
        The preferred name.
    *beside : str
        The endings of further files, such as "_runs.csv" for walk_runs.csv.

    Returns
    -------
    list of Path
        The figure and the further files, all with the same number in their names.

    Raises
    ------
    InputError
        If the name does not end in .png, .pdf or .svg, or the folder cannot be written to.
    """
    require_choice("output", figure.suffix, FIGURES)
    require_folder(figure.parent)
    number = 1
    while True:
        stem = figure.stem if number == 1 else f"{figure.stem}-{number}"
        paths = [figure.with_name(f"{stem}{end}") for end in (figure.suffix, *beside)]
        if not any(path.exists() for path in paths):
            return paths
        number += 1


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under a temporary name and rename it when it is complete, so that nobody ever sees a part of it.

    Parameters
    ----------
    path : Path
        The final name. A file that has it already is replaced.
    write : callable
        Writes the content to the path that it is given.

    Raises
    ------
    InputError
        If the path cannot be used: there is no such folder, or this process may not write to it.
    StorageError
        If the disk is full or fails. A file that was there before is kept.
    """
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        write(part)
        os.replace(part, path)
    except OSError as error:
        reason = error.strerror or error
        if error.errno in _BAD_PATH:
            raise InputError(f"output: expected to write {path}, got {reason}; choose another path") from None
        raise StorageError(f"output: expected to write {path}, got {reason}; make room or check the disk") from None
    finally:
        with suppress(OSError):  # there is no such file if it was renamed, or if it could not be made
            part.unlink()

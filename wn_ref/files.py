"""Files that are whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from wn_ref.errors import InputError, require_choice

FIGURES = (".png", ".pdf", ".svg")


def require_folder(folder: Path) -> None:
    """Raise `InputError` unless files can be made in a folder."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"output: expected a folder to write to, got {folder} ({reason}); choose another folder"
        ) from None


def free_figure(figure: Path, *beside: str) -> list[Path]:
    """Choose names that are not taken yet for a figure and the files beside it: walk.png, walk-2.png, ...

    Parameters
    ----------
    figure : Path
        The name that is asked for.
    *beside : str
        How the names of further files end, such as "_runs.csv" for walk_runs.csv.

    Raises
    ------
    InputError
        If the folder cannot be written to, or the ending is none of .png, .pdf and .svg.
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


def whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file under another name and rename it once it is complete, so that no half of it is ever seen.

    Raises
    ------
    InputError
        If it cannot be written: no room, no permission.
    """
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        write(part)
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"output: expected to write {path}, got {error.strerror or error}; make room") from None
    finally:
        part.unlink(missing_ok=True)

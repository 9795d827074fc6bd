"""Write files: each of them complete or absent, and nothing of the user's replaced unasked.

`write_atomically` is for files that this package keeps for itself, such as caches. A result that the user asked for is
an `Output`, and there is one rule for all of them:

    a name that is taken      is refused, whatever has it: a file, a folder, a link; `force` replaces a file
    a link, with `force`      stays, and the file that it points to is replaced
    - and /dev/stdout         are standard output
    a device or a named pipe  is written to, and never replaced
"""

from __future__ import annotations

import errno
import glob
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from wn_ref.errors import InputError, StorageError, require_choice
from wn_ref.folders import BAD_PATH, require_folder

FIGURES = (".png", ".pdf", ".svg")
"""The formats of figures, by the ending of the file's name."""

_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_DESCRIPTORS = {"-": 1, "/dev/stdout": 1, "/dev/stderr": 2}

PART = ".part"
"""What the temporary name of a file that is being written has before its ending: .walk.4711.part.png."""
ABANDONED = 3600.0
"""Seconds after which a temporary file that nobody has written to is that of a killed process, and is deleted."""


def write_atomically(path: Path, write: Callable[[Path], object], what: str = "output") -> None:
    """Write a file under a temporary name and rename it when it is complete, so that nobody ever sees a part of it.

    Parameters
    ----------
    path : Path
        The final name. A file that has it already is replaced.
    write : callable
        Writes the content to the path that it is given.
    what : str
        The argument that says where the file goes, for the message.

    Raises
    ------
    InputError
        If the path cannot be used: there is no such folder, or this process may not write to it.
    StorageError
        If the disk is full or fails. A file that was there before is kept.
    """
    with _complete(path, write, what) as part:
        os.replace(part, path)


@dataclass(frozen=True)
class Output:
    """A place for a result; made by `Output.checked` or `outputs`, which check it before the work begins.

    Attributes
    ----------
    path : Path
        Where the result goes.
    force : bool
        Whether a file that has this name already may be replaced.
    """

    path: Path
    force: bool = False

    @classmethod
    def checked(cls, path: Path, force: bool = False) -> Output:
        """Check that a result can be written to a path, before it is computed.

        Raises
        ------
        InputError
            If the name is taken and `force` is False, or the path cannot be used.
        StorageError
            If the disk is full or fails.
        """
        if _is_stream(path):
            return cls(path)
        _require_name(path, path)
        if path.is_dir() or path.is_block_device():
            kind = "folder" if path.is_dir() else "disk"
            raise InputError(f"output: expected the name of a file, got the {kind} {path}; choose another name")
        if os.path.lexists(path) and not force:
            raise InputError(f"output: expected a new name, got {path}, which exists; choose another or add --force")
        real = Path(os.path.realpath(path)) if path.is_symlink() else path
        require_folder(real.parent)
        _require_name(_part(real), path)
        return cls(path, force)

    @property
    def messages(self) -> TextIO:
        """Where to print messages: standard output, unless the result itself goes there; then standard error."""
        return sys.stderr if _descriptor(self.path) == 1 else sys.stdout

    def write(self, write: Callable[[Path], object]) -> Path:
        """Write the result.

        Parameters
        ----------
        write : callable
            Writes the content to the path that it is given.

        Returns
        -------
        Path
            Where the result is. Without `force` this is `path` with a number added, if another program has made a file
            of this name since it was checked: a result that took hours to compute is neither lost nor put over another.

        Raises
        ------
        InputError
            If the path cannot be used.
        StorageError
            If the disk is full or fails. A file that was there before is kept.
        """
        if _is_stream(self.path):
            _write_to_stream(self.path, write)
            return self.path
        if not self.force:
            with _complete(self.path, write) as part:
                return next(name for name in _numbered(self.path) if _take(part, name))
        real = Path(os.path.realpath(self.path))
        with _complete(real, write) as part:
            if real.is_symlink():  # a link to itself
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            if real.exists():
                shutil.copymode(real, part)
            os.replace(part, real)
        return self.path


def outputs(chosen: Path | None, default: Path, *beside: str, force: bool = False) -> list[Output]:
    """Check that a result, and files beside it, can be written; without a chosen name, find one that is not taken.

    Parameters
    ----------
    chosen : Path or None
        The name that the user chose.
    default : Path
        The name without a choice. If it, or that of a file beside it, is taken, a number is added: walk-2.png.
    *beside : str
        The endings of further files, such as "_runs.csv" for walk_runs.csv.
    force : bool
        Whether files that have these names already may be replaced.

    Returns
    -------
    list of Output
        The result and the further files, all with the same number in their names.

    Raises
    ------
    InputError
        As for `Output.checked`, and if the name of a figure does not end in .png, .pdf or .svg.
    """
    if chosen and default.suffix in FIGURES:
        require_choice("output", chosen.suffix, FIGURES)
    for path in [chosen] if chosen else [default] if force else _numbered(default):
        paths = [path, *(path.with_name(path.stem + end) for end in beside)]
        if chosen or force or not any(map(os.path.lexists, paths)):
            break
    return [Output.checked(path, force) for path in paths]


def _numbered(path: Path) -> Iterator[Path]:
    """Yield walk.png, walk-2.png, walk-3.png, ..."""
    yield path
    number = 1
    while True:
        number += 1
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _part(path: Path) -> Path:
    """Return the temporary name of a file that is being written."""
    return path.with_name(f".{path.stem}.{os.getpid()}{PART}{path.suffix}")


def _require_name(name: Path, path: Path) -> None:
    """Raise `InputError` if a name that writing `path` needs is too long."""
    try:
        os.lstat(name)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            got = f"{path} ({error.strerror})"
            raise InputError(f"output: expected the name of a file, got {got}; choose a shorter one") from None


@contextmanager
def _complete(path: Path, write: Callable[[Path], object], what: str = "output") -> Iterator[Path]:
    """Write a file under a temporary name beside `path` and yield that name; turn errors of the system into ours."""
    part = _part(path)
    for left in path.parent.glob(f".{glob.escape(path.stem)}.*{PART}{path.suffix}"):
        with suppress(OSError):  # another process may delete it at the same time
            if time.time() - left.stat().st_mtime > ABANDONED:
                left.unlink()
    with _clear_errors(path, what):
        try:
            write(part)
            yield part
        finally:
            with suppress(OSError):  # there is no such file if it was renamed, or if it could not be made
                part.unlink()


@contextmanager
def _clear_errors(path: Path, what: str = "output") -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # the reader of standard output or of a named pipe has enough
        raise
    except OSError as error:
        reason = error.strerror or error
        if error.errno in BAD_PATH:
            raise InputError(f"{what}: expected to write {path}, got {reason}; choose another path") from None
        raise StorageError(f"{what}: expected to write {path}, got {reason}; make room or check the disk") from None


def _take(part: Path, path: Path) -> bool:
    """Give a complete file its final name, unless the name is taken; return whether it was free."""
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(path):
            return False
        os.rename(part, path)
    return True


def _descriptor(path: Path) -> int | None:
    """Return the number of the open file that a path such as - or /dev/stdout stands for."""
    named = re.fullmatch(r"/(?:dev|proc/self)/fd/(\d+)", str(path))
    return int(named[1]) if named else _DESCRIPTORS.get(str(path))


def _is_stream(path: Path) -> bool:
    """Return whether a path is written to, and not replaced: an open file, a device or a named pipe."""
    if _descriptor(path) is not None:
        return True
    with suppress(OSError):
        kind = path.stat().st_mode
        return stat.S_ISCHR(kind) or stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)
    return False


def _write_to_stream(path: Path, write: Callable[[Path], object]) -> None:
    with _clear_errors(path), tempfile.TemporaryDirectory() as folder:
        part = Path(folder, f"part{path.suffix}")
        write(part)
        sys.stdout.flush()
        number = _descriptor(path)
        with open(path if number is None else os.dup(number), "wb") as stream:
            stream.write(part.read_bytes())

"""Folders that results go to: made, or checked before the work begins."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

from wn_ref.errors import InputError, StorageError, WnRefError

BAD_PATH = {
    errno.EACCES, errno.EBADF, errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR,
    errno.ENXIO, errno.EPERM, errno.EROFS,
}  # fmt: skip
"""Errors of the system that say that a path cannot be used; all others say that the disk failed."""


def made_folder(what: str, folder: Path) -> Path:
    """Make a folder, unless it is there, and return it.

    Parameters
    ----------
    what : str
        The name of the argument, for the message.
    folder : Path
        Its path.

    Raises
    ------
    InputError
        If it cannot be made there.
    StorageError
        If the disk is full or fails.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_folder(what, folder, error) from None
    return folder


def require_folder(folder: Path, what: str = "output") -> None:
    """Check that files can be made in a folder, which is the value of the argument `what`.

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
        raise _no_folder(what, folder, error) from None


def _no_folder(what: str, folder: Path, error: OSError) -> WnRefError:
    reason = error.strerror or error
    if error.errno not in BAD_PATH:
        return StorageError(f"{what}: expected to write to {folder}, got {reason}; check the disk")
    return InputError(f"{what}: expected a folder to write to, got {folder} ({reason}); choose another folder")

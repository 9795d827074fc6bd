"""What SQLite's errors mean for a user, and patience while another program has locked the file."""

from __future__ import annotations

import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from wn_ref.errors import InputError, StorageError

T = TypeVar("T")

PATIENCE = 600.0
"""Seconds for which a lock of another program is waited for, such as that of a backup or of a database browser."""

_ERRORS: dict[int, tuple[type[InputError | StorageError], str]] = {
    sqlite3.SQLITE_FULL: (StorageError, "make room and start it again; what was written is kept"),
    sqlite3.SQLITE_IOERR: (
        StorageError, "see whether the disk is full or broken, and start it again; what was written is kept",
    ),
    sqlite3.SQLITE_BUSY: (StorageError, "another process is using it; wait for that process to end"),
    sqlite3.SQLITE_LOCKED: (StorageError, "another process is using it; wait for that process to end"),
    sqlite3.SQLITE_READONLY: (InputError, "make the file writable, or choose another"),
    sqlite3.SQLITE_CANTOPEN: (InputError, "make the folder and the file accessible, or choose another"),
    sqlite3.SQLITE_PERM: (InputError, "make the folder and the file accessible, or choose another"),
    sqlite3.SQLITE_NOTADB: (InputError, "choose another file"),
    sqlite3.SQLITE_CORRUPT: (
        InputError,
        "if it was copied during a sweep, use wn-ref store backup; else sqlite3 FILE .recover prints what is left",
    ),
}  # fmt: skip
"""By SQLite's code: the kind of error that it is, and what to do about it."""

_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@contextmanager
def clear_errors(name: str) -> Iterator[None]:
    """Turn SQLite's errors about a file into an `InputError` or a `StorageError` that says in one line what to do."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):  # a mistake in the program that uses the store
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the details that are in the higher bits
        kind, hint = _ERRORS.get(code, (InputError, "choose another file"))
        raise kind(f"store: expected to use {name}, got {error}; {hint}") from None


class LockedWarning(UserWarning):
    """Another program has locked a store, and it is waited for."""


def patiently(action: Callable[[], T], name: str) -> T:
    """Do something with a file, again and again while another program has locked it.

    Parameters
    ----------
    action : callable
        Reads or writes; it does nothing at all if the file is locked.
    name : str
        Of the file.

    Raises
    ------
    InputError or StorageError
        As in `clear_errors`; because of a lock only after ten minutes.

    Warns
    -----
    LockedWarning
        Once, if the first attempt, which takes as long as SQLite itself waits, was in vain.
    """
    deadline, told = time.monotonic() + PATIENCE, False
    with clear_errors(name):
        while True:
            try:
                return action()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in _LOCKED or time.monotonic() > deadline:
                    raise
                if not told:
                    message = f"store: {name} is locked by another program; waiting for it"
                    warnings.warn(message, LockedWarning, stacklevel=2)
                    told = True
                time.sleep(0.05)

"""The lock of the one process that writes to a store.

It is a lock of SQLite's on an empty file beside the store, so that it ends however the process ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wn_ref.errors import StorageError
from wn_ref.store.sqlite_errors import clear_errors

SHORT = 2.0
"""Seconds for which a writer waits for those that only look whether somebody writes."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that says that this process writes to a store.

    Raises
    ------
    InputError
        If the lock's file cannot be made.
    StorageError
        If another process holds the lock, or the disk is full or fails.
    """
    file = _file(path)
    with clear_errors(str(file)):
        connection = sqlite3.connect(file, timeout=SHORT, isolation_level=None)
    with closing(connection):
        with clear_errors(str(file)):
            try:
                connection.execute("PRAGMA journal_mode = MEMORY")  # no further file beside this one
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                raise StorageError(
                    f"store: expected {path} for this process alone, got another process that is writing to it; "
                    "wait for it to end, or choose another file"
                ) from None
        yield


def is_written_to(path: Path) -> bool | None:
    """Return whether a process has a store open for writing; None if this process may not look at its lock."""
    file = _file(path)
    if not file.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=0)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError as error:
        return True if error.sqlite_errorcode == sqlite3.SQLITE_BUSY else None
    return False


def _file(path: Path) -> Path:
    return path.with_name(f"{path.name}-lock")

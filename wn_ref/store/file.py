"""How the SQLite file of a store is opened: for reading, or for writing by one process at a time; and what errors mean.

FILE            the store
FILE-wal, -shm  SQLite's write-ahead log, while the store is open
FILE-lock       locked by the process that writes, through SQLite, so that the lock ends however the process ends
FILE-networks   trained networks (see `wn_ref.store.networks`)
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from wn_ref.errors import InputError, StorageError

APPLICATION = 0x574E5246
"""The letters WNRF in the header of the file: it is a store of this package, and no other database."""
VERSION = 1
"""The version of the tables. A new field of `Experiment` is a new column with a default, and needs no new version."""

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
    sqlite3.SQLITE_CORRUPT: (InputError, "the command sqlite3 FILE .recover prints what can be rescued"),
}  # fmt: skip
"""By SQLite's code: the kind of error that it is, and what to do about it."""


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


Added = Mapping[str, Mapping[str, Any]]
"""For each table the columns that it must have, with the values that rows have there that were written before."""


def path_of(store: object) -> Path:
    """Return the path of a store's file; raise `InputError` if that is not what was given."""
    if not isinstance(store, str | os.PathLike) or not str(store):
        raise InputError(f"store: expected the path of a file, got {store!r}; try 'results.sqlite'")
    return Path(store)


def connect_to_read(path: Path, added: Added) -> sqlite3.Connection:
    """Open a store's file for reading, also while another process writes to it.

    Parameters
    ----------
    path : Path
        The file.
    added : dict
        Columns that an older file may lack; they are read as if they were there.

    Raises
    ------
    InputError
        If there is no such file, or it is not a store, is broken, or was written by a newer version.
    """
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "does not exist"
        raise InputError(f"store: expected a file, got {path}, which {found}; make one with wn-ref sweep")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError as error:  # this process may not make files in the folder
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            reason = f"{error}, and its latest rows are in {log.name}"
            raise InputError(f"store: expected to use {path}, got {reason}; make the folder writable") from None
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)
    except sqlite3.DatabaseError:
        pass  # not a database, or a broken one: reported below, in one line
    with clear_errors(str(path)):
        _check(connection, path)
        for table, missing in _missing(connection, added):
            columns = ", ".join(f'{_literal(value)} AS "{name}"' for name, value in missing.items())
            connection.execute(f"CREATE TEMP VIEW {table} AS SELECT *, {columns} FROM main.{table}")
        connection.execute("PRAGMA query_only = ON")
    return connection


@contextmanager
def connect_to_write(path: Path | None, tables: str, added: Added) -> Iterator[sqlite3.Connection]:
    """Open a store's file for the one process that writes; make the file if it does not exist.

    Parameters
    ----------
    path : Path or None
        The file; None keeps everything in memory.
    tables : str
        SQL that makes the tables of a new file.
    added : dict
        Columns that an older file may lack; they are added to it.

    Raises
    ------
    InputError
        As in `connect_to_read`, and if this process may not write to the file.
    StorageError
        If another process is writing to it, or the disk is full or fails.
    """
    if path is None:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(tables)
            yield connection
        return
    with _locked(path), closing(_connect(path)) as connection:
        with clear_errors(str(path)):
            _check(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            if connection.execute("PRAGMA user_version").fetchone() == (0,):
                header = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
                connection.executescript(f"BEGIN; {tables} {header} COMMIT;")
            for table, missing in _missing(connection, added):
                for name, value in missing.items():
                    connection.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" DEFAULT {_literal(value)}')
        yield connection


def is_written_to(path: Path) -> bool:
    """Return whether a process has a store open for writing (or its lock cannot be looked at)."""
    if not path.with_name(f"{path.name}-lock").exists():
        return False
    try:
        with _locked(path):
            return False
    except (InputError, StorageError):
        return True


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock that says that this process writes to a store."""
    lock = path.with_name(f"{path.name}-lock")
    with clear_errors(str(lock)):
        connection = sqlite3.connect(lock, timeout=0, isolation_level=None)
    with closing(connection):
        with clear_errors(str(lock)):
            try:
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                raise StorageError(
                    f"store: expected {path} for this sweep alone, got another process that is writing to it; "
                    "wait for it to end, or choose another file"
                ) from None
        yield


def _connect(path: Path) -> sqlite3.Connection:
    with clear_errors(str(path)):
        return sqlite3.connect(path)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `InputError` unless a file is empty, or a store that this version can use."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application != APPLICATION:
        raise InputError(
            f"store: expected results of wn-ref, got another program's database {path}; choose another file"
        )
    if version > VERSION:
        raise InputError(f"store: expected version {VERSION}, got {version} in {path}; update wn_ref to use it")


def _missing(connection: sqlite3.Connection, added: Added) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (table, {column: value}) for the columns that the tables of an older file lack."""
    for table, columns in added.items():
        there = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
        missing = {name: value for name, value in columns.items() if name not in there}
        if there and missing:
            yield table, missing


def _literal(value: Any) -> str:
    """Return a default as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return f"'{value}'"
    return str(value if isinstance(value, float) else int(value))

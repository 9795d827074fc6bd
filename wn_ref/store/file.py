"""How the SQLite file of a store is opened: to read, or to write by one process at a time; and what its errors mean.

FILE            the store
FILE-wal, -shm  SQLite's write-ahead log, while the store is open
FILE-lock       locked by SQLite itself, and so free again however the process that writes ends
FILE-networks   trained networks (see `wn_ref.store.networks`)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wn_ref.errors import InputError

APPLICATION = 0x574E5246  # "WNRF", in the file's header
VERSION = 1
"""Of the tables. A new field of `Experiment` is a new column with a default, and needs no new version."""

HINTS = {
    "full": "make room and start it again; what was written is kept",
    "disk I/O": "see whether the disk is full or broken, and start it again; what was written is kept",
    "readonly": "make the file writable, or choose another",
    "unable to open": "make the folder and the file accessible, or choose another",
    "not a database": "choose another file",
    "malformed": "what can be rescued, sqlite3 FILE .recover prints",
}


@contextmanager
def clear_errors(name: str) -> Iterator[None]:
    """Turn what SQLite says of a file into one line that says what to do."""
    try:
        yield
    except sqlite3.IntegrityError:  # a result that was stored already: a mistake in this program
        raise
    except sqlite3.DatabaseError as error:
        hint = next((hint for part, hint in HINTS.items() if part in str(error)), "choose another file")
        raise InputError(f"store: expected to use {name}, got {error}; {hint}") from None


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a store's file for reading, beside whoever writes."""
    if not path.is_file():
        raise InputError(f"store: expected a file, got {path}, which is none; start it with wn-ref sweep")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError as error:  # nothing may be written beside it, so nobody is writing to it either
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            reason = f"{error}, and its latest rows are in {log.name}"
            raise InputError(f"store: expected to use {path}, got {reason}; make the folder writable") from None
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)
    except sqlite3.DatabaseError:
        pass  # said below, in one line
    with clear_errors(str(path)):
        _check(connection, path)
    return connection


@contextmanager
def connect_to_write(
    path: Path | None, tables: str, table: str, fields: dict[str, object]
) -> Iterator[sqlite3.Connection]:
    """Open a store's file for the one process that writes; make it if need be.

    Parameters
    ----------
    path : Path or None
        The file; None keeps everything in memory.
    tables : str
        SQL that makes the tables of a new file.
    table, fields : str and dict of str to object
        The table that has a column for each of these, with its default, also if the file is from before there was one.
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
            there = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
            for name in fields.keys() - there:
                connection.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" DEFAULT {_literal(fields[name])}')
        yield connection


def is_written_to(path: Path) -> bool:
    """Whether a process has a store open for writing."""
    if not path.with_name(f"{path.name}-lock").exists():
        return False
    try:
        with _locked(path):
            return False
    except InputError:
        return True


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock that says who writes."""
    lock = path.with_name(f"{path.name}-lock")
    with clear_errors(str(lock)):
        connection = sqlite3.connect(lock, timeout=0, isolation_level=None)
    with closing(connection):
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise InputError(
                    f"store: expected to write beside {path}, got {error}; choose another folder"
                ) from None
            message = f"store: expected {path} for this sweep alone, got another that writes to it"
            raise InputError(f"{message}; wait for it, or choose another file") from None
        yield


def _connect(path: Path) -> sqlite3.Connection:
    with clear_errors(str(path)):
        return sqlite3.connect(path)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `InputError` unless a file is a store that this version can use, or empty."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application != APPLICATION:
        raise InputError(
            f"store: expected results of wn-ref, got another program's database {path}; choose another file"
        )
    if version > VERSION:
        raise InputError(f"store: expected version {VERSION}, got {version} in {path}; update wn_ref to use it")


def _literal(value: object) -> str:
    """A default as SQL."""
    if value is None:
        return "NULL"
    return f"'{value}'" if isinstance(value, str) else str(float(value) if isinstance(value, float) else int(value))

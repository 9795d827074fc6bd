"""How the SQLite file of a store is opened: for reading, or for writing by one process at a time.

FILE            the store
FILE-wal, -shm  SQLite's write-ahead log, while the store is open; its rows are in FILE some seconds later
FILE-lock       locked by the process that writes (see `wn_ref.store.lock`)
FILE-networks   trained networks (see `wn_ref.store.networks`)
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from wn_ref.errors import InputError
from wn_ref.store.lock import locked
from wn_ref.store.sqlite_errors import clear_errors, patiently

APPLICATION = 0x574E5246
"""The letters WNRF in the header of the file: it is a store of this package, and no other database."""
VERSION = 1
"""The version of the tables.

A new field of `Experiment` is a new column with a default, and needs no new version; nor does a table of its own.
"""

Added = Mapping[str, Mapping[str, Any]]
"""For each table the columns that it must have, with the values that rows have there that were written before."""


def path_of(store: object) -> Path:
    """Return the path of a store's file itself, whatever link it was given by.

    Raises
    ------
    InputError
        If that is no path of a file.
    """
    if not isinstance(store, str | os.PathLike) or not str(store) or str(store) == ":memory:":
        raise InputError(f"store: expected the path of a file, got {store!r}; try 'results.sqlite', or leave it out")
    path = Path(store)
    if path.name in ("", ".."):
        raise InputError(f"store: expected a file, got {path}, which is a folder; choose another name")
    try:
        return Path(os.path.realpath(path)) if path.is_symlink() else path
    except OSError as error:  # this process may not enter a folder on the way
        raise InputError(f"store: expected to use {path}, got {error.strerror}; choose another file") from None


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
        If there is no such file, or it is empty, not a store, broken, or written by a newer version.
    """
    if not path.is_file() or not path.stat().st_size:
        found = "is a folder" if path.is_dir() else "is empty" if path.is_file() else "does not exist"
        raise InputError(f"store: expected a file, got {path}, which {found}; make one with wn-ref sweep")
    alone = not _log(path).exists()
    with clear_errors(str(path)):
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError as error:  # locked, or this process may not make files in the folder
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            connection.close()
            if not alone and _log(path).stat().st_size:
                reason = f"{error}, and its latest rows are in {_log(path).name}"
                raise InputError(f"store: expected to use {path}, got {reason}; make the folder writable") from None
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)
    except sqlite3.DatabaseError:
        pass  # not a database, or a broken one: reported below, in one line

    def prepare() -> None:
        _check(connection, path, alone)
        for table, missing in _missing(connection, added):
            columns = ", ".join(f'{_literal(value)} AS "{name}"' for name, value in missing.items())
            connection.execute(f"CREATE TEMP VIEW {table} AS SELECT *, {columns} FROM main.{table}")
        connection.execute("PRAGMA query_only = ON")

    try:
        patiently(prepare, str(path))
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def connect_to_write(path: Path | None, tables: str, added: Added) -> Iterator[sqlite3.Connection]:
    """Open a store's file for the one process that writes; make the file if it does not exist.

    Parameters
    ----------
    path : Path or None
        The file; None keeps everything in memory.
    tables : str
        SQL that makes those tables that the file does not have: all of a new one, and a few of an older one.
    added : dict
        Columns that an older file may lack; they are added to it.

    Raises
    ------
    InputError
        As in `connect_to_read`, and if this process may not write to the file, or the file has a second name.
    StorageError
        If another process is writing to it, or the disk is full or fails.
    """
    if path is None:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(tables)
            yield connection
        return
    if path.is_file() and (names := path.stat().st_nlink) > 1:
        expected = "store: expected a file with one name, because its log is named after it"
        raise InputError(f"{expected}, got {path} with {names} hard links; copy it with wn-ref store backup")
    with locked(path), closing(_connect(path)) as connection:
        alone = not _log(path).exists()

        def prepare() -> None:
            connection.rollback()  # what an attempt left that met a lock
            _check(connection, path, alone)
            new = connection.execute("PRAGMA user_version").fetchone() == (0,)
            header = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};" if new else ""
            connection.executescript(f"BEGIN; {tables} {header} COMMIT;")
            connection.execute("PRAGMA journal_mode = WAL")
            for table, missing in _missing(connection, added):
                for name, value in missing.items():
                    connection.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" DEFAULT {_literal(value)}')

        patiently(prepare, str(path))
        yield connection


def close_sweeps(connection: sqlite3.Connection) -> None:
    """Note that nothing more is written: the file then is whole by itself."""
    if _has_closed(connection):
        connection.execute("UPDATE sweeps SET closed = ? WHERE closed IS NULL", [time.time()])


def _connect(path: Path) -> sqlite3.Connection:
    with clear_errors(str(path)):
        return sqlite3.connect(path)


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _check(connection: sqlite3.Connection, path: Path, alone: bool) -> None:
    """Raise `InputError` unless a file is new, or a whole store that this version can use.

    `alone` is whether the file was without its log.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application != APPLICATION:
        raise InputError(
            f"store: expected results of wn-ref, got another program's database {path}; choose another file"
        )
    if version > VERSION:
        raise InputError(f"store: expected version {VERSION}, got {version} in {path}; update wn_ref to use it")
    if not tables and path.stat().st_size:
        raise InputError(
            f"store: expected results of wn-ref, got {path} without any table; if it is a copy, its rows were in the "
            "log beside the original: copy that with wn-ref store backup"
        )
    if tables and alone and _was_open(connection):
        ((verdict,), *_) = connection.execute("PRAGMA integrity_check(1)").fetchall()
        if verdict != "ok":
            raise InputError(
                f"store: expected a whole file, got {path}, copied while it was written ({verdict.splitlines()[-1]}); "
                "copy it again with wn-ref store backup"
            )


def _was_open(connection: sqlite3.Connection) -> bool:
    """Return whether a sweep was writing when the file was last changed: then this may be a copy made meanwhile."""
    if not _has_closed(connection):
        return False
    return bool(connection.execute("SELECT closed IS NULL FROM sweeps ORDER BY id DESC LIMIT 1").fetchone() == (1,))


def _has_closed(connection: sqlite3.Connection) -> bool:
    """Return whether sweeps say when they closed the file, as those of older versions did not."""
    return "closed" in {name for _, name, *_ in connection.execute("PRAGMA table_info(sweeps)")}


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

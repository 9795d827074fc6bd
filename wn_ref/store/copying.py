"""A copy of a store that is whole, at whatever moment it is made: also while a sweep writes to it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from wn_ref.errors import InputError
from wn_ref.files import Output
from wn_ref.store.file import close_sweeps, path_of
from wn_ref.store.lock import is_written_to
from wn_ref.store.networks import Networks
from wn_ref.store.sqlite_errors import clear_errors
from wn_ref.store.store import open_store


def backup(store: str | Path, copy: str | Path, force: bool = False) -> int:
    """Copy a store and the networks beside it.

    The copy has the runs that are stored at some moment while it is made. It appears when it is complete, so a copy
    that it replaces stays until then.

    Parameters
    ----------
    store : str or Path
        The file of the store; a sweep may be writing to it.
    copy : str or Path
        The file to make.
    force : bool
        Whether to replace a file that has this name.

    Returns
    -------
    int
        How many runs the copy has.

    Raises
    ------
    InputError
        If there is no such store, or the copy's name is taken or cannot be used.
    StorageError
        If the disk is full or fails.

    Examples
    --------
    >>> import tempfile
    >>> from wn_ref import Experiment, sweep
    >>> from wn_ref.store import backup
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = sweep([Experiment(dataset="digits", epochs=1)], store=f"{folder}/results.sqlite")
    ...     backup(f"{folder}/results.sqlite", f"{folder}/copy.sqlite")
    1
    """
    to, real = Path(copy), path_of(copy)  # a link does not say whether somebody uses the file that it points to
    with open_store(store) as opened:
        if real.exists() and os.path.samefile(real, opened.name):
            raise InputError(f"copy: expected another file than the store itself, got {to}; choose another name")
        output = Output.checked(to, force)
        if os.path.exists(f"{real}-wal") or is_written_to(real):
            raise InputError(f"copy: expected a file that nobody uses, got {to} with a log; choose another name")

        def write(part: Path) -> None:
            with clear_errors(str(to)), closing(sqlite3.connect(part)) as target:
                opened.connection.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log
                close_sweeps(target)
                target.commit()
                ((runs,),) = target.execute("SELECT count(*) FROM runs")
                counts.append(runs)

        counts: list[int] = []
        made = path_of(output.write(write))
        if made.is_file():  # and no stream
            Networks.beside(made).copy_from(opened.networks, anew=True)
    return counts[-1]

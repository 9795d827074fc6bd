"""Delete runs from a store, and give back the space that they took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wn_ref.errors import InputError, require_choice
from wn_ref.store.filters import condition
from wn_ref.store.sqlite_errors import patiently
from wn_ref.store.store import open_store
from wn_ref.store.writer import writing


def delete(store: str | Path, failed: bool = False, **filters: Any) -> int:
    """Delete runs from a store, and the networks that no other run needs.

    Parameters
    ----------
    store : str or Path
        The file of the store.
    failed : bool
        Whether to delete failed runs only.
    **filters
        Which runs, as in `wn_ref.store.Store.runs`.

    Returns
    -------
    int
        How many runs were deleted.

    Raises
    ------
    InputError
        If the file is no store, neither `failed` nor a filter is given, or there is no such column or value.
    StorageError
        If another process is writing to the store, or the disk is full or fails.

    Examples
    --------
    >>> import tempfile
    >>> from wn_ref import Experiment, sweep
    >>> from wn_ref.store import delete
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     experiments = [Experiment(dataset="digits", epochs=epochs) for epochs in (1, 2)]
    ...     table = sweep(experiments, store=f"{folder}/results.sqlite")
    ...     delete(f"{folder}/results.sqlite", epochs=1)
    1
    """
    if not filters and not failed:
        raise InputError("filters: expected what to delete, got nothing; give epochs=5 or the like, or delete the file")
    _require_file(store)
    with writing(store) as opened:
        for name in filters:
            require_choice("column", name, opened.columns())
        opened.runs(["key"], **filters)  # warns if there are none
        where, given = condition(filters)
        where += " AND error <> ''" * failed
        needed = "trainings.key IN (SELECT training FROM runs"

        def act() -> int:
            chosen = f"SELECT key FROM trainings WHERE {needed} WHERE {where})"
            trainings = opened.connection.execute(chosen, given).fetchall()
            deleted = opened.connection.execute(f"DELETE FROM runs WHERE {where}", given).rowcount
            opened.connection.executemany(f"DELETE FROM trainings WHERE key = ? AND NOT {needed})", trainings)
            return deleted

        opened.begin()
        deleted = opened.transaction(act)
        opened.networks.keep_only({k for (k,) in opened.read("SELECT key FROM trainings")})
    return deleted


def vacuum(store: str | Path) -> tuple[int, int]:
    """Make a store's file as small as its content.

    Returns
    -------
    before, after : int
        Its size in bytes.

    Raises
    ------
    InputError
        If the file is no store.
    StorageError
        If another process is writing to the store, or the disk is full or fails.

    Examples
    --------
    >>> import tempfile
    >>> from wn_ref import Experiment, sweep
    >>> from wn_ref.store import vacuum
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = sweep([Experiment(dataset="digits", epochs=1)], store=f"{folder}/results.sqlite")
    ...     before, after = vacuum(f"{folder}/results.sqlite")
    >>> before >= after > 0
    True
    """
    path = _require_file(store)
    before = path.stat().st_size
    with writing(store) as opened:
        opened.networks.keep_only({k for (k,) in opened.read("SELECT key FROM trainings")})
        opened.begin()
        patiently(lambda: opened.connection.execute("VACUUM"), opened.name)
    return before, path.stat().st_size


def _require_file(store: str | Path) -> Path:
    """Return the path of a store that exists: `writing` would make a new one."""
    open_store(store).close()
    return Path(store)

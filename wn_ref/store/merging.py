"""The runs of several stores in one, such as those of two machines that have worked at one plan."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wn_ref.counted import counted
from wn_ref.errors import InputError
from wn_ref.machine import differences
from wn_ref.overflow import is_overflow
from wn_ref.store.file import path_of
from wn_ref.store.measurements import codes, is_other_code
from wn_ref.store.store import Store, open_store
from wn_ref.store.tables import Cell
from wn_ref.store.writer import StoreWriter, writing

BATCH = 10_000
"""How many rows are compared and written at a time."""


class DifferentResultsWarning(UserWarning):
    """Two stores have results of the same experiments that are not the same."""


@dataclass
class Merged:
    """What came of a merge.

    Attributes
    ----------
    added : int
        Runs that the store did not have, or that had failed there.
    equal : int
        Runs and measurements that both stores have, with the same accuracy, or both with an overflow.
    different : int
        Those that both stores have, with other accuracies, or with an overflow in one of them only. The store keeps its
        own.
    largest : float
        The largest of these differences in accuracy.
    networks : int
        Trained networks that were copied.
    measurements : int
        Accuracies of functions (`wn_ref.locate`) that the store did not have.
    """

    added: int = 0
    equal: int = 0
    different: int = 0
    largest: float = 0.0
    networks: int = 0
    measurements: int = 0

    def compare(self, mine: tuple, theirs: tuple) -> None:
        """Count two outcomes, (accuracy, error), of one experiment or measurement: equal, or different."""
        if mine[0] is None or theirs[0] is None:
            same = mine[0] is theirs[0]
        else:
            same = mine[0] == theirs[0]
            self.largest = max(self.largest, abs(mine[0] - theirs[0]))
        self.equal, self.different = self.equal + same, self.different + (not same)


def merge(store: str | Path, *others: str | Path) -> Merged:
    """Add to a store the runs, the trainings, the networks and the measurements that other stores have.

    All runs of the others are added, or none of them, and then no file is made. The others stay as they are.

    Parameters
    ----------
    store : str or Path
        The file that gets the runs; it is made if it does not exist.
    *others : str or Path
        The files that have them.

    Raises
    ------
    InputError
        If one of the files is no store, or has results of other data under the same name, of another version of the
        algorithm, or of a function with other code under the same name.
    StorageError
        If another process is writing to the store, or the disk is full or fails.

    Warns
    -----
    DifferentResultsWarning
        If the same experiment has other accuracies in two stores: how many, how far apart, and on which machines.

    Examples
    --------
    >>> import tempfile
    >>> from wn_ref import Experiment, sweep
    >>> from wn_ref.store import merge
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for seed in (0, 1):
    ...         table = sweep([Experiment(dataset="digits", epochs=1, seed=seed)], store=f"{folder}/{seed}.sqlite")
    ...     merge(f"{folder}/all.sqlite", f"{folder}/0.sqlite", f"{folder}/1.sqlite").added
    2
    """
    opened = [open_store(other) for other in others]
    try:
        with _as_it_is(store) as before:
            _require_all_alike(before, opened)
        with writing(store) as target:
            _require_all_alike(target, opened)  # another process may have written to it meanwhile
            target.begin()
            merged = target.transaction(lambda: _added(target, opened))
            merged.networks = sum(target.networks.copy_from(other.networks) for other in opened)
    finally:
        for other in opened:
            other.close()
    if merged.different:
        machines = {machine for one in (target.name, *map(str, others)) for machine in _machines(one)}
        facts = sorted({fact for machine in machines for fact in differences(min(machines), machine)})
        reason = f"they come from machines that differ in {', '.join(facts)}" if facts else "look for the reason"
        size = f", by up to {merged.largest:.3g}" if merged.largest else ""
        warnings.warn(
            f"merge: {counted(merged.different, 'result')} not the same in the stores{size}; "
            f"those that came first are kept; {reason}",
            DifferentResultsWarning,
            stacklevel=2,
        )
    return merged


def _machines(name: str) -> list[str]:
    with open_store(name) as store:
        return store.machines()


@contextmanager
def _as_it_is(store: str | Path) -> Iterator[Store]:
    """Open a store for reading; one that is not there, or that has no content yet, is an empty one in memory."""
    file = path_of(store)
    with open_store(file) if file.is_file() and file.stat().st_size else writing(None) as opened:
        yield opened


def _require_all_alike(target: Store, others: Sequence[Store]) -> None:
    """Raise `InputError` if stores have results that do not belong together, or not with those of `target`."""
    for number, other in enumerate(others):
        for earlier in (target, *others[:number]):
            _require_alike(earlier, other)


def _require_alike(target: Store, other: Store) -> None:
    """Raise `InputError` if two stores have results that do not belong together."""
    if later := sorted({*other.columns()} - {*target.columns()}):
        expected = f"store: expected the columns that {target.name} has"
        raise InputError(f"{expected}, got {', '.join(later)} in {other.name}, too; update wn_ref to merge them")
    for mine in target.origins:
        for theirs in other.origins:
            if mine.algorithm != theirs.algorithm:
                expected = f"store: expected results of version {mine.algorithm} of the algorithm, as in {target.name}"
                raise InputError(f"{expected}, got version {theirs.algorithm} in {other.name}; keep them apart")
            if mine[:3] == theirs[:3] and mine.data != theirs.data and mine.data and theirs.data:
                expected = f"store: expected results of the data set {mine.dataset} of {target.name} ({mine.data})"
                raise InputError(
                    f"{expected}, got other data under this name in {other.name} ({theirs.data}); keep them apart"
                )
    theirs_by_name = codes(other)
    for name, code in codes(target).items():
        if is_other_code(code, theirs_by_name.get(name, set())):
            expected = f"store: expected measurements of the function that is called {name!r} in {target.name}"
            raise InputError(f"{expected}, got those of other code under this name in {other.name}; keep them apart")


def _added(target: StoreWriter, others: Iterable[Store]) -> Merged:
    merged = Merged()
    for other in others:
        _add(target, other, merged)
    return merged


def _add(target: StoreWriter, other: Store, merged: Merged) -> None:
    """Add the rows of another store that are missing, and compare the others."""
    machines = {None: None} | dict(other.read("SELECT id, description FROM machines"))
    known = {k: (accuracy, error) for k, accuracy, error in target.read("SELECT key, accuracy, error FROM runs")}
    for row in _rows(other, "runs"):
        k, theirs = str(row["key"]), (row["accuracy"], row["error"])
        if k in known and (_is_result(known[k]) or not _is_result(theirs)):
            if _is_result(theirs):
                merged.compare(known[k], theirs)
            continue
        machine = machines[row["machine"]]  # type: ignore[index]  # a number, or None
        target.replace_run(row | {"sweep": None}, machine)
        known[k] = theirs
        merged.added += 1
    for row in _rows(other, "trainings"):
        target.insert("OR IGNORE INTO trainings", row)
    if not other.read("PRAGMA table_info(measurements)"):  # an older file
        return
    measured = "SELECT name, point, sigma, seed, accuracy, error FROM measurements"
    known = {
        place: (accuracy, error) for *place_, accuracy, error in target.read(measured) for place in [tuple(place_)]
    }
    for row in _rows(other, "measurements"):
        place = row["name"], row["point"], row["sigma"], row["seed"]
        if place in known:
            merged.compare(known[place], (row["accuracy"], row["error"]))
        merged.measurements += target.insert("OR IGNORE INTO measurements", row)


def _is_result(outcome: tuple) -> bool:
    """Return whether an (accuracy, error) is what came of a run: it may have overflowed, but not failed otherwise."""
    return not outcome[1] or is_overflow(outcome[1])


def _rows(store: Store, table: str) -> Iterator[dict[str, Cell]]:
    cursor = store.connection.execute(f"SELECT * FROM {table}")
    names = [name for name, *_ in cursor.description]
    while rows := cursor.fetchmany(BATCH):
        yield from (dict(zip(names, row, strict=True)) for row in rows)

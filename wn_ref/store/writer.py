"""Write results of experiments to a file.

One process writes, and each result is one transaction: whatever is killed, everything that was written stays. Other
processes may read at the same time (SQLite's write-ahead log). Every few seconds the log is emptied into the file, so
that a copy of the file alone lacks little. Trained networks that several experiments share are kept in a folder beside
the file.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from wn_ref.errors import StorageError, WnRefError
from wn_ref.experiment import Experiment
from wn_ref.store.canonical import key
from wn_ref.store.file import close_sweeps, connect_to_write, path_of
from wn_ref.store.networks import Networks
from wn_ref.store.records import Outcome, Source, TrainingRecord
from wn_ref.store.sqlite_errors import patiently
from wn_ref.store.store import Store
from wn_ref.store.tables import ADDED, TABLES, Cell, require_known, to_cell

T = TypeVar("T")

CHECKPOINT = 5.0
"""Seconds after which what was written is in the file itself, and no longer in the log only."""


class StoreWriter(Store):
    """A store that results can be added to; made by `writing`."""

    def __init__(self, connection: sqlite3.Connection, name: str, networks: Networks) -> None:
        super().__init__(connection, name, networks)
        self._sweep: int | None = None
        self._checkpoint = -math.inf
        self._file = self.connection.execute("PRAGMA database_list").fetchone()[2]  # "" in memory
        self._place = self._where()

    def start_sweep(self, planned: int, remaining: int) -> None:
        """Note that a sweep starts: how many runs it has, and how many of them are still to do.

        All results that are added from now on belong to this sweep.
        """

        def write() -> None:
            query = "INSERT INTO sweeps (started, planned, remaining) VALUES (?, ?, ?)"
            self._sweep = self.connection.execute(query, (time.time(), planned, remaining)).lastrowid

        self.transaction(write)

    def begin(self) -> None:
        """Note that something is written that is no sweep: until the file is closed, a copy of it may be torn."""
        if self._sweep is None:
            self.start_sweep(0, 0)

    def close_sweep(self) -> None:
        """Note that nothing more is written: what is in the file then is whole."""
        self.transaction(lambda: close_sweeps(self.connection))

    def add(
        self,
        training_experiment: Experiment,
        record: TrainingRecord | None,
        outcomes: Mapping[Experiment, Outcome],
        source: Source | None = None,
    ) -> None:
        """Write the outcomes of experiments that share a network, and the record of its training, in one transaction.

        Parameters
        ----------
        training_experiment : Experiment
            What all of them return as their `Experiment.training_experiment()`.
        record : TrainingRecord or None
            How the network was trained; None if that failed.
        outcomes : dict of Experiment to Outcome
            Each becomes a new row. It replaces a row that says that the experiment failed.
        source : Source, optional
            The data set that was used. By default its fingerprint is not known, and its numbers are the published ones.

        Raises
        ------
        StorageError
            If the disk is full or fails.
        sqlite3.IntegrityError
            If an experiment has a row already that does not say that it failed.
        """
        of = source or Source("", training_experiment.sizes[1], len(training_experiment.entry.classes))

        def write() -> None:
            if record is not None:
                row: dict[str, Cell] = {"key": key(training_experiment), "seconds": record.seconds}
                row |= {"history": json.dumps([(epoch.loss, epoch.accuracy) for epoch in record.history])}
                row |= {"weight_magnitudes": json.dumps(record.weight_magnitudes)}
                self.insert("OR IGNORE INTO trainings", row | {"data": of.data, "algorithm": of.algorithm})
            for experiment, outcome in outcomes.items():
                self._add(experiment, outcome, record, of)

        self.transaction(write)

    def transaction(self, write: Callable[[], T]) -> T:
        """Write all or nothing; wait while another program has locked the file."""

        def attempt() -> T:
            with self.connection:
                return write()

        result = patiently(attempt, self.name)
        if time.monotonic() - self._checkpoint > CHECKPOINT:
            self.require_in_place()
            patiently(lambda: self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)"), self.name)
            self._checkpoint = time.monotonic()
        return result

    def require_in_place(self) -> None:
        """Raise `StorageError` if the file was moved or deleted since it was opened: nobody would find the results."""
        if self._where() != self._place:
            raise StorageError(
                f"store: expected {self.name} to stay where it is while it is written to, got it moved or deleted; "
                f"move it back, beside {Path(self.name).name}-wal with its latest rows, and start again"
            )

    def _where(self) -> tuple[int, int] | None:
        try:
            state = os.stat(self._file)
        except OSError:
            return None
        return state.st_dev, state.st_ino

    def _add(self, experiment: Experiment, outcome: Outcome, record: TrainingRecord | None, source: Source) -> None:
        point = experiment.point
        row = {name: to_cell(name, value) for name, value in experiment.row().items()}
        row |= {"key": key(experiment), "training": key(experiment.training_experiment())}
        row |= {"name": point if isinstance(point, str) else experiment.points[point]}
        row |= source._asdict()
        row |= {"accuracy": outcome.accuracy, "error": outcome.error, "seconds": outcome.seconds}
        row |= {"training_loss": None if outcome.error or record is None else record.history[-1].loss}
        self.replace_run(row | {"finished": time.time(), "sweep": self._sweep}, outcome.machine)

    def replace_run(self, row: Mapping[str, Cell], machine: str | None) -> None:
        """Insert a row into `runs`, in place of one that says that the experiment failed; within a transaction."""
        self.connection.execute("DELETE FROM runs WHERE key = ? AND error <> ''", [row["key"]])
        self.insert("INTO runs", {**row, "machine": None if machine is None else self._machine(machine)})

    def insert(self, where: str, row: Mapping[str, Cell]) -> int:
        """Insert a row into a table, within a transaction; return how many rows that has added, 0 or 1."""
        names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        return self.connection.execute(f"INSERT {where} ({names}) VALUES ({places})", list(row.values())).rowcount

    def _machine(self, description: str) -> int:
        self.connection.execute("INSERT OR IGNORE INTO machines (description) VALUES (?)", [description])
        return self.connection.execute("SELECT id FROM machines WHERE description = ?", [description]).fetchone()[0]


@contextmanager
def writing(path: str | Path | None) -> Iterator[StoreWriter]:
    """Open a store for writing, and close it at the end.

    Parameters
    ----------
    path : str, Path or None
        The file; it is made if it does not exist. With None, the store lives in memory, and only as long as it is open.

    Raises
    ------
    InputError
        As in `open_store`, and if this process may not write to the file.
    StorageError
        If another process is writing to the store, the file is moved meanwhile, or the disk is full or fails.
    """
    path = None if path is None else path_of(path)
    with connect_to_write(path, TABLES, ADDED) as connection:
        patiently(lambda: require_known(connection, str(path)), str(path))
        networks = Networks.beside(path)
        networks.remove_parts()
        store = StoreWriter(connection, "memory" if path is None else str(path), networks)
        try:
            yield store
            store.require_in_place()
        finally:
            with suppress(WnRefError):  # a full disk: what is in the file is whole all the same
                store.close_sweep()
            store.close()

"""Write results of experiments to a file.

One process writes, and each result is one transaction: whatever is killed, everything that was written stays. Other
processes may read at the same time (SQLite's write-ahead log). Trained networks that several experiments share are kept
in a folder beside the file.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from wn_ref.datasets import CATALOG
from wn_ref.experiment import Experiment
from wn_ref.store.canonical import key
from wn_ref.store.file import clear_errors, connect_to_write, path_of
from wn_ref.store.networks import Networks
from wn_ref.store.records import Outcome, Source, TrainingRecord
from wn_ref.store.store import Store
from wn_ref.store.tables import ADDED, TABLES, Cell, to_cell


class StoreWriter(Store):
    """A store that results can be added to; made by `writing`."""

    def __init__(self, connection: sqlite3.Connection, name: str, networks: Networks) -> None:
        super().__init__(connection, name, networks)
        self._sweep: int | None = None

    def start_sweep(self, planned: int, remaining: int) -> None:
        """Note that a sweep starts: how many runs it has, and how many of them are still to do.

        All results that are added from now on belong to this sweep.
        """
        with clear_errors(self._name), self._db:
            query = "INSERT INTO sweeps (started, planned, remaining) VALUES (?, ?, ?)"
            self._sweep = self._db.execute(query, (time.time(), planned, remaining)).lastrowid

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
        if source is None:
            source = Source("", training_experiment.sizes[1], len(CATALOG[training_experiment.dataset].classes))
        with clear_errors(self._name), self._db:
            if record is not None:
                row: dict[str, Cell] = {"key": key(training_experiment), "seconds": record.seconds}
                row |= {"history": json.dumps([(epoch.loss, epoch.accuracy) for epoch in record.history])}
                row |= {"weight_magnitudes": json.dumps(record.weight_magnitudes)}
                self._insert("OR IGNORE INTO trainings", row | {"data": source.data, "algorithm": source.algorithm})
            for experiment, outcome in outcomes.items():
                self._add(experiment, outcome, record, source)

    def _add(self, experiment: Experiment, outcome: Outcome, record: TrainingRecord | None, source: Source) -> None:
        point = experiment.point
        row = {name: to_cell(name, value) for name, value in experiment.row().items()}
        row |= {"key": key(experiment), "training": key(experiment.training_experiment())}
        row |= {"name": point if isinstance(point, str) else experiment.points[point]}
        row |= source._asdict()
        row |= {"accuracy": outcome.accuracy, "error": outcome.error, "seconds": outcome.seconds}
        row |= {"training_loss": None if outcome.error or record is None else record.history[-1].loss}
        row |= {"finished": time.time(), "machine": self._machine(outcome.machine), "sweep": self._sweep}
        self._db.execute("DELETE FROM runs WHERE key = ? AND error <> ''", [row["key"]])
        self._insert("INTO runs", row)

    def _insert(self, where: str, row: Mapping[str, Cell]) -> None:
        names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        self._db.execute(f"INSERT {where} ({names}) VALUES ({places})", list(row.values()))

    def _machine(self, description: str) -> int:
        self._db.execute("INSERT OR IGNORE INTO machines (description) VALUES (?)", [description])
        return self._db.execute("SELECT id FROM machines WHERE description = ?", [description]).fetchone()[0]


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
        If another process is writing to the store, or the disk is full or fails.
    """
    path = None if path is None else path_of(path)
    with connect_to_write(path, TABLES, ADDED) as connection:
        yield StoreWriter(connection, "memory" if path is None else str(path), Networks.beside(path))

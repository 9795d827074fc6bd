"""Results on disk: one SQLite file with a row an experiment.

    runs        key, training, the experiment's fields, accuracy, error, seconds, ... : one row an experiment
    trainings   key, history, weight_magnitudes, seconds : one row a trained network, which several runs may share
    sweeps      started, planned, remaining : one row a sweep, with what it had to do when it started
    machines    description : versions and processor, each combination once

One process writes, and each result is one transaction: whatever is killed, what was written stays. Others may read
meanwhile (write-ahead log). Trained networks that runs share are kept in a folder beside the file. Any tool that reads
SQLite can look inside: ``sqlite3 results.sqlite "SELECT name, avg(accuracy) FROM runs GROUP BY name"``.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wn_ref.datasets import CATALOG
from wn_ref.errors import require_choice
from wn_ref.experiment import Experiment
from wn_ref.store.canonical import key
from wn_ref.store.file import clear_errors, connect_to_read, connect_to_write
from wn_ref.store.networks import Networks
from wn_ref.train import Epoch

if TYPE_CHECKING:
    import pandas

FIELDS = Experiment().row()
"""The columns that say what was run, with what a row means that was written before there was such a column."""
OUTCOME = ("name", "tested", "classes", "accuracy", "training_loss", "error")
"""The columns that say what came of it: the point's name, sizes of the data, two numbers, or why the run failed."""

TABLES = f"""
CREATE TABLE machines (id INTEGER PRIMARY KEY, description TEXT UNIQUE);
CREATE TABLE sweeps (id INTEGER PRIMARY KEY, started REAL, planned INTEGER, remaining INTEGER);
CREATE TABLE trainings (key TEXT PRIMARY KEY, history TEXT, weight_magnitudes TEXT, seconds REAL);
CREATE TABLE runs (
    key TEXT PRIMARY KEY, training TEXT, {", ".join(f'"{name}"' for name in (*FIELDS, *OUTCOME))},
    seconds REAL, finished REAL, machine INTEGER REFERENCES machines, sweep INTEGER REFERENCES sweeps
);
CREATE INDEX failed ON runs (key) WHERE error <> '';
CREATE INDEX progress ON runs (sweep, finished);
"""


@dataclass(frozen=True)
class Outcome:
    """What came of one experiment.

    Attributes
    ----------
    accuracy : float or None
        0 to 1; None if the run failed.
    error : str
        Why it failed, in one line; empty if it did not.
    seconds : float
        How long it took, without a training that it shares with others.
    machine : str
        JSON: versions and processor of the worker.
    """

    accuracy: float | None
    error: str
    seconds: float
    machine: str


@dataclass(frozen=True)
class Training:
    """How a network was trained: its epochs, mean |w| of each layer with weights afterwards, and how long it took."""

    history: tuple[Epoch, ...]
    weight_magnitudes: dict[str, float]
    seconds: float


class Store:
    """Results of experiments; made by `wn_ref.open_store` to read, and by `wn_ref.sweep` to write.

    Attributes
    ----------
    networks : Networks
        The trained networks that experiments share.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, networks: Networks) -> None:
        self._db, self._name, self.networks = connection, name, networks
        self._sweep: int | None = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def runs(self, columns: Sequence[str] | None = None, history: bool = False, **filters: object) -> pandas.DataFrame:
        """Return runs as a table, one row an experiment.

        Parameters
        ----------
        columns : sequence of str, optional
            Which columns; all by default.
        history : bool
            Whether to add `history` (a tuple of `Epoch`) and `weight_magnitudes` (a dict) of each run's training.
        **filters
            The value that a column must have, or a list of such: ``runs(model="mlp", point=[0, 1], error="")``.

        Raises
        ------
        InputError
            If there is no such column, or the file cannot be read.
        """
        columns = self._columns() if columns is None else list(columns)
        for name in (*columns, *filters):
            require_choice("column", name, self._columns())
        allowed = {name: value if isinstance(value, list | tuple) else [value] for name, value in filters.items()}
        where = " AND ".join(f'"{name}" IN ({", ".join("?" * len(values))})' for name, values in allowed.items())
        given = [_cell(value) for values in allowed.values() for value in values]
        added = [name for name in ("training",) if history and name not in columns]
        frame = self._frame([*columns, *added], f"FROM runs WHERE {where or 1}", given)
        if history:
            trainings = self.trainings(frame["training"].unique())
            for name in ("history", "weight_magnitudes"):
                frame[name] = [getattr(trainings.get(k), name, None) for k in frame["training"]]
        return frame.drop(columns=added)

    def table(self, experiments: Iterable[Experiment]) -> pandas.DataFrame:
        """Return a row for each of `experiments` that has one, in their order: its fields and what came of it."""
        wanted = json.dumps([key(experiment) for experiment in experiments])
        source = "FROM json_each(?) AS wanted JOIN runs ON runs.key = wanted.value ORDER BY wanted.key"
        return self._frame([*FIELDS, *OUTCOME], source, [wanted])

    def unfinished(self, experiments: dict[str, Experiment], retry_failed: bool = False) -> dict[str, Experiment]:
        """Return those of `experiments` (by key) without a row; with `retry_failed` also those that failed."""
        done = {k for (k,) in self._read("SELECT key FROM runs")}
        if retry_failed:
            done -= {k for (k,) in self._read("SELECT key FROM runs WHERE error <> ''")}
        return {k: experiment for k, experiment in experiments.items() if k not in done}

    def trainings(self, keys: Iterable[str]) -> dict[str, Training]:
        """Return, by key, how networks were trained; those not trained yet are left out."""
        query = "SELECT * FROM trainings WHERE key IN (SELECT value FROM json_each(?))"
        return {
            k: Training(tuple(Epoch(*epoch) for epoch in json.loads(history)), json.loads(magnitudes), seconds)
            for k, history, magnitudes, seconds in self._read(query, [json.dumps(list(keys))])
        }

    def status(self) -> dict[str, object]:
        """Return how many runs are done and failed, and of the latest sweep: planned, remaining, started, last, rate.

        Times are in seconds since 1970, the rate in runs a second; None if there was no sweep, or no run in it.
        """
        ((rows, failed),) = self._read("SELECT count(*), (SELECT count(*) FROM runs WHERE error <> '') FROM runs")
        status = {"done": rows - failed, "failed": failed, "planned": 0, "remaining": 0}
        status |= {"started": None, "last": None, "rate": None}
        for sweep, started, planned, remaining in self._read("SELECT * FROM sweeps ORDER BY id DESC LIMIT 1"):
            ((here, last),) = self._read("SELECT count(*), max(finished) FROM runs WHERE sweep = ?", [sweep])
            status |= {"planned": planned, "remaining": remaining - here, "started": started, "last": last}
            status["rate"] = here / (last - started) if here else None
        return status

    def failures(self, most: int = 10) -> list[tuple[int, str]]:
        """Return the most frequent messages of failed runs, each with how many runs it stopped."""
        query = "SELECT count(*), error FROM runs WHERE error <> '' GROUP BY error ORDER BY 1 DESC LIMIT ?"
        return self._read(query, [most])

    def start_sweep(self, planned: int, remaining: int) -> None:
        """Write that a sweep starts; what is added from now on belongs to it."""
        with clear_errors(self._name), self._db:
            query = "INSERT INTO sweeps (started, planned, remaining) VALUES (?, ?, ?)"
            self._sweep = self._db.execute(query, (time.time(), planned, remaining)).lastrowid

    def add(self, training: Experiment, trained: Training | None, outcomes: dict[Experiment, Outcome]) -> None:
        """Write what came of experiments that share a training, and of that training, at once.

        Parameters
        ----------
        training : Experiment
            What they share, `Experiment.training()`.
        trained : Training or None
            What came of that; None if it failed.
        outcomes : dict of Experiment to Outcome
            A new row each. A row that says that the experiment failed is replaced; any other is an error.
        """
        with clear_errors(self._name), self._db:
            if trained is not None:
                history = json.dumps([(epoch.loss, epoch.accuracy) for epoch in trained.history])
                row = (key(training), history, json.dumps(trained.weight_magnitudes), trained.seconds)
                self._db.execute("INSERT OR IGNORE INTO trainings VALUES (?, ?, ?, ?)", row)
            for experiment, outcome in outcomes.items():
                self._add(experiment, outcome, trained)

    def _add(self, experiment: Experiment, outcome: Outcome, trained: Training | None) -> None:
        point, classes = experiment.point, CATALOG[experiment.dataset].classes
        row = {name: _cell(value) for name, value in experiment.row().items()}
        row |= {"key": key(experiment), "training": key(experiment.training())}
        row |= {"name": point if isinstance(point, str) else experiment.points[point]}
        row |= {"tested": experiment.sizes[1], "classes": len(classes)}
        row |= {"accuracy": outcome.accuracy, "error": outcome.error, "seconds": outcome.seconds}
        row |= {"training_loss": None if outcome.error else trained.history[-1].loss}
        row |= {"finished": time.time(), "machine": self._machine(outcome.machine), "sweep": self._sweep}
        self._db.execute("DELETE FROM runs WHERE key = ? AND error <> ''", [row["key"]])
        names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        self._db.execute(f"INSERT INTO runs ({names}) VALUES ({places})", list(row.values()))

    def _machine(self, description: str) -> int:
        self._db.execute("INSERT OR IGNORE INTO machines (description) VALUES (?)", [description])
        return self._db.execute("SELECT id FROM machines WHERE description = ?", [description]).fetchone()[0]

    def _columns(self) -> list[str]:
        return [name for _, name, *_ in self._read("PRAGMA table_info(runs)")]

    def _read(self, query: str, given: Sequence[object] = ()) -> list[tuple]:
        with clear_errors(self._name):
            return self._db.execute(query, given).fetchall()

    def _frame(self, columns: list[str], source: str, given: Sequence[object]) -> pandas.DataFrame:
        import pandas

        names = ", ".join(f'runs."{name}"' for name in columns)
        frame = pandas.DataFrame(self._read(f"SELECT {names} {source}", given), columns=columns)
        for name in columns:
            frame[name] = self._restore(name, frame[name])
        return frame

    def _restore(self, name: str, column: pandas.Series) -> pandas.Series:
        """Give a column the type that SQLite does not have."""
        import pandas

        if isinstance(FIELDS.get(name), bool):
            return column.astype(bool)
        if name in ("accuracy", "training_loss", "seconds"):
            return column.astype(float)
        if name == "finished":
            return pandas.to_datetime(column, unit="s", utc=True)
        if name == "machine":
            return column.map(dict(self._read("SELECT id, description FROM machines")))
        if name == "seed" and not pandas.api.types.is_integer_dtype(column):
            return column.map(int)
        if name == "executions":
            return column.map(lambda text: tuple(json.loads(text)), na_action="ignore")
        return column


def open_store(path: str | Path) -> Store:
    """Open a store to read; a sweep may go on writing to it meanwhile.

    Parameters
    ----------
    path : str or Path
        The file, as given to `wn_ref.sweep`.

    Raises
    ------
    InputError
        If there is no such file, or it is no store, broken, or of a newer version.
    """
    path = Path(path)
    return Store(connect_to_read(path), str(path), _networks(path))


@contextmanager
def writing(path: str | Path | None) -> Iterator[Store]:
    """Open a store to add to it, and make it if it is not there; None is one that lives in memory only.

    Raises
    ------
    InputError
        As `open_store`, and if another process is writing to it, or this one may not.
    """
    path = None if path is None else Path(path)
    with connect_to_write(path, TABLES, "runs", FIELDS) as connection:
        yield Store(connection, "memory" if path is None else str(path), _networks(path))


def _networks(path: Path | None) -> Networks:
    return Networks(None if path is None else path.with_name(f"{path.name}-networks"))


def _cell(value: object) -> object:
    """Make a value of a field one that SQLite has a type for."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int) and value >= 2**63:  # a seed; SQLite's integers are signed
        return str(value)
    return json.dumps(value) if isinstance(value, tuple) else value

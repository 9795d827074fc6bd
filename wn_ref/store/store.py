"""Read results of experiments from a file.

`wn_ref.store.tables` describes the tables of the file. Any tool that reads SQLite can look inside::

    sqlite3 results.sqlite "SELECT name, avg(accuracy) FROM runs GROUP BY name"
"""

from __future__ import annotations

import json
import sqlite3
import warnings
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from wn_ref.errors import InputError, require_choice
from wn_ref.experiment import Experiment, dataset_name
from wn_ref.lazy import pandas
from wn_ref.store.canonical import key
from wn_ref.store.file import connect_to_read, path_of
from wn_ref.store.filters import NothingFoundWarning, condition, why_nothing
from wn_ref.store.networks import Networks
from wn_ref.store.records import Origin, Status, TrainingRecord
from wn_ref.store.sqlite_errors import patiently
from wn_ref.store.tables import ADDED, FIELDS, MEASURED, ORIGIN, OUTCOME, Cell, require_known, to_column
from wn_ref.train import Epoch
from wn_ref.version import ALGORITHM
from wn_ref.weights import Arrays


class Store:
    """Results of experiments; `wn_ref.open_store` opens one for reading, `wn_ref.sweep` writes to one.

    Attributes
    ----------
    name : str
        The path of the file, for messages.
    networks : Networks
        The trained networks that several experiments share.
    connection : sqlite3.Connection
        The open file, for those modules that look after the store as a whole.

    Examples
    --------
    >>> import tempfile
    >>> from wn_ref import Experiment, additive, open_store, sweep
    >>> noisy = [Experiment(dataset="digits", epochs=1, noise=additive(s), phase="inference") for s in (0.1, 10)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = sweep(noisy, store=f"{folder}/results.sqlite")
    ...     with open_store(f"{folder}/results.sqlite") as store:
    ...         runs = store.runs(["point", "tested"], sigma_add=[10, 100])
    ...         done = store.status()["done"]
    >>> runs.to_dict("records"), done
    ([{'point': 'global', 'tested': 360}], 2)
    """

    def __init__(self, connection: sqlite3.Connection, name: str, networks: Networks) -> None:
        self.connection, self.name, self.networks = connection, name, networks
        self._closer = weakref.finalize(self, _close, connection)  # open_store(path).runs() leaves nothing open

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._closer()

    def runs(self, columns: Sequence[str] | None = None, history: bool = False, **filters: Any) -> pandas.DataFrame:
        """Return runs as a table, one row for each experiment, in the order in which they ended.

        Parameters
        ----------
        columns : sequence of str, optional
            Which columns to return; all by default.
        history : bool
            Whether to add the columns `history` (a tuple of `Epoch`) and `weight_magnitudes` (a dict), which belong to
            the training of each run's network.
        **filters
            For each column, the value that it must have, or several values in a list, an array, a range or the like:
            ``runs(model="mlp", point=["dense2", 3], train_size=None)``. A point is given by number or name,
            and noise levels that agree to 12 significant digits are the same.

        Raises
        ------
        InputError
            If there is no such column, a column cannot have such a value, or the file is broken.

        Warns
        -----
        NothingFoundWarning
            If no run satisfies the filters: which of them is to blame, and what values there are.
        """
        columns = self.columns() if columns is None else list(columns)
        for name in (*columns, *filters):
            require_choice("column", name, self.columns())
        where, given = condition(filters)
        added = [name for name in ("training",) if history and name not in columns]
        frame = self._frame([*columns, *added], f"FROM runs WHERE {where} ORDER BY finished, key", given)
        if frame.empty and filters and self.read("SELECT 1 FROM runs LIMIT 1"):
            warnings.warn(why_nothing(filters, self._values), NothingFoundWarning, stacklevel=2)
        if history:
            records = self.training_records(frame["training"].unique())
            for name in ("history", "weight_magnitudes"):
                frame[name] = [getattr(records.get(k), name, None) for k in frame["training"]]
        return frame.drop(columns=added)

    def table(self, experiments: Iterable[Experiment]) -> pandas.DataFrame:
        """Return one row for each of `experiments` that has been run, in their order.

        The columns are the experiment's fields, its outcome, and where that comes from: algorithm, data and machine.
        """
        wanted = json.dumps([key(experiment) for experiment in experiments])
        source = "FROM json_each(?) AS wanted JOIN runs ON runs.key = wanted.value ORDER BY wanted.key"
        return self._frame([*FIELDS, *OUTCOME, *ORIGIN, "machine"], source, [wanted])

    def unfinished(self, experiments: Mapping[str, Experiment], retry_failed: bool = False) -> dict[str, Experiment]:
        """Return the experiments, by key, that have not been run; with `retry_failed` also those that failed.

        Raises
        ------
        InputError
            If the store has results of another version of the algorithm, which are not to be mixed with new ones.
        """
        if others := {origin.algorithm for origin in self.origins} - {ALGORITHM}:
            raise InputError(
                f"store: expected results of version {ALGORITHM} of the algorithm, got version {min(others)} in "
                f"{self.name}; choose another store, or keep the version of wn_ref that wrote this one"
            )
        done = {k for (k,) in self.read("SELECT key FROM runs")}
        if retry_failed:
            done -= {k for (k,) in self.read("SELECT key FROM runs WHERE error <> ''")}
        return {k: experiment for k, experiment in experiments.items() if k not in done}

    def training_records(self, keys: Iterable[str]) -> dict[str, TrainingRecord]:
        """Return how networks were trained, by the key of their training; those not trained yet are left out."""
        query = (
            "SELECT key, history, weight_magnitudes, seconds FROM trainings "
            "WHERE key IN (SELECT value FROM json_each(?))"
        )
        return {
            k: TrainingRecord(tuple(Epoch(*epoch) for epoch in json.loads(history)), json.loads(magnitudes), seconds)
            for k, history, magnitudes, seconds in self.read(query, [json.dumps(list(keys))])
        }

    def network(self, training_experiment: Experiment) -> Arrays | None:
        """Return the arrays of the network that an experiment trained; None if it is not kept, or not whole."""
        rows = self.read("SELECT data FROM trainings WHERE key = ?", [key(training_experiment)])
        return self.networks.load(training_experiment, rows[0][0]) if rows else None

    @cached_property
    def origins(self) -> frozenset[Origin]:
        """Which data and which versions of the algorithm the runs had when this was first asked for."""
        columns = "dataset, train_size, test_size, data, algorithm"
        return frozenset(Origin(*row) for row in self.read(f"SELECT DISTINCT {columns} FROM runs"))

    def training_origins(self, training_experiments: Mapping[str, Experiment]) -> set[Origin]:
        """Return the same of those networks that have been trained, given the experiments of the trainings by key."""
        query = "SELECT key, data, algorithm FROM trainings WHERE key IN (SELECT value FROM json_each(?))"
        rows = self.read(query, [json.dumps(list(training_experiments))])
        experiments = [(training_experiments[k], data, algorithm) for k, data, algorithm in rows]
        return {
            Origin(dataset_name(e.dataset), e.train_size, e.test_size, data, algorithm)
            for e, data, algorithm in experiments
        }

    def codes(self, model: str) -> set[str]:
        """Return what identifies the models of the user's that have a name (see `wn_ref.own_model`)."""
        query = "SELECT DISTINCT own_model FROM runs WHERE model = ? AND own_model <> ''"
        return {code for (code,) in self.read(query, [model])}

    def machines(self) -> list[str]:
        """Return the descriptions of the machines and versions that computed something (see `wn_ref.machine`)."""
        return [description for (description,) in self.read("SELECT description FROM machines ORDER BY id")]

    def machine_of(self, training_experiment: Experiment) -> str | None:
        """Return what computed the runs that share a training; None if nobody knows, or it was several machines."""
        query = "SELECT DISTINCT description FROM runs JOIN machines ON machine = id WHERE training = ?"
        found = self.read(query, [key(training_experiment)])
        return found[0][0] if len(found) == 1 else None

    def status(self) -> Status:
        """Return how many runs there are, and how the latest sweep is going.

        Returns
        -------
        dict
            `done` and `failed`: numbers of runs in the store. Of the latest sweep: `planned`, the number of its runs,
            and `remaining`, how many of these are still to do; `started` and `last`, when it started and when its
            latest result came in, in seconds since 1970; `rate`, in runs per second. The last three are None if there
            was no sweep, and the last two if no result has come in (the rate also if the clock was set back since).
        """
        ((rows, failed),) = self.read("SELECT count(*), (SELECT count(*) FROM runs WHERE error <> '') FROM runs")
        status: Status = {
            "done": rows - failed, "failed": failed, "planned": 0, "remaining": 0, "started": None, "last": None,
            "rate": None,
        }  # fmt: skip
        latest = "SELECT id, started, planned, remaining FROM sweeps WHERE planned > 0 ORDER BY id DESC LIMIT 1"
        for sweep, started, planned, remaining in self.read(latest):
            ((here, last),) = self.read("SELECT count(*), max(finished) FROM runs WHERE sweep = ?", [sweep])
            status |= {"planned": planned, "remaining": remaining - here, "started": started, "last": last}
            status["rate"] = here / (last - started) if here and last > started else None
        return status

    def failures(self, most: int = 10) -> list[tuple[int, str]]:
        """Return the most frequent messages of failed runs, each with the number of runs that it stopped."""
        query = "SELECT count(*), error FROM runs WHERE error <> '' GROUP BY error ORDER BY 1 DESC LIMIT ?"
        return self.read(query, [most])

    def measurements(self, name: str | None = None) -> pandas.DataFrame:
        """Return what functions of the user's measured, as `wn_ref.locate` and `wn_ref.walk` keep it.

        Parameters
        ----------
        name : str, optional
            The name that the function was given; by default all of them.

        Returns
        -------
        pandas.DataFrame
            Columns name, point, sigma, seed, accuracy (NaN where numbers overflowed), error, seconds and finished, in
            the order in which they ended. Without noise, the point is an empty text.
        """
        there = self.read("PRAGMA table_info(measurements)")  # nothing in an older file
        query = f"SELECT {', '.join(MEASURED)} FROM measurements WHERE ? IN (name, '') ORDER BY finished, seed"
        frame = pandas.DataFrame(self.read(query, [name or ""]) if there else [], columns=list(MEASURED))
        return frame.apply(lambda column: to_column(str(column.name), column))

    def columns(self) -> list[str]:
        """Return the names of the columns of `runs`."""
        return [name for _, name, *_ in self.read("PRAGMA table_info(runs)")]

    def _values(self, column: str) -> list[Any]:
        return [value for (value,) in self.read(f'SELECT DISTINCT "{column}" FROM runs')]

    def read(self, query: str, given: Sequence[Cell] = ()) -> list[tuple]:
        """Return the rows that a query in SQL gives; wait while another program has locked the file."""
        return patiently(lambda: self.connection.execute(query, given).fetchall(), self.name)

    def _frame(self, columns: Sequence[str], source: str, given: Sequence[Cell]) -> pandas.DataFrame:
        names = ", ".join(f'runs."{name}"' for name in columns)
        frame = pandas.DataFrame(self.read(f"SELECT {names} {source}", given), columns=list(columns))
        for name in columns:
            frame[name] = to_column(name, frame[name])
        if "machine" in columns:
            frame["machine"] = frame["machine"].map(dict(self.read("SELECT id, description FROM machines")))
        return frame


def _close(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.ProgrammingError):  # memory is tidied up in another thread, which may not close it
        connection.close()


def open_store(path: str | Path) -> Store:
    """Open a store for reading; a sweep may go on writing to it.

    Parameters
    ----------
    path : str or Path
        The file, as given to `wn_ref.sweep`.

    Raises
    ------
    InputError
        If there is no such file, or it is not a store, is broken, or was written by a newer version.

    Examples
    --------
    >>> import tempfile
    >>> from wn_ref import Experiment, open_store, sweep
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = sweep([Experiment(dataset="digits", epochs=1)], store=f"{folder}/results.sqlite")
    ...     with open_store(f"{folder}/results.sqlite") as store:
    ...         same = store.runs()["accuracy"].tolist() == table["accuracy"].tolist()
    >>> same
    True
    """
    path = path_of(path)
    connection = connect_to_read(path, ADDED)
    try:
        patiently(lambda: require_known(connection, str(path)), str(path))
    except BaseException:
        connection.close()
        raise
    return Store(connection, str(path), Networks.beside(path))

"""The tables of a store's file, and how Python's values become SQLite's and back.

    runs        one row for each experiment: its key, the key of its training, its fields, accuracy, error, seconds, ...
    trainings   one row for each trained network, which several runs may share: key, history, weight_magnitudes, seconds
    sweeps      one row for each sweep: when it started, how many runs it planned, how many of them were left to do, and
                when it closed the file (NULL while it runs, and if it was killed)
    machines    one row for each machine and set of versions that computed something
    measurements  one row for each accuracy that a function of the user's returned: the name that it was given, point,
                sigma, seed, accuracy, error, seconds, finished, and the fingerprint of its code ("" if it has none)

The tables may gain columns: a new field of `Experiment` is a new column of `runs`, and rows that were written before
there was such a field have its default.

Each run says where it comes from. `algorithm` is `wn_ref.version.ALGORITHM`, `data` the fingerprint of the data set,
and `machine` what `wn_ref.machine.describe` says. A sweep never continues a store of another algorithm or other data.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import numpy as np

from wn_ref.errors import InputError
from wn_ref.experiment import DEFAULTS
from wn_ref.lazy import pandas

FIELDS: dict[str, Any] = dict(DEFAULTS)
"""Columns that say what was run, each with its default."""
OUTCOME = ("name", "tested", "classes", "accuracy", "training_loss", "error")
"""Columns that say what came of it.

The name of the point, the numbers of test images and of classes, the accuracy and the loss of the last epoch, or why
the run failed.
"""
ORIGIN: dict[str, Any] = {"algorithm": 1, "data": ""}
"""Columns of runs and of trainings that say where a result comes from, with the values of rows older than they are."""
ADDED = {"runs": FIELDS | ORIGIN, "trainings": ORIGIN, "sweeps": {"closed": None}}
"""For each table the columns that a file of an older version may lack, with the values that its rows have there."""
MEASURED = ("name", "point", "sigma", "seed", "accuracy", "error", "seconds", "finished")
"""Columns of `measurements` that say what was measured, and what came of it."""

TABLES = f"""
CREATE TABLE IF NOT EXISTS machines (id INTEGER PRIMARY KEY, description TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS sweeps (
    id INTEGER PRIMARY KEY, started REAL, planned INTEGER, remaining INTEGER, closed REAL
);
CREATE TABLE IF NOT EXISTS trainings (
    key TEXT PRIMARY KEY, history TEXT, weight_magnitudes TEXT, seconds REAL, algorithm INTEGER, data TEXT
);
CREATE TABLE IF NOT EXISTS runs (
    key TEXT PRIMARY KEY, training TEXT, {", ".join(f'"{name}"' for name in (*FIELDS, *OUTCOME))},
    algorithm INTEGER, data TEXT,
    seconds REAL, finished REAL, machine INTEGER REFERENCES machines, sweep INTEGER REFERENCES sweeps
);
CREATE TABLE IF NOT EXISTS measurements (
    name TEXT, point TEXT, sigma REAL, seed INTEGER, accuracy REAL, error TEXT, seconds REAL, finished REAL, code TEXT,
    PRIMARY KEY (name, point, sigma, seed)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS failed ON runs (key) WHERE error <> '';
CREATE INDEX IF NOT EXISTS progress ON runs (sweep, finished);
"""


def require_known(connection: sqlite3.Connection, name: str) -> None:
    """Raise `InputError` if a column that this version does not know tells runs apart: it would mix them."""
    known = {"key", "training", *FIELDS, *OUTCOME, *ORIGIN, "seconds", "finished", "machine", "sweep"}
    there = {column for _, column, *_ in connection.execute("PRAGMA main.table_info(runs)")}
    several = 'SELECT count(*) > 1 FROM (SELECT DISTINCT "{}" FROM main.runs)'
    if unknown := [c for c in sorted(there - known) if connection.execute(several.format(c)).fetchone() == (1,)]:
        got = f"{', '.join(unknown)} in {name}"
        raise InputError(f"store: expected the columns of this version of wn_ref, got {got}; update wn_ref to use it")


Cell = str | int | float | None
"""The types that SQLite has."""


def to_cell(name: str, value: Any) -> Cell:
    """Return the value of a column as one of the types that SQLite has.

    Raises
    ------
    InputError
        If the value has a type that no column has.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int) and not -(2**63) <= value < 2**63:  # a seed: SQLite's integers are signed
        return str(value)
    if isinstance(value, tuple):
        return json.dumps(value)
    if not isinstance(value, Cell):
        raise InputError(f"{name}: expected a number or a text, got {value!r}; give a value that the column can have")
    return value


def to_column(name: str, cells: pandas.Series) -> pandas.Series:
    """Return a column of `runs` with its own type, which SQLite may not have: bool, float, time, big integer, tuple."""
    if isinstance(FIELDS.get(name), bool):
        return cells.astype(bool)
    if name in ("accuracy", "training_loss", "seconds"):
        return cells.astype(float)
    if name == "finished":
        return pandas.to_datetime(cells, unit="s", utc=True)
    if name == "seed" and not pandas.api.types.is_integer_dtype(cells):
        return cells.map(int)
    if name == "executions":
        return cells.map(lambda text: tuple(json.loads(text)), na_action="ignore")
    return cells

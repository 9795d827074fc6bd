"""Published runs: compact tables in CSV, a row a run, from which everything in the ledger is made.

There is a file for each data set and model, such as mnist-mlp.csv. A row has the experiment in full, so that anybody
can run it again, what came of it, and what computed it. Rows are sorted and numbers are written with the fewest digits
that identify them, so the same runs give the same bytes. The history of every training is not published, and of the
weights there is one number, `weight`, which Table 2 needs.

    weight      mean |w| of the layer that the noise is behind, after training
    quantised   accuracy with the noisy activation quantised to its peaks, as in Figure 4, where that was measured
    seconds     of the run on one core: the training, or one evaluation of a network that other runs share
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache, partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from wn_ref.datasets import CATALOG
from wn_ref.errors import InputError, require_choice
from wn_ref.experiment import CHECKS, DEFAULTS, OWN
from wn_ref.files import write_atomically
from wn_ref.folders import made_folder
from wn_ref.injection import ALL, GLOBAL, WEIGHTED, kind_of
from wn_ref.lazy import pandas
from wn_ref.ledger.possible import require_possible
from wn_ref.models import MODELS
from wn_ref.noise import Noise
from wn_ref.overflow import is_overflow
from wn_ref.store.store import Store
from wn_ref.version import ALGORITHM

Cells = dict[str, str]
"""One published run, as the texts in its row."""
FIELDS: dict[str, Any] = {name: value for name, value in DEFAULTS.items() if name not in OWN}
"""Columns that say what was run, each with its default."""
OUTCOME = ("name", "tested", "classes", "accuracy", "error", "seconds", "weight", "quantised")
"""Columns that say what came of it."""
LATER = ("weight", "quantised")
"""Those that an older table may lack, and that a published run may still get."""
QUANTISED = "quantised"
"""The name under which a store keeps what goes to the column of this name; the point is the key of the run."""
ORIGIN = ("algorithm", "data", "version", "processor")
"""Columns that say where it comes from."""
COLUMNS = (*FIELDS, *OUTCOME, *ORIGIN)
NAMES = frozenset(f"{dataset}-{model}.csv" for dataset in CATALOG for model in MODELS)
"""The names that tables have."""
CHECKED: dict[str, Callable[[str, Any], Any]] = {
    **CHECKS, **{one.name: lambda name, value: Noise(**{name: value}) for one in fields(Noise)},
    "dataset": partial(require_choice, choices=CATALOG), "model": partial(require_choice, choices=MODELS),
}  # fmt: skip
"""What raises a `ValueError` for a value that no experiment can have; own data and models are in no table."""
_experiment = itemgetter(*FIELDS)
_NUMBERS: dict[str, Any] = {"tested": int, "classes": int, "accuracy": float, "seconds": float, "weight": float}
_NUMBERS |= {"quantised": float, "algorithm": int, "train_size": int, "test_size": int}


def text(value: Any) -> str:
    """Return a value of a column as its cell: empty for None, counts with blanks between them."""
    if type(value) is str:  # of a table that was read, and by far the most
        return value
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return repr(float(value) or 0.0) if isinstance(value, float) else str(value)  # 0 for -0, which equals it


def identity(run: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what tells a run from all others: the cells of its experiment, given as cells or as `Experiment.row`."""
    return tuple(map(text, _experiment(run)))


def has_failed(cells: Cells) -> bool:
    """Return whether a run failed for another reason than its noise, so that it says nothing."""
    return bool(cells["error"]) and not is_overflow(cells["error"])


def of_store(store: Store, **filters: Any) -> list[Cells]:
    """Return the runs of a store as rows of the tables; runs with a noise, model or data of the user's are left out.

    Filters are those of `Store.runs`.
    """
    if "own_model" not in store.columns():
        return []
    runs = store.runs(**filters)
    runs = runs[(runs[[name for name in OWN if name in runs]].fillna("") == "").all(axis=1)]
    layers = runs["name"].map(kind_of).isin(WEIGHTED) & (runs["phase"] == "training") & (runs["accuracy"].notna())
    trained = store.training_records(runs.loc[layers, "training"])
    measured = store.measurements(QUANTISED).set_index("point")["accuracy"].to_dict()
    rows = []
    for run, at_layer in zip(runs.to_dict("records"), layers):
        machine = json.loads(run["machine"] or "{}")
        executions = run["executions"] if isinstance(run["executions"], tuple) else None
        run |= {"executions": executions, "seconds": round(run["seconds"], 3), "weight": None}
        run["quantised"] = measured.get(run["key"])
        run |= {name: _size(run[name]) for name in ("train_size", "test_size")}
        run |= {"version": machine.get("wn_ref", ""), "processor": machine.get("processor", "")}
        if at_layer and run["training"] in trained:
            magnitude = trained[run["training"]].weight_magnitudes[run["name"]]
            run["weight"] = float(f"{magnitude:.6g}")
        rows.append({name: text(run[name]) for name in COLUMNS})
    return rows


def merged(old: Iterable[Cells], new: Iterable[Cells]) -> list[Cells]:
    """Return all runs, sorted; one that is in both stays as it was published, unless it had failed (see `has_failed`).

    Raises
    ------
    InputError
        If runs are of different data under one name, or of different versions of the algorithm.
    """
    runs: dict[tuple[str, ...], Cells] = {}
    for cells in (*old, *new):
        before = runs.get(identity(cells))
        if before is None or (has_failed(before) and not has_failed(cells)):
            runs[identity(cells)] = cells
        else:
            runs[identity(cells)] = before | {name: before[name] or cells[name] for name in LATER}
    origins: dict[tuple[str, ...], Cells] = {}
    for cells in runs.values():
        first = origins.setdefault((cells["dataset"], cells["train_size"], cells["test_size"]), cells)
        for name, of in (("data", f"the data set {cells['dataset']}"), ("algorithm", "wn_ref")):
            if cells[name] != first[name]:
                got = f"{first[name]} and {cells[name]}"
                raise InputError(f"results: expected runs of one {name} of {of}, got {got}; choose another --results")
    return sorted(runs.values(), key=_order)


def write(folder: Path, runs: Iterable[Cells]) -> None:
    """Write tables, each complete or not at all; those that would not change are left alone."""
    files: dict[str, list[Cells]] = {}
    for cells in runs:
        files.setdefault(f"{cells['dataset']}-{cells['model']}.csv", []).append(cells)
    if files:
        made_folder("results", folder)
    for name, rows in files.items():
        content = io.StringIO()
        writer = csv.DictWriter(content, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        made = content.getvalue().encode()
        if not (folder / name).exists() or (folder / name).read_bytes() != made:
            write_atomically(folder / name, partial(_write_bytes, made), "results")


def read(folder: Path) -> list[Cells]:
    """Return the published runs of a folder, sorted; none if there is no such folder, as before the first row is run.

    Raises
    ------
    InputError
        If a file has not the name of a table, is none, is torn, or has values that no run can have or runs of another
        table; if it has runs of a newer version of the algorithm or of several, or one run twice with different
        outcomes.
    """
    if folder.exists():
        require_results(folder)
    runs: list[Cells] = []
    for path in tables_in(folder):
        if path.name not in NAMES:
            raise InputError(
                f"results: expected tables named DATASET-MODEL.csv, such as mnist-mlp.csv, got {path}; move it away"
            )
        try:
            content = path.read_text(encoding="utf-8-sig")
            lines = list(csv.reader(io.StringIO(content), strict=True))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"results: expected a table of runs, got {path} ({error}); get it again") from None
        if not content:
            raise InputError(f"results: expected a table of runs, got {path}, which is empty; get it again")
        if not content.endswith("\n"):  # a cut in the last cell leaves as many cells
            raise InputError(f"results: expected whole lines, got a last one without an end in {path}; get it again")
        runs += _rows(path, lines)
    _require_one_outcome(runs)
    return merged(runs, ())


def require_results(folder: Path) -> Path:
    """Return a folder that tables are to be read from; raise `InputError` unless there is one."""
    if not folder.is_dir():
        which = (
            "is a file; give its folder" if folder.exists() else "does not exist; correct it or run wn-ref reproduce"
        )
        raise InputError(f"results: expected a folder of published tables, got {folder}, which {which}")
    return folder


def tables_in(folder: Path) -> list[Path]:
    """Return the tables of a folder; a hidden one is a part that a killed process has left."""
    return sorted(folder.glob("[!.]*-*.csv"))


def frame(runs: Sequence[Cells]) -> pandas.DataFrame:
    """Return published runs as a table with the types that `wn_ref.sweep` returns."""
    columns = {name: [_value(name, cells[name]) for cells in runs] for name in COLUMNS}
    made = pandas.DataFrame({name: pandas.Series(cells, dtype=_dtype(name)) for name, cells in columns.items()})
    made["weight_magnitudes"] = [{c["name"]: float(c["weight"])} if c["weight"] else {} for c in runs]
    return made


def _size(value: Any) -> int | None:
    """Return a number of images as an int; where some runs have none, pandas makes floats of the others."""
    return None if value is None or value != value else int(value)


def _rows(path: Path, lines: list[list[str]]) -> list[Cells]:
    head = lines[0] if lines else []
    if not {*head} & {*COLUMNS}:
        raise InputError(f"results: expected a table of runs, got {path} with none of its columns; move it away")
    needed = [name for name in COLUMNS if name not in (*head, *LATER)]
    if needed or (unknown := [name for name in head if name not in COLUMNS]):
        what = f"no column {needed[0]!r}" if needed else f"a column {unknown[0]!r}"
        raise InputError(f"results: expected a table of runs, got {what} in {path}; get it again, or a newer wn_ref")
    if repeated := [name for name in COLUMNS if head.count(name) > 1]:
        got = f"{head.count(repeated[0])} columns {repeated[0]!r} in line 1 of {path}"
        raise InputError(f"results: expected each column once, got {got}; get it again")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        cells = dict.fromkeys(LATER, "") | dict(zip(head, line))
        try:
            if len(line) != len(head):
                raise ValueError(f"{len(line)} cells, not {len(head)}")
            require_possible({name: _checked(name, cells[name]) for name in COLUMNS})
            if (table := f"{cells['dataset']}-{cells['model']}") != path.stem:
                raise ValueError(f"dataset, model: expected {path.stem}, as the file is named, got {table}")
        except ValueError as error:
            raise InputError(
                f"results: expected a run in each line, got line {number} of {path} ({error}); get it again"
            ) from None
        cells = {name: _written(name, cell) for name, cell in cells.items()}  # 1 is 1.0
        if int(cells["algorithm"]) > ALGORITHM:
            raise InputError(
                f"results: expected version {ALGORITHM} of the algorithm or less, got {cells['algorithm']} in {path}; "
                "install a newer wn_ref"
            )
        rows.append(cells)
    return rows


def _require_one_outcome(runs: Sequence[Cells]) -> None:
    known: dict[tuple[str, ...], Cells] = {}
    for cells in runs:
        first = known.setdefault(identity(cells), cells)
        if first["accuracy"] != cells["accuracy"] and not has_failed(first) and not has_failed(cells):
            which = f"{cells['dataset']}, {cells['model']}, seed {cells['seed']}"
            got = f"{first['accuracy'] or 'an overflow'} and {cells['accuracy'] or 'an overflow'} ({which})"
            raise InputError(f"results: expected one outcome of each run, got {got}; get the tables again")


def _value(name: str, cell: str) -> Any:
    """Return the value that a cell stands for."""
    default = FIELDS.get(name, "")
    if name in _NUMBERS:
        return _NUMBERS[name](cell) if cell else None
    if name == "executions":
        return tuple(map(int, cell.split())) or None
    if name == "point":
        return int(cell) if cell.isdecimal() else cell
    if isinstance(default, bool):
        return {"True": True, "False": False}.get(cell) if cell in ("True", "False") else int(cell)
    return type(default)(cell)


@lru_cache(maxsize=1 << 16)
def _checked(name: str, cell: str) -> Any:
    """Return the value of a cell; raise `ValueError`, which names the column, unless a run can have it."""
    try:
        value = _value(name, cell)
    except ValueError:
        kind = {float: "a number", bool: "True or False"}.get(_dtype(name), "a whole number")
        raise ValueError(f"{name}: expected {kind}, got {cell!r}") from None
    if name in CHECKED:
        CHECKED[name](name, value)
    if name == "point" and isinstance(value, str) and value not in (GLOBAL, ALL):
        raise ValueError(f"point: expected {GLOBAL}, {ALL} or a number, got {cell!r}")
    return value


@lru_cache(maxsize=1 << 16)
def _written(name: str, cell: str) -> str:
    """Return a cell as these tables write it, whoever wrote it."""
    return text(_value(name, cell))


def _dtype(name: str) -> Any:
    kind = type(FIELDS[name]) if name in FIELDS else _NUMBERS.get(name, str)
    if name in ("accuracy", "seconds", *LATER):
        return float
    return kind if kind in (bool, int, float) and name not in ("train_size", "test_size", "seed") else object


def _order(cells: Cells) -> list[tuple[float, str]]:
    """Return what rows are sorted by: each cell as a number, if it is one."""
    return [_rank(cells[name]) for name in FIELDS]


@lru_cache(maxsize=1 << 16)
def _rank(cell: str) -> tuple[float, str]:
    try:
        return float(cell), ""
    except ValueError:
        return float("inf"), cell


def _write_bytes(content: bytes, path: Path) -> None:
    path.write_bytes(content)

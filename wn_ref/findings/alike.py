"""Which runs of a table belong to one curve: those that are alike in all but their seed and the noise level.

Nothing here averages runs that differ in anything else. A setting that means nothing for a run, such as the gradient of
additive noise, does not tell it from others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from wn_ref.errors import InputError, require_choice
from wn_ref.experiment import DEFAULTS
from wn_ref.fits import merge_levels
from wn_ref.lazy import pandas
from wn_ref.own_noise import level_of

LEVEL = ("sigma_mul", "sigma_add")
"""The columns that hold noise levels."""
SETTINGS = (
    *(name for name in DEFAULTS if name not in ("seed", *LEVEL)),
    *("name", "tested", "classes", "algorithm", "data"),
)
"""The columns that tell one curve from another, as far as a table has them; and so does the other noise level."""
OF_NOISE = ("point", "name", "phase", "executions", "own_noise", "first", "gradient")
"""Those of them that say which noise it is, and nothing about the network that meets it."""


def require_runs(runs: Any, columns: Iterable[str]) -> pandas.DataFrame:
    """Return `runs`; raise `InputError` unless it is a table with these columns and at least one row."""
    if not isinstance(runs, pandas.DataFrame):
        raise InputError(f"runs: expected a table of runs, got {type(runs).__name__}; see wn_ref.sweep")
    missing = [name for name in columns if name not in runs]
    if missing and not (runs.empty and runs.columns.empty):
        raise InputError(f"runs: expected a column {missing[0]}, got {', '.join(map(str, runs))}; see wn_ref.sweep")
    if runs.empty:
        raise InputError("runs: expected at least one run, got none; run or choose some first")
    return runs


def listed(by: Iterable[str]) -> list[str]:
    """Return the columns that distinguish runs; raise `InputError` if `by` is a single name."""
    if isinstance(by, str):
        raise InputError(f"by: expected a list of columns, got {by!r}; put it into brackets")
    return list(by)


def prepared(table: object, columns: Sequence[str] = ("tested", "classes")) -> pandas.DataFrame:
    """Return a table of runs in which what means the same is equal.

    Levels that agree to 12 significant digits become one. That of a noise of one's own (`wn_ref.own_noise.level_of`)
    goes to the column sigma_add. Without multiplicative noise, `gradient` becomes that of the
    other runs if these have only one, and so does `first` without two noises. Executions become a text. It has to have
    `columns` besides those of the levels and the accuracy.

    Raises
    ------
    InputError
        If it is not a table of runs, or has none; if a noise level or a seed is missing, or no level; or if an accuracy
        is no number.
    """
    runs = require_runs(table, (*LEVEL, "accuracy", *columns))
    for name in LEVEL:
        require_levels(name, runs[name])
    _require_numbers("accuracy", runs["accuracy"])
    if "seed" in runs and runs["seed"].isna().any():
        raise InputError("seed: expected one for each run, got none for some; give one, or leave these runs out")
    if (own := has_own_noise(runs)).any():
        levels, kinds = zip(*map(level_of, runs.loc[own, "own_noise"]))
        runs = runs.astype({"sigma_add": float})
        runs.loc[own, "sigma_add"] += np.array(levels)  # which is 0 unless it has a use there
        runs.loc[own, "own_noise"] = list(kinds)
    runs = runs.assign(**{name: merge_levels(runs[name]) for name in LEVEL})
    multiplicative = runs["sigma_mul"] > 0
    for name, matters in (("gradient", multiplicative), ("first", multiplicative & (runs["sigma_add"] > 0))):
        if name in runs:
            values = runs.loc[matters, name].unique()
            runs[name] = runs[name].where(matters, values[0] if len(values) == 1 else "")
    if "executions" in runs:
        runs["executions"] = [_text(counts) for counts in runs["executions"]]
    return runs


def require_levels(name: str, levels: pandas.Series) -> None:
    """Raise `InputError` unless all are numbers that a noise level can be."""
    numbers = (
        pandas.to_numeric(levels, errors="coerce") if levels.dtype.kind not in "mMc" else levels.map(lambda _: np.nan)
    )
    for level in levels[~((numbers >= 0) & (numbers < np.inf)).to_numpy(bool, na_value=False)][:1]:
        raise InputError(f"{name}: expected finite noise levels >= 0, got {level!r}; correct or leave out these runs")


def _require_numbers(name: str, column: pandas.Series) -> None:
    """Raise `InputError` if something in a column is neither a number nor missing."""
    if column.dtype.kind in "iuf":
        return
    for value in column.dropna():
        if not isinstance(value, Real) or isinstance(value, bool):
            raise InputError(f"{name}: expected numbers, got {value!r}; convert them")


def count_in(runs: pandas.DataFrame, name: str) -> int:
    """Return the whole number >= 1 that is in the first row of a column; raise `InputError` if there is another one."""
    value = runs[name].iloc[0]
    try:
        count = float(value)
    except (TypeError, ValueError):
        count = math.nan
    if not (count >= 1 and count.is_integer()):
        raise InputError(f"{name}: expected a whole number of at least 1, got {value!r}; correct these runs")
    return int(count)


def has_own_noise(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs with a noise of a class of the user's own; a column that was read from a file may have NaN for none."""
    named = [isinstance(cell, str) and cell != "" for cell in runs["own_noise"]] if "own_noise" in runs else False
    return pandas.Series(named, index=runs.index, dtype=bool)


def varying_noise(runs: pandas.DataFrame, sigma: str | None) -> str:
    """Return which noise varies along a curve; raise `InputError` if both do and `sigma` does not say which.

    Parameters
    ----------
    runs : pandas.DataFrame
        From `prepared`.
    sigma : "sigma_add", "sigma_mul" or None
        The answer, if the user gave it.
    """
    if sigma is not None:
        return require_choice("sigma", sigma, ("sigma_add", "sigma_mul"))
    varying = [name for name in LEVEL if runs[name].nunique() > 1] or [name for name in LEVEL if runs[name].max() > 0]
    if len(varying) > 1:
        raise InputError("sigma: expected 'sigma_add' or 'sigma_mul' where both vary, got None; say which to follow")
    return varying[0] if varying else "sigma_add"


def settings_in(runs: pandas.DataFrame, sigma: str) -> list[str]:
    """Return the columns of a table that tell one curve against `sigma` from another."""
    return [name for name in (*SETTINGS, *LEVEL) if name in runs and name != sigma]


def differing(runs: pandas.DataFrame, sigma: str) -> list[str]:
    """Return the settings that have more than one value in a table."""
    return [name for name in settings_in(runs, sigma) if runs[name].nunique(dropna=False) > 1]


def require_alike(runs: pandas.DataFrame, sigma: str, by: Sequence[str] = ()) -> None:
    """Raise `InputError` unless runs that agree in the columns `by` are of one curve."""
    for _, same in runs.groupby(list(by), sort=False, dropna=False) if by else [((), runs)]:
        _refuse(same, differing(same, sigma), "of a curve", by)


def require_one_network(runs: pandas.DataFrame) -> None:
    """Raise `InputError` unless all runs have the same data, network and training, whatever their noise."""
    _refuse(runs, [name for name in differing(runs, "") if name not in (*OF_NOISE, *LEVEL)], "of a network")


def require_one_plane(runs: pandas.DataFrame) -> None:
    """Raise `InputError` unless all runs have the same data, network and training, and noise at the same place.

    Parameters
    ----------
    runs : pandas.DataFrame
        From `prepared`; they may differ in both noise levels, in the order of the noises and in their seed.
    """
    _refuse(runs, [name for name in differing(runs, "") if name not in (*LEVEL, "first")], "of a plane")


def _refuse(runs: pandas.DataFrame, names: Sequence[str], what: str, by: Sequence[str] = ()) -> None:
    """Raise `InputError` about the first of the settings that differ, if there is one."""
    for name in names:
        values = [str(value) for value in runs[name].unique()[:3]]
        hint = f"choose one, or add {name!r} to `by`" if by else "choose one"
        raise InputError(f"{name}: expected the same in all runs {what}, got {' and '.join(values)}; {hint}")


def _text(executions: object) -> str:
    return " ".join(map(str, executions)) if isinstance(executions, list | tuple | np.ndarray) else _known(executions)


def _known(cell: object) -> str:
    return cell if isinstance(cell, str) else ""

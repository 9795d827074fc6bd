"""Which runs of a store are wanted: from filters to SQL.

A value that no run can have is refused. Where that cannot be known, as of names that may be the user's own, there is a
warning if a filter finds nothing. Noise levels that agree to 12 significant digits are one (see `wn_ref.fits.levels`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wn_ref.errors import InputError, require_choice, require_number, require_whole
from wn_ref.experiment import CHECKS
from wn_ref.fits.levels import SAME
from wn_ref.noise import GRADIENTS, ORDERS
from wn_ref.store.tables import FIELDS, Cell, to_cell

TEXTS = {name for name, default in FIELDS.items() if isinstance(default, str)} - {"point"}
TEXTS |= {"name", "error", "key", "training", "data"}
"""The columns that have texts; `point` has both, names and numbers."""
_CHOICES = {"gradient": GRADIENTS, "first": ORDERS}
"""Those that have one of a few."""
_LEVELS = ("sigma_mul", "sigma_add")
"""Those that have noise levels."""
_NAMES = ("dataset", "model")
"""Texts of which no list has all, because they may be the user's own."""
SHOWN = 12
"""How many values that a column has a warning shows."""


class NothingFoundWarning(UserWarning):
    """No run satisfies the filters."""


def condition(filters: Mapping[str, Any]) -> tuple[str, list[Cell]]:
    """Return the condition that runs have to satisfy, as SQL, and the values for its question marks.

    Parameters
    ----------
    filters : dict
        For each column, the value that it must have, or several values: a list, tuple, set, range, array, Series, ...
        For `executions` a tuple is one value. For `point`, names and numbers may be given.

    Raises
    ------
    InputError
        If a column cannot have such a value.
    """
    parts, given = ["1"], []
    for name, wanted in filters.items():
        cells = [to_cell(name, _checked(name, value)) for value in _several(name, wanted)]
        part, cells = _CONDITIONS.get(name, _one_of)(name, cells)
        parts.append(part)
        given += cells
    return " AND ".join(parts), given


def why_nothing(filters: Mapping[str, Any], values: Callable[[str], list[Any]]) -> str:
    """Say why no run satisfies filters.

    Parameters
    ----------
    filters : dict
        As in `condition`.
    values : callable
        Returns the different values that the runs have in a column.
    """
    for name, wanted in filters.items():
        there = list(dict.fromkeys(values(name) + (values("name") if name == "point" else [])))
        cells = [to_cell(name, _checked(name, value)) for value in _several(name, wanted)]
        if not (_any_near(cells, there) if name in _LEVELS else set(cells) & set(there)):
            more = ", ..." if len(there) > SHOWN else ""
            shown = ", ".join(repr(value) for value in there[:SHOWN])
            return f"runs: none has {name}={wanted!r}; there are {shown}{more}"
    return f"runs: none has all of {', '.join(filters)} as given, though there are some for each of them"


def _several(name: str, wanted: Any) -> list[Any]:
    """Return the values that are given for a column, one or several, as a list."""
    if isinstance(wanted, str | bytes | Mapping) or not isinstance(wanted, Iterable):
        return [wanted]
    if name == "executions" and isinstance(wanted, tuple):
        return [wanted]
    if getattr(wanted, "ndim", 1) == 0:  # an array without axes is a number
        return [wanted.item()]  # type: ignore[attr-defined]
    return list(wanted)


def _checked(name: str, value: Any) -> Any:
    """Return a value as the column has it; raise `InputError` if the column cannot have it."""
    if value is None:
        return None
    if name in CHECKS and name not in _NAMES:
        check: Callable[[str, object], Any] = CHECKS[name]
        return check(name, value)
    if name in _CHOICES and isinstance(value, str):
        return require_choice(name, value, _CHOICES[name])
    if name == "executions" and isinstance(value, Iterable):
        return tuple(require_whole(name, count, least=1) for count in value)
    if name in _LEVELS:
        return require_number(name, value, "a finite noise level >= 0", least=0)
    if name != "point" and isinstance(value, str) != (name in TEXTS) and not hasattr(value, "dtype"):
        expected = "a text" if name in TEXTS else "a number"
        raise InputError(f"{name}: expected {expected}, as the column has, got {value!r}; correct it")
    return value


def _one_of(name: str, cells: list[Cell]) -> tuple[str, list[Cell]]:
    """Return the condition that a column has one of several values; NULL is a value like others."""
    values: list[Cell] = [cell for cell in cells if cell is not None]
    part = f'runs."{name}" IN ({", ".join("?" * len(values))})'
    return (f'({part} OR runs."{name}" IS NULL)' if len(values) < len(cells) else part), values


def _points(name: str, cells: list[Cell]) -> tuple[str, list[Cell]]:
    """Return the condition that the noise goes to one of several points; dense2 is in the column `name`."""
    by_number, given = _one_of(name, cells)
    by_name, _ = _one_of("name", cells)
    return f"({by_number} OR {by_name})", given * 2


def _levels(name: str, cells: list[Cell]) -> tuple[str, list[Cell]]:
    """Return the condition that a noise level is one of several, but for rounding."""
    there = f'SELECT DISTINCT "{name}" AS level FROM runs'
    near = f"abs(level - value) <= {SAME} * max(level, value)"
    return f'runs."{name}" IN (SELECT level FROM json_each(?) JOIN ({there}) WHERE {near})', [json.dumps(cells)]


def _any_near(cells: Iterable[Any], there: Iterable[Any]) -> bool:
    """Return whether one of the noise levels that are wanted is there, but for rounding."""
    return any(abs(a - b) <= SAME * max(a, b) for a in cells if a is not None for b in there if b is not None)


_CONDITIONS = {"point": _points, **dict.fromkeys(_LEVELS, _levels)}
"""The columns that have more to them than one of several values."""

"""A function of the user's as a search needs it: asked for accuracies, checked, and asked for each of them once."""

from __future__ import annotations

import inspect
import math
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from wn_ref.code_fingerprint import fingerprint_of_code
from wn_ref.errors import InputError
from wn_ref.lazy import pandas
from wn_ref.search.question import Measure
from wn_ref.store.measurements import Measurement, Measurements
from wn_ref.store.writer import writing

Place = tuple[str, float, int]
"""Point ("" where it makes no difference), sigma and seed."""


class UnknownCodeWarning(UserWarning):
    """Nobody can say whether a function is the one that measured what a store has under its name."""


class Measuring:
    """Calls a function, and keeps what it returns; made by `measuring`.

    Parameters
    ----------
    function : callable
        Called with the arguments that `wanted` gives; returns an accuracy.
    wanted : tuple of str
        The names of its arguments: ("sigma", "seed"), perhaps with "point" in front.
    kept : Measurements
        Where the accuracies are kept.
    watched : bool
        Whether it matters that the code of the function stays the same.

    Attributes
    ----------
    asked : dict
        For each point, all that was measured for it or found in the store, by `Place`, in the order of the questions.
    """

    def __init__(
        self, function: Callable[..., Any], wanted: tuple[str, ...], kept: Measurements, watched: bool
    ) -> None:
        self._function, self._wanted, self._kept, self._watched = function, wanted, kept, watched
        self.asked: dict[str, dict[Place, Measurement]] = {}

    def at(self, point: str = "") -> Measure:
        """Return the function at one point, as the searches ask it: for many accuracies at a time."""
        self.asked[point] = {}

        def measure(requests: Sequence[tuple[float, int]]) -> np.ndarray:
            return np.array([self._accuracy(point, float(sigma), int(seed)) for sigma, seed in requests])

        return measure

    def runs(self, point: str = "") -> pandas.DataFrame:
        """Return all that was asked at one point as a table, with the columns of `Location.runs`."""
        rows = [(*place[1:], *found) for place, found in self.asked[point].items()]
        table = pandas.DataFrame(rows, columns=["sigma", "seed", "accuracy", "error", "seconds"])
        return table.astype({"accuracy": float})

    def _accuracy(self, point: str, sigma: float, seed: int) -> float:
        place = (point if sigma else "", sigma, seed)  # without noise, all points are the same
        found = self.asked[point].get(place) or self._kept.get(*place)
        if found is None:
            found = self._call({"point": point, "sigma": sigma, "seed": seed})
            self._watch()
            self._kept.add(*place, found)
        self.asked[point][place] = found
        return math.nan if found.accuracy is None else found.accuracy

    def _call(self, given: dict[str, Any]) -> Measurement:
        """Measure one accuracy; an ArithmeticError is an overflow, and whatever else is raised ends the search."""
        start = time.perf_counter()
        where = ", ".join(f"{name} {given[name]}" for name in self._wanted)
        accuracy, error = None, ""
        try:
            returned = self._function(*(given[name] for name in self._wanted))
        except ArithmeticError as overflow:
            error = " ".join([f"{type(overflow).__name__}:", *str(overflow).split()])
        except Exception as failure:
            failure.add_note(f"This ended the search, at {where}; a store keeps what was measured before.")
            raise
        else:
            accuracy = checked_accuracy(returned, where)
        return Measurement(accuracy, error, time.perf_counter() - start)

    def _watch(self) -> None:
        """After the first call, see whether the function reads something that its own calls change, such as a cache."""
        if self._watched and self._kept.code and _code_of(self._function) != self._kept.code:
            self._kept.code = ""
            _warn(self._kept.name, "it reads something that changes while it measures")
        self._watched = False


@contextmanager
def measuring(
    function: Callable[..., Any], wanted: tuple[str, ...], name: str | None, store: str | Path | None
) -> Iterator[Measuring]:
    """Open the store, if there is one, for what a function will measure.

    Parameters
    ----------
    function, wanted
        As in `Measuring`.
    name : str, optional
        The name of the function in the store.
    store : str or Path, optional
        The file; without one, what is measured is kept as long as this lasts.

    Raises
    ------
    InputError
        If the function does not take these arguments, the name is none or missing, or the store cannot be used or has
        measurements of other code under this name.
    StorageError
        If another process is writing to the store.

    Warns
    -----
    UnknownCodeWarning
        If the code of the function cannot be told from other code.
    """
    _require_function(function, wanted)
    if name is not None and (not isinstance(name, str) or not name):
        raise InputError(f"name: expected a text that says what is measured, got {name!r}; try 'resnet18, additive'")
    if store is not None and name is None:
        raise InputError("name: expected a text that says what is measured, because there is a store, got none; add it")
    code = _code_of(function) if store is not None else ""
    with writing(store) as opened:
        kept = Measurements(opened, name or "", code)
        if store is not None and not kept.code:
            _warn(kept.name, "its code, or what it reads, cannot be compared with that of another day")
        yield Measuring(function, wanted, kept, watched=store is not None)


def checked_accuracy(value: Any, where: str) -> float:
    """Return an accuracy as a float.

    Parameters
    ----------
    value : object
        A number from 0 to 1, or an array or a tensor of any library with a single one and no axis.
    where : str
        Where it was measured, for the message.

    Raises
    ------
    InputError
        If it is anything else.
    """
    number = value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value
    hint = "return one"
    if isinstance(number, int | float) and not isinstance(number, bool):
        if 0 <= number <= 1:
            return float(number)
        hint = "divide percentages by 100" if 1 < number <= 100 else "correct it"
        hint = "raise an OverflowError if numbers overflow" if math.isnan(number) else hint
    got = repr(number) if len(repr(number)) <= 60 else f"{repr(number)[:57]}..."
    raise InputError(f"measure: expected an accuracy from 0 to 1, got {got} at {where}; {hint}")


def name_of(function: Callable[..., Any], name: str | None) -> str:
    """Return the name that a function was given, or else its own."""
    return name or str(getattr(function, "__name__", type(function).__name__))


def _require_function(function: Any, wanted: tuple[str, ...]) -> None:
    expected = f"measure: expected a function of {', '.join(wanted[:-1])} and {wanted[-1]}"
    if not callable(function):
        raise InputError(f"{expected}, got {function!r}; give the function itself")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # it does not say what it takes, as some that are written in C
        return
    try:
        signature.bind(*wanted)
    except TypeError as error:
        raise InputError(f"{expected}, got one with the arguments {signature} ({error}); correct it") from None


def _code_of(function: Callable[..., Any]) -> str:
    """Return the fingerprint of a function's code; "" if it has none."""
    try:
        return fingerprint_of_code(function, "measure")
    except Exception:  # whatever the objects raise that the function reads
        return ""


def _warn(name: str, reason: str) -> None:
    warnings.warn(
        f"store: measurements of {name!r} are known by this name alone, because of the function: {reason}; "
        "choose another name whenever it changes",
        UnknownCodeWarning,
        stacklevel=2,
    )

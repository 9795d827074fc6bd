"""The errors that this package raises on purpose.

Every one of them is a `WnRefError` whose message is one line: what was expected, what came, and what to do. The command
line prints that line and exits with the error's `exit_code`. Every other exception is a bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from numbers import Number, Real
from typing import TypeVar

T = TypeVar("T")


class WnRefError(Exception):
    """What all errors of this package have in common."""

    exit_code = 1

    def __str__(self) -> str:
        """Return the message on one line, also if it quotes an array that takes several."""
        return " ".join(line.strip() for line in super().__str__().splitlines())


class InputError(WnRefError, ValueError):
    """An argument, an option or a file cannot be used.

    Examples
    --------
    >>> import wn_ref as wn
    >>> wn.additive(-1)
    Traceback (most recent call last):
    ...
    wn_ref.errors.InputError: sigma_add: expected a finite standard deviation >= 0, got -1; correct it
    """

    exit_code = 2


class OverflowStop(WnRefError, ArithmeticError):
    """A run ended because a number left the range of its type; the message says where, and at which step.

    Examples
    --------
    >>> import wn_ref as wn
    >>> issubclass(wn.OverflowStop, ArithmeticError)
    True
    """


class StorageError(WnRefError, OSError):
    """Something could not be written: the disk is full or broken, or another program holds the file."""


class WorkerError(WnRefError, RuntimeError):
    """The worker processes of a sweep were killed again and again."""


class RunError(WnRefError, RuntimeError):
    """A run, or one run after the other, failed for a reason that is not its noise, such as too little memory."""


class CallOrderError(WnRefError, RuntimeError):
    """A method was called before another one that it depends on."""


class LayerError(WnRefError, AssertionError):
    """A layer breaks a promise that networks rely on; the message says which one, and where."""


def require_choice(what: str, value: object, choices: Iterable[T]) -> T:
    """Return the one of `choices` that `value` equals; raise `InputError` if there is none, and name the closest one.

    Parameters
    ----------
    what : str
        The name of the argument, such as "dataset".
    value : object
        The value that was given.
    choices : iterable
        The values that are allowed.
    """
    choices = tuple(choices)
    try:
        return choices[choices.index(value)]
    except (ValueError, TypeError):  # it is not there, or an array, which is neither equal nor unequal to a choice
        pass
    names = [str(choice) for choice in choices]
    close = closest(value, names)
    hint = "choose one of them" if close is None else f"did you mean {close!r}?"
    raise InputError(f"{what}: expected one of {', '.join(names)}, got {value!r}; {hint}")


def closest(value: object, names: Iterable[str]) -> str | None:
    """Return the name that a user may have meant, whatever its case; None if none is close, or a number was given."""
    if isinstance(value, Number):  # 12 is no misspelt 2
        return None
    by_lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(str(value).lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def require_whole(what: str, value: object, least: int, most: int | None = None) -> int:
    """Return `value` as an int; raise `InputError` unless it is a whole number from `least` to `most` (no limit)."""
    try:
        number = value if type(value) is int else None if isinstance(value, bool) else value.__index__()  # type: ignore
    except (AttributeError, TypeError):  # an array has the method and raises TypeError
        number = None
    if number is not None and number >= least and (most is None or number <= most):
        return number
    expected = f"of at most {most}" if number is not None and number >= least else f"of at least {least}"
    raise InputError(f"{what}: expected a whole number {expected}, got {value!r}; correct it")


def require_pair(what: str, value: object, least: int) -> tuple[int, int]:
    """Return `value` as two ints; raise `InputError` unless it is a sequence of two whole numbers from `least` on."""
    pair = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else ()
    if len(pair) != 2:
        raise InputError(
            f"{what}: expected two whole numbers, of rows and of columns, got {value!r}; write (5, 5) for 5"
        )
    return require_whole(what, pair[0], least), require_whole(what, pair[1], least)


def require_number(what: str, value: object, expected: str, least: float = -math.inf, below: float = math.inf) -> float:
    """Return `value` as a float; raise `InputError` unless it is a finite number with least <= value < below.

    The message says that `expected` was expected, such as "a positive number".
    """
    if type(value) is float or (isinstance(value, Real) and not isinstance(value, bool)):
        try:
            number = float(value) or 0.0  # 0 for -0, which equals it
        except OverflowError:  # of a very long int
            number = math.inf
        if math.isfinite(number) and least <= number < below:
            return number
    raise InputError(f"{what}: expected {expected}, got {value!r}; correct it")


def require_flag(what: str, value: object) -> bool:
    """Return `value` as a bool; raise `InputError` unless it is True or False, of Python or of NumPy."""
    if not isinstance(value, bool) and type(value).__name__ not in ("bool", "bool_"):
        raise InputError(f"{what}: expected True or False, got {value!r}; correct it")
    return bool(value)


def require_type(what: str, value: object, kind: type, hint: str) -> None:
    """Raise `InputError` unless `value` is of a class; the message ends with a hint."""
    if not isinstance(value, kind):
        raise InputError(f"{what}: expected an object of the class {kind.__name__}, got {value!r}; {hint}")

"""The errors that this package raises on purpose.

Every one of them is a `WnRefError` whose message is one line: what was expected, what came, and what to do. The command
line prints that line and exits with the error's `exit_code`. Every other exception is a bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class WnRefError(Exception):
    """What all errors of this package have in common."""

    exit_code = 1


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


class CallOrderError(WnRefError, RuntimeError):
    """A method was called before another one that it depends on."""


def require_choice(what: str, value: object, choices: Iterable[object]) -> None:
    """Raise `InputError` unless `value` is one of `choices`; the message names the closest one.

    Parameters
    ----------
    what : str
        The name of the argument, such as "dataset".
    value : object
        The value that was given.
    choices : iterable
        The values that are allowed.
    """
    choices = list(choices)
    if value in choices:
        return
    names = [str(choice) for choice in choices]
    close = difflib.get_close_matches(str(value), names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "choose one of them"
    raise InputError(f"{what}: expected one of {', '.join(names)}, got {value!r}; {hint}")


def require_whole(what: str, value: object, least: int, most: int | None = None) -> None:
    """Raise `InputError` unless `value` is a whole number from `least` to `most` (by default without upper limit)."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < least:
        expected = f"of at least {least}"
    elif most is not None and value.__index__() > most:
        expected = f"of at most {most}"
    else:
        return
    raise InputError(f"{what}: expected a whole number {expected}, got {value!r}; correct it")

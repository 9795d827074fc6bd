"""The errors that this package raises on purpose."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """An argument, option or file that cannot be used.

    The message is one line: what was expected, what came, what to do. The command line prints it and
    exits with code 2.
    """


class OverflowStop(ArithmeticError):
    """A run that ended because a number left the range of its type; the message says where, and at which step.

    The command line prints it and exits with code 1. Every other exception is a bug and keeps its traceback.
    """


def require_choice(what: str, value: object, choices: Iterable[object]) -> None:
    """Raise `InputError` unless `value` is one of `choices`, naming the closest one.

    Parameters
    ----------
    what : str
        What is being chosen, such as "dataset".
    value : object
        What came.
    choices : iterable
        What is allowed.
    """
    choices = list(choices)
    if value in choices:
        return
    choices = [str(choice) for choice in choices]
    close = difflib.get_close_matches(str(value), choices, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "choose one of them"
    raise InputError(f"{what}: expected one of {', '.join(choices)}, got {value!r}; {hint}")


def require_whole(what: str, value: object, least: int, most: int | None = None) -> None:
    """Raise `InputError` unless `value` is a whole number from `least` to `most` (without limit by default)."""
    whole = hasattr(value, "__index__") and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        expected = f"of at least {least}" if most is None or not whole or value < least else f"of at most {most}"
        raise InputError(f"{what}: expected a whole number {expected}, got {value!r}; correct it")

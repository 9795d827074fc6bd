"""What the arrays of a data set have to be, checked once, because compiled loops that read them do not check.

Each function returns what it checked in the form in which a `Dataset` keeps it, or raises an `InputError` of one line.
Arrays that have this form already are not copied, and nothing is ever written to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from wn_ref.errors import InputError

PIXELS = (np.uint8, np.float32)
"""The types of images and of features."""


def images(what: str, values: npt.ArrayLike) -> np.ndarray:
    """Return images, or features, as a read-only array in C order: uint8 or float32, (n, channels, height, width).

    Parameters
    ----------
    what : str
        The name of the argument, for messages.
    values : array_like
        uint8, or floats of any precision, which are converted to float32; (n, channels, height, width).

    Raises
    ------
    InputError
        If the type or the number of dimensions is another one, a dimension is 0, a number is not finite, or square
        images have their channels last.
    """
    array = _plain(what, values)
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):  # looked for below
            array = array.astype(np.float32, copy=False)
    if array.dtype not in PIXELS or array.ndim != 4 or not array.size:
        expected = "uint8 or float32 of shape (n, channels, height, width), with at least one image"
        raise InputError(f"{what}: expected {expected}, got {_form(array)}; convert or reshape it")
    _, channels, height, width = array.shape
    if channels == height > 4 and width in (1, 3, 4):
        got = f"{array.shape}, which looks like (n, height, width, channels)"
        raise InputError(f"{what}: expected (n, channels, height, width), got {got}; .transpose(0, 3, 1, 2) it")
    wrong = array.size - np.count_nonzero(np.isfinite(array)) if array.dtype == np.float32 else 0
    if wrong:
        raise InputError(f"{what}: expected finite numbers of float32, got {wrong} others; clean or scale them")
    return _own(np.ascontiguousarray(array))


def labels(what: str, values: npt.ArrayLike, count: int, classes: int) -> np.ndarray:
    """Return labels as a read-only array in C order: int64, (count,), each from 0 to classes - 1.

    Raises
    ------
    InputError
        If they are not whole numbers in one dimension, not as many as images, or out of range.
    """
    array = _plain(what, values)
    if array.dtype.kind not in "iu" or array.shape != (count,):
        got = _form(array)
        raise InputError(f"{what}: expected {count} whole numbers, one for each image, got {got}; match them")
    if array.min() < 0 or array.max() >= classes:
        got = f"{array.min()} to {array.max()}"
        raise InputError(f"{what}: expected labels 0 to {classes - 1}, got {got}; renumber them or name more classes")
    return _own(np.ascontiguousarray(array, np.int64))


def numbers(what: str, values: Any, count: int, each: str, positive: bool = False) -> tuple[float, ...]:
    """Return finite numbers as a tuple of floats.

    Parameters
    ----------
    what : str
        The name of the argument, for messages.
    values : sequence of float
        The numbers.
    count : int
        How many there have to be.
    each : str
        What each of them is for, such as "channel".
    positive : bool
        Whether they have to be greater than 0.

    Raises
    ------
    InputError
        If there are more or fewer, or one is not finite, or not positive.
    """
    array = _plain(what, values)
    good = array.dtype.kind in "iuf" and array.shape == (count,) and np.isfinite(array).all()
    if not good or (positive and array.min() <= 0):
        expected = f"{count} finite number{'' if count == 1 else 's'}{' > 0' if positive else ''}, one for each {each}"
        raise InputError(f"{what}: expected {expected}, got {values!r}; correct it")
    return tuple(map(float, array))


def names(what: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return names as a tuple.

    Raises
    ------
    InputError
        If there is none, or one is not a str.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        found: tuple[Any, ...] = ()
    else:
        found = tuple(values)
    if not found or not all(isinstance(name, str) for name in found):
        raise InputError(f"{what}: expected the names of the classes, got {values!r}; give a tuple of str")
    return tuple(map(str, found))


def _plain(what: str, values: npt.ArrayLike) -> np.ndarray:
    """Return values as an ordinary array."""
    if isinstance(values, np.ma.MaskedArray):
        raise InputError(f"{what}: expected an array, got one with a mask; fill or remove what is masked")
    try:
        return np.asarray(values)
    except (TypeError, ValueError):
        got = type(values).__name__
        raise InputError(f"{what}: expected an array, got a {got} that does not make one; correct it") from None


def _form(array: np.ndarray) -> str:
    return f"{array.dtype} of shape {array.shape}"


def _own(array: np.ndarray) -> np.ndarray:
    """Return an array that nobody can write to: the same one if that is so, else a copy.

    What has been computed goes by the content of data, which must not change behind its fingerprint.
    """
    part = array
    while isinstance(part, np.ndarray) and not part.flags.writeable:
        part = part.base  # type: ignore[assignment]
    if not isinstance(part, bytes | None):  # an array that can be written to, or memory of another object's
        array = array.copy()
    array.flags.writeable = False
    return array

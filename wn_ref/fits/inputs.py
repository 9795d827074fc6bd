"""What users hand to a fit, checked: real, finite numbers, accuracies that are shares, arrays of one length."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from wn_ref.errors import InputError, require_number

BEYOND = 0.1
"""Averages may leave the range from 0 to 1 by this much, as simulated curves do; percentages leave it by far more."""
TINY = 5e-324
"""The smallest number > 0."""
LARGEST_ERROR = 0.5
"""No standard error of a number from 0 to 1 is larger than this."""
FARTHEST = 1e100
"""No noise level is larger, nor smaller than its inverse unless it is 0: squares of both are numbers of float64."""
UNEQUAL = 1e5
"""Errors that differ by more make one point decide everything, and leave no digits to the others."""


def numbers(name: str, values: Any) -> np.ndarray:
    """Return `values` as a float64 array of its own, which nobody else changes: results look at it again.

    Raises
    ------
    InputError
        If something in it is masked, complex, a text, missing or not finite, or rows have different lengths.
    """
    if np.ma.is_masked(values):
        count = np.ma.count_masked(values)
        raise InputError(f"{name}: expected numbers, got {count} that are masked; leave these points out of all arrays")
    try:
        array = np.asarray(values)
        if not is_real(array):
            raise TypeError
        array = np.array(array, np.float64)
    except (TypeError, ValueError, RuntimeError):  # the last of tensors that require a gradient
        got = " ".join(repr(values).split())
        got = got if len(got) <= 60 else got[:57] + "..."
        raise InputError(f"{name}: expected real numbers, got {got}; convert them, leave out what is missing") from None
    if not np.isfinite(array).all():
        bad = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        where = bad[0] if len(bad) == 1 else bad
        raise InputError(f"{name}: expected finite numbers, got {array[bad]} at position {where}; leave it out")
    return array


def is_real(array: np.ndarray) -> bool:
    """Whether all elements are real numbers as far as their types tell, and no texts that look like numbers."""
    if array.dtype.kind == "O":
        return not any(isinstance(value, str | bytes | complex) for value in array.flat)
    return array.dtype.kind in "iuf"


def noise_levels(values: Any) -> np.ndarray:
    """Return noise levels as a float64 array of its own; raise `InputError` if one is no finite number >= 0."""
    x = numbers("sigma", values)
    if (x < 0).any():
        raise InputError(f"sigma: expected noise levels >= 0, got {x.min()}; correct it")
    return x


def curve_arrays(
    sigma: npt.ArrayLike, accuracy: npt.ArrayLike, uncertainty: npt.ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the data of one curve as float64 arrays of one length, (n,); without standard errors they are 1.

    Raises
    ------
    InputError
        If lengths do not match, or a value cannot be used.
    """
    x, y = noise_levels(sigma), numbers("accuracy", accuracy)
    dy = np.ones(y.shape) if uncertainty is None else numbers("uncertainty", uncertainty)
    for name, values in (("sigma", x), ("accuracy", y), ("uncertainty", dy)):
        if values.ndim != 1 or len(values) != len(x):
            expected = f"{x.size} values in one dimension, as many as of sigma"
            raise InputError(f"{name}: expected {expected}, got shape {values.shape}; match the lengths")
    beyond = (x > FARTHEST) | ((x > 0) & (x < 1 / FARTHEST))
    if beyond.any():
        expected = f"0 or noise levels from {1 / FARTHEST:g} to {FARTHEST:g}"
        raise InputError(f"sigma: expected {expected}, got {x[beyond][0]:g}; change the unit")
    far = np.abs(y - 0.5) > 0.5 + BEYOND
    if far.any():
        raise InputError(f"accuracy: expected shares from 0 to 1, got {y[far][0]:g}; divide percentages by 100")
    if uncertainty is not None and (dy < 1e-12).any():
        raise InputError(f"uncertainty: expected standard errors > 1e-12, got {dy.min()}; see accuracy_uncertainty")
    if uncertainty is not None and (dy > LARGEST_ERROR).any():
        expected = f"standard errors of shares, at most {LARGEST_ERROR}"
        raise InputError(f"uncertainty: expected {expected}, got {dy.max():g}; divide percentages by 100")
    if uncertainty is not None and dy.size and dy.max() > UNEQUAL * dy.min():
        expected = f"standard errors that differ by a factor of {UNEQUAL:g} at most"
        got = f"{dy.min():g} to {dy.max():g}"
        raise InputError(f"uncertainty: expected {expected}, got {got}; see accuracy_uncertainty")
    return x, y, dy


def held_value(name: str, value: Any) -> float:
    """Return the value at which mu, s, delta_a or a_min is held fixed.

    Raises
    ------
    InputError
        If it is not a number, or not one that the parameter can have.
    """
    least, below, expected = {
        "mu": (TINY, math.inf, "a finite number > 0"),
        "s": (TINY, math.inf, "a finite number > 0"),
        "delta_a": (-1.0, 1.0, "half the difference of two accuracies, less than 1"),
        "a_min": (-BEYOND, 1 + BEYOND, "an accuracy from 0 to 1"),
    }[name]
    return require_number(name, value, expected, least, below)

"""Mixed noise: which of the two noises governs the accuracy? (section 7, Figure 6, equation 3)

The accuracy a(sigma_mul, sigma_add) is given on a grid, one grid for each order of the two noises. The paper's four
regimes are

    1  both noises low, accuracy near its highest      3  multiplicative noise high, additive low
    2  additive noise high, multiplicative low         4  both high: here the order decides

A noise is "high" above its edge, the level where accuracy, with the other noise at its lowest, first falls by
`tolerance`. The accuracy of a network that binarizes itself may hardly fall under multiplicative noise at all. If there
is no edge, multiplicative noise counts as high from sigma_mul = 1 on, where it is as strong as the signal.

In every regime, the noise that *governs* is the one to which accuracy reacts more: the larger of |da / dln sigma_mul|
and |da / dln sigma_add|.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wn_ref.arrays import unmasked
from wn_ref.errors import InputError, require_number

GOVERNORS = ("neither", "multiplicative", "additive")


@dataclass(frozen=True)
class Regimes:
    """Regimes of mixed noise in one order; made by `regimes`.

    Attributes
    ----------
    regime : np.ndarray
        The regime, 1 to 4, at each pair of levels, (multiplicative levels, additive levels).
    governs : np.ndarray
        Which noise governs, as a position in `GOVERNORS`: 0 if accuracy reacts to neither noise, 1 for multiplicative
        and 2 for additive noise; same shape.
    edge_mul, edge_add : float
        The levels from which on each noise is high; edge_add is inf if additive noise never is.
    """

    regime: np.ndarray
    governs: np.ndarray
    edge_mul: float
    edge_add: float


def regimes(
    sigma_mul: npt.ArrayLike, sigma_add: npt.ArrayLike, accuracy: npt.ArrayLike, tolerance: float = 0.05
) -> Regimes:
    """Find the regime, and the noise that governs, at each pair of noise levels.

    Parameters
    ----------
    sigma_mul, sigma_add : array_like
        Noise levels > 0, ascending, (m,) and (n,), at least two of each.
    accuracy : array_like
        From 0 to 1, usually averages over seeds, (m, n).
    tolerance : float
        The loss of accuracy that makes a noise high, and the least change of accuracy per factor of 10 in sigma that
        counts as a reaction.

    Raises
    ------
    InputError
        If the shapes do not match, levels are not positive and ascending, an accuracy is not from 0 to 1, or the
        tolerance is not between 0 and 1.

    Examples
    --------
    Additive noise harms from sigma_add = 10 on, and multiplicative noise not at all:

    >>> found = regimes([0.1, 1.0, 10.0], [0.1, 1.0, 10.0], [[0.9, 0.9, 0.3]] * 3)
    >>> found.regime.tolist()
    [[1, 1, 2], [3, 3, 4], [3, 3, 4]]
    >>> GOVERNORS[found.governs[0, 2]]
    'additive'
    """
    mul, add, a = _checked(sigma_mul, sigma_add, accuracy)
    edge_mul, edge_add = first_fall(mul, a[:, 0], tolerance), first_fall(add, a[0], tolerance)
    edge_mul = 1.0 if np.isnan(edge_mul) else edge_mul
    edge_add = np.inf if np.isnan(edge_add) else edge_add
    regime = 1 + 2 * (mul >= edge_mul)[:, None] + (add >= edge_add)[None]
    slopes = np.abs(np.gradient(a, np.log10(mul), np.log10(add)))
    governs = np.where(slopes.max(axis=0) < tolerance, 0, 1 + slopes.argmax(axis=0))
    return Regimes(regime, governs, float(edge_mul), float(edge_add))


def first_fall(sigma: npt.ArrayLike, accuracy: npt.ArrayLike, tolerance: float) -> float:
    """The sigma where a curve first is `tolerance` below the highest accuracy at any smaller sigma; NaN if nowhere.

    Between the levels, accuracy is interpolated linearly in ln sigma.

    Raises
    ------
    InputError
        If the tolerance is not between 0 and 1, or as for `regimes`.
    """
    require_number("tolerance", tolerance, "a loss of accuracy 0 < tolerance < 1", least=math.ulp(0), below=1)
    levels, a = _levels("sigma", sigma), _shares(accuracy)
    if a.shape != levels.shape:
        raise InputError(f"accuracy: expected one for each level, {levels.shape}, got shape {a.shape}; match them")
    return _crossing(levels, np.maximum.accumulate(a) - a - tolerance)


def midpoint_contour(
    sigma_mul: npt.ArrayLike,
    sigma_add: npt.ArrayLike,
    accuracy: npt.ArrayLike,
    level: float | None = None,
    chance: float = 0.1,
) -> tuple[np.ndarray, np.ndarray]:
    """The midpoint for two noises at once: where accuracy is half way between its highest value and chance.

    Between the levels, accuracy is interpolated linearly in ln sigma.

    Parameters
    ----------
    sigma_mul, sigma_add, accuracy
        As for `regimes`.
    level : float, optional
        The accuracy of the contour, 0 <= level < 1; by default half way between the highest accuracy and `chance`.
    chance : float
        Accuracy of guessing, 1/K, 0 <= chance < 1.

    Returns
    -------
    additive, multiplicative : np.ndarray
        Midpoint of additive noise at each sigma_mul, (m,), and of multiplicative noise at each sigma_add, (n,). It is
        NaN if accuracy stays above the contour, and 0 if accuracy is below it from the smallest level on.

    Raises
    ------
    InputError
        As for `regimes`; or if `level` or `chance` is not a share.
    """
    mul, add, a = _checked(sigma_mul, sigma_add, accuracy)
    chance = require_number("chance", chance, "0 <= chance < 1, usually 1 / number of classes", least=0, below=1)
    if level is None:
        level = (a.max() + chance) / 2
    level = require_number("level", level, "an accuracy 0 <= level < 1", least=0, below=1)
    additive = np.array([_crossing(add, level - row) for row in a])
    multiplicative = np.array([_crossing(mul, level - column) for column in a.T])
    return additive, multiplicative


def tolerated_ratio(sigma_mul: npt.ArrayLike, additive: npt.ArrayLike, least: float = 1.0) -> float:
    """How many times larger than sigma_mul the additive noise is, half way down, where multiplicative noise is strong.

    The paper's "up to about a factor of 10" (section 9.4.1) is where accuracy is still high, well in front of this
    midpoint. With additive noise first the ratio is no constant: it falls as 1 / sigma_mul.

    Parameters
    ----------
    sigma_mul : array_like
        Levels of multiplicative noise, (m,).
    additive : array_like
        Midpoints of additive noise at these levels, from `midpoint_contour`, (m,).
    least : float
        Only levels sigma_mul > `least` count.

    Returns
    -------
    float
        Geometric mean of additive / sigma_mul; NaN if there is no midpoint.

    Raises
    ------
    InputError
        If there are no levels, or not one midpoint for each, or a level or `least` is not a finite number >= 0.

    Examples
    --------
    >>> round(tolerated_ratio([0.1, 10.0, 100.0], [5.0, 20.0, 800.0]), 6)
    4.0
    """
    mul, midpoints = unmasked("sigma_mul", sigma_mul, np.float64), unmasked("additive", additive, np.float64)
    if mul.ndim != 1 or not mul.size or mul.shape != midpoints.shape:
        got = f"shapes {mul.shape} and {midpoints.shape}"
        raise InputError(f"sigma_mul: expected one level or more, and a midpoint for each, got {got}; match them")
    if not ((mul >= 0) & (mul < np.inf)).all():
        raise InputError(f"sigma_mul: expected finite levels >= 0, got {mul.tolist()}; leave the others out")
    least = require_number("least", least, "a finite noise level >= 0", least=0)
    known = (mul > least) & np.isfinite(midpoints) & (midpoints > 0)
    return float(np.exp(np.mean(np.log(midpoints[known] / mul[known])))) if known.any() else float("nan")


def _crossing(sigma: np.ndarray, excess: np.ndarray) -> float:
    """The first sigma where `excess` is not negative: 0 if this is the smallest level, NaN if it always is negative."""
    over = np.flatnonzero(excess >= 0)
    if not len(over):
        return float("nan")
    i = over[0]
    if i == 0:
        return 0.0
    share = excess[i - 1] / (excess[i - 1] - excess[i])
    return float(sigma[i - 1] * (sigma[i] / sigma[i - 1]) ** share)


def _checked(
    sigma_mul: npt.ArrayLike, sigma_add: npt.ArrayLike, accuracy: npt.ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three as float64 arrays; raise `InputError` if they do not make a grid."""
    mul, add, a = _levels("sigma_mul", sigma_mul), _levels("sigma_add", sigma_add), _shares(accuracy)
    if a.shape != (len(mul), len(add)):
        raise InputError(
            f"accuracy: expected shape {(len(mul), len(add))}, got {a.shape}; rows are levels of sigma_mul"
        )
    return mul, add, a


def _levels(name: str, values: npt.ArrayLike) -> np.ndarray:
    """Noise levels as a float64 array; raise `InputError` unless they are at least two, positive and ascending."""
    levels = unmasked(name, values, np.float64)
    if (
        levels.ndim != 1
        or len(levels) < 2
        or not (np.all(np.diff(levels) > 0) and levels[0] > 0 and levels[-1] < np.inf)
    ):
        raise InputError(
            f"{name}: expected at least two levels > 0, ascending and finite, got {levels.tolist()}; correct them"
        )
    return levels


def _shares(accuracy: npt.ArrayLike) -> np.ndarray:
    """Accuracies as a float64 array; raise `InputError` if one is not from 0 to 1."""
    a = unmasked("accuracy", accuracy, np.float64)
    if not np.isfinite(a).all():
        raise InputError("accuracy: expected finite numbers, got NaN or inf; run the missing experiments")
    if a.size and not (a.min() >= 0 and a.max() <= 1):
        raise InputError(f"accuracy: expected 0 to 1, got {a.min():g} to {a.max():g}; divide percentages by 100")
    return a

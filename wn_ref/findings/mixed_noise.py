"""Mixed noise: which of the two noises governs accuracy where? (section 7, Figure 6, equation 3)

Accuracy a(sigma_mul, sigma_add) is given on a grid, one for each order of the two noises. The paper's four regimes are

    1  both noises low, accuracy near its highest      3  multiplicative noise high, additive low
    2  additive noise high, multiplicative low         4  both high: here the order decides

A noise is "high" from its edge on: the level where accuracy, with the other noise at its lowest, has first fallen by
`tolerance`. A network that binarizes itself may hardly fall under multiplicative noise at all; without an edge of its
own, that noise counts as high from sigma = 1 on, where it is as strong as the signal.

In any regime the noise that *governs* is the one that accuracy reacts to: the larger of |da / dln sigma_mul| and
|da / dln sigma_add|.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wn_ref.errors import InputError

GOVERNORS = ("neither", "multiplicative", "additive")


@dataclass(frozen=True)
class Regimes:
    """Regimes of one order of mixed noise; made by `regimes`.

    Attributes
    ----------
    regime : np.ndarray
        1 to 4, (multiplicative levels, additive levels).
    governs : np.ndarray
        0 if accuracy reacts to neither noise, 1 to multiplicative, 2 to additive: positions in GOVERNORS. Same shape.
    edge_mul, edge_add : float
        From where on each noise is high; inf for additive noise that never is.
    """

    regime: np.ndarray
    governs: np.ndarray
    edge_mul: float
    edge_add: float


def regimes(sigma_mul: np.ndarray, sigma_add: np.ndarray, accuracy: np.ndarray, tolerance: float = 0.05) -> Regimes:
    """Classify a grid.

    Parameters
    ----------
    sigma_mul, sigma_add : array_like
        Levels > 0, ascending, (m,) and (n,), at least two of each.
    accuracy : array_like
        (m, n), averages over seeds, 0 to 1.
    tolerance : float
        The loss of accuracy from which on a noise is high, and the least change of accuracy over a factor of 10 in
        sigma that counts as a reaction.

    Raises
    ------
    InputError
        If shapes do not go together, or levels are not ascending and positive.
    """
    mul, add, a = _checked(sigma_mul, sigma_add, accuracy)
    edge_mul, edge_add = first_fall(mul, a[:, 0], tolerance), first_fall(add, a[0], tolerance)
    edge_mul = 1.0 if np.isnan(edge_mul) else edge_mul
    edge_add = np.inf if np.isnan(edge_add) else edge_add
    regime = 1 + 2 * (mul >= edge_mul)[:, None] + (add >= edge_add)[None]
    slopes = np.abs(np.gradient(a, np.log10(mul), np.log10(add)))
    governs = np.where(slopes.max(axis=0) < tolerance, 0, 1 + slopes.argmax(axis=0))
    return Regimes(regime, governs, float(edge_mul), float(edge_add))


def first_fall(sigma: np.ndarray, accuracy: np.ndarray, tolerance: float) -> float:
    """Where a curve first falls by `tolerance` below the highest accuracy so far; NaN if it never does.

    Straight between the levels, in ln sigma.
    """
    return _crossing(sigma, np.maximum.accumulate(accuracy) - accuracy - tolerance)


def midpoint_contour(
    sigma_mul: np.ndarray, sigma_add: np.ndarray, accuracy: np.ndarray, level: float | None = None, chance: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Where accuracy crosses half way from its highest down to chance: the midpoint, for two noises at once.

    Parameters
    ----------
    sigma_mul, sigma_add, accuracy
        As for `regimes`.
    level : float, optional
        The accuracy of the contour; half way between the highest one and `chance` by default.
    chance : float
        Accuracy of guessing, 1/K.

    Returns
    -------
    additive, multiplicative : np.ndarray
        Midpoint of additive noise at each sigma_mul, (m,), and of multiplicative noise at each sigma_add, (n,),
        straight between the levels in ln sigma; NaN where accuracy stays above, 0 where it is below from the start.
    """
    mul, add, a = _checked(sigma_mul, sigma_add, accuracy)
    level = (a.max() + chance) / 2 if level is None else level
    additive = np.array([_crossing(add, level - row) for row in a])
    multiplicative = np.array([_crossing(mul, level - column) for column in a.T])
    return additive, multiplicative


def tolerated_ratio(sigma_mul: np.ndarray, additive: np.ndarray, least: float = 1.0) -> float:
    """How many times larger than sigma_mul the additive noise at the midpoint is, where sigma_mul > `least`.

    Geometric mean of `midpoint_contour`'s additive / sigma_mul: "up to about a factor of 10" where self-binarized
    activations drown out what is added (9.4.1), far below 1 where additive noise comes first. NaN without a midpoint.
    """
    mul, midpoints = np.asarray(sigma_mul, np.float64), np.asarray(additive, np.float64)
    known = (mul > least) & np.isfinite(midpoints) & (midpoints > 0)
    return float(np.exp(np.mean(np.log(midpoints[known] / mul[known])))) if known.any() else float("nan")


def _crossing(sigma: np.ndarray, excess: np.ndarray) -> float:
    """The first sigma where `excess` is no longer negative: 0 if it never was, NaN if it stays so."""
    over = np.flatnonzero(excess >= 0)
    if not len(over):
        return float("nan")
    i = over[0]
    if i == 0:
        return 0.0
    share = excess[i - 1] / (excess[i - 1] - excess[i])
    return float(sigma[i - 1] * (sigma[i] / sigma[i - 1]) ** share)


def _checked(sigma_mul, sigma_add, accuracy) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mul, add, a = (np.asarray(values, np.float64) for values in (sigma_mul, sigma_add, accuracy))
    for name, levels in (("sigma_mul", mul), ("sigma_add", add)):
        if levels.ndim != 1 or len(levels) < 2 or not (levels[0] > 0 and np.all(np.diff(levels) > 0)):
            raise InputError(f"{name}: expected at least two levels > 0, ascending, got {levels.tolist()}; sort them")
    if a.shape != (len(mul), len(add)):
        raise InputError(f"accuracy: expected shape {(len(mul), len(add))}, got {a.shape}; rows are of sigma_mul")
    if not np.isfinite(a).all():
        raise InputError("accuracy: expected finite numbers, got NaN or inf; run what is missing")
    return mul, add, a

"""Peaks: how well is an activation described by two or three values? (section 6.1, Figure 4)

    quantise        y -> 0 where |y| <= t, else the mean of all y > t, or the mean of all y < -t: two peaks, or three
    binary_index    eta = 1 - (variance within peaks) / (variance), for the best split into peaks: Otsu's criterion [1]_

eta is 1 if every value lies on one of the peaks. It is not 0 for data without peaks. With two and with three peaks, a
uniform distribution has eta = 3/4 and 8/9, and a normal distribution has 2/pi = 0.637 and 0.810. The absolute value of
a normal variable has 0.677 with two peaks. Compare an activation with these numbers, or with a network that was trained
without noise.

References
----------
.. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. Syst. Man Cybern. 9, 1979.
"""

from __future__ import annotations

import math

import numpy as np

from wn_ref.arrays import unmasked
from wn_ref.errors import InputError, require_number

BINS = 1024


def quantise(activation: np.ndarray, threshold: float) -> None:
    """Replace every value by the peak that it belongs to, in place.

    The peaks are 0 for |y| <= t, the mean of all values above t, and the mean of all values below -t.

    Parameters
    ----------
    activation : np.ndarray
        y, floats of any shape.
    threshold : float
        t in units of the standard deviation of y, > 0.

    Raises
    ------
    InputError
        If the threshold is not a positive number, or the activation has no values, whole numbers, a value that is
        masked or not finite, or a standard deviation beyond the range of a float64.

    Examples
    --------
    >>> y = np.array([0.0, 1.0, -1.0, 2.0, 4.0, 8.0, -5.0, -7.0])
    >>> quantise(y, 0.5)
    >>> y.tolist()
    [0.0, 0.0, 0.0, 0.0, 6.0, 6.0, -6.0, -6.0]
    """
    require_number("threshold", threshold, "a positive number of standard deviations, such as 0.5", least=math.ulp(0))
    unmasked("activation", activation)
    if activation.dtype.kind != "f":
        raise InputError(f"activation: expected floats, which peaks are, got {activation.dtype}; convert it")
    _require_finite(activation)
    with np.errstate(over="ignore"):
        t = threshold * activation.std(dtype=np.float64)
    if not math.isfinite(t):
        raise InputError(f"activation: expected a finite standard deviation, got {t / threshold}; use less noise")
    above, below = activation > t, activation < -t
    peaks = [activation[side].mean(dtype=np.float64) if side.any() else 0.0 for side in (above, below)]
    activation[...] = np.where(above, peaks[0], np.where(below, peaks[1], 0.0))


def binary_index(activation: np.ndarray, peaks: int = 2) -> float:
    """eta, from 0 to 1: how well an activation is described by two or three values.

    Parameters
    ----------
    activation : np.ndarray
        Of any shape. If it has more than 1,024 different values, they are sorted into 1,024 bins first.
    peaks : 2 or 3
        The number of values.

    Returns
    -------
    float
        eta; 1 for a constant activation.

    Raises
    ------
    InputError
        If the number of peaks is neither 2 nor 3, or a value is not finite.

    Examples
    --------
    Two peaks at -3 and 1 leave a variance of 3/2 within them, out of 9/2:

    >>> round(binary_index(np.array([-3.0, 0.0, 0.0, 3.0])), 3)
    0.667
    >>> binary_index(np.array([-3.0, 0.0, 0.0, 3.0]), peaks=3)
    1.0
    """
    if peaks not in (2, 3):
        raise InputError(f"peaks: expected 2 or 3, got {peaks!r}; choose one")
    values = np.array(unmasked("activation", activation, np.float64)).ravel()
    _require_finite(values)
    values /= max(np.abs(values).max(), 1e-300)
    values -= values.mean()  # so that squares neither overflow nor cancel
    spread = np.abs(values).max()
    if spread < 1e-14:  # constant
        return 1.0
    counts, sums, squares = _bins(values / spread)
    n, s = np.cumsum(counts), np.cumsum(sums)
    total = squares - s[-1] ** 2 / n[-1]
    if peaks == 2:
        between = _between(n, s) + _between(n[-1] - n, s[-1] - s)
    else:  # one threshold behind bin i, the other behind bin j
        middle = _between(np.abs(n[None] - n[:, None]), s[None] - s[:, None])
        between = _between(n, s)[:, None] + middle + _between(n[-1] - n, s[-1] - s)[None]
        between = np.where(n[:, None] <= n[None], between, 0)
    return float(min((between.max() - s[-1] ** 2 / n[-1]) / total, 1.0))


def _bins(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Number of values and their sum in each bin, in ascending order, and the sum of all squares."""
    distinct, place = np.unique(values, return_inverse=True)
    if len(distinct) > BINS:
        edges = np.linspace(distinct[0], distinct[-1], BINS + 1)
        place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, BINS - 1)
    return np.bincount(place), np.bincount(place, values), float(values @ values)


def _require_finite(values: np.ndarray) -> None:
    if not values.size or not np.isfinite(values).all():
        wrong = f"{np.sum(~np.isfinite(values))} of {values.size} values that are not" if values.size else "no values"
        raise InputError(f"activation: expected finite numbers, got {wrong}; leave those out, or use less noise")


def _between(n: np.ndarray, s: np.ndarray) -> np.ndarray:
    """n m^2 of groups of n values with sum s and mean m; 0 for an empty group."""
    return s**2 / np.maximum(n, 1)

"""Where to measure before there is a fit: find where the accuracy falls, and narrow it down.

Runs are at x = ln sigma, and their heights say how far the accuracy has fallen: 1 is the accuracy without noise, 0 that
under infinite noise, and the midpoint is at height 1/2 (`wn_ref.search.plateaus.Plateaus.height`).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from wn_ref.search.local_fit import REACH
from wn_ref.search.plateaus import bracket

TYPICAL_SLOPE = 0.5
"""The slope s in ln sigma that is assumed until the runs tell it."""
STEEPEST = 0.02
"""The smallest slope that is guessed from two runs."""
STEP = math.log(10)
"""The first step of the search in ln sigma, unless another is chosen: one decade."""
PARTLY_FALLEN = (0.1, 0.9)
"""Heights between which one accuracy tells how far away the midpoint is."""


def guess(x: npt.ArrayLike, height: npt.ArrayLike) -> tuple[float, float]:
    """Guess the midpoint and the slope, both in ln sigma, once there are runs above and below half way.

    A run with height h that is part of the way down has mu = x + s ln(h / (1 - h)) by equation 1. Without such a run,
    the guess is the middle of the bracket.

    Parameters
    ----------
    x, height : array_like
        As in `wn_ref.search.plateaus.bracket`.

    Returns
    -------
    mu, s : float
        In ln sigma.
    """
    x, h = np.asarray(x, np.float64), np.asarray(height, np.float64)
    low, high = sorted(bracket(x, h))
    partly = {side: (x == side) & (PARTLY_FALLEN[0] < h) & (h < PARTLY_FALLEN[1]) for side in (low, high)}
    logit = {side: float(np.mean(np.log(h[runs] / (1 - h[runs])))) for side, runs in partly.items() if runs.any()}
    if not logit:
        return (low + high) / 2, TYPICAL_SLOPE
    if len(logit) == 1:
        ((side, z),) = logit.items()
        return min(max(side + TYPICAL_SLOPE * z, low), high), TYPICAL_SLOPE
    s = (high - low) / (logit[low] - logit[high]) if logit[low] > logit[high] else TYPICAL_SLOPE
    s = min(max(s, STEEPEST), 2 * TYPICAL_SLOPE)
    return min(max(low + s * logit[low], low), high), s


def approach(
    x: npt.ArrayLike,
    height: npt.ArrayLike,
    limits: tuple[float, float],
    start: float,
    count: int = 1,
    step: float = STEP,
) -> list[float]:
    """Choose where to measure next, in ln sigma, while there are not enough runs around the midpoint for a fit.

    Until the midpoint is bracketed, the steps double. Then the runs go to the middle of a wide bracket, and around the
    `guess` in a narrow one, first on the side that has fewer runs.

    Parameters
    ----------
    x, height : array_like
        As in `wn_ref.search.plateaus.bracket`.
    limits : tuple of float
        The range of ln sigma to search.
    start : float
        The first ln sigma.
    count : int
        How many values are wanted.
    step : float
        The first step, in ln sigma.

    Returns
    -------
    list of float
        Empty if there is nowhere left to look: no midpoint within the limits, or none before runs overflow.
    """
    x, height = np.asarray(x, np.float64), np.asarray(height, np.float64)
    low, high = bracket(x, height)
    if math.isinf(low) or math.isinf(high):
        return _outwards(x, low, high, limits, start, count, step)
    if high - low < STEP / 4 and not np.any(height[x >= high] <= 0.5):
        return []  # all runs beyond the midpoint overflowed
    low, high = min(low, high), max(low, high)
    mu, s = guess(x, height)
    if high - low > 4 * TYPICAL_SLOPE:
        return [mu] if count == 1 else [float(level) for level in np.linspace(low, high, count + 2)[1:-1]]
    emptier = 1 if np.sum(x > mu) <= np.sum(x < mu) else -1
    away = [REACH * s * ((1 + k // 2) / (1 + (count - 1) // 2) * (-1) ** k) for k in range(count)]
    return [mu + emptier * distance for distance in away]


def _outwards(
    x: np.ndarray, low: float, high: float, limits: tuple[float, float], start: float, count: int, step: float
) -> list[float]:
    """Go on from the outermost run in steps that double, until the midpoint is bracketed or the limit is reached."""
    if len(x) == 0:
        wanted = start + step * np.arange(count)
    else:
        edge, direction = (low, 1) if math.isinf(high) else (high, -1)
        wanted = edge + direction * step * 2.0 ** (len(x) - 1) * (2.0 ** np.arange(1, count + 1) - 1)
    inside = np.unique(np.clip(wanted, *limits))
    return [float(level) for level in inside if level not in x]

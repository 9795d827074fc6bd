"""The two accuracies that a midpoint is half way between, and the noise level that the lower one is measured at.

The upper one is the accuracy without noise. The lower one, the floor, is the accuracy under infinite noise. It is
either known, or it is measured at the largest noise level at which runs do not overflow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Plateaus:
    """The two accuracies that the midpoint is half way between.

    Attributes
    ----------
    clean : float
        Accuracy without noise, the mean of `clean_runs` runs.
    floor : float
        Accuracy under infinite noise: that of guessing, or the mean of `floor_runs` runs.
    clean_runs, floor_runs : int
        How many runs measured each; floor_runs = 0 means that the floor is known.
    top : float
        The ln sigma that the floor was measured at; inf if the floor is known.
    clean_squares, floor_squares : float
        Sum of the squared deviations of these runs from their mean.
    """

    clean: float
    floor: float
    clean_runs: int = 1
    floor_runs: int = 0
    top: float = math.inf
    clean_squares: float = 0.0
    floor_squares: float = 0.0

    @classmethod
    def of_runs(cls, clean: Sequence[float] | np.ndarray, floor: Sequence[float] | np.ndarray, top: float) -> Plateaus:
        """Return the plateaus that runs measured.

        Parameters
        ----------
        clean, floor : sequence of float
            Accuracies of runs without noise and at `top`. Those that overflowed, NaN, are left out; a plateau of which
            nothing is left is NaN.
        top : float
            In ln sigma.
        """
        upper, lower = (np.array([y for y in runs if math.isfinite(y)]) for runs in (clean, floor))
        (clean_mean, clean_squares), (floor_mean, floor_squares) = (
            (float(np.mean(runs)), len(runs) * float(np.var(runs))) if len(runs) else (math.nan, 0.0)
            for runs in (upper, lower)
        )
        return cls(clean_mean, floor_mean, len(upper), len(lower), top, clean_squares, floor_squares)

    def height(self, y: npt.ArrayLike) -> np.ndarray:
        """Return where accuracies lie between the plateaus: 1 at `clean`, 1/2 half way, 0 at `floor`."""
        return (np.asarray(y) - self.floor) / (self.clean - self.floor)


def highest_measured(accuracy: Callable[[float], float], low: float, high: float) -> tuple[float, float]:
    """Find the largest noise level, to a factor of two, at which runs do not overflow.

    The levels are `high`, high / 2, high / 4 ... and `low`. `high` is known to overflow, and a run is taken to
    overflow wherever one with less noise does; so the search halves the number of levels with every run.

    Parameters
    ----------
    accuracy : callable
        Returns the accuracy of a run at a sigma; NaN if it overflowed.
    low, high : float
        The range of sigma.

    Returns
    -------
    sigma, accuracy : float
        Both are NaN if there is no such level.
    """
    levels = [high / 2**k for k in range(1 + math.floor(math.log2(high / low) + 1e-9))]
    levels += [low] if levels[-1] > low * (1 + 1e-9) else []
    overflows, measured, found = 0, len(levels), (math.nan, math.nan)
    while measured - overflows > 1:
        middle = (overflows + measured) // 2
        y = accuracy(levels[middle])
        if math.isfinite(y):
            measured, found = middle, (levels[middle], y)
        else:
            overflows = middle
    return found


def bracket(x: npt.ArrayLike, height: npt.ArrayLike) -> tuple[float, float]:
    """Return the largest ln sigma above half way and the smallest one below; -inf or inf if there is none.

    Parameters
    ----------
    x, height : array_like
        ln sigma and height of each run, (n,). The height of a run that overflowed is NaN; it had too much noise, and
        counts as below.
    """
    x, above = np.asarray(x, np.float64), np.asarray(height, np.float64) > 0.5
    return float(max(x[above], default=-math.inf)), float(min(x[~above], default=math.inf))

"""What a search may say: when accuracies give a bound, and when a fit is not to be trusted.

An accuracy that is NaN belongs to a run that overflowed. It is no height: it counts as too much noise where the search
decides in which direction to go on, and it is no evidence for where the midpoint is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wn_ref.counted import counted
from wn_ref.overflow import SELECTION
from wn_ref.search.local_fit import SLOPES, LocalFit
from wn_ref.search.plateaus import Plateaus, bracket
from wn_ref.search.question import Estimate, Question

FALLS = 0.05
"""A curve falls if its plateaus differ by more than this share of the way from perfect accuracy to guessing."""
REACHED = 7.0
"""The floor is reached this many slopes above the midpoint: there, 0.1 % of the fall is left."""
SCATTERED = 0.15
"""The scatter between runs that a fit can describe, as a share of the fall; 0.03 is common, and a coin has 0.5."""
FALLEN = 0.25
"""Height below which accuracy is on the floor, in the scatter of a single run."""


def unknown(reason: str) -> Estimate:
    """Return the answer of a search that does not know."""
    return Estimate(kind="unknown", reason=reason)


def without_fall(plateaus: Plateaus, question: Question) -> Estimate | None:
    """Return the answer for plateaus between which no curve can fall; None if one can."""
    least = FALLS * (1 - question.chance)
    if math.isnan(plateaus.clean):
        return unknown("runs without noise overflow")
    if plateaus.clean - question.chance < least:
        reason = "accuracy without noise is no better than guessing"
        return Estimate(interval=(0.0, question.low), kind="upper bound", reason=reason)
    if math.isnan(plateaus.floor):
        return unknown(f"runs overflow at every noise level that was tried, from {question.low:.3g} upwards")
    if plateaus.clean - plateaus.floor < least:
        return lower_bound(min(math.exp(plateaus.top), question.high), question)
    return None


def lower_bound(sigma: float, question: Question, told: str = "") -> Estimate:
    """Return the answer for a curve that has not fallen half way at `sigma`, the last level with an accuracy."""
    reason = f"accuracy does not fall half way up to this noise level{told}"
    if sigma < question.high * (1 - 1e-9):
        reason += ", and runs with more noise overflow"
    return Estimate(interval=(sigma, math.inf), kind="lower bound", reason=reason)


def bound(
    x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray, plateaus: Plateaus, question: Question
) -> Estimate:
    """Return the bound that runs give that do not have the midpoint between them.

    Parameters
    ----------
    x, y : array_like
        ln sigma and accuracy of the runs, (n,); NaN where a run overflowed.
    plateaus : Plateaus
        Half way between them is the midpoint.
    question : Question
        What the search was asked.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    low, _ = bracket(x, plateaus.height(y))
    if math.isfinite(low):
        above = counted(int(np.sum((x == low) & (plateaus.height(y) > 0.5))), "run")
        return lower_bound(math.exp(low), question, f", in {above} there")
    known = np.isfinite(y)
    if not known.any():
        return unknown("runs overflow at every noise level that was tried")
    lowest = float(x[known].min())
    at_lowest = float(np.mean(y[known & (x == lowest)]))
    flat = float(plateaus.height(at_lowest)) < FALLEN and plateaus.top - lowest > math.log(10)
    if at_lowest >= (plateaus.clean + question.chance) / 2 and not flat:
        return unknown(_floor_not_reached(plateaus))
    there = counted(int(np.sum(known & (x == lowest))), "run")
    reason = f"accuracy is below half way at every noise level that was tried, in {there} at the lowest"
    return Estimate(interval=(0.0, math.exp(lowest)), kind="upper bound", reason=reason)


def doubt(mu: float, s: float, plateaus: Plateaus) -> str:
    """Return why a curve with this midpoint and slope, both in ln sigma, must not be trusted; empty if it may be."""
    if s > 0.9 * SLOPES[1]:
        return f"accuracy falls too slowly, over more than {SLOPES[1] / math.log(10):.0f} decades of noise"
    if plateaus.top - mu < REACHED * s:
        return _floor_not_reached(plateaus)
    return ""


def doubt_between_networks(x: Sequence[float], y: Sequence[float], fit: LocalFit) -> str:
    """Return why a fit to runs of different networks must not be trusted; empty if it may be.

    A fit to the runs that do not overflow is one to a selection. And where networks scatter by more than the curve
    falls, as where some learn and others do not, there is no slope that all of them have.
    """
    levels = fit.x[:-2]
    low, high = levels.min(), levels.max()
    around = np.isnan([accuracy for level, accuracy in zip(x, y) if low <= level <= high])
    if around.mean() > SELECTION:
        return f"{around.sum()} of {len(around)} runs around it overflow"
    if fit.tau > SCATTERED * 2 * fit.best[2]:
        low, high = np.exp([low, high])
        return f"between {low:.3g} and {high:.3g} networks scatter too widely for one slope, as if some did not learn"
    return ""


def _floor_not_reached(plateaus: Plateaus) -> str:
    sigma = math.exp(plateaus.top)
    return f"accuracy still falls at {sigma:.3g}, the largest noise level that could be measured"

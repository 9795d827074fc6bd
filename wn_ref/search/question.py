"""What a search for a midpoint is asked, and what it answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wn_ref.errors import InputError, require_number, require_whole
from wn_ref.fits.inputs import FARTHEST

Measure = Callable[[Sequence[tuple[float, int]]], np.ndarray]
"""Returns the accuracies of networks with given (sigma, seed); sigma = 0 is no noise, NaN a run that overflowed."""
Show = Callable[[int, "Estimate"], None]
"""Called with the number of networks trained so far and the estimate, after every batch of runs."""


@dataclass(frozen=True)
class Estimate:
    """What is known about a midpoint at some stage of a search.

    Attributes
    ----------
    midpoint : float
        mu, in units of sigma; NaN while it is only bounded.
    interval : tuple of float
        The 95 % interval. As long as there is none, the largest sigma above half way and the smallest one below (0 or
        inf if there is none); a bound is that of the runs at the end of the range, often of one, and not of 95 %.
    kind : "measured", "lower bound", "upper bound", "stopped" or "unknown"
        "measured": the interval is as narrow as asked for. "stopped": it is not, or not yet. The bounds: there is no
        midpoint in the range that was searched. "unknown": the runs do not tell.
    seed_std : float
        Standard deviation of ln mu between single networks, which is about their relative scatter; NaN if unknown.
    reason : str
        Why there is only a bound, or nothing at all; empty otherwise.
    """

    midpoint: float = math.nan
    interval: tuple[float, float] = (0.0, math.inf)
    kind: str = "stopped"
    seed_std: float = math.nan
    reason: str = ""

    @property
    def width(self) -> float:
        """Width of the interval divided by the midpoint; inf while the midpoint is only bounded."""
        low, high = self.interval
        return (high - low) / self.midpoint if self.midpoint > 0 else math.inf

    def __str__(self) -> str:
        low, high = self.interval
        because = f": {self.reason}" if self.reason else ""
        if self.kind == "lower bound":
            return f"midpoint > {low:.3g}{because}"
        if self.kind == "upper bound":
            return f"midpoint < {high:.3g}{because}"
        if self.kind == "unknown":
            return f"midpoint unknown{because}"
        if math.isnan(self.midpoint):
            return f"midpoint between {low:.3g} and {high:.3g}"
        return f"midpoint {self.midpoint:.3g} (95 %: {low:.3g} to {high:.3g})"


@dataclass(frozen=True)
class Question:
    """What is asked of a search.

    Attributes
    ----------
    chance : float
        The accuracy of guessing, 1/K with K classes.
    floor_known : bool
        Whether the accuracy under infinite noise is `chance`; otherwise it is measured.
    width, low, high, start, max_runs, at_once, step
        As in `wn_ref.locate_midpoint`.
    """

    chance: float
    floor_known: bool = True
    width: float = 0.1
    low: float = 1e-4
    high: float = 1e10
    start: float = 1.0
    max_runs: int = 60
    at_once: int = 1
    step: float = 10.0

    @property
    def limits(self) -> tuple[float, float]:
        """The range of ln sigma."""
        return math.log(self.low), math.log(self.high)


def settings_of_search(
    width: object, low: object, high: object, start: object, max_runs: object, show: object, step: object = 10.0
) -> dict[str, Any]:
    """Return the fields of a `Question` that a user chooses, once it is sure that they can be used.

    Raises
    ------
    InputError
        If one of them cannot, or `show` is no function.
    """
    settings: dict[str, Any] = {"width": require_number("width", width, "0.001 <= width < 2", least=1e-3, below=2)}
    settings["max_runs"] = require_whole("max_runs", max_runs, least=12)
    for name, value in (("low", low), ("high", high), ("start", start)):
        settings[name] = require_number(
            name, value, f"{1 / FARTHEST:g} <= {name} < {FARTHEST:g}", least=1 / FARTHEST, below=FARTHEST
        )
    settings["step"] = require_number("step", step, "a factor >= 1.1", least=1.1)
    if not settings["low"] <= settings["start"] <= settings["high"]:
        raise InputError(f"start: expected 0 < low <= start <= high, got {low}, {start}, {high}; correct them")
    if show is not None and not callable(show):
        raise InputError(f"show: expected a function or None, got {show!r}; leave it out")
    return settings

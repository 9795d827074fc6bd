"""Fit vectors: 200 curves of accuracy against noise, and what `wn_ref.fits` says of each, to check another fitter.

The two tables are in ``wn_ref/fits/vectors``, and README.md beside them describes their columns. `differences` compares
the answers of another fitter with them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import wn_ref.fits as fits
from wn_ref.errors import InputError
from wn_ref.findings.robustness import LEAST_LEVELS, TOO_FEW
from wn_ref.fits import MidpointFit, accuracy_uncertainty, fit_midpoint
from wn_ref.fits.levels import merge_levels
from wn_ref.lazy import pandas

FOLDER = Path(fits.__file__).parent / "vectors"
VERDICTS = ("measured", "lower bound", "upper bound", "open", TOO_FEW)
SETTINGS = ("scale", "a_min", "chance", "rescale")
"""Columns of the answers that say how a curve is fitted."""
ANSWERS = ("verdict", "midpoint", "low", "high")
"""Columns in which another fitter may answer."""
RESULTS = (*ANSWERS, "slope", "chi2", "dof")
"""Columns of the answers that say what came out."""

MIDPOINT = (0.005, 0.05)
ENDS = (0.01, 0.15)
BOUND = 0.05
"""Tolerances, of natural logarithms. A midpoint may differ by the larger one of 0.005 and 5 % of half the interval's
width, an end of the interval by that of 0.01 and 15 %, and a bound by 0.05. An open end (0, inf) and a verdict have to
be the same."""


class Difference(NamedTuple):
    """What another fitter says otherwise.

    Attributes
    ----------
    curve, quantity : str
        Which curve, and which of verdict, midpoint, low and high.
    expected, got : float or str
        The answer here, and there.
    size : float
        How many times the tolerance the two are apart; inf for verdicts and open ends.
    """

    curve: str
    quantity: str
    expected: Any
    got: Any
    size: float


def points() -> pandas.DataFrame:
    """Return the runs of all curves, with the columns curve, sigma, seed, accuracy and tests.

    Examples
    --------
    >>> points()["curve"].nunique()
    200
    """
    return pandas.read_csv(FOLDER / "points.csv")


def answers() -> pandas.DataFrame:
    """Return how each curve is fitted, and what comes out: one row for each curve.

    Examples
    --------
    >>> answers().set_index("curve").loc["flat-01", "verdict"]
    'lower bound'
    """
    return pandas.read_csv(FOLDER / "answers.csv", keep_default_na=False, na_values=[""])


def averages(runs: pandas.DataFrame) -> pandas.DataFrame:
    """Average the runs of one curve: columns sigma, accuracy and uncertainty, one row for each noise level.

    Runs that failed are left out, and levels without any other. The uncertainty is that of `accuracy_uncertainty`; NaN
    where the number of test images is not known.
    """
    there = runs[runs["accuracy"].notna()]
    there = there.assign(sigma=merge_levels(there["sigma"]))
    rows = []
    for sigma, same in there.groupby("sigma"):
        tests = same["tests"].iloc[0]
        known = not math.isnan(tests)
        error = float(accuracy_uncertainty(same["accuracy"], int(tests))) if known else math.nan
        rows.append((sigma, same["accuracy"].mean(), error))
    return pandas.DataFrame(rows, columns=["sigma", "accuracy", "uncertainty"])


def answer(runs: pandas.DataFrame, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Fit one curve and return its `RESULTS`.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one curve, as `points` has them.
    settings : mapping
        Has the `SETTINGS`; an `a_min` that is NaN is fitted.
    """
    data = averages(runs)
    if len(data) < LEAST_LEVELS:
        return {"verdict": TOO_FEW, "midpoint": math.nan, "low": 0.0, "high": math.inf}
    a_min = settings["a_min"]
    fit: MidpointFit = fit_midpoint(
        data["sigma"],
        data["accuracy"],
        None if data["uncertainty"].isna().any() else data["uncertainty"],
        a_min=None if math.isnan(a_min) else float(a_min),
        chance=float(settings["chance"]),
        scale=str(settings["scale"]),
        rescale=bool(settings["rescale"]),
    )
    low, high = fit.interval()
    found = {"verdict": fit.kind, "midpoint": fit.midpoint, "low": low, "high": high, "slope": fit.slope}
    return found | {"chi2": fit.chi2, "dof": fit.dof}


def differences(theirs: pandas.DataFrame) -> list[Difference]:
    """Compare the answers of another fitter with those here; what it leaves out is not looked at.

    Parameters
    ----------
    theirs : pandas.DataFrame
        Columns curve, and some of verdict, midpoint, low and high; NaN where there is no answer.

    Raises
    ------
    InputError
        If a curve is not known or is there twice.
    """
    ours = answers().set_index("curve")
    found = []
    for row in theirs.to_dict("records"):
        curve = row["curve"]
        if curve not in ours.index:
            raise InputError(f"csv: expected curves of wn_ref/fits/vectors/points.csv, got {curve!r}; correct it")
        if (theirs["curve"] == curve).sum() > 1:
            raise InputError(f"csv: expected each curve once, got {curve!r} twice; leave one")
        here = ours.loc[curve]
        for quantity in ANSWERS:
            got = row.get(quantity, math.nan)
            if pandas.isna(got):
                continue
            size = _size(here, quantity, got)
            if size > 1:
                found.append(Difference(curve, quantity, here[quantity], got, size))
    return found


def _size(here: pandas.Series, quantity: str, got: Any) -> float:
    """Return how many times the tolerance an answer is apart from that in a row of ours."""
    expected = here[quantity]
    if got == expected:
        return 0.0
    if quantity == "verdict" or not (0 < got < math.inf and 0 < expected < math.inf):
        return math.inf
    if here["verdict"] != "measured":
        allowed = BOUND
    else:
        least, share = MIDPOINT if quantity == "midpoint" else ENDS
        allowed = max(least, share * math.log(here["high"] / here["low"]) / 2)
    return float(abs(np.log(got / expected)) / allowed)

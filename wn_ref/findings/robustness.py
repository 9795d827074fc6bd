"""Robustness: from the runs of a sweep to curves of accuracy against sigma, and to midpoints (section 4.1, Figure 2).

A *curve* is a table with one row per noise level: the accuracy averaged over seeds, and its standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wn_ref.fits import CONFIDENCE, MidpointFit, accuracy_uncertainty, fit_midpoint
from wn_ref.lazy import pandas

TOO_FEW = "too few"
LEAST_LEVELS = 4


def curve(runs: pandas.DataFrame, sigma: str = "sigma_add") -> pandas.DataFrame:
    """Average the accuracy of runs that differ only in seed, for each noise level.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of `wn_ref.sweep` that differ only in seed and noise level. Runs that stopped with an error are left out.
    sigma : "sigma_add" or "sigma_mul"
        Which noise varies.

    Returns
    -------
    pandas.DataFrame
        Columns sigma, accuracy, uncertainty (see `accuracy_uncertainty`) and seeds (how many), by ascending sigma.

    Examples
    --------
    >>> runs = pandas.DataFrame({"sigma_add": [1.0, 1.0, 3.0], "accuracy": [0.9, 0.8, 0.5], "tested": 2000})
    >>> curve(runs)[["sigma", "accuracy", "seeds"]].round(2).to_numpy().tolist()
    [[1.0, 0.85, 2.0], [3.0, 0.5, 1.0]]
    """
    rows = []
    for level, same in runs.dropna(subset="accuracy").groupby(sigma):
        accuracies = same["accuracy"].to_numpy()
        uncertainty = float(accuracy_uncertainty(accuracies, int(same["tested"].iloc[0])))
        rows.append({"sigma": level, "accuracy": accuracies.mean(), "uncertainty": uncertainty, "seeds": len(same)})
    return pandas.DataFrame(rows, columns=["sigma", "accuracy", "uncertainty", "seeds"])


def midpoint_of(runs: pandas.DataFrame, sigma: str = "sigma_add", scale: str = "log") -> MidpointFit:
    """Fit equation 1 to the runs of one curve; `scale` is explained in `wn_ref.fits.midpoint`.

    With additive noise only, accuracy falls to that of guessing, so a_min is held at 1/K. With multiplicative noise it
    may end anywhere (section 6), so a_min is fitted. Standard errors and intervals are wider if the curve is not
    exactly a logistic function (`rescale` of `fit_midpoint`).
    """
    points = curve(runs, sigma)
    chance = 1 / int(runs["classes"].iloc[0])
    a_min = chance if (runs["sigma_mul"] == 0).all() else None
    settings: dict[str, Any] = {"a_min": a_min, "chance": chance, "scale": scale, "rescale": True}
    return fit_midpoint(points["sigma"], points["accuracy"], points["uncertainty"], **settings)


def midpoints(
    runs: pandas.DataFrame,
    by: Sequence[str] = ("phase", "point", "name"),
    sigma: str = "sigma_add",
    scale: str = "log",
) -> pandas.DataFrame:
    """Fit every curve of a sweep.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of `wn_ref.sweep`.
    by : sequence of str
        The columns that distinguish one curve from another.
    sigma : "sigma_add" or "sigma_mul"
        Which noise varies along a curve.
    scale : "linear" or "log"
        Whether equation 1 is fitted in sigma or in ln sigma.

    Returns
    -------
    pandas.DataFrame
        One row per curve: the columns `by`; midpoint (NaN unless kind is "measured"); low and high (95 % interval; an
        open end is 0 or inf); kind (see `MidpointFit`, or "too few" if fewer than four noise levels have a run that did
        not stop); a_min (the accuracy at the end); chi2; dof; highest (the highest accuracy of the curve).

    Examples
    --------
    >>> from wn_ref.fits.logistic import logistic
    >>> sigma = np.geomspace(0.1, 100, 7)
    >>> runs = pandas.DataFrame({"sigma_add": sigma, "accuracy": logistic(np.log(sigma), np.log(3), 0.5, 0.4, 0.1)})
    >>> runs = runs.assign(sigma_mul=0.0, phase="training", point=0, name="input", tested=2000, classes=10)
    >>> midpoints(runs)[["name", "midpoint", "kind"]].round(3).to_numpy().tolist()
    [['input', 3.0, 'measured']]
    """
    rows = []
    for key, same in runs.groupby(list(by), sort=False):
        points = curve(same, sigma)
        highest = points["accuracy"].max()
        row: dict[str, Any] = dict(zip(by, key, strict=True))
        row |= {"midpoint": np.nan, "low": 0.0, "high": np.inf, "kind": TOO_FEW}
        row |= {"a_min": np.nan, "chi2": np.nan, "dof": 0, "highest": highest}
        if len(points) >= LEAST_LEVELS:
            fit = midpoint_of(same, sigma, scale)
            low, high = fit.interval(CONFIDENCE)
            row |= {"midpoint": fit.midpoint, "low": low, "high": high, "kind": fit.kind}
            row |= {"a_min": fit.a_min, "chi2": fit.chi2, "dof": fit.dof}
        rows.append(row)
    return pandas.DataFrame(rows)

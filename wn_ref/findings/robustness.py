"""Robustness: from the runs of a sweep to midpoints (section 4.1, Figures 1 and 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wn_ref.fit import CONFIDENCE, MidpointFit, accuracy_uncertainty, fit_midpoint

if TYPE_CHECKING:
    import pandas


TOO_FEW = "too few"


def curve(runs: pandas.DataFrame, sigma: str = "sigma_add") -> pandas.DataFrame:
    """Average runs that differ in seed only.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of `wn_ref.sweep`; those that stopped with an error are left out.
    sigma : "sigma_add" or "sigma_mul"
        Which noise varies.

    Returns
    -------
    pandas.DataFrame
        Columns sigma, accuracy, uncertainty (see `accuracy_uncertainty`) and seeds, by ascending sigma.
    """
    import pandas

    rows = []
    for level, same in runs.dropna(subset="accuracy").groupby(sigma):
        accuracies = same["accuracy"].to_numpy()
        uncertainty = float(accuracy_uncertainty(accuracies, int(same["tested"].iloc[0])))
        rows.append({"sigma": level, "accuracy": accuracies.mean(), "uncertainty": uncertainty, "seeds": len(same)})
    return pandas.DataFrame(rows, columns=["sigma", "accuracy", "uncertainty", "seeds"])


def midpoint_of(runs: pandas.DataFrame, sigma: str = "sigma_add", scale: str = "log") -> MidpointFit:
    """Fit equation 1 to the runs of one curve, in ln sigma unless told otherwise (see `wn_ref.fit`).

    Standard errors and intervals are widened where the curve is no exact logistic (`rescale`).

    With additive noise alone, accuracy ends at that of guessing, and a_min is held at 1/K; with multiplicative noise
    it may end anywhere (section 6), and a_min is free.
    """
    points = curve(runs, sigma)
    chance = 1 / int(runs["classes"].iloc[0])
    a_min = chance if (runs["sigma_mul"] == 0).all() else None
    settings = {"a_min": a_min, "chance": chance, "scale": scale, "rescale": True}
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
        The columns that tell curves apart.
    sigma : "sigma_add" or "sigma_mul"
        Which noise varies along a curve.
    scale : "linear" or "log"
        Of the fit.

    Returns
    -------
    pandas.DataFrame
        A row a curve: the columns `by`, midpoint (NaN if it is only bounded), low and high (95 % interval; 0 or inf
        where it is open), kind (as of `MidpointFit`, or "too few" if fewer than four levels have a run that did not
        stop), a_min (where accuracy ends), chi2, dof, and highest (the curve's highest accuracy).
    """
    import pandas

    rows = []
    for key, same in runs.groupby(list(by), sort=False):
        points = curve(same, sigma)
        highest = points["accuracy"].max()
        row = dict(zip(by, key, strict=True)) | {"midpoint": np.nan, "low": 0.0, "high": np.inf, "kind": TOO_FEW}
        row |= {"a_min": np.nan, "chi2": np.nan, "dof": 0, "highest": highest}
        if len(points) >= 4:
            fit = midpoint_of(same, sigma, scale)
            low, high = fit.interval(CONFIDENCE)
            row |= {"midpoint": fit.midpoint, "low": low, "high": high, "kind": fit.kind}
            row |= {"a_min": fit.a_min, "chi2": fit.chi2, "dof": fit.dof}
        rows.append(row)
    return pandas.DataFrame(rows)

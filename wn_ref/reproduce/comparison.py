"""The numbers that the paper prints, and whether they may stand beside ours."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from wn_ref import paper
from wn_ref.findings.alike import LEVEL
from wn_ref.lazy import pandas
from wn_ref.reproduce.select import without_noise
from wn_ref.reproduce.together import prepared
from wn_ref.reproduce.words import OF_TRAINING, worded
from wn_ref.sweeps import grids


def paper_midpoint(number: int, row: pandas.Series, noise: str = "additive") -> float:
    """Return the midpoint that the paper's Table 1 or 4 prints for a network, NaN if it prints none.

    For a sample of a data set it is the number of the whole data set; see `differences`.

    Parameters
    ----------
    number : int
        1 or 4, the number of the table.
    row : pandas.Series
        With the entries dataset, model and batchnorm.
    noise : "additive" or "multiplicative"
        Which noise.
    """
    midpoints = paper.midpoints(number)
    found = (midpoints["dataset"] == grids.original(row["dataset"])) & (midpoints["model"] == row["model"])
    found &= (midpoints["batchnorm"] == row["batchnorm"]) & (midpoints["noise"] == noise)
    return float(midpoints.loc[found, "midpoint"].squeeze()) if found.any() else np.nan


def differences(plan: str, runs: pandas.DataFrame, noise: str = "additive") -> str:
    """Say in what some runs differ from those that the paper's number is of; empty if they may be compared.

    Parameters
    ----------
    plan : str
        The plan of `wn_ref.sweeps.grids` by which the paper's number was made.
    runs : pandas.DataFrame
        Runs that belong together, of a network for which the paper prints a number.
    noise : str
        The kind of noise.

    Returns
    -------
    str
        For example "mnist_sample is a sample; 5 epochs, not 100; 10 noise levels, not 17". More or fewer seeds are no
        difference: they do not move the number, only its uncertainty.
    """
    ours = runs[~without_noise(runs)]
    row = ours.iloc[0]
    theirs = _published(plan, noise, grids.original(row["dataset"]), row["model"], bool(row["batchnorm"]))
    reasons = []
    for name in (*OF_TRAINING, "gradient"):
        ours_is, theirs_is = row.get(name, theirs[name].iloc[0]), theirs[name].iloc[0]
        sizes_of_a_sample = name in ("train_size", "test_size") and row["dataset"] != grids.original(row["dataset"])
        if ours_is == theirs_is or sizes_of_a_sample or name == "clamp":
            continue
        if name == "dataset":
            kind = "sample" if ours_is.endswith("_sample") else f"part of {theirs_is}"
            reasons.append(f"{ours_is} is a {kind}")
        else:
            reasons.append(f"{worded(name, ours_is)}, not {worded(name, theirs_is)}")
    levels = (np.unique(part[list(LEVEL)].to_numpy(float), axis=0) for part in (ours, theirs))
    return "; ".join(filter(None, [*reasons, _other_levels(*levels)]))


def _other_levels(ours: np.ndarray, theirs: np.ndarray) -> str:
    """Say in what noise levels differ, each (levels, 2): in their number, or in where they are."""
    if len(ours) != len(theirs):
        return f"{len(ours)} noise levels, not {len(theirs)}"
    if np.allclose(ours, theirs, rtol=1e-6, atol=0):
        return ""
    other = ~np.isclose(ours, theirs, rtol=1e-6, atol=0).all(axis=1)
    first = (" and ".join(f"{sigma:g}" for sigma in levels[other][0] if sigma) for levels in (ours, theirs))
    return "{} {}, not {}".format("sigma" if len(ours) == 1 else "noise levels such as", *first)


@lru_cache
def _published(plan: str, noise: str, dataset: str, model: str, batchnorm: bool) -> pandas.DataFrame:
    """Return the settings of the paper's runs, one row for each."""
    experiments = grids.plan(plan, "paper", noise, dataset, model, batchnorm)
    runs = pandas.DataFrame([experiment.row() for experiment in experiments])
    runs = prepared(runs.assign(accuracy=np.nan, tested=0, classes=0))
    return runs[~without_noise(runs)]

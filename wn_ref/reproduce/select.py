"""Which runs of a table a figure needs.

The functions that take only `runs` return a mask, one True or False per row: ``runs[at_one_point(runs)]``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wn_ref import paper
from wn_ref.errors import InputError
from wn_ref.figures.style import network_name
from wn_ref.injection import ALL, GLOBAL
from wn_ref.lazy import pandas

MAXIMUM_NOISE = 1e9
"""Multiplicative noise of this sigma or more is "maximum noise" (section 6) and not a point on a curve."""
NETWORK_COLUMNS = ("dataset", "model", "batchnorm", "epochs")
"""The columns that tell one network from another."""
COLUMNS = (
    *("dataset", "model", "batchnorm", "epochs", "seed", "phase", "clamp", "point", "name", "executions"),
    *("sigma_mul", "sigma_add", "first", "gradient", "accuracy", "tested", "classes"),
)
"""The columns that every table of runs has to have."""


class NoRuns(Exception):
    """A table has none of the runs that a figure needs; the message completes "runs with ..."."""


@dataclass(frozen=True)
class Choice:
    """The network that a figure shows, where the table of runs holds several.

    Attributes
    ----------
    dataset, model, batchnorm : optional
        The value that these columns must have; None takes the only one there is.
    point : int, optional
        The injection point of Figures 4, 6 and 8.
    """

    dataset: str | None = None
    model: str | None = None
    batchnorm: bool | None = None
    point: int | None = None


def only_additive(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs with additive noise and no multiplicative noise."""
    return (runs["sigma_add"] > 0) & (runs["sigma_mul"] == 0)


def only_multiplicative(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs with multiplicative noise below maximum noise and no additive noise."""
    return (runs["sigma_mul"] > 0) & (runs["sigma_add"] == 0) & (runs["sigma_mul"] < MAXIMUM_NOISE)


def without_noise(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs without noise."""
    return (runs["sigma_mul"] == 0) & (runs["sigma_add"] == 0)


def at_one_point(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs of walking noise: it is injected at one point, not at several."""
    return ~runs["name"].isin([GLOBAL, ALL])


def choose(runs: pandas.DataFrame, what: str, choice: Choice, same: tuple[str, ...]) -> pandas.DataFrame:
    """Keep the runs of the chosen network and check that they are what a figure can show.

    Parameters
    ----------
    runs : pandas.DataFrame
        The runs of the right kind, of all networks.
    what : str
        What these runs have, for the message: "walking additive noise".
    choice : Choice
        The network to keep.
    same : tuple of str
        The columns that must have the same value in all runs that are kept.

    Raises
    ------
    NoRuns
        If no runs are left.
    InputError
        If a column of `same` has several values.
    """
    for name in ("dataset", "model", "batchnorm", "point"):
        wanted = getattr(choice, name)
        if wanted is not None:
            runs = runs[runs[name] == wanted]
    if not len(runs):
        raise NoRuns(what)
    for name in same:
        values = sorted(map(str, runs[name].unique()))
        if len(values) > 1:
            raise InputError(f"{name}: expected the same in all runs, got {', '.join(values)}; choose one of them")
    return runs


def title(runs: pandas.DataFrame, batchnorm: bool = True) -> str:
    """Name the network of some runs and say how long it was trained; `batchnorm` as for `network_name`."""
    row = runs.iloc[0]
    return f"{network_name(row, batchnorm)}, {row['epochs']} epoch{'' if row['epochs'] == 1 else 's'}"


def paper_midpoint(number: int, row: pandas.Series) -> float:
    """Return the midpoint that the paper's Table 1 or 4 prints for a network, NaN if it prints none.

    A sample of a data set is compared with the whole data set: mnist_sample with mnist.

    Parameters
    ----------
    number : int
        1 or 4, the number of the table.
    row : pandas.Series
        With the entries dataset, model and batchnorm, and noise ("additive" or "multiplicative") unless it is additive.
    """
    midpoints = paper.midpoints(number)
    found = (midpoints["dataset"] == row["dataset"].removesuffix("_sample")) & (midpoints["model"] == row["model"])
    found &= (midpoints["batchnorm"] == row["batchnorm"]) & (midpoints["noise"] == row.get("noise", "additive"))
    return float(midpoints.loc[found, "midpoint"].squeeze()) if found.any() else np.nan

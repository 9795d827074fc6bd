"""Which runs of a table a figure needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wn_ref import paper
from wn_ref.errors import InputError
from wn_ref.figures.style import network_name

if TYPE_CHECKING:
    import pandas

MAXIMUM = 1e9
"""Multiplicative noise from here on is no point of a curve, but "maximum noise"."""
NETWORK = ("dataset", "model", "batchnorm", "epochs")
"""The columns that tell networks apart."""


@dataclass(frozen=True)
class Choice:
    """Which network a figure is of, as far as its table of runs holds several; None takes the only one there is."""

    dataset: str | None = None
    model: str | None = None
    batchnorm: bool | None = None
    point: int | None = None


def additive(runs: pandas.DataFrame) -> pandas.Series:
    """Runs with additive noise alone."""
    return (runs["sigma_add"] > 0) & (runs["sigma_mul"] == 0)


def multiplicative(runs: pandas.DataFrame) -> pandas.Series:
    """Runs with multiplicative noise alone, below "maximum noise"."""
    return (runs["sigma_mul"] > 0) & (runs["sigma_add"] == 0) & (runs["sigma_mul"] < MAXIMUM)


def quiet(runs: pandas.DataFrame) -> pandas.Series:
    """Runs without noise."""
    return (runs["sigma_mul"] == 0) & (runs["sigma_add"] == 0)


def walking(runs: pandas.DataFrame) -> pandas.Series:
    """Runs with noise at one point."""
    return ~runs["name"].isin(["global", "all"])


def chosen(runs: pandas.DataFrame, what: str, choice: Choice, only: tuple[str, ...]) -> pandas.DataFrame:
    """Keep the runs of the chosen network, and see that there are some, of one network as far as `only` says."""
    for name in ("dataset", "model", "batchnorm", "point"):
        wanted = getattr(choice, name)
        if wanted is not None:
            runs = runs[runs[name] == wanted]
    if not len(runs):
        raise LookupError(what)
    for name in only:
        values = sorted(map(str, runs[name].unique()))
        if len(values) > 1:
            raise InputError(f"{name}: expected runs of one, got {', '.join(values)}; choose one of them")
    return runs


def title(runs: pandas.DataFrame) -> str:
    """Say which network runs are of, and how long it was trained."""
    row = runs.iloc[0]
    return f"{network_name(row)}, {row['epochs']} epochs"


def published(number: int, row: pandas.Series) -> float:
    """The paper's midpoint of Table 1 or 4 for a network; a sample is compared with the data set that it is of."""
    numbers = paper.midpoints(number)
    same = (numbers["dataset"] == row["dataset"].removesuffix("_sample")) & (numbers["model"] == row["model"])
    same &= (numbers["batchnorm"] == row["batchnorm"]) & (numbers["noise"] == row.get("noise", "additive"))
    return float(numbers.loc[same, "midpoint"].squeeze()) if same.any() else np.nan

"""How much accuracy is left at maximum noise: sigma = 1e10 at each point in turn (section 6, Figures 3, 5 and 9).

    preserved = a(sigma = 1e10) / a(no noise)
    above_chance = (a(sigma = 1e10) - 1/K) / (a(no noise) - 1/K)

The paper speaks of "the ratio of the model accuracy at no noise and the accuracy at maximum noise" and calls it
preserved relative accuracy. What is preserved is the second accuracy divided by the first, which is 1 if nothing is
lost. A network that only guesses still preserves chance / a(no noise), which depends on the data set; `above_chance` is
0 for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from wn_ref.datasets import CATALOG
from wn_ref.errors import InputError, require_number
from wn_ref.findings.alike import (
    count_in,
    has_own_noise,
    listed,
    prepared,
    require_alike,
    require_one_network,
    require_runs,
)
from wn_ref.fits import accuracy_uncertainty
from wn_ref.lazy import pandas


def preserved(
    runs: pandas.DataFrame, by: Sequence[str] = ("point", "name"), guess: float | None = None
) -> pandas.DataFrame:
    """Compare runs at maximum noise with runs without noise.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of `wn_ref.sweep` for one network and data set. Runs with the largest `sigma_mul`, one per point and seed,
        are those at maximum noise, whether they ended or not; runs without any noise are the baseline. Runs that
        stopped with an error are left out.
    by : sequence of str
        The columns that distinguish one point from another.
    guess : float, optional
        The best accuracy of a network that gives all images the same class, a share < 1. By default that of a published
        data set, and 1 / K for one's own, of which a table does not know how frequent each class is: `Experiment.entry`
        does.

    Returns
    -------
    pandas.DataFrame
        One row per point:

        - the columns `by`;
        - accuracy, uncertainty: at maximum noise (see `accuracy_uncertainty`);
        - clean, clean_uncertainty: the same of the baseline;
        - preserved, above_chance and their standard errors preserved_std, above_chance_std, as if the errors of the two
          accuracies were independent; NaN if the baseline is not better than guessing by two standard errors;
        - chance: 1 / K;
        - guess: as given, which is more than 1 / K where classes are not equally frequent (11.35 % on MNIST);
        - preserved_chance: chance / clean, the value of preserved if everything is lost;
        - seeds: the number of seeds at maximum noise; one that was run twice counts once.

    Raises
    ------
    InputError
        If there are no runs, none without noise, or none with noise; or if they are of several networks, data sets or
        trainings, or those of one point have several kinds of noise; or if `guess` is not a share.

    Examples
    --------
    >>> runs = pandas.DataFrame({"point": ["global", 7, 10], "name": ["global", "dense3", "dense4"]})
    >>> runs = runs.assign(sigma_mul=[0, 1e10, 1e10], sigma_add=0.0, accuracy=[0.9, 0.72, 0.1])
    >>> table = preserved(runs.assign(classes=10, tested=2000))
    >>> table[["name", "preserved", "above_chance"]].round(3).to_numpy().tolist()
    [['dense3', 0.8, 0.775], ['dense4', 0.111, 0.0]]
    """
    by = listed(by)
    if guess is not None:
        guess = require_number("guess", guess, "an accuracy 0 <= guess < 1", least=0, below=1)
    runs = prepared(require_runs(runs, by))
    largest = runs["sigma_mul"].max()
    noisy = runs[(runs["sigma_mul"] == largest) & (largest > 0)].dropna(subset="accuracy")
    without = (runs["sigma_mul"] == 0) & (runs["sigma_add"] == 0) & ~has_own_noise(runs)
    quiet = runs[without].dropna(subset="accuracy")
    if not len(quiet) or not len(noisy):
        got = f"{len(noisy)} at the largest level and {len(quiet)} without that ended"
        raise InputError(f"runs: expected some with and some without noise, got {got}; run both")
    require_one_network(pandas.concat([quiet, noisy]))
    require_alike(noisy, "sigma_mul", by)
    chance, size = 1 / count_in(runs, "classes"), count_in(runs, "tested")
    cleans = _of_seeds(quiet)
    clean, clean_std = cleans.mean(), float(accuracy_uncertainty(cleans, size))
    entry = CATALOG.get(runs["dataset"].iloc[0]) if "dataset" in runs else None
    guess = guess if guess is not None else entry.guess if entry else chance
    rows = []
    for key, same in noisy.groupby(list(by), sort=True, dropna=False):
        accuracies = _of_seeds(same)
        a, std = accuracies.mean(), float(accuracy_uncertainty(accuracies, size))
        row: dict[str, Any] = dict(zip(by, key, strict=True))
        row |= {"accuracy": a, "uncertainty": std, "clean": clean, "clean_uncertainty": clean_std}
        for name, floor in (("preserved", 0.0), ("above_chance", chance)):
            known = clean - max(floor, guess) > 2 * clean_std  # else there is nothing to be preserved
            row[name] = (a - floor) / (clean - floor) if known else math.nan
            row[f"{name}_std"] = math.hypot(std, row[name] * clean_std) / (clean - floor) if known else math.nan
        row |= {"chance": chance, "guess": guess, "preserved_chance": chance / clean if clean > 0 else math.nan}
        rows.append(row | {"seeds": len(accuracies)})
    return pandas.DataFrame(rows)


def _of_seeds(runs: pandas.DataFrame) -> np.ndarray:
    """Return an accuracy for each seed, (seeds,); a table without seeds has one in each row."""
    if "seed" not in runs:
        return runs["accuracy"].to_numpy()
    return runs.groupby("seed")["accuracy"].mean().to_numpy()


def lost(table: pandas.DataFrame, errors: float = 3.0) -> np.ndarray:
    """Which points are no better than guessing.

    Parameters
    ----------
    table : pandas.DataFrame
        From `preserved`.
    errors : float
        A point is better than guessing if its accuracy exceeds the column `guess` by more than this number of standard
        errors.

    Returns
    -------
    np.ndarray
        bool, (points,).

    Raises
    ------
    InputError
        If there is no such table, or the number of standard errors is not a number >= 0.
    """
    require_number("errors", errors, "a number of standard errors >= 0", least=0)
    table = require_runs(table, ("accuracy", "guess", "uncertainty"))
    return ~(table["accuracy"] - table["guess"] > errors * table["uncertainty"]).to_numpy()

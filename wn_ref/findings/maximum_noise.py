"""How much accuracy is left at maximum noise: sigma = 1e10 at each point in turn (section 6, Figures 3, 5 and 9).

    preserved = a(sigma = 1e10) / a(no noise)
    above_chance = (a(sigma = 1e10) - 1/K) / (a(no noise) - 1/K)

The paper says "the ratio of the model accuracy at no noise and the accuracy at maximum noise" and calls it preserved
relative accuracy: what is preserved is the second over the first, which is 1 if nothing is lost. It never falls to 0
but to that of guessing over that without noise, which depends on the data set; `above_chance` is 0 there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from wn_ref.errors import InputError
from wn_ref.fit import accuracy_uncertainty

if TYPE_CHECKING:
    import pandas


def preserved(runs: pandas.DataFrame, by: tuple[str, ...] = ("point", "name")) -> pandas.DataFrame:
    """Compare runs at maximum noise with runs without noise.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of `wn_ref.sweep` for one network and data set: those with the largest `sigma_mul` are the noisy ones
        (one of them a point and seed), those without noise at all the baseline. Runs that stopped are left out.
    by : sequence of str
        The columns that tell points apart.

    Returns
    -------
    pandas.DataFrame
        A row a point: the columns `by`, accuracy, uncertainty (of `accuracy_uncertainty`), clean (the baseline's
        accuracy), preserved and above_chance, preserved_std and above_chance_std (of both accuracies' uncertainties,
        taken as independent), chance (1 / K), preserved_chance (chance / clean, where preserved ends if all is lost)
        and seeds.

    Raises
    ------
    InputError
        If there is no run without noise, or none with.
    """
    import pandas

    runs = runs.dropna(subset="accuracy")
    largest = runs["sigma_mul"].max()
    noisy = runs[(runs["sigma_mul"] == largest) & (largest > 0)]
    quiet = runs[(runs["sigma_mul"] == 0) & (runs["sigma_add"] == 0)]
    if not len(quiet) or not len(noisy):
        raise InputError(
            f"runs: expected some with and some without noise, got {len(noisy)} and {len(quiet)}; run both"
        )
    chance, size = 1 / int(runs["classes"].iloc[0]), int(runs["tested"].iloc[0])
    clean, clean_std = quiet["accuracy"].mean(), float(accuracy_uncertainty(quiet["accuracy"].to_numpy(), size))
    rows = []
    for key, same in noisy.groupby(list(by), sort=True):
        accuracies = same["accuracy"].to_numpy()
        a, std = accuracies.mean(), float(accuracy_uncertainty(accuracies, size))
        row = dict(zip(by, key, strict=True)) | {"accuracy": a, "uncertainty": std, "clean": clean}
        for name, floor in (("preserved", 0.0), ("above_chance", chance)):
            row[name] = (a - floor) / (clean - floor)
            row[f"{name}_std"] = math.hypot(std, row[name] * clean_std) / (clean - floor)
        rows.append(row | {"chance": chance, "preserved_chance": chance / clean, "seeds": len(same)})
    return pandas.DataFrame(rows)


def lost(table: pandas.DataFrame, errors: float = 3.0) -> np.ndarray:
    """Which rows of `preserved` are no better than guessing, within so many standard errors; bool, (points,)."""
    return (table["accuracy"] - table["chance"] <= errors * table["uncertainty"]).to_numpy()

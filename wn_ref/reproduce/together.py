"""Which runs belong together: those that are alike in every setting, but for what a figure or table varies itself.

Runs of one curve differ in their seed and in the sigma of their noise. A figure may vary more: Figure 2 varies the
point, the phase, batch norm and clamping. `separate` keeps apart whatever else differs, and all figures and tables use
it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wn_ref.datasets import CATALOG
from wn_ref.errors import InputError, require_choice
from wn_ref.experiment import Experiment
from wn_ref.findings import alike
from wn_ref.findings.alike import LEVEL
from wn_ref.fits.levels import SAME
from wn_ref.lazy import pandas
from wn_ref.noise import Noise

OWN_NOISE = "own_noise"
"""The column that identifies a noise of the user's own; no figure or table of the paper is of such runs."""
OWN = (OWN_NOISE, "own_model", "own_data")
"""What identifies the user's own noise, model and data; the column data has the last for data of every kind."""
SETTINGS = tuple(name for name in alike.SETTINGS if name not in (OWN_NOISE, "own_data", "name", "tested", "classes"))
"""The columns that tell apart runs that do not belong together, as far as a table has them."""
CHOICES = (*SETTINGS, "sigmas")
"""What a `choice` may name; each has an option of `wn-ref figure`, `table` and `report`."""


def prepared(runs: pandas.DataFrame) -> pandas.DataFrame:
    """Make equal what means the same, and drop runs that repeat another one or have a noise of the user's own.

    Besides what `wn_ref.findings.alike.prepared` does:

    - `gradient` is empty without multiplicative noise, and `first` the default unless there are two kinds of noise.
    - `train_size` and `test_size` are numbers, also where they were None.
    """
    runs = runs[~alike.has_own_noise(runs)]
    if len(runs):
        runs = alike.prepared(runs.reset_index(drop=True))
    multiplicative = runs["sigma_mul"] > 0
    sizes = {}
    for name in ("train_size", "test_size"):
        if name in runs:
            all_images = runs["dataset"].map({dataset: getattr(entry, name) for dataset, entry in CATALOG.items()})
            sizes[name] = runs[name].where(runs[name].notna(), all_images)
    runs = runs.assign(
        **sizes,
        gradient=runs["gradient"].where(multiplicative, ""),
        first=runs["first"].where(multiplicative & (runs["sigma_add"] > 0), Noise().first),
    )
    failed_last = runs.iloc[runs["accuracy"].isna().to_numpy().argsort(kind="stable")]
    repeated = failed_last.duplicated([*settings_in(runs), *LEVEL, "seed"])
    return runs[~repeated.loc[runs.index]]


def settings_in(runs: pandas.DataFrame) -> list[str]:
    """Return the names in `SETTINGS` that a table has as columns."""
    return [name for name in SETTINGS if name in runs]


def chosen(runs: pandas.DataFrame, choice: Mapping[str, Any]) -> pandas.DataFrame:
    """Keep the runs that have the chosen settings; None chooses nothing.

    Parameters
    ----------
    runs : pandas.DataFrame
        From `prepared`.
    choice : mapping
        {setting: value}, for some of `CHOICES`. A point goes by its name or its number. "sigmas" is a list of noise
        levels: other levels are left out, runs without noise are kept. A gradient keeps runs for which it means
        nothing.

    Raises
    ------
    InputError
        If there is no such setting.
    """
    for name, wanted in choice.items():
        require_choice("choice", name, CHOICES)
        if wanted is None:
            continue
        if name == "sigmas":
            levels = np.array([0.0, *wanted])
            asked = [np.isclose(runs[[level]], levels, rtol=SAME, atol=0).any(axis=1) for level in LEVEL]
            runs = runs[np.logical_and(*asked)]
        elif name == "point":
            runs = runs[(runs["name"] == str(wanted)) | (runs["point"].astype(str) == str(wanted))]
        elif name == "gradient":
            runs = runs[runs["gradient"].isin([wanted, ""])]
        else:
            runs = runs[runs[name] == wanted]
    return runs


def separate(runs: pandas.DataFrame, varied: Sequence[str] = ()) -> list[pandas.DataFrame]:
    """Divide runs into those that belong together.

    Parameters
    ----------
    runs : pandas.DataFrame
        From `prepared`.
    varied : sequence of str
        The settings that may differ within a figure, or within a row of a table.

    Returns
    -------
    list of pandas.DataFrame
        In each, all settings but the varied ones have a single value; in the order of the runs.
    """
    return [same for _, same in runs.groupby(kept_apart(runs, varied), sort=False, dropna=False)]


def require_one(groups: Sequence[pandas.DataFrame], varied: Sequence[str], compared: Sequence[str] = ()) -> None:
    """Check that no two groups of runs would be drawn as the same thing.

    Parameters
    ----------
    groups, varied
        What `separate` returned, and was given.
    compared : sequence of str
        The settings that a figure shows side by side, such as the data set in Figure 5.

    Raises
    ------
    InputError
        If two groups agree in `compared`; the message names a setting that differs, and the option that chooses it.
    """
    firsts = pandas.DataFrame([same.iloc[0] for same in groups])
    for _, drawn_as_one in firsts.groupby(list(compared)) if compared else [((), firsts)]:
        for name in kept_apart(firsts, varied):
            values = list(drawn_as_one[name].unique())
            if len(values) > 1:
                got = ", ".join(sorted(f"{value:g}" if isinstance(value, float) else str(value) for value in values))
                raise InputError(
                    f"{name}: expected the same in all runs, got {got}; choose one of them with {option(name)}"
                )


def kept_apart(runs: pandas.DataFrame, varied: Sequence[str] = ()) -> list[str]:
    """Return the settings that have to agree where others are varied."""
    return [name for name in settings_in(runs) if name not in varied]


def differing(groups: Sequence[pandas.DataFrame], varied: Sequence[str] = ()) -> list[str]:
    """Return the settings, but for the varied ones, in which groups of runs differ."""
    firsts = pandas.DataFrame([same.iloc[0] for same in groups])
    return [name for name in kept_apart(firsts, varied) if firsts[name].nunique(dropna=False) > 1]


def option(name: str) -> str:
    """Return the option of the command line that chooses a setting."""
    word = name.replace("_", "-")
    return f"--{word} or --no-{word}" if isinstance(getattr(Experiment(), name, None), bool) else f"--{word}"

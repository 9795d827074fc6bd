"""What is missing: runs that a sweep has not made yet, and the command that makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from wn_ref.counted import counted
from wn_ref.errors import InputError
from wn_ref.experiment import Experiment
from wn_ref.findings.alike import LEVEL
from wn_ref.lazy import pandas
from wn_ref.own_model import place_of
from wn_ref.reproduce.select import without_noise
from wn_ref.reproduce.words import defaults, points_of, unusual_settings, worded
from wn_ref.sweeps import grids

NETWORK = ("dataset", "model", "batchnorm")
SWEEP_OPTIONS = ("epochs", "batch_size", "learning_rate", "train_size", "test_size")
"""Settings of training that are options of `wn-ref sweep`."""


def missing(
    runs: pandas.DataFrame,
    series: Sequence[str] = (),
    always: Mapping[str, Sequence[str]] | None = None,
    all_points: bool = False,
) -> pandas.DataFrame:
    """List the runs that are missing, compared with the other runs of the same sweep.

    Complete is a sweep that has every seed at every noise level, at every point, in every series.

    Parameters
    ----------
    runs : pandas.DataFrame
        Runs that belong together, failed ones included: they are not missing.
    series : sequence of str
        The columns that tell one series of curves from another, such as "batchnorm". Each combination of values that
        appears has to be complete.
    always : mapping
        {column: values} that every series needs, such as the two phases.
    all_points : bool
        Whether the noise has to be at every point of the network, and not just at those that appear.

    Returns
    -------
    pandas.DataFrame
        One row per missing run: the columns of `series` and `always`, name, sigma_mul, sigma_add and seed.
    """
    always = always or {}
    columns = [*series, *always]
    noisy = runs[~without_noise(runs)]
    seeds = sorted(runs["seed"].unique())
    present = list(noisy[list(series)].drop_duplicates().itertuples(index=False, name=None)) if series else [()]
    gaps = []
    for key in present:
        same = noisy[(noisy[list(series)] == list(key)).all(axis=1)] if series else noisy
        levels = list(same[list(LEVEL)].drop_duplicates().itertuples(index=False, name=None))
        have = set(same[[*always, "name", *LEVEL, "seed"]].itertuples(index=False, name=None))
        names = points_of(same) if all_points else list(noisy["name"].unique())
        for *values, name, level, seed in product(*always.values(), names, levels, seeds):
            if (*values, name, *level, seed) not in have:
                gaps.append((*key, *values, name, *level, seed))
    return pandas.DataFrame(gaps, columns=[*columns, "name", *LEVEL, "seed"])


def caption(gaps: pandas.DataFrame, runs: pandas.DataFrame, left: tuple[int, int] | None = None) -> str:
    """Say in a line how much is missing or has failed: "unfinished: 3 of 40 runs are missing"; empty if nothing.

    Parameters
    ----------
    gaps, runs : pandas.DataFrame
        The missing runs, and those that are there.
    left : (int, int), optional
        The latest sweep and how many runs it has not made. It is named if some of the runs are of this sweep.
    """
    parts, failed = [], int(runs["accuracy"].isna().sum())
    if len(gaps):
        names = list(gaps["name"].unique())
        at = f" (noise at {', '.join(names)})" if len(names) <= 3 else ""
        verb = "is" if len(gaps) == 1 else "are"
        parts.append(f"unfinished: {len(gaps)} of {counted(len(gaps) + len(runs), 'run')} {verb} missing{at}")
    elif left and (runs["sweep"] == left[0]).any():
        parts.append(f"unfinished: the latest sweep has {counted(left[1], 'run')} left")
    if failed:
        parts.append(f"{counted(failed, 'run')} failed")
    return "; ".join(parts)


def completing(sweeps: Sequence[str], runs: pandas.DataFrame, gaps: pandas.DataFrame, store: str | Path) -> list[str]:
    """Return what makes missing runs: commands, or what to do in Python.

    Parameters
    ----------
    sweeps : sequence of str
        Plans with their noise, such as "walking --noise additive".
    runs, gaps : pandas.DataFrame
        Runs that belong together, and those that are missing among them.
    store : str or Path
        The file that the runs go to.
    """
    row = runs.iloc[0].to_dict()
    others = [name for name in unusual_settings(row) if name not in (*SWEEP_OPTIONS, *NETWORK, "clamp")]
    if others and len(gaps):
        return [f"in Python, wn_ref.sweep with {', '.join(worded(name, row[name]) for name in others)}"]
    series = [name for name in ("batchnorm", "clamp", "gradient") if name in gaps]
    made = []
    for _, gap in gaps.drop_duplicates(series).iterrows() if series else gaps.head(1).iterrows():
        for sweep in sweeps:
            other_noise = "--noise" in sweep and ("multiplicative" in sweep) != (gap["sigma_mul"] > 0)
            other_clamp = "clamp" in gap and gap["clamp"] != sweep.startswith("clamped")
            if not (other_noise or other_clamp):
                made.append(f"{command(sweep, row | gap[series].to_dict(), store)}{_grid(sweep, runs)}")
    return made


def command(sweep: str, settings: Mapping[str, Any], store: str | Path) -> str:
    """Return the complete command that makes runs, with the noise levels and seeds of the small grid.

    Parameters
    ----------
    sweep : str
        The plan and its noise, such as "walking --noise additive".
    settings : mapping
        Fields of `Experiment`; what it does not have takes its default. More options than dataset, model and batch norm
        are given only where they are not the default.
    store : str or Path
        The file that the runs go to.
    """
    said = dict(zip(words := sweep.split(), words[1:]))
    network = {name: said.get(f"--{name}", settings.get(name, getattr(Experiment(), name))) for name in NETWORK[:2]}
    own_model, own_data = (settings.get(f"own_{name}") for name in ("model", "data"))
    if isinstance(own_model, str) and own_model:
        network["model"] = place_of(own_model)
    elif not (isinstance(own_data, str) and own_data):
        try:
            grids.plan(words[0], **network)
        except InputError:  # such as LeNet-5 on images that are too small for it, or multi without a row in Table 3
            network["dataset"] = Experiment().dataset
    usual = defaults(network["dataset"])
    words = [
        "wn-ref sweep",
        sweep,
        *(f"--{name} {value}" for name, value in network.items() if f"--{name}" not in said),
    ]
    if "batchnorm" not in sweep:
        words.append("--batchnorm" if settings.get("batchnorm", True) else "--no-batchnorm")
    for name in SWEEP_OPTIONS:
        value = settings.get(name, usual[name])
        if not pandas.isna(value) and value != usual[name]:
            words.append(f"--{name.replace('_', '-')} {value:g}")
    if settings.get("gradient") == "straight_through" and "additive" not in sweep and sweep != "clamped":
        words.append("--gradient straight_through")
    return " ".join([*words, f"--store {store}"])


def _grid(sweep: str, runs: pandas.DataFrame) -> str:
    """Return the options for the noise levels and seeds of some runs, empty if they are those of the small grid."""
    row, noisy = runs.iloc[0], runs[~without_noise(runs)]
    plan, kind = sweep.split()[0], "multiplicative" if "multiplicative" in sweep else "additive"
    seeds, levels = set(runs["seed"]), set(noisy[list(LEVEL)].itertuples(index=False, name=None))
    for grid, option in (("small", ""), ("paper", " --grid paper")):
        try:
            made = grids.plan(plan, grid, kind, row["dataset"], row["model"], bool(row["batchnorm"]))
        except InputError:  # Table 3 has no such network
            continue
        planned = {(e.noise.sigma_mul, e.noise.sigma_add) for e in made if e.noise}
        trained_alike = grid == "small" or made[0].epochs == row["epochs"]
        if seeds <= {e.seed for e in made} and levels <= planned and trained_alike:
            return option
    sigmas = sorted({sigma for level in levels for sigma in level} - {0.0})
    levels_once = dict.fromkeys(f"{sigma:.12g}" for sigma in sigmas)  # those that agree to 12 digits are one
    return f" --sigmas {','.join(levels_once)} --seeds {max(seeds) + 1}"

"""The paper's tables: our numbers beside those that it prints."""

from __future__ import annotations

import numpy as np

from wn_ref import paper
from wn_ref.findings import weight_growth
from wn_ref.findings.robustness import midpoint_of, midpoints
from wn_ref.injection import WEIGHTED, kind_of
from wn_ref.lazy import pandas
from wn_ref.reproduce.select import (
    NETWORK_COLUMNS,
    Choice,
    NoRuns,
    at_one_point,
    choose,
    only_additive,
    only_multiplicative,
    paper_midpoint,
    without_noise,
)


def table_1(runs: pandas.DataFrame, choice: Choice) -> pandas.DataFrame:
    """Midpoints of global noise in training, one row per network and kind of noise."""
    return _global_midpoints(1, "training", runs, choice)


def table_2(runs: pandas.DataFrame, choice: Choice) -> pandas.DataFrame:
    """Mean |w| without clamping over mean |w| with it, one row per layer with weights.

    The noise is at the output of that layer, and its sigma is the one in the table of runs that is closest to the
    midpoint of the unclamped network.
    """
    what = "walking additive noise in training, both with and without clamped weights"
    runs = runs[only_additive(runs) & at_one_point(runs) & (runs["phase"] == "training")]
    runs = runs[runs["name"].map(kind_of).isin(WEIGHTED)]
    runs = choose(runs, what, choice, ("dataset", "model"))
    rows = []
    for (batchnorm, name), same in runs.groupby(["batchnorm", "name"], sort=False):
        unclamped, clamped = same[~same["clamp"]], same[same["clamp"]]
        if not len(unclamped) or not len(clamped):
            raise NoRuns(what)
        mu = midpoint_of(unclamped).midpoint
        levels = np.intersect1d(unclamped["sigma_add"], clamped["sigma_add"])
        sigma = levels[np.argmin(np.abs(np.log(levels / mu)))] if np.isfinite(mu) else levels[-1]
        magnitudes = [
            list(part[part["sigma_add"] == sigma].sort_values("seed")["weight_magnitudes"])
            for part in (unclamped, clamped)
        ]
        ratios = weight_growth.unclamped_over_clamped(*magnitudes)
        row = {"batchnorm": batchnorm, "sigma": sigma, "midpoint": mu}
        rows.append(row | ratios[ratios["layer"] == name].iloc[0].to_dict())
    return pandas.DataFrame(rows)


def table_3(runs: pandas.DataFrame, choice: Choice) -> pandas.DataFrame:
    """Accuracy under additive noise, one row per network, sigma and list of executions.

    The paper's accuracy is beside a row if it is for the same executions: any uniform list, or the same guided one.
    """
    runs = runs[only_additive(runs) & runs["executions"].notna()]
    runs = choose(runs, "additive noise and several executions", choice, ())
    runs = runs.assign(executions=runs["executions"].map(lambda counts: " ".join(map(str, counts))))
    by = ["dataset", "model", "batchnorm", "sigma_add", "executions"]
    ours = runs.groupby(by, sort=False)["accuracy"].agg(["mean", "std", "count"]).reset_index()
    printed = paper.table(3)
    printed["batchnorm"] = printed["batchnorm"] == "with"
    return ours.assign(paper=[_paper_accuracy(printed, row) for _, row in ours.iterrows()])


def table_4(runs: pandas.DataFrame, choice: Choice) -> pandas.DataFrame:
    """Midpoints of global noise at inference only, one row per network and kind of noise."""
    return _global_midpoints(4, "inference", runs, choice)


def _global_midpoints(number: int, phase: str, runs: pandas.DataFrame, choice: Choice) -> pandas.DataFrame:
    runs = runs[(runs["name"] == "global") & (runs["phase"] == phase) & ~runs["clamp"]]
    runs = choose(runs[~without_noise(runs)], f"global noise in the phase {phase!r}", choice, ())
    kinds = (("additive", only_additive, "sigma_add"), ("multiplicative", only_multiplicative, "sigma_mul"))
    fits = [
        midpoints(runs[mask(runs)], [*NETWORK_COLUMNS, "gradient"], sigma).assign(noise=noise)
        for noise, mask, sigma in kinds
        if mask(runs).any()
    ]
    table = pandas.concat(fits, ignore_index=True)
    table["paper"] = [paper_midpoint(number, row) for _, row in table.iterrows()]
    return table[[*NETWORK_COLUMNS, "noise", "gradient", "midpoint", "low", "high", "kind", "paper"]]


def _paper_accuracy(printed: pandas.DataFrame, row: pandas.Series) -> float:
    """Return the accuracy, 0 to 1, that the paper's Table 3 prints for a row of ours, NaN if it prints none."""
    found = (printed["dataset"] == row["dataset"].removesuffix("_sample")) & (printed["model"] == row["model"])
    found &= printed["batchnorm"] == row["batchnorm"]
    kind = "uniform" if len(set(row["executions"].split())) == 1 else "guided"
    if kind == "guided":
        found &= printed["guided_executions"] == row["executions"]
    return float(printed.loc[found, f"{kind}_accuracy"].iloc[0]) / 100 if found.any() else np.nan

"""The paper's tables, one function for each: from runs that belong together to rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from wn_ref import paper
from wn_ref.findings import weight_growth
from wn_ref.findings.robustness import LEAST_LEVELS, TOO_FEW, curve, midpoint_as_printed, midpoint_of
from wn_ref.fits import CONFIDENCE
from wn_ref.injection import WEIGHTED, kind_of
from wn_ref.lazy import pandas
from wn_ref.reproduce.comparison import differences, paper_midpoint
from wn_ref.reproduce.words import points_of
from wn_ref.sweeps import grids

Rows = list[dict[str, Any]]
NOT_EVERYWHERE = "no noise at batch norm's outputs, where Table 4 seems to have it (see the reproduction)"


def table_1(runs: pandas.DataFrame) -> Rows:
    """Midpoint of global noise in training."""
    return _global_midpoint(1, runs)


def table_2(runs: pandas.DataFrame) -> Rows:
    """Mean |w| without clamping over mean |w| with it, one row per layer with weights.

    The noise is at the output of that layer, and its sigma is the one that both networks were trained with and that is
    closest to the midpoint of the unclamped network. Layers without such runs are left out.
    """
    rows = []
    layers = [name for name in points_of(runs) if kind_of(name) in WEIGHTED]
    for number, name in enumerate(layers):
        here = runs[runs["name"] == name]
        unclamped, clamped = here[~here["clamp"]], here[here["clamp"]]
        both = unclamped.merge(clamped, on=["sigma_add", "seed"], suffixes=("", "_clamped"))
        if not len(both):
            continue
        mu = midpoint_of(unclamped).midpoint
        levels = np.unique(both["sigma_add"])
        sigma = levels[np.argmin(np.abs(np.log(levels / mu)))] if np.isfinite(mu) else levels[-1]
        pairs = both[both["sigma_add"] == sigma].sort_values("seed")
        magnitudes = [list(pairs[column]) for column in ("weight_magnitudes", "weight_magnitudes_clamped")]
        ratios = weight_growth.unclamped_over_clamped(*magnitudes)
        rows.append({"sigma": sigma, "midpoint": mu} | ratios[ratios["layer"] == name].iloc[0].to_dict())
        if (grids.original(here["dataset"].iloc[0]), here["model"].iloc[0]) == ("cifar10", "lenet5"):
            printed = paper.table(2)["with_bn" if here["batchnorm"].iloc[0] else "without_bn"]
            rows[-1] |= {"paper": printed.iloc[number], "differs": differences("walking", unclamped)}
    return rows


def table_3(runs: pandas.DataFrame) -> Rows:
    """Accuracy under additive noise, one row per sigma.

    The paper's accuracy is beside a row if it is for the same executions: any uniform list, or the same guided one.
    """
    executions = runs["executions"].iloc[0]
    rows = []
    for sigma, same in runs.groupby("sigma_add", sort=False):
        row = {"sigma": sigma, "executions": executions} | dict(same["accuracy"].agg(["mean", "std"]))
        printed = _paper_accuracy(same.iloc[0])
        if np.isfinite(printed):
            row |= {"paper": printed, "differs": differences("multi", same)}
        rows.append(row)
    return rows


def table_4(runs: pandas.DataFrame) -> Rows:
    """Midpoint of global noise at inference only.

    With batch norm, the MLP's numbers come out with noise at its outputs, too, which global noise leaves out.
    """
    (row,) = _global_midpoint(4, runs)
    if row["paper"] > 0 and runs["batchnorm"].iloc[0]:
        row["differs"] = "; ".join(filter(None, [row["differs"], NOT_EVERYWHERE]))
    return [row]


def _global_midpoint(number: int, runs: pandas.DataFrame) -> Rows:
    """Fit the curve of one network under one kind of noise, in ln sigma and as equation 1 is printed."""
    noise, sigma = ("multiplicative", "sigma_mul") if runs["sigma_mul"].iloc[0] > 0 else ("additive", "sigma_add")
    points = curve(runs, sigma)
    row: dict[str, Any] = {"noise": noise, "levels": len(points), "gradient": runs["gradient"].iloc[0]}
    row |= {"midpoint": np.nan, "low": 0.0, "high": np.inf, "kind": TOO_FEW, "as_printed": np.nan}
    if len(points) >= LEAST_LEVELS:
        fit = midpoint_of(runs, sigma)
        low, high = fit.interval(CONFIDENCE)
        printed = midpoint_as_printed(runs, sigma)
        row |= {"midpoint": fit.midpoint, "low": low, "high": high, "kind": fit.kind, "as_printed": printed.midpoint}
    published = paper_midpoint(number, runs.iloc[0], noise)
    return [row | {"paper": published, "differs": differences("global", runs, noise) if published > 0 else ""}]


def _paper_accuracy(row: pandas.Series) -> float:
    """Return the accuracy, 0 to 1, that the paper's Table 3 prints for a row of ours, NaN if it prints none."""
    printed = paper.table(3)
    found = (printed["dataset"] == grids.original(row["dataset"])) & (printed["model"] == row["model"])
    found &= (printed["batchnorm"] == "with") == row["batchnorm"]
    kind = "uniform" if len(set(row["executions"].split())) == 1 else "guided"
    if kind == "guided":
        found &= printed["guided_executions"] == row["executions"]
    return float(printed.loc[found, f"{kind}_accuracy"].iloc[0]) / 100 if found.any() else np.nan

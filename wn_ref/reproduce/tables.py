"""The paper's tables, ours beside the numbers that it prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from wn_ref import paper
from wn_ref.findings import weight_growth
from wn_ref.findings.robustness import midpoint_of, midpoints
from wn_ref.reproduce.select import NETWORK, Choice, additive, chosen, multiplicative, published, quiet, walking

if TYPE_CHECKING:
    import pandas


def global_midpoints(number: int, phase: str) -> Callable[[pandas.DataFrame, Choice], pandas.DataFrame]:
    """Make a table of midpoints of global noise, Table 1 or 4, of all networks in the runs."""

    def make(runs: pandas.DataFrame, choice: Choice) -> pandas.DataFrame:
        import pandas

        runs = runs[(runs["name"] == "global") & (runs["phase"] == phase) & ~runs["clamp"]]
        runs = chosen(runs[~quiet(runs)], f"global noise, phase {phase}", choice, ())
        network, tables = list(NETWORK), []
        for noise, which, sigma in (
            ("additive", additive, "sigma_add"),
            ("multiplicative", multiplicative, "sigma_mul"),
        ):
            rows = runs[which(runs)]
            if len(rows):
                tables.append(midpoints(rows, [*network, "gradient"], sigma).assign(noise=noise))
        fits = pandas.concat(tables, ignore_index=True)
        fits["paper"] = [published(number, row) for _, row in fits.iterrows()]
        return fits[[*network, "noise", "gradient", "midpoint", "low", "high", "kind", "paper"]]

    return make


def table_2(runs: pandas.DataFrame, choice: Choice) -> pandas.DataFrame:
    """Noise at the output of each layer with weights, at the stored level closest to its midpoint."""
    import pandas

    runs = runs[additive(runs) & walking(runs) & (runs["phase"] == "training")]
    runs = runs[runs["name"].str.startswith(("dense", "conv"))]
    runs = chosen(runs, "walking additive noise, with and without clamped weights", choice, ("dataset", "model"))
    rows = []
    for (batchnorm, name), same in runs.groupby(["batchnorm", "name"], sort=False):
        free, held = same[~same["clamp"]], same[same["clamp"]]
        if not len(free) or not len(held):
            raise LookupError("walking additive noise, with and without clamped weights")
        mu = midpoint_of(free).midpoint
        levels = np.intersect1d(free["sigma_add"], held["sigma_add"])
        sigma = levels[np.argmin(np.abs(np.log(levels / mu)))] if np.isfinite(mu) else levels[-1]
        parts = [part[part["sigma_add"] == sigma].sort_values("seed")["weight_magnitudes"] for part in (free, held)]
        ratios = weight_growth.unclamped_over_clamped(*map(list, parts))
        row = {"batchnorm": batchnorm, "sigma": sigma, "midpoint": mu}
        rows.append(row | ratios[ratios["layer"] == name].iloc[0].to_dict())
    return pandas.DataFrame(rows)


def table_3(runs: pandas.DataFrame, choice: Choice) -> pandas.DataFrame:
    """Accuracy under additive noise for each list of executions; the paper's where its list is the same."""
    runs = runs[additive(runs) & runs["executions"].notna()]
    runs = chosen(runs, "additive noise with several executions", choice, ())
    runs = runs.assign(executions=runs["executions"].map(lambda counts: " ".join(map(str, counts))))
    by = ["dataset", "model", "batchnorm", "sigma_add", "executions"]
    found = runs.groupby(by, sort=False)["accuracy"].agg(["mean", "std", "count"]).reset_index()
    published = paper.table(3)
    published["batchnorm"] = published["batchnorm"] == "with"
    cells = []
    for _, row in found.iterrows():
        same = (published["dataset"] == row["dataset"].removesuffix("_sample")) & (published["model"] == row["model"])
        same &= published["batchnorm"] == row["batchnorm"]
        kind = "uniform" if len(set(row["executions"].split())) == 1 else "guided"
        known = published.loc[same & ((kind == "uniform") | (published["guided_executions"] == row["executions"]))]
        cells.append(known[f"{kind}_accuracy"].iloc[0] / 100 if len(known) else np.nan)
    return found.assign(paper=cells)

"""The paper's figures, from tables of results; one style, readable in print and by the colour-blind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# blue and orange as in the paper, from Okabe and Ito's palette for all kinds of colour vision
COLORS = {"inference": "#0072B2", "training": "#D55E00"}
MARKERS = {"inference": "o", "training": "s"}
LABELS = {"inference": "noise at inference only", "training": "noise in training, too"}
BOUNDS = {"lower bound": ("^", "greater than"), "upper bound": ("v", "less than")}
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "figure.dpi": 150,
}


def walking(midpoints: pandas.DataFrame, title: str = "") -> Figure:
    """Layer-specific robustness, like Figure 2: the midpoint at each injection point.

    Parameters
    ----------
    midpoints : pandas.DataFrame
        Rows of `wn_ref.findings.robustness.midpoints`, one a point and phase.
    title : str
        Above the axes.

    Returns
    -------
    matplotlib.figure.Figure
        Midpoints with their 95 % intervals; a triangle up (down) where only a lower (an upper) bound is known.
        Points behind layers with weights have bold names.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogFormatter

    names = midpoints.drop_duplicates("point").sort_values("point")
    with rc_context(STYLE):
        figure = Figure(figsize=(max(5.0, 1.5 + 0.55 * len(names)), 4.2), layout="constrained")
        axes = figure.subplots()
        for shift, phase in zip((-0.1, 0.1), ("inference", "training"), strict=True):
            rows = midpoints[midpoints["phase"] == phase].sort_values("point")
            if len(rows):
                _series(axes, rows, phase, shift)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))  # 2, 3, 6 if decades are few
        axes.set_ylabel("midpoint noise level $\\mu$")
        axes.set_xlabel("injection point")
        ticks = axes.set_xticks(names["point"], [f"{p}\n{name}" for p, name in zip(names["point"], names["name"])])
        for tick, name in zip(ticks, names["name"]):
            if name.startswith(("dense", "conv")):
                tick.label1.set_fontweight("bold")
        axes.tick_params(axis="x", labelsize=9)
        axes.grid(axis="x", visible=False)
        for kind, (marker, label) in BOUNDS.items():
            if kind not in set(midpoints["kind"]):
                continue
            axes.plot([], [], marker=marker, color="grey", markersize=8, linestyle="", label=label)
        axes.legend(loc="best")
        axes.set_title(title, fontsize=10)
    return figure


def _series(axes: Axes, rows: pandas.DataFrame, phase: str, shift: float) -> None:
    """One phase: measured points joined by a line and with error bars, bounds as triangles."""
    color = COLORS[phase]
    known = rows[rows["kind"] == "measured"]
    x, mu = known["point"] + shift, known["midpoint"]
    bars = np.array([mu - known["low"], known["high"] - mu])
    style = {"color": color, "marker": MARKERS[phase], "markersize": 5, "linewidth": 1, "capsize": 3}
    axes.errorbar(x, mu, bars, label=LABELS[phase], **style)
    for _, row in rows[rows["kind"].isin(["lower bound", "upper bound"])].iterrows():
        lower = row["kind"] == "lower bound"
        bound = row["low"] if lower else row["high"]
        axes.plot(row["point"] + shift, bound, marker=BOUNDS[row["kind"]][0], color=color, markersize=8, linestyle="")

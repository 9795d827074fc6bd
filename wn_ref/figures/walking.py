"""Layer-specific robustness: Figures 2, 10 and 11."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wn_ref.figures.style import BLUE, GREEN, ORANGE, layer_axis, log_axis, panels
from wn_ref.lazy import pandas

SERIES = {  # (phase, clamp): colour and marker as in the paper, and the entry in the legend
    ("inference", False): (BLUE, "o", "noise at inference only"),
    ("training", False): (ORANGE, "s", "noise in training, too"),
    ("inference", True): ("grey", "P", "noise at inference only, weights clamped"),
    ("training", True): (GREEN, "D", "noise in training, weights clamped"),
}
BOUNDS = {"lower bound": ("^", "greater than"), "upper bound": ("v", "less than")}


def walking(midpoints: pandas.DataFrame, title: str = "") -> Figure:
    """Draw the midpoint at each injection point, like Figure 2.

    Parameters
    ----------
    midpoints : pandas.DataFrame
        A table from `wn_ref.findings.robustness.midpoints` with one row per point and phase. If it has a column
        `batchnorm`, networks with and without batch norm get one panel each; a column `clamp` tells clamped weights
        apart.
    title : str
        The text above the panels.

    Returns
    -------
    matplotlib.figure.Figure
        Midpoints with their 95 % intervals. Where only a lower bound is known, a triangle points up; where only an
        upper bound is known, it points down. Points after layers with weights have bold names.
    """
    table = midpoints.assign(batchnorm=midpoints.get("batchnorm", True), clamp=midpoints.get("clamp", False))
    kinds = [value for value in (True, False) if value in set(table["batchnorm"])]
    widths = [max(4.0, 1.2 + 0.55 * table.loc[table["batchnorm"] == kind, "point"].nunique()) for kind in kinds]
    sharing = {"sharey": True, "gridspec_kw": {"width_ratios": widths}}
    with panels(sum(widths), 4.2, 1, len(kinds), **sharing) as (figure, axes):
        for batchnorm, panel in zip(kinds, axes[0]):
            rows = table[table["batchnorm"] == batchnorm]
            _panel(panel, rows)
            if len(kinds) > 1:
                panel.set_title(f"{'with' if batchnorm else 'without'} batch norm")
        axes[0, 0].set_ylabel("midpoint noise level $\\mu$")
        shown = {label: line for panel in axes[0] for line, label in zip(*panel.get_legend_handles_labels())}
        ncols = 2 if len(kinds) == 1 else 3
        figure.legend(shown.values(), shown.keys(), loc="outside lower center", ncols=ncols, fontsize=9)
        figure.suptitle(title, fontsize=10)
    return figure


def _panel(axes: Axes, rows: pandas.DataFrame) -> None:
    """Draw all series of one network, shifted sideways so that their error bars do not hide each other."""
    present = [key for key in SERIES if len(_rows_of(rows, key))]
    for number, key in enumerate(present):
        _series(axes, _rows_of(rows, key), key, 0.14 * (number - (len(present) - 1) / 2))
    for kind, (marker, label) in BOUNDS.items():
        if kind in set(rows["kind"]):
            axes.plot([], [], marker=marker, color="black", markersize=8, linestyle="", label=label)
    axes.set_yscale("log")
    log_axis(axes.yaxis)
    names = rows.drop_duplicates("point").sort_values("point")
    layer_axis(axes, names["point"], names["name"])


def _rows_of(rows: pandas.DataFrame, key: tuple[str, bool]) -> pandas.DataFrame:
    """Return the rows of one series, (phase, clamp), in order of the points."""
    return rows[(rows["phase"] == key[0]) & (rows["clamp"] == key[1])].sort_values("point")


def _series(axes: Axes, rows: pandas.DataFrame, key: tuple[str, bool], shift: float) -> None:
    """Draw measured midpoints with error bars, joined by a line, and bounds as triangles."""
    color, marker, label = SERIES[key]
    # at a point that is only bounded the numbers are NaN, which breaks the line
    known = rows[["midpoint", "low", "high"]].where(rows["kind"] == "measured").to_numpy(float)
    x, (mu, low, high) = rows["point"] + shift, known.T
    axes.errorbar(
        x, mu, [mu - low, high - mu], label=label, color=color, marker=marker, markersize=5, linewidth=1, capsize=3
    )
    for _, row in rows[rows["kind"].isin(BOUNDS)].iterrows():
        bound = row["low"] if row["kind"] == "lower bound" else row["high"]
        axes.plot(row["point"] + shift, bound, marker=BOUNDS[row["kind"]][0], color=color, markersize=8, linestyle="")

"""What is left of accuracy under more noise than anything averages out: Figures 3, 5 and 9."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wn_ref.figures.style import PALETTE, SHAPES, layer_axis, panels, percent_axis

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure


def preserved(table: pandas.DataFrame, column: str = "preserved", title: str = "") -> Figure:
    """Draw the accuracy with noise at one point after the other.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `wn_ref.findings.maximum_noise.preserved`, with the columns label (a data set or a kind of gradient, say),
        error (half the length of error bars) and chance (what guessing comes to).
    column : "preserved" or "accuracy"
        Accuracy over accuracy without noise (Figures 5 and 9), or accuracy itself (Figure 3).
    """
    names = table.drop_duplicates("point").sort_values("point")
    with panels(max(4.5, 1.2 + 0.55 * len(names)), 3.6) as (figure, axes):
        panel = axes[0, 0]
        groups = list(table.groupby("label", sort=False))
        for number, (label, rows) in enumerate(groups):
            rows = rows.sort_values("point")
            x = rows["point"] + 0.14 * (number - (len(groups) - 1) / 2)
            style = {"color": PALETTE[number], "marker": SHAPES[number], "markersize": 5, "linewidth": 1, "capsize": 3}
            panel.errorbar(x, rows[column], rows["error"], label=label, **style)
        panel.axhline(table["chance"].mean(), color="grey", linestyle=":", linewidth=1, label="guessing")
        panel.set_ylim(0, 1.05)
        percent_axis(panel.yaxis)
        panel.set_ylabel({"preserved": "accuracy preserved"}.get(column, column))
        layer_axis(panel, names["point"], names["name"])
        panel.set_title(title)
        handles, labels = panel.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=9)
    return figure

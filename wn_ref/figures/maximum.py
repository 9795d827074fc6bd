"""The accuracy that is left under maximum noise, sigma = 1e10 at one point: Figures 3, 5 and 9."""

from __future__ import annotations

from matplotlib.figure import Figure

from wn_ref.figures.style import layer_axis, marked, panels, percent_axis
from wn_ref.lazy import pandas

MARK, TEXT = 6, 15
"""Of the legend: how many letters its marks are wide, and how many letters fit into an inch."""


def preserved(table: pandas.DataFrame, column: str = "preserved", title: str = "") -> Figure:
    """Draw the accuracy against the injection point of the noise, one line per label.

    Parameters
    ----------
    table : pandas.DataFrame
        A table from `wn_ref.findings.maximum_noise.preserved` with three more columns: label (for example the data
        set, or the kind of gradient), error (half the length of the error bars) and chance (the value that guessing
        gives, in the units of the column).
    column : "preserved" or "accuracy"
        What to draw: accuracy divided by accuracy without noise (Figures 5 and 9), or accuracy itself (Figure 3).
    title : str
        The text above the panel.
    """
    names = table.drop_duplicates("point").sort_values("point")
    width = max(4.5, 1.2 + 0.55 * len(names))
    with panels(width, 3.6) as (figure, axes):
        panel = axes[0, 0]
        groups = list(table.groupby("label", sort=False))
        several = table["chance"].nunique() > 1
        for number, (label, rows) in enumerate(groups):
            rows = rows.sort_values("point")
            x = rows["point"] + 0.14 * (number - (len(groups) - 1) / 2)
            style = marked(number) | {"markersize": 5, "linewidth": 1, "capsize": 3}
            panel.errorbar(x, rows[column], rows["error"], label=label, **style)
            guessing = {"linestyle": ":", "linewidth": 1, "label": "guessing" if number == 0 else None}
            if number == 0 or several:
                panel.axhline(rows["chance"].mean(), color=style["color"] if several else "grey", **guessing)
        panel.set_ylim(0, max(1.05, 1.02 * (table[column] + table["error"].fillna(0)).max()))
        percent_axis(panel.yaxis)
        panel.set_ylabel({"preserved": "accuracy preserved"}.get(column, column))
        layer_axis(panel, names["point"], names["name"])
        panel.set_title(title)
        handles, labels = panel.get_legend_handles_labels()
        fits = sum(len(label) + MARK for label in labels) <= TEXT * width
        columns = max(1, int(TEXT * width // (max(map(len, labels)) + MARK)))
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels) if fits else columns, fontsize=9)
    return figure

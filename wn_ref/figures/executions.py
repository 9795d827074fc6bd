"""What repeated executions gain: accuracy against their number, and how much the rules differ (Table 3).

A rule says how a total number of executions is divided among the layers: uniform, guided by the midpoints, and so on.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from wn_ref.figures.style import marked, panels, percent_axis
from wn_ref.lazy import pandas

APART = 0.2
"""How far the marks of two rules stand apart, in executions, so that none hides another."""


def pareto(table: pandas.DataFrame, title: str = "") -> Figure:
    """Draw accuracy against the total number of executions, one line per rule; filled marks are efficient.

    Parameters
    ----------
    table : pandas.DataFrame
        A table from `wn_ref.findings.comparison.pareto`, which also defines "efficient".
    title : str
        The text above the panel.
    """
    with panels(5.2, 3.8) as (figure, axes):
        panel = axes[0, 0]
        rules = list(table.groupby("rule", sort=False))
        for number, (rule, rows) in enumerate(rules):
            rows = rows.sort_values("total")
            bars = np.maximum([rows["accuracy"] - rows["low"], rows["high"] - rows["accuracy"]], 0)
            x = rows["total"] + APART * (number - (len(rules) - 1) / 2)
            style = marked(number) | {"linewidth": 1, "capsize": 3, "markersize": 6, "mfc": "white"}
            panel.errorbar(x, rows["accuracy"], bars, label=rule, **style)
            best = rows["efficient"]
            filled = marked(number) | {"linestyle": "", "markersize": 6, "zorder": 3}
            panel.plot(x[best], rows.loc[best, "accuracy"], **filled)
        panel.set_xlabel("total executions (rules side by side)")
        panel.set_ylabel("accuracy")
        percent_axis(panel.yaxis)
        panel.legend(loc="lower right", fontsize=9)
        panel.set_title(title)
    return figure


def differences(tables: dict[str, pandas.DataFrame], title: str = "") -> Figure:
    """Draw how much more accurate one rule is than another, with 95 % intervals, for each total.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        The keys say what is compared, such as "guided - uniform". The values are the rows with seed "all" of
        `wn_ref.findings.comparison.differences`.
    title : str
        The text above the panel.
    """
    with panels(5.2, 3.4) as (figure, axes):
        panel = axes[0, 0]
        for number, (name, rows) in enumerate(tables.items()):
            x = rows["total"] + APART * (number - (len(tables) - 1) / 2)
            bars = [rows["difference"] - rows["low"], rows["high"] - rows["difference"]]
            style = marked(number) | {"linestyle": "", "capsize": 3}
            panel.errorbar(x, 100 * rows["difference"], 100 * np.array(bars), label=name, **style)
        panel.axhline(0, color="grey", linewidth=1)
        panel.set_xlabel("total executions")
        panel.set_ylabel("difference in accuracy (percentage points)")
        panel.legend(loc="best", fontsize=9)
        panel.set_title(title)
    return figure

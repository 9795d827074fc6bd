"""Accuracy under both kinds of noise at once, in both orders: Figure 6."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from wn_ref.figures.style import log_axis, panels
from wn_ref.lazy import pandas

ORDERS = {"multiplicative": "multiplicative noise first", "additive": "additive noise first"}


def mixed(runs: pandas.DataFrame, title: str = "") -> Figure:
    """Draw accuracy over the plane of (sigma_mul, sigma_add), one panel per order.

    Dots mark what was measured; the colours between them are interpolated.

    Parameters
    ----------
    runs : pandas.DataFrame
        Runs of the plan `wn_ref.sweeps.plans.mixed`; they are averaged over seeds here.
    title : str
        The text above the panels.
    """
    orders = [order for order in ORDERS if order in set(runs["first"])]
    with panels(1.0 + 3.6 * len(orders), 3.8, 1, len(orders), sharey=True, sharex=True) as (figure, axes):
        for order, panel in zip(orders, axes[0]):
            grid = runs[runs["first"] == order].pivot_table(index="sigma_add", columns="sigma_mul", values="accuracy")
            x, y = grid.columns.to_numpy(), grid.index.to_numpy()
            filled = panel.contourf(x, y, grid, levels=np.linspace(0, 1, 11), cmap="cividis")
            panel.scatter(*np.meshgrid(x, y), s=4, color="black")
            panel.set(xscale="log", yscale="log", xlabel="multiplicative noise $\\sigma_{mul}$", title=ORDERS[order])
            log_axis(panel.xaxis)
            log_axis(panel.yaxis)
            panel.grid(visible=False)
        axes[0, 0].set_ylabel("additive noise $\\sigma_{add}$")
        figure.colorbar(filled, ax=axes, label="accuracy", format=PercentFormatter(1, decimals=0))
        figure.suptitle(title, fontsize=10)
    return figure

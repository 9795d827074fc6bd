"""Accuracy under both kinds of noise at once, in both orders: Figure 6."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from wn_ref.figures.style import panels
from wn_ref.lazy import pandas

ORDERS = {"multiplicative": "multiplicative noise first", "additive": "additive noise first"}


def mixed(runs: pandas.DataFrame, title: str = "") -> Figure:
    """Draw accuracy over the plane of (sigma_mul, sigma_add), one panel per order.

    Dots mark what was measured; the colours between them are interpolated, linearly in the logarithms.

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
            shown = runs[runs["first"] == order].groupby(["sigma_mul", "sigma_add"])["accuracy"].mean().reset_index()
            x, y = np.log10(shown["sigma_mul"]), np.log10(shown["sigma_add"])
            filled = panel.tricontourf(x, y, shown["accuracy"], levels=np.linspace(0, 1, 11), cmap="cividis")
            panel.scatter(x, y, s=6, color="black", clip_on=False, zorder=3)
            panel.set(xlabel="multiplicative noise $\\sigma_{mul}$", title=ORDERS[order])
            for axis in (panel.xaxis, panel.yaxis):
                axis.set_major_locator(MaxNLocator(6, integer=True))
                axis.set_major_formatter("$10^{{{x:.0f}}}$")
            panel.grid(visible=False)
        axes[0, 0].set_ylabel("additive noise $\\sigma_{add}$")
        figure.colorbar(filled, ax=axes, label="accuracy", format=PercentFormatter(1, decimals=0))
        figure.suptitle(title, fontsize=10)
    return figure

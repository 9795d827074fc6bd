"""Accuracy under both kinds of noise at once, in both orders: Figure 6."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from wn_ref.counted import counted
from wn_ref.errors import InputError
from wn_ref.figures.style import panels
from wn_ref.findings.alike import prepared, require_one_plane
from wn_ref.lazy import pandas

LEVELS = [0, *np.linspace(0.2, 1, 9)]
"""Where colours change: not at 10 %, which is guessing in the paper's data sets, and where accuracies scatter."""
ORDERS = {"multiplicative": "multiplicative noise first", "additive": "additive noise first"}


def mixed(runs: pandas.DataFrame, title: str = "") -> Figure:
    """Draw accuracy over the plane of (sigma_mul, sigma_add), one panel per order.

    Dots mark what was measured; the colours between them are interpolated, linearly in the logarithms: between the four
    corners of each rectangle of the grid, and between those of triangles where pairs of levels are missing.

    Parameters
    ----------
    runs : pandas.DataFrame
        Runs of the plan `wn_ref.sweeps.plans.mixed`, in either order or both; they are averaged over seeds here.
    title : str
        The text above the panels.

    Raises
    ------
    InputError
        If the noise levels of the runs that ended lie on one line, so that there is no area to colour; or if runs
        differ in anything but their noise levels, the order and the seed.
    """
    merged = prepared(runs, ["first"])
    require_one_plane(merged)
    runs = merged.assign(first=runs["first"])
    orders = [order for order in ORDERS if order in set(runs["first"])]
    with panels(1.0 + 3.6 * len(orders), 3.8, 1, len(orders), sharey=True, sharex=True) as (figure, axes):
        for order, panel in zip(orders, axes[0]):
            mean = runs[runs["first"] == order].groupby(["sigma_mul", "sigma_add"])["accuracy"].mean().dropna()
            levels = np.log10(mean.index.to_frame())
            filled = _fill(panel, levels, mean)
            panel.scatter(levels["sigma_mul"], levels["sigma_add"], s=6, color="black", clip_on=False, zorder=3)
            panel.set(xlabel="multiplicative noise $\\sigma_{mul}$", title=ORDERS[order])
            for axis in (panel.xaxis, panel.yaxis):
                axis.set_major_locator(MaxNLocator(6, integer=True))
                axis.set_major_formatter("$10^{{{x:.0f}}}$")
            panel.grid(visible=False)
        axes[0, 0].set_ylabel("additive noise $\\sigma_{add}$")
        figure.colorbar(
            filled, ax=axes, label="accuracy", format=PercentFormatter(1, decimals=0), spacing="proportional"
        )
        figure.suptitle(title, fontsize=10)
    return figure


def _fill(panel: Axes, levels: pandas.DataFrame, mean: pandas.Series) -> ContourSet:
    """Colour the plane of log10 sigma_mul and log10 sigma_add between the accuracies that are known."""
    if not len(levels) or np.linalg.matrix_rank(levels - levels.mean()) < 2:
        got = f"{counted(len(levels), 'pair')} on one line" if len(levels) else "no run that ended"
        raise InputError(f"runs: expected pairs of noise levels that span an area, got {got}; run more levels")
    scale: dict[str, Any] = {"levels": LEVELS, "cmap": "cividis"}
    grid = mean.unstack("sigma_mul")  # a row for each sigma_add
    if grid.isna().any(axis=None):  # triangles alone make stairs of a slope; so they stay behind the rectangles
        panel.tricontourf(levels["sigma_mul"], levels["sigma_add"], mean, **scale)
    return panel.contourf(np.log10(grid.columns), np.log10(grid.index), grid, corner_mask=False, **scale)

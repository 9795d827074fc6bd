"""Accuracy against noise and against epochs: Figures 1, 7 and 8."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wn_ref.figures.style import BLUE, GREEN, NOT_COMPARABLE, ORANGE, PAPER, log_axis, panels, percent_axis
from wn_ref.findings.alike import prepared, require_alike
from wn_ref.fits.midpoint import MidpointFit
from wn_ref.fits.stacked import StackedFit
from wn_ref.lazy import pandas


def midpoint(
    points: pandas.DataFrame, fit: MidpointFit, title: str = "", published: float = np.nan, differs: str = ""
) -> Figure:
    """Draw a curve, its fit by equation 1 and the meaning of the fit's parameters, like Figure 1.

    Parameters
    ----------
    points : pandas.DataFrame
        A table from `wn_ref.findings.robustness.curve`.
    fit : MidpointFit
        The fit to these points.
    title : str
        The text above the panel.
    published : float
        The midpoint that the paper prints, in units of sigma; NaN if it prints none.
    differs : str
        In what the paper's runs differ from these, if they do; its midpoint is grey then, with the reason below.
    """
    with panels(5.2, 4.0) as (figure, axes):
        panel = axes[0, 0]
        _draw_points(panel, points)
        _draw_fit(panel, points, fit, "equation 1, fitted")
        if fit.kind == "measured":
            low, high = fit.interval()
            panel.axvspan(low, high, color=ORANGE, alpha=0.2, linewidth=0)
            panel.axvline(fit.midpoint, color=ORANGE, linewidth=1)
            shown = f"$\\mu$ = {fit.midpoint:.3g}\n({low:.3g} to {high:.3g})"
            place = {"xytext": (8, 0), "textcoords": "offset points", "color": ORANGE}
            panel.annotate(shown, (high, fit.a_min + 1.6 * fit.half_range), **place)
            for level, name in ((fit.a_max, "$a_{max}$"), (fit.a_min, "$a_{min}$")):
                panel.axhline(level, color="grey", linestyle=":", linewidth=1)
                panel.annotate(name, (1, level), xycoords=("axes fraction", "data"), va="center", color="grey")
        elif fit.kind != "open":
            upper_right: dict[str, Any] = {"xy": (0.98, 0.97), "ha": "right", "va": "top"}
            free = {"xy": (0.03, 0.05)} if fit.kind == "lower bound" else upper_right  # where no points are
            panel.annotate(_no_midpoint(fit), xycoords="axes fraction", color=ORANGE, fontsize=9, **free)
        if np.isfinite(published):
            half = fit.a_min + fit.half_range if fit.kind == "measured" else points["accuracy"].mean()
            panel.plot(published, half, **(NOT_COMPARABLE if differs else PAPER))
        handles, labels = panel.get_legend_handles_labels()
        reasons = [differs, _no_midpoint(fit) if fit.kind == "open" else ""]  # below, where no points are
        reason = "\n".join(line for text in reasons for line in wrap(text, 70))
        figure.legend(
            handles, labels, loc="outside lower center", ncols=3, fontsize=8, title=reason or None, title_fontsize=7
        )
        panel.set_title(title)
    return figure


def stacked(points: pandas.DataFrame, one: StackedFit, two: StackedFit, title: str = "") -> Figure:
    """Draw a curve with two fits, one logistic function and two stacked ones, like Figure 8.

    Parameters
    ----------
    points : pandas.DataFrame
        A table from `wn_ref.findings.robustness.curve`.
    one, two : StackedFit
        Fits from `wn_ref.fits.stacked.fit_steps` with one step and with two.
    title : str
        The text above the panel.
    """
    with panels(5.2, 3.8) as (figure, axes):
        panel = axes[0, 0]
        _draw_points(panel, points)
        for fit, color, name in ((one, ORANGE, "one logistic"), (two, GREEN, "two stacked")):
            _draw_fit(panel, points, fit, f"{name}, AICc {fit.aicc:.0f}", color)
        for number, mu in enumerate(two.midpoints if two.falls else (), start=1):
            panel.axvline(mu, color=GREEN, linewidth=1, linestyle=":")
            at_right = panel.transAxes.inverted().transform(panel.transData.transform((mu, 0)))[0] > 0.7
            side = {"ha": "right", "xytext": (-3, 13 - 13 * number)} if at_right else {"xytext": (3, 13 - 13 * number)}
            place = {"textcoords": "offset points", "color": GREEN, "va": "top", **side}
            panel.annotate(f"$\\mu_{number}$ = {mu:.3g}", (mu, 1), xycoords=("data", "axes fraction"), **place)
        panel.set_title(title)
        handles, labels = panel.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9)
    return figure


def epochs(runs: pandas.DataFrame, sigma: str = "sigma_add", title: str = "") -> Figure:
    """Draw accuracy against epochs for each noise level, like Figure 7.

    Parameters
    ----------
    runs : pandas.DataFrame
        Runs that were trained with noise, with a column `history` that holds a sequence of `wn_ref.train.Epoch`.
        Runs that differ only in their seed are averaged; a band shows the lowest and the highest of them.
    sigma : "sigma_add" or "sigma_mul"
        The column with the noise level.
    title : str
        The text above the panel.

    Raises
    ------
    InputError
        If there are no runs, or if they differ in anything but this noise level and their seed.
    """
    runs = prepared(runs, ["history"])
    require_alike(runs, sigma)
    levels = sorted(runs[sigma].unique())
    colors = colormaps["cividis"](np.linspace(0, 0.92, len(levels)))
    with panels(5.6, 3.8) as (figure, axes):
        panel = axes[0, 0]
        for level, color in zip(levels, colors):
            same = [[epoch.accuracy for epoch in history] for history in runs.loc[runs[sigma] == level, "history"]]
            x, y = np.arange(1, len(same[0]) + 1), np.array(same)
            panel.fill_between(x, y.min(axis=0), y.max(axis=0), color=color, alpha=0.25, linewidth=0)
            panel.plot(x, y.mean(axis=0), color=color, label=f"{level:.3g}", marker=".", linewidth=1)
        panel.set_xlabel("epoch")
        panel.set_ylabel("accuracy under noise")
        percent_axis(panel.yaxis)
        panel.xaxis.get_major_locator().set_params(integer=True)
        handles, labels = panel.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", title="noise $\\sigma$", fontsize=9)
        panel.set_title(title)
    return figure


def _no_midpoint(fit: MidpointFit) -> str:
    """Say why no midpoint is drawn."""
    reasons = {
        "lower bound": f"no midpoint: it is above {fit.bound:.3g},\nthe curve does not fall far enough",
        "upper bound": f"no midpoint: it is below {fit.bound:.3g},\nthe curve has fallen from the start",
    }
    reason = fit.reason or "the points do not show where the curve falls"
    return reasons.get(fit.kind, f"no midpoint: {reason}")


def _draw_points(axes: Axes, points: pandas.DataFrame) -> None:
    """Draw the measured accuracies with their error bars; a level of 0 has no place on the logarithmic axis."""
    shown = points[points["sigma"] > 0]
    style: dict[str, Any] = {"color": BLUE, "marker": "o", "markersize": 4, "linestyle": "", "capsize": 3}
    axes.errorbar(shown["sigma"], shown["accuracy"], shown["uncertainty"], label="measured", **style)
    axes.set_xscale("log")
    log_axis(axes.xaxis)
    axes.set_xlabel("noise $\\sigma$")
    axes.set_ylabel("accuracy")
    percent_axis(axes.yaxis)


def _draw_fit(
    axes: Axes, points: pandas.DataFrame, fit: Callable[[np.ndarray], np.ndarray], label: str, color: str = ORANGE
) -> None:
    """Draw a fitted function of sigma as a line over the range of the points."""
    positive = points.loc[points["sigma"] > 0, "sigma"]
    x = np.geomspace(positive.min(), positive.max(), 300)
    axes.plot(x, fit(x), color=color, linewidth=1.2, label=label)

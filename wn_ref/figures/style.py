"""One style for all figures: readable in print, at half width, and with any kind of colour vision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter, PercentFormatter

from wn_ref.injection import WEIGHTED, kind_of
from wn_ref.models import TITLES

# Okabe and Ito's palette for all kinds of colour vision; blue, orange and green as in the paper's Figure 2
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#AA3377", "#CC79A7", "#56B4E9"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED)
SHAPES = ("o", "s", "D", "^", "v", "P")
PAPER: dict[str, Any] = {
    "color": "black",
    "marker": "x",
    "linestyle": "",
    "markersize": 6,
    "label": "the paper's value",
}
"""How a number that the paper prints is drawn beside runs that are like the paper's."""
NOT_COMPARABLE = PAPER | {"color": "darkgrey", "label": "the paper's value, not comparable"}
"""How it is drawn beside runs that are not."""
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "figure.dpi": 150,
    "svg.hashsalt": "wn_ref",  # the same figure gives the same file
}


@contextmanager
def panels(
    width: float, height: float, rows: int = 1, columns: int = 1, **settings: Any
) -> Iterator[tuple[Figure, np.ndarray]]:
    """Make a figure and its panels; the style holds inside the ``with`` block.

    Parameters
    ----------
    width, height : float
        Size of the whole figure in inches.
    rows, columns : int
        Number of panels below and beside each other.
    **settings
        Passed on to `matplotlib.figure.Figure.subplots`, such as ``sharey=True``.

    Yields
    ------
    figure : matplotlib.figure.Figure
    axes : np.ndarray
        The panels, an array of `matplotlib.axes.Axes` with shape (rows, columns).
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots(rows, columns, squeeze=False, **settings)


def marked(number: int) -> dict[str, Any]:
    """Return colour, marker and line of one of several series; the seventh has the first colour again, dashed."""
    again = number // len(PALETTE)
    lines = ("-", "--", ":", "-.")
    return {
        "color": PALETTE[number % len(PALETTE)],
        "marker": SHAPES[(number + again) % len(SHAPES)],
        "linestyle": lines[again % len(lines)],
    }


def model_name(model: Any) -> str:
    """Return the name of a model as the paper writes it, such as "LeNet-5"; other models keep their own name."""
    return TITLES.get(str(model), str(model))


def as_written(text: str) -> str:
    """Return a text for a figure in which a dollar is a dollar, and does not begin a formula."""
    return text.replace("$", r"\$")


def layer_axis(axes: Axes, points: Sequence[int], names: Sequence[str]) -> None:
    """Put injection points on the x axis; the names of points after layers with weights are bold."""
    ticks = axes.set_xticks(points, [f"{p}\n{name}" for p, name in zip(points, names)])
    for tick, name in zip(ticks, names):
        if kind_of(name) in WEIGHTED:
            tick.label1.set_fontweight("bold")
    crowded = len(points) > 12
    axes.tick_params(axis="x", labelsize=8, rotation=60 if crowded else 0)
    axes.grid(axis="x", visible=False)
    axes.set_xlabel("injection point")


def log_axis(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers, or with powers of ten if it spans more than five decades."""
    low, high = axis.get_view_interval()
    decades = np.log10(high / low) if low > 0 else 1
    axis.set_major_formatter(LogFormatterSciNotation() if decades > 5 else "{x:g}")
    axis.set_minor_formatter(NullFormatter())
    if decades < 1.7:
        axis.set_minor_locator(LogLocator(subs=(2, 5)))
        axis.set_minor_formatter("{x:g}")


def percent_axis(axis: Axis) -> None:
    """Label an axis of accuracies, 0 to 1, in per cent."""
    axis.set_major_formatter(PercentFormatter(1, decimals=0))

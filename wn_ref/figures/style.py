"""One style for all figures: readable in print, at half width, and by the colour-blind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette for all kinds of colour vision; blue, orange and green as in the paper's Figure 2
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#AA3377", "#CC79A7", "#56B4E9"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED)
SHAPES = ("o", "s", "D", "^", "v", "P")
PAPER = {"color": "black", "marker": "x", "linestyle": "", "markersize": 6, "label": "the paper's value"}
"""How a number that the paper prints is marked."""
MODELS = {"mlp": "MLP", "lenet5": "LeNet-5", "cnn_s": "CNN-S"}
STYLE = {
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "figure.dpi": 150,
    "svg.hashsalt": "wn_ref",
}


@contextmanager
def panels(
    width: float, height: float, rows: int = 1, columns: int = 1, **sharing: object
) -> Iterator[tuple[Figure, np.ndarray]]:
    """Make a figure of panels, (rows, columns) axes, in this style; sizes in inches."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots(rows, columns, squeeze=False, **sharing)


def network_name(row: pandas.Series, batchnorm: bool = True) -> str:
    """Say in a few words which network a row of a table of runs is of."""
    bn = f" {'with' if row['batchnorm'] else 'without'} batch norm" if batchnorm else ""
    return f"{MODELS[row['model']]}{bn}, {row['dataset']}"


def layer_axis(axes: Axes, points: Sequence[int], names: Sequence[str]) -> None:
    """Put injection points on the x axis; those behind layers with weights have bold names."""
    ticks = axes.set_xticks(points, [f"{p}\n{name}" for p, name in zip(points, names)])
    for tick, name in zip(ticks, names):
        if name.startswith(("dense", "conv")):
            tick.label1.set_fontweight("bold")
    crowded = len(points) > 12
    axes.tick_params(axis="x", labelsize=8, rotation=60 if crowded else 0)
    axes.grid(axis="x", visible=False)
    axes.set_xlabel("injection point")


def log_axis(axis: object) -> None:
    """Write the ticks of a logarithmic axis as plain numbers, or as powers of ten if they span many."""
    from matplotlib.ticker import LogFormatter, LogFormatterSciNotation

    class Plain(LogFormatter):
        """Chooses ticks as its parent does, and writes 0.6 instead of 6e-01."""

        def __call__(self, x: float, pos: int | None = None) -> str:
            return f"{x:g}" if super().__call__(x, pos) else ""

    low, high = axis.get_view_interval()
    if low > 0 and np.log10(high / low) > 5:
        axis.set_major_formatter(LogFormatterSciNotation())
        return
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(Plain(minor_thresholds=(1, 0.4)))  # 2, 3, 6 if decades are few


def percent_axis(axis: object) -> None:
    """Write accuracies, 0 to 1, in per cent."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1, decimals=0))

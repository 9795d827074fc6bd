"""The paper's figures, from tables of results; one style, readable in print and by the colour-blind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from wn_ref.datasets import Dataset
    from wn_ref.datasets.mfcc import Clip

# blue and orange as in the paper, from Okabe and Ito's palette for all kinds of colour vision
COLORS = {"inference": "#0072B2", "training": "#D55E00"}
MARKERS = {"inference": "o", "training": "s"}
LABELS = {"inference": "noise at inference only", "training": "noise in training, too"}
BOUNDS = {"lower bound": ("^", "greater than"), "upper bound": ("v", "less than")}
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "figure.dpi": 150,
}


def walking(midpoints: pandas.DataFrame, title: str = "") -> Figure:
    """Layer-specific robustness, like Figure 2: the midpoint at each injection point.

    Parameters
    ----------
    midpoints : pandas.DataFrame
        Rows of `wn_ref.findings.robustness.midpoints`, one a point and phase.
    title : str
        Above the axes.

    Returns
    -------
    matplotlib.figure.Figure
        Midpoints with their 95 % intervals; a triangle up (down) where only a lower (an upper) bound is known.
        Points behind layers with weights have bold names.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogFormatter

    names = midpoints.drop_duplicates("point").sort_values("point")
    with rc_context(STYLE):
        figure = Figure(figsize=(max(5.0, 1.5 + 0.55 * len(names)), 4.2), layout="constrained")
        axes = figure.subplots()
        for shift, phase in zip((-0.1, 0.1), ("inference", "training"), strict=True):
            rows = midpoints[midpoints["phase"] == phase].sort_values("point")
            if len(rows):
                _series(axes, rows, phase, shift)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))  # 2, 3, 6 if decades are few
        axes.set_ylabel("midpoint noise level $\\mu$")
        axes.set_xlabel("injection point")
        ticks = axes.set_xticks(names["point"], [f"{p}\n{name}" for p, name in zip(names["point"], names["name"])])
        for tick, name in zip(ticks, names["name"]):
            if name.startswith(("dense", "conv")):
                tick.label1.set_fontweight("bold")
        axes.tick_params(axis="x", labelsize=9)
        axes.grid(axis="x", visible=False)
        for kind, (marker, label) in BOUNDS.items():
            if kind not in set(midpoints["kind"]):
                continue
            axes.plot([], [], marker=marker, color="grey", markersize=8, linestyle="", label=label)
        axes.legend(loc="best")
        axes.set_title(title, fontsize=10)
    return figure


def contact_sheet(data: Dataset, columns: int = 12) -> Figure:
    """Draw the first training images of every class, a row a class."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    _, height, width = data.shape
    gap = max(1, width // 14)
    sheet = np.full((len(data.classes) * (height + gap), columns * (width + gap), 3), 255, np.uint8)
    for k in range(len(data.classes)):
        for column, index in enumerate(np.flatnonzero(data.train_labels == k)[:columns]):
            top, left = k * (height + gap), column * (width + gap)
            sheet[top : top + height, left : left + width] = data.train_images[index].transpose(1, 2, 0)
    with rc_context(STYLE):
        figure = Figure(figsize=(8.0, 7.0 * sheet.shape[0] / sheet.shape[1] + 0.4), layout="constrained")
        axes = figure.subplots()
        axes.imshow(sheet, interpolation="nearest")
        axes.set_yticks([k * (height + gap) + height / 2 for k in range(len(data.classes))], data.classes)
        axes.set_xticks([])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.grid(visible=False)
        sizes = f"{len(data.train_labels):,} to train, {len(data.test_labels):,} to test"
        axes.set_title(f"{data.name}: {sizes}", fontsize=10)
    return figure


def clips(examples: list[Clip], classes: tuple[str, ...]) -> Figure:
    """Draw clips of speech: the waveform, and beneath it the features that a network sees."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    from wn_ref.datasets.features import second
    from wn_ref.datasets.mfcc import RATE, features

    columns = 4
    rows = -(-len(examples) // columns)
    with rc_context(STYLE):
        figure = Figure(figsize=(9.0, 2.3 * rows), layout="constrained")
        panels = figure.subplots(2 * rows, columns, squeeze=False, sharex=True)
        for axes in panels.flat:
            axes.set_yticks([])
            axes.grid(visible=False)
        for number, clip in enumerate(examples):
            wave, coefficients = panels[2 * (number // columns) : 2 * (number // columns) + 2, number % columns]
            samples = second(clip)
            wave.plot(np.arange(RATE) / RATE, samples, linewidth=0.4, color=COLORS["inference"])
            wave.set_title(classes[clip.label], fontsize=10)
            shown = features(samples)[0]
            shown = (shown - shown.mean(axis=1, keepdims=True)) / (shown.std(axis=1, keepdims=True) + 1e-9)
            coefficients.imshow(shown, origin="lower", aspect="auto", extent=(0, 1, 0, len(shown)), cmap="cividis")
        for axes in panels[-1]:
            axes.set_xlabel("seconds")
        for row in range(rows):
            panels[2 * row, 0].set_ylabel("sound")
            panels[2 * row + 1, 0].set_ylabel("MFCC")
        figure.suptitle("one second of each class, and its 10 coefficients in 49 frames, each scaled", fontsize=10)
    return figure


def _series(axes: Axes, rows: pandas.DataFrame, phase: str, shift: float) -> None:
    """One phase: measured points joined by a line and with error bars, bounds as triangles."""
    color = COLORS[phase]
    known = rows[rows["kind"] == "measured"]
    x, mu = known["point"] + shift, known["midpoint"]
    bars = np.array([mu - known["low"], known["high"] - mu])
    style = {"color": color, "marker": MARKERS[phase], "markersize": 5, "linewidth": 1, "capsize": 3}
    axes.errorbar(x, mu, bars, label=LABELS[phase], **style)
    for _, row in rows[rows["kind"].isin(["lower bound", "upper bound"])].iterrows():
        lower = row["kind"] == "lower bound"
        bound = row["low"] if lower else row["high"]
        axes.plot(row["point"] + shift, bound, marker=BOUNDS[row["kind"]][0], color=color, markersize=8, linestyle="")

"""Self-binarization: how noise changes activations, and what quantising them costs (Figure 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wn_ref.figures.style import BLUE, GREEN, ORANGE, panels, percent_axis
from wn_ref.lazy import pandas


def binarization(
    histograms: Mapping[str, pandas.DataFrame],
    layers: pandas.DataFrame,
    points: Sequence[int],
    chance: float = 0.1,
    title: str = "",
) -> Figure:
    """Draw three panels for each of the given points: size of the activations, their values, and accuracy.

    The third panel compares the accuracy of the network as it is with the accuracy if that layer is quantised.

    Parameters
    ----------
    histograms : mapping of str to pandas.DataFrame
        Two tables from `wn_ref.findings.histograms.activation_histograms`: "log" for the sizes, "linear" for the
        values, each without noise and with it.
    layers : pandas.DataFrame
        A table from `wn_ref.findings.self_binarization.by_layer`.
    points : sequence of int
        The injection points to draw, for example the noisy point and those after it.
    chance : float
        Accuracy of guessing, 0 to 1.
    title : str
        The text above the panels.
    """
    widths = {"gridspec_kw": {"width_ratios": [3, 3, 1.7]}}
    with panels(8.0, 0.9 + 1.55 * len(points), len(points), 3, **widths) as (figure, axes):
        for (sizes, values, bars), point in zip(axes, points):
            for panel, scale in ((sizes, "log"), (values, "linear")):
                rows = histograms[scale]
                _histogram(panel, rows[rows["point"] == point], scale)
            row = layers[layers["point"] == point].iloc[0]
            sizes.set_ylabel(f"{point} {row['name']}" + ("\n(noise here)" if row["noisy"] else ""))
            _accuracies(bars, row, chance)
        axes[0, 0].set_title("size of the activation")
        axes[0, 1].set_title("activation")
        axes[0, 2].set_title("accuracy (dotted: guessing)", fontsize=8)
        axes[-1, 0].set_xlabel("|activation|")
        axes[-1, 1].set_xlabel("activation")
        figure.supylabel("share of activations (left: linear, middle: logarithmic)", fontsize=9)
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
        figure.suptitle(title, fontsize=10)
    return figure


def _histogram(axes: Axes, rows: pandas.DataFrame, scale: str) -> None:
    """Draw the share of each bin: filled without noise, as a line with noise."""
    edges = [*rows["low"], rows["high"].iloc[-1]]
    for column, color, label in (("quiet", BLUE, "without noise"), ("with_noise", ORANGE, "with noise")):
        shares = rows[column] / max(rows[column].sum(), 1)
        filled = column == "quiet"
        axes.stairs(shares, edges, color=color, label=label, fill=filled, alpha=0.6 if filled else None)
    if scale == "log":
        axes.set_xscale("log")
    else:
        axes.set_yscale("log")
    axes.set_yticks([])
    axes.minorticks_off()
    axes.tick_params(labelsize=8)


def _accuracies(axes: Axes, row: pandas.Series, chance: float) -> None:
    """Draw the accuracy of the network as it is beside the accuracy with this layer quantised."""
    heights = [row["accuracy"], row["quantised"]]
    axes.bar([0, 1], heights, color=[ORANGE, GREEN], width=0.6)
    for x, height in enumerate(heights):
        axes.annotate(f"{height:.0%}", (x, height), ha="center", va="bottom", fontsize=8)
    axes.axhline(chance, color="grey", linestyle=":", linewidth=1)
    axes.set_xticks([0, 1], ["as is", "quantised"], fontsize=8)
    axes.set_ylim(0, 1.2)
    axes.set_yticks([0, 0.5, 1])
    percent_axis(axes.yaxis)
    axes.tick_params(axis="y", labelsize=8)

"""The paper's figures, each from the runs of a table that it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from wn_ref import figures
from wn_ref.experiment import Experiment, learn
from wn_ref.findings import maximum_noise
from wn_ref.findings.histograms import activation_histograms
from wn_ref.findings.robustness import curve, midpoint_of, midpoints
from wn_ref.findings.self_binarization import by_layer
from wn_ref.reproduce.select import (
    MAXIMUM,
    NETWORK,
    Choice,
    additive,
    chosen,
    multiplicative,
    published,
    quiet,
    title,
    walking,
)
from wn_ref.stacked import fit_steps

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

GRADIENTS = {"exact": "exact gradient", "straight_through": "straight-through"}


def figure_1(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Accuracy against global additive noise in training, its fit and the midpoint."""
    runs = runs[additive(runs) & (runs["name"] == "global") & (runs["phase"] == "training") & ~runs["clamp"]]
    runs = chosen(runs, "training with global additive noise", choice, NETWORK)
    return figures.midpoint(curve(runs), midpoint_of(runs), title(runs), published(1, runs.iloc[0]))


def figure_2(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Midpoints of walking additive noise: at inference, in training, clamped; with and without batch norm."""
    runs = chosen(runs[additive(runs) & walking(runs)], "walking additive noise", choice, ("dataset", "model"))
    fits = midpoints(runs, by=("batchnorm", "clamp", "phase", "point", "name"))
    row = runs.iloc[0]
    return figures.walking(fits, f"{figures.network_name(row, batchnorm=False)}, {row['epochs']} epochs")


def _preserved(runs: pandas.DataFrame, what: str, choice: Choice) -> pandas.DataFrame:
    """The accuracy that is left at maximum noise, a row a point and network, with a column for each of its fields."""
    import pandas

    runs = chosen(runs[(runs["sigma_mul"] >= MAXIMUM) | quiet(runs)], what, choice, ())
    tables = []
    for key, same in runs.groupby(list(NETWORK), sort=False):
        baseline, noisy = same[quiet(same)], same[~quiet(same) & walking(same)]
        for gradient, rows in noisy.groupby("gradient", sort=False):
            left = maximum_noise.preserved(pandas.concat([baseline, rows]))
            tables.append(left.assign(**dict(zip(NETWORK, key)), gradient=gradient))
    if not tables:
        raise LookupError(what)
    return pandas.concat(tables, ignore_index=True)


def figure_3(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Accuracy at maximum multiplicative noise at each point, for each kind of gradient."""
    left = _preserved(runs, "noise of 1e10 at each point", choice)
    chosen(left, "noise of 1e10 at each point", Choice(), NETWORK)
    left = left.assign(label=left["gradient"].map(GRADIENTS), error=2 * left["uncertainty"])
    return figures.preserved(left, "accuracy", f"{title(left)}, multiplicative noise of $10^{{10}}$")


def compared(models: tuple[str, ...]) -> Callable[[pandas.DataFrame, Choice], Figure]:
    """Make a figure of the accuracy preserved at maximum noise, for all data sets with one of some models."""

    def make(runs: pandas.DataFrame, choice: Choice) -> Figure:
        what = f"noise of 1e10 at each point of {' or '.join(models)} with batch norm"
        runs = runs[runs["model"].isin(models) & runs["batchnorm"] & (quiet(runs) | (runs["gradient"] == "exact"))]
        left = _preserved(runs, what, choice)
        labels = left["dataset"] if left["model"].nunique() == 1 else left["model"] + ", " + left["dataset"]
        left = left.assign(label=labels, error=2 * left["preserved_std"], chance=left["preserved_chance"])
        shown = " and ".join(figures.MODELS[model] for model in left["model"].unique())
        return figures.preserved(left, "preserved", f"{shown} with batch norm, multiplicative noise of $10^{{10}}$")

    return make


def figure_4(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Train a network of the table again, for activations are not stored, and look into it."""
    import numpy as np

    runs = runs[(runs["sigma_mul"] >= MAXIMUM) & (runs["gradient"] == "exact") & walking(runs)]
    point = 4 if choice.point is None else choice.point
    what = f"noise of 1e10 at point {point}, exact gradient"
    row = chosen(runs, what, replace(choice, point=point), NETWORK).iloc[0]
    experiment = Experiment.from_row(row)
    network, _ = learn(experiment)
    data, noise = experiment.data(), experiment.noise
    x = data.batch(data.test_images, np.arange(min(1000, len(data.test_labels))))
    histograms = {s: activation_histograms(network, x, noise, point, bins=60, scale=s) for s in ("log", "linear")}
    shown = [p for p in range(point - 1, point + 3) if 0 <= p < len(network.points)]
    layers = by_layer(network, data, noise, point, layers=shown, repetitions=1, calibration=1000)
    name = f"{title(runs)}, noise at point {point}"
    return figures.binarization(histograms, layers, shown, 1 / len(data.classes), name)


def figure_6(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Accuracy under mixed noise at one point, both orders."""
    runs = runs[(runs["sigma_mul"] > 0) & (runs["sigma_add"] > 0) & walking(runs)]
    runs = chosen(runs, "mixed noise in both orders", choice, (*NETWORK, "name"))
    return figures.mixed(runs, f"{title(runs)}\nnoise at {runs['name'].iloc[0]}")


def figure_7(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Accuracy against epochs under global additive noise in training."""
    runs = runs[additive(runs) & (runs["name"] == "global") & (runs["phase"] == "training") & ~runs["clamp"]]
    runs = chosen(runs, "training with global additive noise", choice, NETWORK)
    return figures.epochs(runs, title=title(runs))


def figure_8(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Multiplicative noise without batch norm at one point (3 unless another is chosen), one step or two."""
    runs = runs[multiplicative(runs) & walking(runs) & ~runs["batchnorm"] & (runs["phase"] == "training")]
    choice = choice if choice.point is not None else Choice(choice.dataset, choice.model, choice.batchnorm, 3)
    runs = chosen(runs, "walking multiplicative noise without batch norm", choice, NETWORK)
    points = curve(runs, "sigma_mul")
    one, two = (fit_steps(points["sigma"], points["accuracy"], points["uncertainty"], steps) for steps in (1, 2))
    return figures.stacked(points, one, two, f"{title(runs)}\nnoise at {runs['name'].iloc[0]}")

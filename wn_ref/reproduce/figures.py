"""The paper's figures, one function for each: it picks its runs, computes what is drawn, and draws it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from wn_ref import figures
from wn_ref.experiment import Experiment, learn
from wn_ref.findings import maximum_noise
from wn_ref.findings.histograms import activation_histograms
from wn_ref.findings.robustness import curve, midpoint_of, midpoints
from wn_ref.findings.self_binarization import by_layer
from wn_ref.fits.stacked import fit_steps
from wn_ref.injection import Injection
from wn_ref.lazy import pandas
from wn_ref.reproduce.select import (
    MAXIMUM_NOISE,
    NETWORK_COLUMNS,
    Choice,
    NoRuns,
    at_one_point,
    choose,
    only_additive,
    only_multiplicative,
    paper_midpoint,
    title,
    without_noise,
)

GRADIENTS = {"exact": "exact gradient", "straight_through": "straight-through"}


def figure_1(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Accuracy against global additive noise in training, its fit and the midpoint."""
    runs = _global_additive_in_training(runs, choice)
    return figures.midpoint(curve(runs), midpoint_of(runs), title(runs), paper_midpoint(1, runs.iloc[0]))


def figure_2(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Midpoints of walking additive noise: at inference, in training, clamped; with and without batch norm."""
    runs = runs[only_additive(runs) & at_one_point(runs)]
    runs = choose(runs, "walking additive noise", choice, ("dataset", "model"))
    fits = midpoints(runs, by=("batchnorm", "clamp", "phase", "point", "name"))
    return figures.walking(fits, title(runs, batchnorm=False))


def figure_3(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Accuracy at maximum multiplicative noise at each point, for each kind of gradient."""
    what = "noise of 1e10 at each point"
    left = _accuracy_left(runs, what, choice)
    left = choose(left, what, Choice(), NETWORK_COLUMNS)
    left = left.assign(label=left["gradient"].map(GRADIENTS), error=2 * left["uncertainty"])
    return figures.preserved(left, "accuracy", f"{title(left)}\nmultiplicative noise of $10^{{10}}$")


def figure_4(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Activations under maximum noise at one point, 4 unless another is chosen, and what quantising them costs.

    Activations are not stored, so this trains one of the networks in the table again.
    """
    runs = runs[(runs["sigma_mul"] >= MAXIMUM_NOISE) & (runs["gradient"] == "exact") & at_one_point(runs)]
    point = 4 if choice.point is None else choice.point
    what = f"noise of 1e10 at point {point} and the exact gradient"
    runs = choose(runs, what, replace(choice, point=point), NETWORK_COLUMNS)
    experiment = Experiment.from_row(runs.iloc[0])
    network, _ = learn(experiment)
    data, injection = experiment.data(), Injection(experiment.noise, point)
    x = data.batch(data.test_images, np.arange(min(1000, len(data.test_labels))))
    histograms = {s: activation_histograms(network, x, injection, bins=60, scale=s) for s in ("log", "linear")}
    shown = [p for p in range(point - 1, point + 3) if 0 <= p < len(network.points)]
    layers = by_layer(network, data, injection, layers=shown, repetitions=1, calibration=1000)
    name = f"{title(runs)}, noise at point {point}"
    return figures.binarization(histograms, layers, shown, 1 / len(data.classes), name)


def figure_5(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Accuracy that the MLP with batch norm preserves at maximum noise at each point, for all data sets."""
    return _preserved_by(("mlp",), runs, choice)


def figure_6(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Accuracy under mixed noise at one point, in both orders."""
    runs = runs[(runs["sigma_mul"] > 0) & (runs["sigma_add"] > 0) & at_one_point(runs)]
    runs = choose(runs, "mixed noise at one point", choice, (*NETWORK_COLUMNS, "name"))
    return figures.mixed(runs, f"{title(runs)}\nnoise at {runs['name'].iloc[0]}")


def figure_7(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Accuracy against epochs under global additive noise in training."""
    runs = _global_additive_in_training(runs, choice)
    return figures.epochs(runs, title=title(runs))


def figure_8(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Accuracy against multiplicative noise at one point without batch norm, fitted with one logistic and with two.

    The point is 3 unless another is chosen.
    """
    runs = runs[only_multiplicative(runs) & at_one_point(runs) & ~runs["batchnorm"] & (runs["phase"] == "training")]
    choice = replace(choice, point=3 if choice.point is None else choice.point)
    runs = choose(runs, "walking multiplicative noise in training without batch norm", choice, NETWORK_COLUMNS)
    points = curve(runs, "sigma_mul")
    one, two = (fit_steps(points["sigma"], points["accuracy"], points["uncertainty"], steps) for steps in (1, 2))
    return figures.stacked(points, one, two, f"{title(runs)}\nnoise at {runs['name'].iloc[0]}")


def figure_9(runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Accuracy that LeNet-5 and CNN-S with batch norm preserve at maximum noise at each point, for all data sets."""
    return _preserved_by(("lenet5", "cnn_s"), runs, choice)


def _global_additive_in_training(runs: pandas.DataFrame, choice: Choice) -> pandas.DataFrame:
    runs = runs[only_additive(runs) & (runs["name"] == "global") & (runs["phase"] == "training") & ~runs["clamp"]]
    return choose(runs, "global additive noise in training", choice, NETWORK_COLUMNS)


def _accuracy_left(runs: pandas.DataFrame, what: str, choice: Choice) -> pandas.DataFrame:
    """Return the accuracy that is left at maximum noise, one row per network, gradient and point.

    The columns are those of `wn_ref.findings.maximum_noise.preserved`, the network's columns and gradient.
    """
    runs = choose(runs[(runs["sigma_mul"] >= MAXIMUM_NOISE) | without_noise(runs)], what, choice, ())
    tables = []
    for network, same in runs.groupby(list(NETWORK_COLUMNS), sort=False):
        baseline, noisy = same[without_noise(same)], same[~without_noise(same) & at_one_point(same)]
        for gradient, rows in noisy.groupby("gradient", sort=False):
            left = maximum_noise.preserved(pandas.concat([baseline, rows]))
            tables.append(left.assign(**dict(zip(NETWORK_COLUMNS, network)), gradient=gradient))
    if not tables:
        raise NoRuns(what)
    return pandas.concat(tables, ignore_index=True)


def _preserved_by(models: tuple[str, ...], runs: pandas.DataFrame, choice: Choice) -> Figure:
    """Draw the accuracy that some models with batch norm preserve at maximum noise, one line per data set."""
    what = f"noise of 1e10 at each point of {' or '.join(models)} with batch norm"
    with_batchnorm = runs["model"].isin(models) & runs["batchnorm"]
    runs = runs[with_batchnorm & (without_noise(runs) | (runs["gradient"] == "exact"))]
    left = _accuracy_left(runs, what, choice)
    labels = left["dataset"] if left["model"].nunique() == 1 else left["model"] + ", " + left["dataset"]
    left = left.assign(label=labels, error=2 * left["preserved_std"], chance=left["preserved_chance"])
    names = " and ".join(figures.MODEL_NAMES[model] for model in left["model"].unique())
    return figures.preserved(left, "preserved", f"{names} with batch norm, multiplicative noise of $10^{{10}}$")

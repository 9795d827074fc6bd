"""The paper's figures, one function for each: from runs that belong together to what is drawn.

`note` is a line that says what is missing or failed; it becomes the last line of the title.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from wn_ref import figures
from wn_ref.experiment import Experiment
from wn_ref.figures.style import as_written
from wn_ref.findings import maximum_noise
from wn_ref.findings.histograms import activation_histograms
from wn_ref.findings.robustness import curve, midpoint_of, midpoints
from wn_ref.findings.self_binarization import by_layer
from wn_ref.fits.stacked import fit_steps
from wn_ref.injection import Injection
from wn_ref.lazy import pandas
from wn_ref.reproduce.comparison import differences, paper_midpoint
from wn_ref.reproduce.select import without_noise
from wn_ref.reproduce.together import differing
from wn_ref.reproduce.words import noise_with_gradient, title, worded
from wn_ref.running import learn

MAXIMUM = "noise of $10^{10}$"


def figure_1(runs: pandas.DataFrame, note: str) -> Figure:
    """Accuracy against global additive noise in training, its fit and the midpoint."""
    published = paper_midpoint(1, runs.iloc[0])
    differs = differences("global", runs) if published > 0 else ""
    name = title(runs, "global additive noise, in training", note=note)
    return figures.midpoint(curve(runs), midpoint_of(runs), name, published, differs)


def figure_2(runs: pandas.DataFrame, note: str) -> Figure:
    """Midpoints of walking additive noise: at inference, in training, clamped; with and without batch norm."""
    fits = midpoints(runs, by=("batchnorm", "clamp", "phase", "point", "name"))
    both = runs["batchnorm"].nunique() > 1
    return figures.walking(fits, title(runs, "walking additive noise", ("batchnorm",) if both else (), note))


def figure_3(runs: pandas.DataFrame, note: str) -> Figure:
    """Accuracy at maximum multiplicative noise at each point, for each kind of gradient."""
    quiet, noisy = runs[without_noise(runs)], runs[~without_noise(runs)]
    tables = [
        maximum_noise.preserved(pandas.concat([quiet, rows])).assign(label=worded("gradient", gradient))
        for gradient, rows in noisy.groupby("gradient")
    ]
    left = pandas.concat(tables, ignore_index=True)
    left = left.assign(error=2 * left["uncertainty"])
    return figures.preserved(left, "accuracy", title(noisy, f"multiplicative {MAXIMUM}, in training", note=note))


def figure_4(runs: pandas.DataFrame, note: str) -> Figure:
    """Activations under maximum noise at one point, and what quantising them costs.

    Activations are not stored, so this trains one of the networks in the table again.
    """
    row = runs.iloc[0]
    experiment, point = Experiment.from_row(dict(row) | {"executions": None}), int(row["point"])
    network, _ = learn(experiment)
    data, injection = experiment.data(), Injection(experiment.noise, point)
    x = data.batch(data.test_images, np.arange(min(1000, len(data.test_labels))))
    histograms = {s: activation_histograms(network, x, injection, bins=60, scale=s) for s in ("log", "linear")}
    shown = [p for p in range(point - 1, point + 3) if 0 <= p < len(network.points)]
    layers = by_layer(network, data, injection, layers=shown, repetitions=1, calibration=1000)
    noise = f"{noise_with_gradient(runs)} of $10^{{10}}$ at {row['name']}, in training"
    name = title(runs[runs["seed"] == row["seed"]], noise, note=note)
    return figures.binarization(histograms, layers, shown, 1 / len(data.classes), name)


def figure_6(runs: pandas.DataFrame, note: str) -> Figure:
    """Accuracy under mixed noise at one point, in both orders."""
    noise = f"{noise_with_gradient(runs, 'mixed noise')} at {runs['name'].iloc[0]}, in training"
    return figures.mixed(runs, title(runs, noise, note=note))


def figure_7(runs: pandas.DataFrame, note: str) -> Figure:
    """Accuracy against epochs under global additive noise in training."""
    return figures.epochs(runs, title=title(runs, "global additive noise, in training", note=note))


def figure_8(runs: pandas.DataFrame, note: str) -> Figure:
    """Accuracy against multiplicative noise at one point without batch norm, fitted with one logistic and with two."""
    points = curve(runs, "sigma_mul")
    one, two = (fit_steps(points["sigma"], points["accuracy"], points["uncertainty"], steps) for steps in (1, 2))
    noise = f"{noise_with_gradient(runs)} at {runs['name'].iloc[0]}, in training"
    return figures.stacked(points, one, two, title(runs, noise, note=note))


def figures_5_and_9(groups: Sequence[pandas.DataFrame], note: str) -> Figure:
    """Accuracy that networks preserve at maximum noise at each point, one line per model and data set."""
    in_label = differing(groups, ("point", "gradient", "train_size", "test_size", "data"))
    noisy = [runs[~without_noise(runs)] for runs in groups]
    tables = [
        maximum_noise.preserved(runs).assign(label=as_written(label))
        for runs in groups
        for label in [", ".join(worded(name, runs[name].iloc[0]) for name in in_label)]
    ]
    left = pandas.concat(tables, ignore_index=True)
    left = left.assign(error=2 * left["preserved_std"], chance=left["preserved_chance"])
    everything = pandas.concat(noisy)
    noise = f"{noise_with_gradient(everything)} of $10^{{10}}$, in training"
    return figures.preserved(left, "preserved", title(everything, noise, in_label, note))

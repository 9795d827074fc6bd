"""Compute what the page "One digit's way through the noise" shows: python make_data.py (about two minutes).

A *curve* is what happens at one choice of noise, training, batch norm and point: for each sigma the accuracy on all
test digits, and what leaves each injection point when the network is shown one of them, without the noise and with it.
The data are a JavaScript file, because a page that is opened from disk may not read any other. Its parts are

    about      the digit, sigmas, names of the points, settings of the training
    quiet      for networks that were trained without noise: what leaves their points without noise
    curves     "additive none batchnorm 3": accuracy and fit, and for each sigma a pass {stages, logits} with noise and,
               if the network was trained with it, a pass without

A stage is [largest |activation|, root mean square, code]. The root mean square is that of the activation without noise,
and that of the difference that noise makes in passes with noise. A code has one character for each activation: its
place in `ALPHABET` says which of 63 steps from -largest to largest it is. A pass with noise starts at the first noisy
point: everything ahead of it is as without noise.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import wn_ref as wn
from wn_ref.files import write_atomically
from wn_ref.injection import GLOBAL, Injection
from wn_ref.noise import of_kind
from wn_ref.running import learn, measure
from wn_ref.steps import evaluation_step

FILE = Path(__file__).parent / "site" / "digit" / "data.js"
IMAGE = 9
"""The number of the test digit that is shown."""
SIGMAS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
SETTINGS: dict[str, Any] = {"dataset": "digits", "model": "mlp", "epochs": 12, "learning_rate": 0.003, "seed": 0}
WALKS = (
    ("additive", "none"),
    ("additive", "straight_through"),
    ("multiplicative", "none"),
    ("multiplicative", "straight_through"),
    ("multiplicative", "exact"),
)
"""The noise, and how networks were trained: without it, or with it and one of the two gradients."""
NETWORKS = {"batchnorm": True, "plain": False}
ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+"
Pass = dict[str, np.ndarray]
"""What leaves each injection point, by its name; the last one are the logits."""


def experiments(noise: str, training: str, batchnorm: bool, point: int | str) -> list[wn.Experiment]:
    """Return the experiments of one curve, one for each sigma."""
    phase, gradient = ("inference", "straight_through") if training == "none" else ("training", training)
    quiet = wn.Experiment(**SETTINGS, batchnorm=batchnorm, phase=phase)
    return [replace(quiet, noise=of_kind(noise, sigma, gradient), point=point) for sigma in SIGMAS]


@cache
def trained_without_noise(experiment: wn.Experiment) -> wn.Network:
    return learn(experiment)[0]


def network_and_accuracy(experiment: wn.Experiment) -> tuple[wn.Network, float]:
    if experiment.phase == "inference":
        network = trained_without_noise(experiment.training_experiment())
        return network, measure(experiment, network)
    network, history = learn(experiment)
    return network, history[-1].accuracy


def show(network: wn.Network, data: wn.Dataset, injection: Injection | None = None) -> Pass:
    """Show the network the digit, and return what leaves each point."""
    x = data.batch(data.test_images, np.array([IMAGE]))
    return {name: y.ravel().copy() for name, y in network.activations(x, injection=injection)}


def code(activation: np.ndarray) -> str:
    steps = len(ALPHABET) // 2
    largest = np.abs(activation).max() or 1.0
    return "".join(ALPHABET[steps + round(float(a))] for a in activation / largest * steps)


def short(number: float, digits: int = 5) -> float:
    return float(f"{number:.{digits}g}")


def stage(activation: np.ndarray, noise: np.ndarray | None = None) -> list[float | str]:
    rms = np.sqrt(np.mean(np.square(activation if noise is None else noise), dtype=np.float64))
    return [short(np.abs(activation).max(), 3), short(rms, 3), code(activation)]


def quiet_pass(activations: Pass) -> dict[str, Any]:
    *_, logits = activations.values()
    return {"stages": [stage(one) for one in activations.values()], "logits": [short(one) for one in logits]}


def noisy_pass(activations: Pass, quiet: Pass, first: int) -> dict[str, Any]:
    *_, logits = activations.values()
    stages = [stage(one, one - quiet[name]) for name, one in activations.items()]
    return {"stages": stages[first:], "logits": [short(one) for one in logits]}


def fit_of(accuracies: list[float], noise: str, data: wn.Dataset) -> dict[str, Any]:
    """Fit equation 1 as `wn_ref.midpoints` does with one seed."""
    tested, chance = len(data.test_labels), 1 / len(data.classes)
    uncertainty = wn.accuracy_uncertainty(np.transpose([accuracies]), tested)
    a_min = chance if noise == "additive" else None
    fit = wn.fit_midpoint(SIGMAS, accuracies, uncertainty, a_min=a_min, chance=chance, rescale=True)
    if fit.kind != "measured":
        return {"text": str(fit)}
    parameters = {name: short(getattr(fit, name)) for name in ("midpoint", "slope", "half_range", "a_min")}
    return {"text": str(fit), **parameters}


def curve(noise: str, training: str, batchnorm: bool, point: int | str, data: wn.Dataset) -> dict[str, Any]:
    accuracies, passes = [], []
    for experiment in experiments(noise, training, batchnorm, point):
        network, accuracy = network_and_accuracy(experiment)
        accuracies.append(accuracy)
        quiet = show(network, data)
        noisy = show(network, data, Injection(experiment.noise, point, experiment.seed, evaluation_step(0)))
        passed = {"noisy": noisy_pass(noisy, quiet, 0 if point == GLOBAL else int(point))}
        passes.append(passed if training == "none" else passed | {"quiet": quiet_pass(quiet)})
    return {
        "accuracy": [short(one) for one in accuracies],
        "fit": fit_of(accuracies, noise, data),
        "passes": passes,
    }


def curves(data: wn.Dataset) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every curve with its key."""
    for noise, training in WALKS:
        for name, batchnorm in NETWORKS.items():
            for point in [*range(len(wn.Experiment(**SETTINGS, batchnorm=batchnorm).points)), GLOBAL]:
                yield f"{noise} {training} {name} {point}", curve(noise, training, batchnorm, point, data)


def about(data: wn.Dataset) -> dict[str, Any]:
    points = {name: wn.Experiment(**SETTINGS, batchnorm=b).injection_points for name, b in NETWORKS.items()}
    return {
        "settings": SETTINGS,
        "sigmas": SIGMAS,
        "alphabet": ALPHABET,
        "image": IMAGE,
        "label": int(data.test_labels[IMAGE]),
        "tested": len(data.test_labels),
        "points": {name: known.names for name, known in points.items()},
        "global_points": {name: known.numbers(GLOBAL) for name, known in points.items()},
    }


def main() -> None:
    data = wn.load_dataset(SETTINGS["dataset"])
    quiet = {
        name: quiet_pass(show(trained_without_noise(wn.Experiment(**SETTINGS, batchnorm=b)), data))
        for name, b in NETWORKS.items()
    }
    lines = [f"{json.dumps(key)}: {json.dumps(one, separators=(',', ':'))}" for key, one in curves(data)]
    parts = [f'"about": {json.dumps(about(data))}', f'"quiet": {json.dumps(quiet)}']
    text = ",\n".join([*parts, '"curves": {\n' + ",\n".join(lines) + "\n}"])
    head = "// Made by tutorials/interactive/make_data.py, which says what is what."
    write_atomically(FILE, lambda path: path.write_text(f"{head}\nconst DIGIT = {{\n{text}\n}};\n"))


if __name__ == "__main__":
    main()

"""Curves of trained networks for the fit vectors: what `wn_ref.ports.fit_curves` does not simulate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from wn_ref.experiment import Experiment
from wn_ref.lazy import pandas
from wn_ref.noise import Noise, additive, multiplicative
from wn_ref.sweeps.plans import walking
from wn_ref.sweeps.runner import sweep

LEVELS = [float(f"{sigma:.6g}") for sigma in np.geomspace(0.1, 100, 10)]
WIDE = [float(f"{sigma:.6g}") for sigma in np.geomspace(0.03, 3000, 11)]


def plans() -> dict[str, list[Experiment]]:
    """Return the experiments of all curves, by the beginning of the curves' names."""
    found = {
        "walk-inference": walking(additive, LEVELS, range(3), ["inference"], dataset="mnist_sample", epochs=3),
        "walk-multiplicative": walking(
            _exact, WIDE, range(2), ["inference"], dataset="mnist_sample", batchnorm=False, epochs=3
        ),
        "walk-training": walking(additive, LEVELS, range(2), ["training"], dataset="digits", epochs=5),
    }
    for phase in ("training", "inference"):
        settings: dict[str, Any] = {"dataset": "digits", "phase": phase, "epochs": 5}
        found[f"global-{phase}"] = _experiments(additive, LEVELS, settings)
        found[f"global-{phase}-multiplicative"] = _experiments(_exact, WIDE, settings)
    lenet: dict[str, Any] = {"dataset": "mnist_sample", "model": "lenet5", "phase": "inference", "epochs": 1}
    found["lenet5-additive"] = _experiments(additive, LEVELS, lenet)
    found["lenet5-multiplicative"] = _experiments(_exact, WIDE, lenet)
    return found


def measured(names: Sequence[str] | None = None) -> Iterator[tuple[dict[str, Any], pandas.DataFrame]]:
    """Train the networks of some plans, or of all; yield the settings and the runs of every curve."""
    for name, plan in plans().items():
        if names is None or name in names:
            yield from _curves(name, plan)


def _curves(name: str, plan: list[Experiment]) -> Iterator[tuple[dict[str, Any], pandas.DataFrame]]:
    table = sweep(plan, jobs=1)
    multiplied = bool((table["sigma_mul"] > 0).any())
    chance = 1 / int(table["classes"].iloc[0])
    settings = {"scale": "log", "a_min": math.nan if multiplied else chance, "chance": chance, "rescale": True}
    for number, (_, runs) in enumerate(table.groupby("point", sort=False), start=1):
        sigma = runs["sigma_mul" if multiplied else "sigma_add"]
        rows = pandas.DataFrame({"sigma": sigma, "seed": runs["seed"], "accuracy": runs["accuracy"].round(6)})
        yield {"curve": f"{name}-{number:02}", "source": "networks", **settings}, rows.assign(tests=runs["tested"])


def _experiments(noise: Any, levels: list[float], settings: dict[str, Any]) -> list[Experiment]:
    return [Experiment(noise=noise(sigma), seed=seed, **settings) for sigma in levels for seed in range(2)]


def _exact(sigma: float) -> Noise:
    return multiplicative(sigma, "exact")

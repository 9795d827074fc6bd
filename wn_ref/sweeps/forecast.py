"""How long a plan will take on this machine: measured on a few batches of each kind of network, not guessed.

    seconds = sum over networks:     epochs (steps t_step + batches t_batch)
            + sum over evaluations:  batches t_batch                          all over the number of workers

with t_step the time of one training step and t_batch that of one evaluated batch, both measured for each kind of
network. Two experiments are of one kind if these times are the same: they agree in data set, model, batch norm, batch
size, kind of noise, injection points and number of executions. Where evaluations of one network share what is in front
of their noise, as those of a walk do, they take less than this.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np

from wn_ref.datasets import Dataset
from wn_ref.experiment import Experiment
from wn_ref.noise import Noise
from wn_ref.train import evaluate, train

START = 2.0
"""Seconds until worker processes have started."""
BATCHES, ROUNDS = 10, 3
"""How many batches are measured at a time, and how many times."""


@dataclass(frozen=True)
class Forecast:
    """How long a plan takes; made by `forecast`.

    Attributes
    ----------
    trainings, evaluations : int
        Numbers of networks to train, and of evaluations of networks that are shared.
    work : float
        Seconds that all of it takes on one core.
    longest : float
        Seconds of the longest training; a sweep cannot be faster.
    """

    trainings: int
    evaluations: int
    work: float
    longest: float

    def seconds(self, jobs: int) -> float:
        """Return how many seconds the sweep takes with a number of workers, each on a core of its own."""
        if self.trainings + self.evaluations == 0:
            return 0.0
        return (START if jobs > 1 else 0.0) + max(self.work / jobs, self.longest)


def forecast(trainings: Sequence[Experiment], evaluations: Sequence[Experiment]) -> Forecast:
    """Measure each kind of network that a sweep has to train or evaluate, and add up.

    Parameters
    ----------
    trainings : sequence of Experiment
        Of the phase "training": one for each network to train.
    evaluations : sequence of Experiment
        Of the phase "inference": one for each evaluation.
    """
    kinds = {_kind(experiment) for experiment in (*trainings, *evaluations)}
    times = {kind: _measure(kind) for kind in sorted(kinds, key=repr)}
    trained = [_training_seconds(experiment, *times[_kind(experiment)]) for experiment in trainings]
    evaluated = [_batches(experiment, 1) * times[_kind(experiment)][1] for experiment in evaluations]
    return Forecast(len(trained), len(evaluated), sum(trained) + sum(evaluated), max(trained, default=0.0))


def _kind(experiment: Experiment) -> Experiment:
    """Return the experiment that stands for all of its kind: those whose batches take the same time."""
    noise = experiment.noise
    if noise is not None:
        noise = Noise(float(noise.sigma_mul > 0), float(noise.sigma_add > 0), gradient=noise.gradient)
    same: dict[str, Any] = {"epochs": 1, "seed": 0, "learning_rate": 1e-3, "schedule": "constant", "clamp": False}
    return replace(experiment, noise=noise, **same, train_size=None, test_size=None)


def _training_seconds(experiment: Experiment, step: float, batch: float) -> float:
    return experiment.epochs * (_batches(experiment, 0) * step + _batches(experiment, 1) * batch)


def _batches(experiment: Experiment, part: int) -> int:
    return math.ceil(experiment.sizes[part] / experiment.batch_size)


def _measure(kind: Experiment) -> tuple[float, float]:
    """Return the seconds of one training step and of one evaluated batch, medians over a few rounds."""
    network, data = kind.network(), _made_up(kind)
    noise: dict[str, Any] = {"noise": kind.noise, "point": kind.point, "batch_size": kind.batch_size}
    times: dict[str, list[float]] = {"train": [], "evaluate": []}
    for _ in range(ROUNDS + 1):  # the first round compiles, and does not count
        start = time.perf_counter()
        if kind.phase == "training":
            train(network, data, 1, **noise, optimizer=kind.optimizer, learning_rate=1e-9)
        middle = time.perf_counter()
        evaluate(network, data, **noise, executions=kind.executions)
        times["evaluate"].append((time.perf_counter() - middle) / BATCHES)
        times["train"].append((middle - start) / BATCHES - times["evaluate"][-1])
    return median(times["train"][1:]), median(times["evaluate"][1:])


def _made_up(kind: Experiment) -> Dataset:
    """Return a data set of random images and labels: the time of a batch does not depend on what the images show."""
    entry, rng = kind.entry, np.random.default_rng(0)
    images = rng.integers(0, 256, (BATCHES * kind.batch_size, *entry.shape), np.uint8)
    labels = rng.integers(0, len(entry.classes), len(images))
    facts: dict[str, Any] = {name: getattr(entry, name) for name in ("classes", "mean", "std", "padding", "flip")}
    return Dataset("made up", images, labels, images, labels, **facts)

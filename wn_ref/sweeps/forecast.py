"""How long a plan will take on this machine: measured on a few batches of each kind of network, not guessed.

    seconds = sum over networks:     epochs (steps t_step + batches t_batch)
            + sum over evaluations:  batches t_batch                          all over the number of workers

with t_step of one training step and t_batch of one evaluated batch, of the network's own size and with its own noise.
A kind is what these depend on: data set, model, batch norm, batch size, which noise and where, and how often.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from wn_ref.datasets import CATALOG, Dataset
from wn_ref.experiment import Experiment
from wn_ref.noise import Noise
from wn_ref.train import evaluate, train

START = 2.0
"""Seconds until the workers have started."""
BATCHES, ROUNDS = 10, 3


@dataclass(frozen=True)
class Forecast:
    """What a plan asks for.

    Attributes
    ----------
    trainings, evaluations : int
        Networks to train, and evaluations of shared ones.
    work : float
        Seconds of one core for all of it.
    longest : float
        Seconds of the longest training; a sweep takes no less.
    """

    trainings: int
    evaluations: int
    work: float
    longest: float

    def seconds(self, jobs: int) -> float:
        """Return how long the sweep will take with so many workers, each on a core of its own."""
        if self.trainings + self.evaluations == 0:
            return 0.0
        return (START if jobs > 1 else 0.0) + max(self.work / jobs, self.longest)


def forecast(trainings: Sequence[Experiment], evaluations: Sequence[Experiment]) -> Forecast:
    """Measure each kind of network among what a sweep has to do, and add up.

    Parameters
    ----------
    trainings : sequence of Experiment
        Networks to train.
    evaluations : sequence of Experiment
        Experiments of the phase "inference", each an evaluation.
    """
    kinds = {_kind(experiment) for experiment in (*trainings, *evaluations)}
    times = {kind: _measure(kind) for kind in sorted(kinds, key=repr)}
    trained = [_training_seconds(experiment, *times[_kind(experiment)]) for experiment in trainings]
    evaluated = [_batches(experiment, 1) * times[_kind(experiment)][1] for experiment in evaluations]
    return Forecast(len(trained), len(evaluated), sum(trained) + sum(evaluated), max(trained, default=0.0))


def _kind(experiment: Experiment) -> Experiment:
    """Return the experiment that stands for all that take as long a batch."""
    e = experiment
    noise = e.noise and Noise(float(e.noise.sigma_mul > 0), float(e.noise.sigma_add > 0), gradient=e.noise.gradient)
    same = {"epochs": 1, "seed": 0, "learning_rate": 1e-3, "schedule": "constant", "clamp": False}
    return replace(e, noise=noise, **same, train_size=None, test_size=None)


def _training_seconds(experiment: Experiment, step: float, batch: float) -> float:
    return experiment.epochs * (_batches(experiment, 0) * step + _batches(experiment, 1) * batch)


def _batches(experiment: Experiment, part: int) -> int:
    return math.ceil(experiment.sizes[part] / experiment.batch_size)


def _measure(kind: Experiment) -> tuple[float, float]:
    """Return the seconds of one training step and of one evaluated batch, medians over a few rounds."""
    network, data = kind.network(), _made_up(kind)
    noise = {"noise": kind.noise, "point": kind.point, "batch_size": kind.batch_size}
    times: dict[str, list[float]] = {"train": [], "evaluate": []}
    for _ in range(ROUNDS + 1):  # the first one compiles
        start = time.perf_counter()
        if kind.phase == "training":
            train(network, data, 1, **noise, optimizer=kind.optimizer, learning_rate=1e-9)
        middle = time.perf_counter()
        evaluate(network, data, **noise, executions=kind.executions)
        times["evaluate"].append((time.perf_counter() - middle) / BATCHES)
        times["train"].append((middle - start) / BATCHES - times["evaluate"][-1])
    return median(times["train"][1:]), median(times["evaluate"][1:])


def _made_up(kind: Experiment) -> Dataset:
    """Images and labels that are noise: how long a batch takes does not depend on what it shows."""
    entry, rng = CATALOG[kind.dataset], np.random.default_rng(0)
    images = rng.integers(0, 256, (BATCHES * kind.batch_size, *entry.shape), np.uint8)
    labels = rng.integers(0, len(entry.classes), len(images))
    facts = {name: getattr(entry, name) for name in ("classes", "mean", "std", "padding", "flip")}
    return Dataset("made up", images, labels, images, labels, **facts)

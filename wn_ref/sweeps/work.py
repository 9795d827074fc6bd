"""What a sweep has to do: which networks to train, and which to evaluate under which noise.

Experiments of the phase "inference" that differ in their noise alone share one network, trained without noise. A store
keeps such networks, so that they need not be trained again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from wn_ref.experiment import Experiment
from wn_ref.store.canonical import key
from wn_ref.store.records import TrainingRecord
from wn_ref.store.store import Store
from wn_ref.sweeps.progress import cost

EVALUATIONS = 16
"""How many evaluations of a shared network make one task, for which the network is sent to a worker once."""


class Task(NamedTuple):
    """One piece of work for a worker: a network to train or to evaluate.

    Attributes
    ----------
    training_experiment : Experiment
        Trains the network.
    experiments : list of Experiment
        Those that need it, all with this `Experiment.training_experiment()`.
    """

    training_experiment: Experiment
    experiments: list[Experiment]

    @property
    def training_cost(self) -> float:
        """How long it takes to train the network, roughly."""
        return cost(self.training_experiment)

    @property
    def evaluation_cost(self) -> float:
        """How long it takes to evaluate the network for each of the experiments, roughly."""
        return sum(map(cost, self.experiments))


@dataclass(frozen=True)
class Work:
    """What a sweep has to do; made by `work_left`.

    Attributes
    ----------
    known : dict of Experiment to TrainingRecord
        Experiments of the phase "training" whose network is kept already: nothing has to be run.
    train, evaluate : list of Task
        Networks to train, and then to evaluate under the noise of experiments; the longest tasks first.
    """

    known: dict[Experiment, TrainingRecord]
    train: list[Task]
    evaluate: list[Task]

    @property
    def cost(self) -> float:
        """How long all tasks take, roughly; see `wn_ref.sweeps.progress.cost`."""
        return sum(task.training_cost for task in self.train) + sum(task.evaluation_cost for task in self.evaluate)

    @property
    def trainings(self) -> list[Experiment]:
        """The experiments that train the networks."""
        return [task.training_experiment for task in self.train]

    @property
    def evaluations(self) -> list[Experiment]:
        """The experiments of the phase "inference"."""
        return [experiment for task in self.evaluate for experiment in task.experiments]


def work_left(experiments: Iterable[Experiment], store: Store) -> Work:
    """Return what has to be done for experiments that have no result yet, given the networks that a store keeps."""
    groups: dict[Experiment, list[Experiment]] = {}
    for experiment in experiments:
        groups.setdefault(experiment.training_experiment(), []).append(experiment)
    shared = {key(training): training for training in groups if training.noise is None}
    records = store.training_records(shared)
    kept = {shared[k]: record for k, record in records.items() if store.network(shared[k]) is not None}
    train = [Task(training, group) for training, group in groups.items() if training not in kept]
    evaluate = []
    for training, group in groups.items():
        group = [experiment for experiment in group if experiment.phase == "inference"]
        evaluate += [Task(training, group[i : i + EVALUATIONS]) for i in range(0, len(group), EVALUATIONS)]
    return Work(
        known={training: record for training, record in kept.items() if training in groups[training]},
        train=sorted(train, key=lambda task: task.training_cost, reverse=True),
        evaluate=sorted(evaluate, key=lambda task: task.evaluation_cost, reverse=True),
    )

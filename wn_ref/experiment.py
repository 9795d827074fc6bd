"""An experiment is data: everything that determines the outcome of one run, and nothing else.

Same experiment, same bits, in any process, on the same kind of processor with the same libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np

from wn_ref.datasets import CATALOG, DATASETS, Dataset, load_dataset
from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.models import MODELS, build_model
from wn_ref.network import GLOBAL, Network, executions_by_point, noisy_points, weight_magnitudes
from wn_ref.noise import Noise
from wn_ref.train import OPTIMIZERS, SCHEDULES, Epoch, evaluate, train

PHASES = ("training", "inference")
_TRAINING_SETTINGS = (
    "epochs", "noise", "point", "seed", "batch_size", "learning_rate", "optimizer", "momentum", "schedule", "clamp",
    "augment",
)  # fmt: skip


@dataclass(frozen=True)
class Experiment:
    """One network, trained and evaluated once.

    Attributes
    ----------
    dataset : str
        Name for `wn_ref.load_dataset`.
    model : str
        Name for `wn_ref.build_model`.
    batchnorm : bool
        Whether the network has batch norm.
    noise : Noise or None
        What is injected: `wn_ref.additive(0.5)`, say.
    point : int, "global" or "all"
        Where: at one injection point (see `Network.points`), at all but batch norm's outputs, or at every one.
    phase : "training" or "inference"
        Noise in training and evaluation, or in evaluation only.
    epochs : int
        Of training.
    seed : int
        Of initial weights, order of the images and noise, 0 <= seed < 2^64.
    batch_size, learning_rate, optimizer, momentum, schedule, clamp, augment
        As for `wn_ref.train.train`.
    train_size, test_size : int or None
        As for `wn_ref.load_dataset`: so many images of each part, the same for every seed; all of them if None.
    executions : tuple of int, optional
        How often the noise is applied at each noisy point, to be averaged (section 8); once by default. For the phase
        "inference" only.

    Raises
    ------
    InputError
        If a value is none that can be run.
    """

    dataset: str = "mnist_sample"
    model: str = "mlp"
    batchnorm: bool = True
    noise: Noise | None = None
    point: int | str = GLOBAL
    phase: str = "training"
    epochs: int = 5
    seed: int = 0
    batch_size: int = 128
    learning_rate: float = 1e-3
    optimizer: str = "adam"
    momentum: float = 0.0
    schedule: str = "cosine"
    clamp: bool = False
    augment: bool = True
    train_size: int | None = None
    test_size: int | None = None
    executions: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        require_choice("dataset", self.dataset, DATASETS)
        require_choice("model", self.model, MODELS)
        require_choice("phase", self.phase, PHASES)
        require_choice("optimizer", self.optimizer, OPTIMIZERS)
        require_choice("schedule", self.schedule, SCHEDULES)
        require_whole("epochs", self.epochs, least=1)
        require_whole("batch_size", self.batch_size, least=1)
        require_whole("seed", self.seed, least=0, most=2**64 - 1)
        for name in ("batchnorm", "clamp", "augment"):
            if not isinstance(getattr(self, name), bool | np.bool):
                raise InputError(f"{name}: expected True or False, got {getattr(self, name)!r}; correct it")
        for name in ("train_size", "test_size"):
            if getattr(self, name) is not None:
                require_whole(name, getattr(self, name), least=1)
        if not 0 <= self.momentum < 1:
            raise InputError(f"momentum: expected 0 <= momentum < 1, got {self.momentum!r}; correct it")
        if not isinstance(self.noise, Noise | None):
            raise InputError(f"noise: expected what wn_ref.additive and its like return, got {self.noise!r}; use them")
        if not 0 < self.learning_rate < np.inf:
            raise InputError(f"learning_rate: expected a positive number, got {self.learning_rate!r}; correct it")
        if self.point != GLOBAL:
            noisy_points(self.points, self.point)
        if self.executions is not None:
            self._check_executions()

    def _check_executions(self) -> None:
        if self.noise is None or self.phase != "inference":
            got = f"noise {self.noise} and phase {self.phase!r}"
            raise InputError(f"executions: expected noise in the phase 'inference', got {got}; leave executions out")
        counts = executions_by_point(noisy_points(self.points, self.point), self.executions)
        object.__setattr__(self, "executions", tuple(counts.values()))

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the network's injection points, in order."""
        return _points(self.dataset, self.model, self.batchnorm)

    def network(self) -> Network:
        """Build the experiment's network, untrained."""
        entry = CATALOG[self.dataset]
        return build_model(self.model, entry.shape, len(entry.classes), self.batchnorm, self.seed)

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers of training and of test images."""
        entry = CATALOG[self.dataset]
        return self.train_size or entry.train_size, self.test_size or entry.test_size

    def data(self) -> Dataset:
        """Load the experiment's data set."""
        return load_dataset(self.dataset, self.train_size, self.test_size)

    def training(self) -> Experiment:
        """Return the experiment that trains the same network: without noise, if this one's phase is "inference".

        Experiments whose `training()` is equal share one trained network.
        """
        if self.phase == "training":
            return self
        return replace(self, noise=None, point=GLOBAL, phase="training", executions=None)

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> Experiment:
        """Return the experiment of a row of a table, `row`'s inverse; what else is in the row is left out."""
        noise = Noise(**{field.name: row[field.name] for field in fields(Noise)})
        values = {field.name: _plain(row[field.name], field.type) for field in fields(cls) if field.name in row}
        return cls(**values, noise=noise if noise.sigma_mul or noise.sigma_add else None)

    def row(self) -> dict[str, object]:
        """Return the experiment as one flat row of a table."""
        row = {name: value for name, value in vars(self).items() if name != "noise"}
        return row | vars(self.noise or Noise())


def _plain(value: object, kind: str) -> object:
    """Return a cell of a table as what it was in the field of an experiment; tables make floats of missing numbers."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and np.isnan(value):
        return None
    return int(value) if isinstance(value, float) and "int" in kind else value


@lru_cache
def _points(dataset: str, model: str, batchnorm: bool) -> tuple[str, ...]:
    return tuple(Experiment(dataset, model, batchnorm).network().points)


@dataclass(frozen=True)
class Result:
    """What came of an experiment.

    Attributes
    ----------
    accuracy : float
        Share of the test part classified correctly under the experiment's noise, 0 to 1.
    history : tuple of Epoch
        Loss and accuracy of every epoch of training.
    weight_magnitudes : dict of str to float
        Mean |w| of each layer with weights, after training.
    """

    accuracy: float
    history: tuple[Epoch, ...]
    weight_magnitudes: dict[str, float]


def run(experiment: Experiment, on_epoch: Callable[[Epoch], None] | None = None) -> Result:
    """Run one experiment.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    on_epoch : callable, optional
        Called with each `Epoch` of training as it ends.

    Raises
    ------
    OverflowStop
        If training or evaluation left the range of float32.
    """
    network, history = learn(experiment.training(), on_epoch)
    accuracy = history[-1].accuracy if experiment.phase == "training" else measure(experiment, network)
    return Result(accuracy, history, weight_magnitudes(network))


def learn(
    training: Experiment, on_epoch: Callable[[Epoch], None] | None = None, data: Dataset | None = None
) -> tuple[Network, tuple[Epoch, ...]]:
    """Train the network of an experiment of the phase "training"; return it and what its epochs came to.

    `data` is the experiment's data set, if it is loaded already.
    """
    network = training.network()
    settings = {name: getattr(training, name) for name in _TRAINING_SETTINGS}
    return network, tuple(train(network, data or training.data(), **settings, on_epoch=on_epoch))


def measure(experiment: Experiment, network: Network, data: Dataset | None = None) -> float:
    """Evaluate the trained network of an experiment of the phase "inference" under its noise; return the accuracy."""
    e = experiment
    return evaluate(network, data or e.data(), e.noise, e.point, e.seed, e.batch_size, executions=e.executions)

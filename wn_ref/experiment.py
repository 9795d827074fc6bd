"""An experiment is data: everything that determines the outcome of one run, and nothing else.

The same experiment gives the same bits, in any process, on the same kind of processor with the same libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from wn_ref.datasets import CATALOG, DATASETS, Dataset, load_dataset
from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.injection import GLOBAL, Points
from wn_ref.models import MODELS, build_model
from wn_ref.network import Network, weight_magnitudes
from wn_ref.noise import Noise
from wn_ref.train import OPTIMIZERS, SCHEDULES, Epoch, evaluate, train

PHASES = ("training", "inference")
"""Where noise is injected: in training and evaluation, or in evaluation only."""

_TRAIN_ARGUMENTS = (
    "epochs", "noise", "point", "seed", "batch_size", "learning_rate", "optimizer", "momentum", "schedule", "clamp",
    "augment",
)  # fmt: skip
"""Fields of `Experiment` that `wn_ref.train.train` takes under the same name."""


@dataclass(frozen=True)
class Experiment:
    """One network, trained and evaluated once.

    Attributes
    ----------
    dataset : str
        A name for `wn_ref.load_dataset`.
    model : str
        A name for `wn_ref.build_model`.
    batchnorm : bool
        Whether the network has batch norm.
    noise : Noise or None
        What is injected, such as ``wn_ref.additive(0.5)``; None means no noise.
    point : int, "global" or "all"
        Where it is injected: at one injection point, given by its number in `points`; at all points except the outputs
        of batch norm; or at all of them.
    phase : "training" or "inference"
        Whether noise is injected in training and evaluation, or in evaluation only.
    epochs : int
        How often training goes through the training images.
    seed : int
        Determines the initial weights, the order of the images, and the noise; 0 <= seed < 2^64.
    batch_size, learning_rate, optimizer, momentum, schedule, clamp, augment
        As in `wn_ref.train.train`.
    train_size, test_size : int or None
        As in `wn_ref.load_dataset`: how many images of each part are used, the same ones for every seed. None means
        all of them.
    executions : tuple of int or None
        How often the noise is applied at each noisy point before averaging (section 8), in the order of the points;
        None means once. For the phase "inference" only.

    Raises
    ------
    InputError
        If a field has a value that cannot be run.

    Examples
    --------
    >>> from wn_ref import Experiment, additive
    >>> experiment = Experiment(dataset="digits", noise=additive(0.5), point=2, phase="inference", epochs=1)
    >>> experiment.points[experiment.point]
    'bn1'
    >>> experiment.training_experiment() == Experiment(dataset="digits", epochs=1)
    True
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
            self.injection_points.numbers(self.point)  # refuses what is no point
        if self.executions is not None:
            self._check_executions()

    def _check_executions(self) -> None:
        if self.noise is None or self.phase != "inference":
            got = f"noise {self.noise} and phase {self.phase!r}"
            raise InputError(f"executions: expected noise in the phase 'inference', got {got}; leave executions out")
        by_point = self.injection_points.executions(self.point, self.executions)
        object.__setattr__(self, "executions", tuple(by_point.values()))

    @property
    def injection_points(self) -> Points:
        """The network's injection points."""
        return _injection_points(self.dataset, self.model, self.batchnorm)

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the network's injection points, in order."""
        return self.injection_points.names

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers of training and of test images."""
        entry = CATALOG[self.dataset]
        return self.train_size or entry.train_size, self.test_size or entry.test_size

    def network(self) -> Network:
        """Build the experiment's network, not yet trained."""
        return _build(self.dataset, self.model, self.batchnorm, self.seed)

    def data(self) -> Dataset:
        """Load the experiment's data set."""
        return load_dataset(self.dataset, self.train_size, self.test_size)

    def training_experiment(self) -> Experiment:
        """Return the experiment that trains this one's network.

        In the phase "training" it is this experiment itself; in the phase "inference" it is the same one without
        noise. Experiments that return the same share one trained network.
        """
        if self.phase == "training":
            return self
        return replace(self, noise=None, point=GLOBAL, phase="training", executions=None)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Experiment:
        """Return the experiment of one row of a table, as `row` writes it; other columns are ignored."""
        noise = Noise(**{field.name: row[field.name] for field in fields(Noise)})
        values = {field.name: _plain(row[field.name], str(field.type)) for field in fields(cls) if field.name in row}
        return cls(**values, noise=noise if noise.sigma_mul or noise.sigma_add else None)

    def row(self) -> dict[str, Any]:
        """Return the experiment as one row of a table, with the fields of its noise as columns of their own."""
        row = {name: value for name, value in vars(self).items() if name != "noise"}
        return row | vars(self.noise or Noise())


def _plain(value: Any, kind: str) -> Any:
    """Return a table's cell as the field's own type. (Tables turn missing values into NaN, and then ints to floats.)"""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and np.isnan(value):
        return None
    return int(value) if isinstance(value, float) and "int" in kind else value


def _build(dataset: str, model: str, batchnorm: bool, seed: int) -> Network:
    entry = CATALOG[dataset]
    return build_model(model, entry.shape, len(entry.classes), batchnorm, seed)


@lru_cache
def _injection_points(dataset: str, model: str, batchnorm: bool) -> Points:
    return _build(dataset, model, batchnorm, seed=0).injection_points


@dataclass(frozen=True)
class Result:
    """The outcome of an experiment, as `run` returns it.

    Attributes
    ----------
    accuracy : float
        Fraction of the test images that is classified correctly under the experiment's noise, 0 to 1.
    history : tuple of Epoch
        Loss and accuracy of every epoch of training.
    weight_magnitudes : dict of str to float
        Mean |w| of each layer with weights, after training.

    Examples
    --------
    >>> from wn_ref import Experiment, run
    >>> result = run(Experiment(dataset="digits", epochs=2))
    >>> len(result.history)
    2
    >>> result.accuracy == result.history[-1].accuracy
    True
    >>> list(result.weight_magnitudes)
    ['dense1', 'dense2', 'dense3', 'dense4']
    """

    accuracy: float
    history: tuple[Epoch, ...]
    weight_magnitudes: dict[str, float]


def run(experiment: Experiment, on_epoch: Callable[[Epoch], None] | None = None) -> Result:
    """Run one experiment: train its network and evaluate it.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    on_epoch : callable, optional
        Called with each `Epoch` of training as it ends.

    Raises
    ------
    OverflowStop
        If a number left the range of float32, in training or in evaluation.

    Examples
    --------
    >>> from wn_ref import Experiment, additive, run
    >>> quiet = run(Experiment(dataset="digits", epochs=5))
    >>> noisy = run(Experiment(dataset="digits", epochs=5, noise=additive(10), phase="inference"))
    >>> noisy.accuracy < quiet.accuracy
    True
    """
    network, history = learn(experiment.training_experiment(), on_epoch)
    accuracy = history[-1].accuracy if experiment.phase == "training" else measure(experiment, network)
    return Result(accuracy, history, weight_magnitudes(network))


def learn(
    experiment: Experiment, on_epoch: Callable[[Epoch], None] | None = None, data: Dataset | None = None
) -> tuple[Network, tuple[Epoch, ...]]:
    """Train the network of an experiment of the phase "training".

    Parameters
    ----------
    experiment : Experiment
        Of the phase "training"; see `Experiment.training_experiment`.
    on_epoch : callable, optional
        Called with each `Epoch` as it ends.
    data : Dataset, optional
        The experiment's data set, if it is loaded already.

    Returns
    -------
    network : Network
        Trained.
    history : tuple of Epoch
        Loss and accuracy of every epoch.
    """
    network = experiment.network()
    arguments: dict[str, Any] = {name: getattr(experiment, name) for name in _TRAIN_ARGUMENTS}
    history = train(network, experiment.data() if data is None else data, **arguments, on_epoch=on_epoch)
    return network, tuple(history)


def measure(experiment: Experiment, network: Network, data: Dataset | None = None) -> float:
    """Evaluate a trained network under the noise of an experiment of the phase "inference".

    Parameters
    ----------
    experiment : Experiment
        Of the phase "inference".
    network : Network
        Trained by `learn` on the experiment's `training_experiment()`.
    data : Dataset, optional
        The experiment's data set, if it is loaded already.

    Returns
    -------
    float
        The accuracy, 0 to 1.
    """
    e = experiment
    data = e.data() if data is None else data
    return evaluate(network, data, e.noise, e.point, e.seed, e.batch_size, executions=e.executions)

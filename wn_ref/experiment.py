"""An experiment is data: everything that determines the outcome of one run, and nothing else.

The same experiment gives the same bits, in any process, on the same kind of processor with the same libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from wn_ref.datasets import CATALOG, DATASETS, Dataset, load_dataset
from wn_ref.errors import InputError, require_choice, require_flag, require_whole
from wn_ref.injection import GLOBAL, Points
from wn_ref.models import MODELS, build_model
from wn_ref.network import Network
from wn_ref.noise import Noise
from wn_ref.own_noise import check_own_noise, describe_own_noise
from wn_ref.train import SETTINGS

PHASES = ("training", "inference")
"""Where noise is injected: in training and evaluation, or in evaluation only."""


def _size(name: str, value: object) -> int | None:
    return None if value is None else require_whole(name, value, least=1)


CHECKS: dict[str, Callable[[str, object], Any]] = {
    "dataset": partial(require_choice, choices=DATASETS),
    "model": partial(require_choice, choices=MODELS),
    "batchnorm": require_flag,
    "phase": partial(require_choice, choices=PHASES),
    "train_size": _size,
    "test_size": _size,
    **SETTINGS,
}
"""For each field the function that checks it and returns it as Python's own type (see `wn_ref.train.SETTINGS`)."""


@dataclass(frozen=True)
class Experiment:
    """One network, trained and evaluated once.

    Numbers become Python's own at once, so that two equal experiments also have the same bits.

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
    point : int or str
        Where it is injected: at one injection point, given by its number or its name in `points` and kept as its
        number; "global", at all points except the outputs of batch norm; or "all", at all of them.
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
    own_noise : str
        What identifies a noise of a class of your own, its code included; "" for the noises of this package. It is
        found out, and cannot be given (see `wn_ref.own_noise`).

    Raises
    ------
    InputError
        If a field has a value that cannot be run.

    Examples
    --------
    >>> from wn_ref import Experiment, additive
    >>> experiment = Experiment(dataset="digits", noise=additive(0.5), point="bn1", phase="inference", epochs=1)
    >>> experiment.point, experiment.points[:3]
    (2, ('input', 'dense1', 'bn1'))
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

    own_noise: str = field(init=False, default="", repr=False)

    def __post_init__(self) -> None:
        values = vars(self)
        for name, check in CHECKS.items():
            value = values[name]
            if (checked := check(name, value)) is not value:
                object.__setattr__(self, name, checked)
        object.__setattr__(self, "point", self.injection_points.normalised(self.point))
        if self.noise is not None and not isinstance(self.noise, Noise):
            raise InputError(f"noise: expected what wn_ref.additive and its like return, got {self.noise!r}; use them")
        if self.noise is not None and type(self.noise) is not Noise:
            check_own_noise(self.noise)
            object.__setattr__(self, "own_noise", describe_own_noise(self.noise))
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
        """Return the experiment of one row of a table, as `row` writes it; other columns are ignored.

        Raises
        ------
        InputError
            If its noise is of a class of the user's own, whose code is in no table.
        """
        if own := row.get("own_noise"):
            raise InputError(f"noise: expected one of this package, got {own}; make the experiment of its class again")
        noise = Noise(**{one.name: row[one.name] for one in fields(Noise)})
        given = [one for one in fields(cls) if one.init and one.name in row]
        values = {one.name: _plain(row[one.name], str(one.type)) for one in given}
        return cls(**values, noise=noise if noise.sigma_mul or noise.sigma_add else None)

    def row(self) -> dict[str, Any]:
        """Return the experiment as one row of a table, with the fields of its noise as columns of their own."""
        row = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "noise"}
        return row | {one.name: getattr(self.noise or Noise(), one.name) for one in fields(Noise)}


def _plain(value: Any, kind: str) -> Any:
    """Return a table's cell as the field's own type. (Tables turn missing values into NaN, and then ints to floats.)"""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and np.isnan(value):
        return None
    return int(value) if isinstance(value, float) and "int" in kind else value


def _build(dataset: str, model: str, batchnorm: bool, seed: int) -> Network:
    entry = CATALOG[dataset]
    return build_model(model, entry.shape, len(entry.classes), batchnorm, seed)


@lru_cache(maxsize=256)
def _injection_points(dataset: str, model: str, batchnorm: bool) -> Points:
    try:
        return _build(dataset, model, batchnorm, seed=0).injection_points
    except InputError as error:
        reason = str(error).removeprefix("input_shape: ")
        raise InputError(
            f"model: expected one that can take the images of {dataset}, got {model!r}; {reason}"
        ) from None

"""An experiment is data: everything that determines the outcome of one run.

The same experiment gives the same bits, in any process, on the same kind of processor with the same libraries. A field
counts whether or not the others let it matter: with Adam, experiments of two momenta are two, with equal results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any

import numpy as np

from wn_ref.datasets import CATALOG, Dataset, Entry, load_dataset
from wn_ref.datasets.own import OwnData, dataset_of
from wn_ref.errors import InputError, require_choice, require_flag, require_whole
from wn_ref.injection import GLOBAL, Points
from wn_ref.models import Model, build_model, model_name, model_of, multiplications
from wn_ref.network import Network
from wn_ref.noise import Noise
from wn_ref.own_model import describe_own_model
from wn_ref.own_noise import check_own_noise, describe_own_noise
from wn_ref.train import SETTINGS

EXACT = 2**53
"""Below it, every whole number is a float, too."""
PHASES = ("training", "inference")
"""Where noise is injected: in training and evaluation, or in evaluation only."""


def _size(name: str, value: object) -> int | None:
    return None if value is None else require_whole(name, value, least=1)


CHECKS: dict[str, Callable[[str, object], Any]] = {
    "dataset": lambda _, value: dataset_of(value),
    "model": lambda _, value: model_of(value),
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
    dataset : str, Dataset or callable
        A name for `wn_ref.load_dataset`; or data of your own: a `Dataset`, a function that returns one, the path of an
        .npz file or of a folder of images (see `wn_ref.datasets.own`). These are told apart by their content.
    model : str or callable
        A name for `wn_ref.build_model`; or a function of your own that builds a network, or where it is:
        "package.module:function" or "file.py:function". These are told apart by their code.
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
        Determines the initial weights, the order of the images, the crops and flips of augmented ones, and the noise;
        0 <= seed < 2^64.
    batch_size, learning_rate, optimizer, momentum, schedule, clamp, augment
        As in `wn_ref.train.train`.
    train_size, test_size : int or None
        As in `wn_ref.load_dataset`: how many images of each part are used, the same ones for every seed. None means
        all of them.
    executions : tuple of int or None
        How often the noise is applied at each noisy point before averaging (section 8), in the order of the points;
        None means once. For the phase "inference" only.
    own_noise, own_model, own_data : str
        What identifies a noise of a class of your own, a model of your own, each with its code, and data of your own;
        "" for those of this package. They are found out, and cannot be given (see `wn_ref.own_noise`,
        `wn_ref.own_model` and `wn_ref.datasets.own`).

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

    dataset: Any = "mnist_sample"  # what `dataset_of` takes, and from then on a name or an OwnData
    model: str | Model = "mlp"
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
    own_model: str = field(init=False, default="", repr=False)
    own_data: str = field(init=False, default="", repr=False)

    def __post_init__(self) -> None:
        values = vars(self)
        for name, check in CHECKS.items():
            value = values[name]
            if (checked := check(name, value)) is not value:
                object.__setattr__(self, name, checked)
        object.__setattr__(self, "own_model", describe_own_model(self.model))
        object.__setattr__(self, "own_data", self.dataset.content if isinstance(self.dataset, OwnData) else "")
        self._check_sizes()
        object.__setattr__(self, "point", self.injection_points.normalised(self.point))
        if self.own_model:  # the first network of a model may fill a cache of the model's
            object.__setattr__(self, "own_model", describe_own_model(self.model))
        if self.noise is not None and not isinstance(self.noise, Noise):
            raise InputError(f"noise: expected what wn_ref.additive and its like return, got {self.noise!r}; use them")
        if self.noise is not None and type(self.noise) is not Noise:
            check_own_noise(self.noise)
            object.__setattr__(self, "own_noise", describe_own_noise(self.noise))
        if self.executions is not None:
            self._check_executions()

    def _check_sizes(self) -> None:
        for name in ("train_size", "test_size"):
            asked, there = getattr(self, name), getattr(self.entry, name)
            if asked is not None and asked > there:
                what = f"{name} of {dataset_name(self.dataset)}"
                raise InputError(f"{what}: expected at most {there}, got {asked}; ask for fewer images")

    def _check_executions(self) -> None:
        if self.noise is None or self.phase != "inference":
            got = f"noise {self.noise} and phase {self.phase!r}"
            raise InputError(f"executions: expected noise in the phase 'inference', got {got}; leave executions out")
        by_point = self.injection_points.executions(self.point, self.executions)
        object.__setattr__(self, "executions", tuple(by_point.values()))

    @property
    def injection_points(self) -> Points:
        """The network's injection points."""
        return _facts(self.dataset, self.model, self.batchnorm, self.own_model)[0]

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the network's injection points, in order."""
        return self.injection_points.names

    @property
    def entry(self) -> Entry:
        """The facts about the data set: its shape, sizes and classes."""
        return _entry(self.dataset)

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers of training and of test images."""
        return self.train_size or self.entry.train_size, self.test_size or self.entry.test_size

    @property
    def cost(self) -> float:
        """How many multiplications its network does for an image; see `wn_ref.models.multiplications`."""
        return _facts(self.dataset, self.model, self.batchnorm, self.own_model)[1]

    def require_unchanged(self) -> None:
        """Raise `InputError` if code of the user's has changed since: the key of the results is of what it was.

        A model that changes what it reads at every run, such as a counter, can never match its key; it is let through.
        """
        expected = "the code, and what it reads, that was there when the experiment was made"
        if self.own_model and (now := describe_own_model(self.model)) != self.own_model:
            self.network()
            if describe_own_model(self.model) == now:
                raise InputError(f"model: expected {expected}, got other code; make the experiment anew")
        if self.noise and self.own_noise and describe_own_noise(self.noise) != self.own_noise:
            raise InputError(f"noise: expected {expected}, got other code; make the experiment anew")

    def network(self) -> Network:
        """Build the experiment's network, not yet trained."""
        return _build(self.dataset, self.model, self.batchnorm, self.seed)

    def data(self) -> Dataset:
        """Load the experiment's data set."""
        if isinstance(self.dataset, OwnData):
            return self.dataset.load(self.train_size, self.test_size)
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

        Without noise and with noise of level 0 have the same row. It is taken for the latter if there is a point, or
        the phase is "inference".

        Raises
        ------
        InputError
            If a column of `row` is missing, or the noise, model or data are the user's own, which are in no table.
        """
        missing = [name for name in DEFAULTS if name not in row and not name.startswith("own_")]
        if missing:
            got = ", ".join(map(str, dict(row)))
            raise InputError(f"row: expected a column {missing[0]}, got {got}; give all of `row`")
        for name in ("noise", "model", "data"):
            own = row.get(f"own_{name}")
            if isinstance(own, str) and own:
                raise InputError(f"{name}: expected that of this package, got {own}; make the experiment itself again")
        noise = Noise(**{one.name: row[one.name] for one in fields(Noise)})
        given = [one for one in fields(cls) if one.init and one.name != "noise"]
        values = {one.name: _plain(row[one.name], str(one.type)) for one in given}
        nowhere = row["point"] == GLOBAL and row["phase"] == "training"
        return cls(**values, noise=None if noise == Noise() and nowhere else noise)

    def row(self) -> dict[str, Any]:
        """Return the experiment as one row of a table, with the fields of its noise as columns of their own."""
        row = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "noise"}
        row |= {"dataset": dataset_name(self.dataset), "model": model_name(self.model)}
        return row | {one.name: getattr(self.noise or Noise(), one.name) for one in fields(Noise)}


DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {one.name: one.default for one in fields(Experiment) if one.name != "noise"}
    | {one.name: one.default for one in fields(Noise)}
)
"""The row of an experiment with nothing but defaults: every column of `Experiment.row`, in its order."""
OWN = ("own_noise", "own_model", "own_data")
"""Those of its columns that tell what is the user's own, empty for what is of this package."""


def _plain(value: Any, kind: str) -> Any:
    """Return a table's cell as the field's own type. (Tables turn missing values into NaN, and then ints to floats.)"""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and np.isnan(value):
        return None
    if isinstance(value, float) and "int" in kind:
        if not value.is_integer() or abs(value) >= EXACT:
            expected = f"a whole number, below 2^53 where it comes as a float ({kind})"
            raise InputError(f"row: expected {expected}, got {value!r}; read the column as integers")
        return int(value)
    return value


def dataset_name(dataset: str | OwnData) -> str:
    """Return what a data set is called in tables and figures."""
    return dataset.name if isinstance(dataset, OwnData) else dataset


def _entry(dataset: str | OwnData) -> Entry:
    return dataset.entry if isinstance(dataset, OwnData) else CATALOG[dataset]


def _build(dataset: str | OwnData, model: str | Model, batchnorm: bool, seed: int) -> Network:
    entry = _entry(dataset)
    return build_model(model, entry.shape, len(entry.classes), batchnorm, seed)


@lru_cache(maxsize=256)
def _facts(dataset: str | OwnData, model: str | Model, batchnorm: bool, code: str) -> tuple[Points, float]:  # noqa: ARG001
    """Return the injection points of a network, and its multiplications for an image.

    `code` is `Experiment.own_model`: what a function does may change, because of what it reads.
    """
    entry = _entry(dataset)
    try:
        network = _build(dataset, model, batchnorm, seed=0)
        return network.injection_points, multiplications(network, entry.shape, len(entry.classes))
    except InputError as error:
        expected = f"model: expected one that can take the images of {dataset_name(dataset)}"
        reason = str(error).removeprefix("input_shape: ")
        raise InputError(f"{expected}, got {model_name(model)!r}; {reason}") from None

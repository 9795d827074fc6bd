"""Groups of options: what a network is, how it is trained, which runs a plan has, and what runs them.

A command takes a group as one parameter, and its fields become options of the command:

    @with_groups
    def train(network: Network, training: Training, sigma: Sigma = 0.0) -> None: ...
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, get_type_hints

from wn_ref.cli.options import (
    STORE,
    BatchNorm,
    BatchSize,
    Clamp,
    DatasetName,
    Epochs,
    Grid,
    GridBatchSize,
    GridEpochs,
    GridLearningRate,
    Jobs,
    LearningRate,
    ModelName,
    OptionalStore,
    OwnSeeds,
    OwnSigmas,
    SweepStore,
    TestSize,
    TrainSize,
)
from wn_ref.cli.values import point_of, require_levels, seeds_of, sigmas_of
from wn_ref.sweeps import grids

if TYPE_CHECKING:
    from wn_ref.experiment import Experiment
    from wn_ref.sweeps.workers import Workers


@dataclass(frozen=True)
class Group:
    """Base class of all groups."""


@dataclass(frozen=True)
class Network(Group):
    """What is trained, on which data."""

    dataset: DatasetName = "mnist_sample"
    model: ModelName = "mlp"
    batchnorm: BatchNorm = True

    @property
    def settings(self) -> dict[str, Any]:
        """The fields of `Experiment` that the options choose."""
        return {"dataset": self.dataset, "model": self.model, "batchnorm": self.batchnorm}


@dataclass(frozen=True)
class Training(Group):
    """How a network is trained; None where the command or its grid decides."""

    epochs: Epochs = None
    batch_size: BatchSize = None
    learning_rate: LearningRate = None
    clamp: Clamp = False
    train_size: TrainSize = None
    test_size: TestSize = None

    @property
    def settings(self) -> dict[str, Any]:
        """The fields of `Experiment` that the options choose, without those that were left out."""
        return {name: value for name, value in vars(self).items() if value is not None and value is not False}


@dataclass(frozen=True)
class PlannedTraining(Training):
    """The same for a plan, whose grid has settings of its own."""

    epochs: GridEpochs = None
    batch_size: GridBatchSize = None
    learning_rate: GridLearningRate = None


@dataclass(frozen=True)
class ClampedOrNot(PlannedTraining):
    """The same for a command that trains with and without clamping, so that there is no option for it."""

    clamp: ClassVar[bool] = False  # type: ignore[misc]


@dataclass(frozen=True)
class Levels(Group):
    """Noise levels and repeats of a plan: those of a grid, or the user's own."""

    grid: Grid = "small"
    sigmas: OwnSigmas = None
    seeds: OwnSeeds = None

    def plan(
        self,
        name: str,
        network: Network,
        training: Training,
        noise: str = "additive",
        gradient: str = "exact",
        point: str | None = None,
        least: int = 1,
    ) -> list[Experiment]:
        """Return the experiments of a plan, which needs so many noise levels; see `wn_ref.sweeps.grids.plan`."""
        own = grids.Own(
            gradient,
            None if self.sigmas is None else require_levels(sigmas_of(self.sigmas), least),
            None if self.seeds is None else seeds_of(self.seeds),
            None if point is None else point_of(point),
        )
        return grids.plan(name, self.grid, noise, **network.settings, own=own, **training.settings)


@dataclass(frozen=True)
class Running(Group):
    """What runs experiments, and where every result is kept."""

    jobs: Jobs = 0
    store: OptionalStore = None

    @property
    def workers(self) -> Workers:
        """As many processes of this machine as --jobs says."""
        from wn_ref.sweeps.workers import Workers

        return Workers(self.jobs)


@dataclass(frozen=True)
class Sweeping(Running):
    """The same for a sweep, which always has a store."""

    store: SweepStore = STORE


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that has the fields of its groups as parameters of its own, as typer needs them."""
    hints, parameters = get_type_hints(command, include_extras=True), []
    groups: dict[str, type[Group]] = {}
    for parameter in inspect.signature(command).parameters.values():
        kind = hints[parameter.name]
        if isinstance(kind, type) and issubclass(kind, Group):
            groups[parameter.name] = kind
            types = get_type_hints(kind, include_extras=True)
            parameters += [_parameter(f.name, types[f.name], f.default) for f in fields(kind)]
        else:
            parameters.append(_parameter(parameter.name, kind, parameter.default))

    def flat(**given: Any) -> None:
        made = {name: kind(**{f.name: given.pop(f.name) for f in fields(kind)}) for name, kind in groups.items()}
        command(**made, **given)

    flat.__name__, flat.__doc__ = command.__name__, command.__doc__
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    flat.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return flat


def _parameter(name: str, kind: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)

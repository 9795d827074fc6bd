"""The options that choose which runs of a store a figure, a table or a report is of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from wn_ref.cli.groups import Group
from wn_ref.cli.options import STORE, ChosenBatchNorm, ChosenDataset, ChosenModel
from wn_ref.cli.values import point_of, sigmas_of
from wn_ref.errors import InputError
from wn_ref.noise import GRADIENTS
from wn_ref.train import OPTIMIZERS, SCHEDULES

SEVERAL = "Needed if the store has runs with several."


def _one(names: Iterable[str] = (), more: str = "") -> Any:
    """Return an option that keeps the runs with one value of a setting; the shell completes its names."""
    names = list(names)
    text = " ".join(filter(None, [f"One of: {', '.join(names)}." if names else "", more or SEVERAL]))
    return typer.Option(help=text, autocompletion=(lambda: names) if names else None)


@dataclass(frozen=True)
class Chosen(Group):
    """The settings that runs must have; None chooses nothing."""

    dataset: ChosenDataset = None
    model: ChosenModel = None
    batchnorm: ChosenBatchNorm = None
    epochs: Annotated[int | None, _one()] = None
    gradient: Annotated[
        str | None, _one(GRADIENTS, "Of multiplicative noise. By default the exact one, if there are both.")
    ] = None
    point: Annotated[
        str | None, _one(more="A name such as dense2, or its number. By default 4 in Figure 4 and 3 in Figure 8.")
    ] = None
    sigmas: Annotated[str | None, _one(more="Leaves out other noise levels: LOW:HIGH:COUNT or a list with commas.")] = (
        None
    )
    batch_size: Annotated[int | None, _one()] = None
    learning_rate: Annotated[float | None, _one()] = None
    optimizer: Annotated[str | None, _one(OPTIMIZERS)] = None
    momentum: Annotated[float | None, _one()] = None
    schedule: Annotated[str | None, _one(SCHEDULES)] = None
    augment: Annotated[bool | None, typer.Option("--augment/--no-augment", help=SEVERAL)] = None
    clamp: Annotated[bool | None, typer.Option("--clamp/--no-clamp", help=SEVERAL)] = None
    train_size: Annotated[int | None, _one()] = None
    test_size: Annotated[int | None, _one()] = None
    algorithm: Annotated[int | None, _one(more=f"Version of what is computed. {SEVERAL}")] = None
    data: Annotated[str | None, _one(more=f"Fingerprint of the data set's content. {SEVERAL}")] = None

    own_model: Annotated[str | None, _one(more=f"A model of your own, as in the column own_model. {SEVERAL}")] = None

    @property
    def choice(self) -> dict[str, Any]:
        """What `wn_ref.reproduce` takes: the settings that were chosen."""
        values: dict[str, Any] = {name: value for name, value in vars(self).items() if value is not None}
        if self.point is not None:
            values["point"] = point_of(self.point)
        if self.sigmas is not None:
            values["sigmas"] = sigmas_of(self.sigmas)
        return values

    def require_none(self, option: str, store: Path, but: Iterable[str] = ()) -> None:
        """Raise `InputError` if settings or a store were given with an option with which they have no effect."""
        for name, value in (self.choice | ({} if store == STORE else {"store": store})).items():
            if name not in but:
                raise InputError(f"{name}: expected none with {option}, got {value}; leave it out")

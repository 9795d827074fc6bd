"""What a store keeps: the outcome of each experiment, and the record of each training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from wn_ref.train import Epoch


@dataclass(frozen=True)
class Outcome:
    """What came of one experiment.

    Attributes
    ----------
    accuracy : float or None
        0 to 1; None if the run failed.
    error : str
        Why the run failed, in one line; empty if it did not fail.
    seconds : float
        How long the run took. The training of a network that several experiments share is not included.
    machine : str
        What computed it, as `wn_ref.machine.describe` returns it.
    """

    accuracy: float | None
    error: str
    seconds: float
    machine: str


@dataclass(frozen=True)
class TrainingRecord:
    """How a network was trained.

    Attributes
    ----------
    history : tuple of Epoch
        Loss and accuracy of every epoch.
    weight_magnitudes : dict of str to float
        Mean |w| of each layer with weights, after training.
    seconds : float
        How long the training took.
    """

    history: tuple[Epoch, ...]
    weight_magnitudes: dict[str, float]
    seconds: float


class Status(TypedDict):
    """How many runs a store has, and how its latest sweep is going; see `Store.status`."""

    done: int
    failed: int
    planned: int
    remaining: int
    started: float | None
    last: float | None
    rate: float | None

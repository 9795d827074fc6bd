"""What a store keeps: the outcome of each experiment, the record of each training, and which data they are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypedDict

from wn_ref.datasets import Dataset
from wn_ref.datasets.fingerprint import fingerprint
from wn_ref.train import Epoch
from wn_ref.version import ALGORITHM


class Origin(NamedTuple):
    """Of which data set, of which content, and by which version of the algorithm a result is.

    Attributes
    ----------
    dataset, train_size, test_size
        Fields of `Experiment`: the name of the data set, and how much of it is used.
    data : str
        The `fingerprint` of what was found under this name, "" if it is not known.
    algorithm : int
        `wn_ref.version.ALGORITHM` of the code.
    """

    dataset: str
    train_size: int | None
    test_size: int | None
    data: str
    algorithm: int


class Source(NamedTuple):
    """The data set that an experiment finds on this machine.

    Attributes
    ----------
    data : str
        Its `fingerprint`; "" if it is not known.
    tested, classes : int
        Numbers of its test images and of its classes.
    algorithm : int
        `wn_ref.version.ALGORITHM` of the code that uses it.
    """

    data: str
    tested: int
    classes: int
    algorithm: int = ALGORITHM

    @classmethod
    def of(cls, data: Dataset) -> Source:
        """Return the source that a loaded data set is."""
        return cls(fingerprint(data), len(data.test_labels), len(data.classes))


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
    machine : str or None
        What computed it, as `wn_ref.machine.describe` returns it; None if nobody knows.
    """

    accuracy: float | None
    error: str
    seconds: float
    machine: str | None


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

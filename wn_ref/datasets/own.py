"""Data of your own in an experiment: a `Dataset`, a function that makes one, an .npz file, or a folder of images.

An experiment is told apart from others by the content of its data, and not by their name or place. So a file may be
moved, and the rows of a store stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wn_ref.datasets.catalog import CATALOG
from wn_ref.datasets.dataset import Dataset
from wn_ref.datasets.entry import Entry
from wn_ref.datasets.fingerprint import fingerprint
from wn_ref.datasets.load import load_dataset, part_of
from wn_ref.datasets.own_files import own_dataset
from wn_ref.errors import InputError, require_choice

OF_ENTRY = ("shape", "classes", "mean", "std", "padding", "flip")
"""What an `Entry` takes over from a `Dataset`."""


@dataclass(frozen=True)
class OwnData:
    """Data of the user's, as an experiment refers to them.

    Attributes
    ----------
    name : str
        What they are called in tables and figures.
    content : str
        Their `fingerprint`.
    entry : Entry
        Shape, sizes, classes and the like.
    """

    name: str
    content: str
    entry: Entry = field(compare=False, repr=False)
    _data: Dataset | None = field(compare=False, repr=False)

    @classmethod
    def of(cls, data: Dataset) -> OwnData:
        """Return the reference to a data set."""
        facts: dict[str, Any] = {name: getattr(data, name) for name in OF_ENTRY}
        facts |= {"train_size": len(data.train_labels), "test_size": len(data.test_labels)}
        facts |= {"most_frequent": int(np.bincount(data.test_labels).max())}
        entry = Entry(data.name, data.name, (), _unreadable, licence="your own", **facts)
        return cls(data.name, fingerprint(data), entry, data)

    def load(self, train_size: int | None, test_size: int | None) -> Dataset:
        """Return the data, or a part of them.

        Raises
        ------
        InputError
            If this process has not got the data, or there are fewer images than asked for.
        """
        if self._data is None:
            raise InputError(f"dataset: expected the data of {self.name!r} in this process, got their name; send them")
        return part_of(self._data, train_size, test_size)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_data": None}  # the data travel by themselves, once

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)


def dataset_of(dataset: object) -> str | OwnData:
    """Return a data set as `Experiment` keeps it: the name of a known one, or a reference to the user's own.

    Parameters
    ----------
    dataset : str, Path, Dataset or callable
        A name of `load_dataset`, or one that wn-ref data add has made known; a data set; a function without arguments
        that returns one; an .npz file; or a folder of images.

    Raises
    ------
    InputError
        If there is no such data set, or it cannot be used.
    """
    if isinstance(dataset, OwnData):
        return dataset
    if isinstance(dataset, str) and dataset in CATALOG:
        return str(dataset)
    if isinstance(dataset, (str, Path)):
        data = own_dataset(dataset)
    elif callable(dataset):
        data = _made(dataset)
    elif isinstance(dataset, Dataset):
        data = dataset
    else:
        require_choice("dataset", dataset, CATALOG)
        raise InputError(f"dataset: expected a name, a Dataset or a function, got {dataset!r}; give one of them")
    if data.name in CATALOG:
        if data is load_dataset(data.name) or fingerprint(data) == fingerprint(load_dataset(data.name)):
            return data.name
        raise InputError(
            f"dataset: expected a name of its own for data other than {data.name}, got this name; "
            "dataclasses.replace(data, name=...) gives it one"
        )
    return OwnData.of(data)


def _made(function: Callable[[], Any]) -> Dataset:
    data = function()
    if not isinstance(data, Dataset):
        raise InputError(
            f"dataset: expected a function that returns a Dataset, got one that returns {data!r}; correct it"
        )
    return data


def _unreadable(_: list[Path]) -> Any:
    raise InputError("dataset: expected the name of a published data set, got one's own; it has no files to read")

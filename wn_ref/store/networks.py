"""Trained networks, kept as NumPy's .npz files: one array for each parameter and each running average of batch norm.

A file says itself which network it is: of which training, on which data, by which version of the algorithm. One that is
broken, incomplete or another experiment's counts as absent, because the network can be trained again. A file appears
under its name only when it is complete. Nothing is pickled.
"""

from __future__ import annotations

import shutil
from collections.abc import Container
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from wn_ref.errors import InputError
from wn_ref.experiment import Experiment
from wn_ref.files import PART, write_atomically
from wn_ref.network import Network
from wn_ref.npz import open_npz, write_npz
from wn_ref.store.canonical import key
from wn_ref.version import ALGORITHM
from wn_ref.weights import Arrays, own_arrays

IDENTITY = "identity"
"""The name of one more array, which says which network it is: key of the training, version of the algorithm, data."""


class Networks:
    """A folder of trained networks by key; without a folder they are kept in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, Arrays] = {}

    @classmethod
    def beside(cls, store: Path | None) -> Networks:
        """Return the networks that belong to a store's file; None is a store in memory."""
        return cls(None if store is None else store.with_name(f"{store.name}-networks"))

    def save(self, training_experiment: Experiment, data: str, arrays: Arrays) -> None:
        """Keep the arrays of a trained network.

        Parameters
        ----------
        training_experiment : Experiment
            What trained it.
        data : str
            `fingerprint` of the data set on which it was trained.
        arrays : dict of str to np.ndarray
            As `to_arrays` returns them.

        Raises
        ------
        InputError
            If this process may not write to the folder.
        StorageError
            If the disk is full or fails.
        """
        k = key(training_experiment)
        kept = {**arrays, IDENTITY: _identity(training_experiment, data)}
        if self._folder is None:
            self._memory[k] = kept
            return

        def write(path: Path) -> None:
            path.parent.mkdir(exist_ok=True)
            write_npz(path, kept)

        write_atomically(self._file(k), write)

    def copy_from(self, others: Networks, anew: bool = False) -> int:
        """Copy those files of another folder that this one has not, or only broken ones, and return how many.

        With `anew`, copy all of them, and delete those that the other folder has not.
        """
        if self._folder is None:
            return 0
        wanted = [file for file in others.files() if anew or not self._read(file.stem)]
        for file in wanted:
            write_atomically(self._file(file.stem), partial(_copy, file))
        if anew:
            self.keep_only({file.stem for file in wanted})
        return len(wanted)

    def keep_only(self, keys: Container[str]) -> None:
        """Delete the files of all trainings but these."""
        for file in self.files():
            if file.stem not in keys:
                file.unlink(missing_ok=True)

    def files(self) -> list[Path]:
        """Return the files of networks that are complete."""
        return [] if self._folder is None else sorted(self._folder.glob("[!.]*.npz"))

    def _file(self, k: str) -> Path:
        return Path(f"{self._folder}/{k}.npz")

    def load(self, training_experiment: Experiment, data: str) -> Arrays | None:
        """Return the arrays that `save` kept; None if there are none, or what is there is broken or another network."""
        k = key(training_experiment)
        kept = dict(self._memory.get(k, {})) if self._folder is None else self._read(k)
        if not np.array_equal(kept.pop(IDENTITY, None), _identity(training_experiment, data)):  # type: ignore[arg-type]
            return None
        return kept if is_complete(training_experiment, kept) else None

    def remove_parts(self) -> None:
        """Delete what processes left that were killed while they saved a network; nobody else may be saving one."""
        if self._folder is not None:
            for part in self._folder.glob(f".*{PART}*.npz"):
                part.unlink(missing_ok=True)

    def _read(self, k: str) -> Arrays:
        """Return what a file has, or nothing if there is no such file, or it is broken."""
        try:
            with open_npz(self._file(k), "a network") as file:
                return {name: file.array(name) for name in file.headers}
        except InputError:
            return {}


def _copy(file: Path, to: Path) -> None:
    to.parent.mkdir(exist_ok=True)
    shutil.copyfile(file, to)


def _identity(training_experiment: Experiment, data: str) -> np.ndarray:
    return np.array([key(training_experiment), str(ALGORITHM), data])


def is_complete(training_experiment: Experiment, arrays: Arrays) -> bool:
    """Return whether arrays are all those of the experiment's network, each with its shape and type."""
    e = training_experiment
    facts = {name: (array.shape, array.dtype) for name, array in arrays.items()}
    return facts == _facts(e.dataset, e.model, e.batchnorm, e.own_model)


@lru_cache
def _facts(dataset: Any, model: Any, batchnorm: bool, code: str) -> dict[str, tuple[tuple[int, ...], np.dtype]]:  # noqa: ARG001
    network = Experiment(dataset=dataset, model=model, batchnorm=batchnorm).network()
    return {name: (array.shape, array.dtype) for name, array in own_arrays(network).items()}


def to_network(training_experiment: Experiment, arrays: Arrays) -> Network:
    """Build the network of an experiment and fill it with the arrays that its training left."""
    network = training_experiment.network()
    for name, array in own_arrays(network).items():
        array[...] = arrays[name]
    return network

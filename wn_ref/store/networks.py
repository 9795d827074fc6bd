"""Trained networks, kept as NumPy's .npz files: one array for each parameter and each running average of batch norm.

A file appears under its name only when it is complete. A broken file counts as absent, because the network can be
trained again. Nothing is pickled.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from wn_ref.experiment import Experiment
from wn_ref.files import write_atomically
from wn_ref.network import Network

Arrays = dict[str, np.ndarray]
"""A trained network: its parameters and running averages by name, such as "dense1.weight"."""


class Networks:
    """A folder of trained networks by key; without a folder they are kept in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, Arrays] = {}

    @classmethod
    def beside(cls, store: Path | None) -> Networks:
        """Return the networks that belong to a store's file; None is a store in memory."""
        return cls(None if store is None else store.with_name(f"{store.name}-networks"))

    def save(self, key: str, arrays: Arrays) -> None:
        """Keep a network's arrays under a key.

        Raises
        ------
        InputError
            If this process may not write to the folder.
        StorageError
            If the disk is full or fails.
        """
        if self._folder is None:
            self._memory[key] = arrays
            return

        def write(path: Path) -> None:
            path.parent.mkdir(exist_ok=True)
            np.savez(path, **arrays)  # type: ignore[arg-type]  # NumPy's types take a name for the option allow_pickle

        write_atomically(self._folder / f"{key}.npz", write)

    def load(self, key: str) -> Arrays | None:
        """Return the arrays kept under a key; None if there are none, or their file is broken."""
        if self._folder is None:
            return self._memory.get(key)
        try:
            with (self._folder / f"{key}.npz").open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                return dict(file)
        except (OSError, EOFError, ValueError, zipfile.BadZipFile):
            return None


def to_arrays(network: Network) -> Arrays:
    """Return copies of everything that training changes in a network, by name."""
    return {name: array.copy() for name, array in {**network.parameters, **network.statistics}.items()}


def to_network(training_experiment: Experiment, arrays: Arrays) -> Network:
    """Build the network of an experiment and fill it with the arrays that its training left."""
    network = training_experiment.network()
    for target in (network.parameters, network.statistics):
        target.update({name: arrays[name] for name in target})
    return network

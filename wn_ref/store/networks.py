"""Trained networks, kept as files: NumPy's .npz with an array a parameter and a batch norm's running average.

A file appears under its name only when it is whole; one that is broken all the same counts as absent, because the
network can be trained again. Nothing is pickled.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from wn_ref.experiment import Experiment
from wn_ref.files import whole
from wn_ref.network import Network

Arrays = dict[str, np.ndarray]


class Networks:
    """A folder of networks by key; without a folder they are kept in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, Arrays] = {}

    def save(self, key: str, arrays: Arrays) -> None:
        """Keep a network's arrays under a key."""
        if self._folder is None:
            self._memory[key] = arrays
            return
        self._folder.mkdir(exist_ok=True)
        whole(self._folder / f"{key}.npz", lambda path: np.savez(path, **arrays))

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
    """Return all that training has changed in a network, by name."""
    return {name: array.copy() for name, array in {**network.parameters, **network.statistics}.items()}


def to_network(training: Experiment, arrays: Arrays) -> Network:
    """Build the network of an experiment and fill it with kept arrays."""
    network = training.network()
    for target in (network.parameters, network.statistics):
        target.update({name: arrays[name] for name in target})
    return network

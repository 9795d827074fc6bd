"""What `wn_ref.bench` compares with: the same networks in PyTorch and in JAX, as far as these are installed.

All sides train on 60,000 images in random batches of 128 with Adam, on one core. The peers have them in memory as
normalised floats; wn_ref has bytes, and normalises what it gathers. All sides evaluate from bytes, and count what is
classified correctly.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from wn_ref.bench_tools import seconds_of
from wn_ref.datasets import Dataset
from wn_ref.network import Network
from wn_ref.noise import Noise

Tasks = dict[str, Callable[[], object]]
"""What to measure, by name: "train" is an epoch, "evaluate" goes through the test part once."""


def installed() -> list[str]:
    """Return the peers that are installed: "torch", "jax"."""
    return [name for name in PEERS if find_spec(name)]


def peer_tasks(peer: str, network: Network, noise: Noise | None, data: Dataset) -> Tasks:
    """Return the tasks of a peer, which have run before and are compiled.

    Parameters
    ----------
    peer : str
        One of `installed`.
    network : Network
        Whose layers and weights the peer takes over.
    noise : Noise or None
        Additive or multiplicative global noise, with the exact gradient.
    data : Dataset
        Images in bytes that are normalised to 0 ... 1.
    """
    return PEERS[peer](network, noise, data)


def _torch(network: Network, noise: Noise | None, data: Dataset) -> Tasks:
    import torch

    from wn_ref.ports import torch_twin

    torch.set_num_threads(1)
    model = torch_twin.twin(network, noise)
    images, labels = torch.tensor(data.train_images).float() / 255, torch.tensor(data.train_labels)
    tests, answers = torch.tensor(data.test_images), torch.tensor(data.test_labels)
    torch_twin.train_epoch(model, images[:256], labels[:256])
    return {
        "train": lambda: torch_twin.train_epoch(model, images, labels),
        "evaluate": lambda: torch_twin.evaluate(model, tests.float() / 255, answers),
    }


def _jax(network: Network, noise: Noise | None, data: Dataset) -> Tasks:
    """Return the tasks with the generator that is faster here."""
    import jax.numpy as jnp

    from wn_ref.ports.jax_epoch import GENERATORS, JaxEpoch

    images, tests = (np.moveaxis(part, 1, -1) for part in (data.train_images, data.test_images))
    floats, labels = jnp.asarray(images, jnp.float32) / 255, jnp.asarray(data.train_labels, jnp.int32)
    pixels, answers = jnp.asarray(tests), jnp.asarray(data.test_labels, jnp.int32)
    made = [JaxEpoch(network, noise, generator) for generator in (GENERATORS if noise else GENERATORS[:1])]
    for epoch in made:
        epoch.train_epoch(floats, labels)
        epoch.evaluate(pixels, answers)
    best = min(made, key=lambda epoch: seconds_of(lambda: epoch.train_epoch(floats, labels)))
    return {
        "train": lambda: best.train_epoch(floats, labels),
        "evaluate": lambda: best.evaluate(pixels, answers),
    }


PEERS: dict[str, Callable[[Network, Noise | None, Dataset], Tasks]] = {"torch": _torch, "jax": _jax}

"""What `wn_ref.bench` measures with: made-up data and networks, and a clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from wn_ref.datasets import CATALOG, Dataset

SHAPE = (1, 28, 28)
"""(channels, height, width) of the images, which are those of MNIST unless a network is made for others."""
NETWORKS = {
    "mlp": ("mlp", SHAPE),
    "lenet5": ("lenet5", SHAPE),
    "lenet5_cifar10": ("lenet5", CATALOG["cifar10"].shape),
    "cnn_s": ("cnn_s", CATALOG["gsc"].shape),
}
"""What can be measured: a model, and the (channels, height, width) of the images that it is for."""


def made_up_data(images: int, shape: tuple[int, ...] = SHAPE) -> Dataset:
    """Make a data set of random images and labels.

    Parameters
    ----------
    images : int
        Number of training images; the test part has a sixth of that.
    shape : tuple of int
        (channels, height, width) of an image.
    """
    rng = np.random.default_rng(0)
    train_images = rng.integers(0, 256, (images, *shape), np.uint8)
    labels = rng.integers(0, 10, images)
    tests = max(images // 6, 1)
    return Dataset(
        "made up",
        train_images,
        labels,
        train_images[:tests],
        labels[:tests],
        tuple("0123456789"),
        (0.0,) * shape[0],
        (1.0,) * shape[0],
    )


class SimulatedNetworks:
    """Takes the place of networks in a search: accuracies on a logistic curve, with the scatter of MNIST's MLPs.

    Parameters
    ----------
    midpoint : float
        Where they fall.
    seed : int
        Of the scatter.

    Attributes
    ----------
    trained : int
        How many there were.
    """

    slope, scatter, clean, floor = 0.4, 0.005, 0.98, 0.1  # slope and scatter in ln sigma

    def __init__(self, midpoint: float, seed: int) -> None:
        self.midpoint, self.trained, self._rng = midpoint, 0, np.random.default_rng(seed)

    def __call__(self, requests: Sequence[tuple[float, int]]) -> np.ndarray:
        """Return the accuracies at each (sigma, seed)."""
        self.trained += len(requests)
        sigma, moved = np.array([sigma for sigma, _ in requests]), self._rng.standard_normal(len(requests))
        with np.errstate(divide="ignore"):
            z = (np.log(sigma / self.midpoint) + self.scatter * moved) / self.slope
        return self.floor + (self.clean - self.floor) / (1 + np.exp(z)) + 0.001 * self._rng.standard_normal(len(sigma))


def seconds_of(task: Callable[[], object]) -> float:
    """Return how long a task takes."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start

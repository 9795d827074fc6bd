"""What is known of each data set without loading it: enough to build networks for it and to list plans.

The five of the paper (section 3.2) and the samples of 8,000 training and 2,000 test images that ship with the project.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """Sizes of a data set.

    Attributes
    ----------
    shape : tuple of int
        (channels, height, width) of an image.
    classes : int
        How many there are, K.
    train_size, test_size : int
        How many images there are in each part.
    """

    shape: tuple[int, int, int]
    classes: int
    train_size: int
    test_size: int


FACTS = {
    "mnist_sample": Facts((1, 28, 28), 10, 8_000, 2_000),
    "fashion_mnist_sample": Facts((1, 28, 28), 10, 8_000, 2_000),
    "mnist": Facts((1, 28, 28), 10, 60_000, 10_000),
    "fashion_mnist": Facts((1, 28, 28), 10, 60_000, 10_000),
    "svhn": Facts((3, 32, 32), 10, 73_257, 26_032),
    "cifar10": Facts((3, 32, 32), 10, 50_000, 10_000),
    "gsc": Facts((1, 10, 49), 12, 85_511, 4_890),
}

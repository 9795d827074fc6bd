"""The samples that are part of this package, in its folder `samples`.

The samples of MNIST and FashionMNIST have 8,000 training and 2,000 test images each; that of speech holds the features
of the publisher's test set. In the repository, `datasets/` says for each where it comes from and under which licence,
and has the script that made it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wn_ref.datasets.reading import reading
from wn_ref.datasets.train_test import TrainTest
from wn_ref.npz import BROKEN_NPZ

FOLDER = Path(__file__).resolve().parent / "samples"


def mnist(_: list[Path]) -> TrainTest:
    """Read the sample of MNIST."""
    return read(FOLDER / "mnist.npz")


def fashion_mnist(_: list[Path]) -> TrainTest:
    """Read the sample of FashionMNIST."""
    return read(FOLDER / "fashion_mnist.npz")


def gsc(_: list[Path]) -> TrainTest:
    """Read the sample of Google Speech Commands, whose features are stored in half precision."""
    return read(FOLDER / "gsc.npz")


def read(path: Path) -> TrainTest:
    """Read the four arrays of a sample.

    Raises
    ------
    InputError
        If the file is absent or damaged.
    """
    with (
        reading(path, "the images and labels of a sample", *BROKEN_NPZ, remedy="install wn_ref again"),
        path.open("rb") as raw,
        np.load(raw, allow_pickle=False) as file,
    ):
        train_images, test_images = (_single(file[key]) for key in ("train_images", "test_images"))
        train_labels, test_labels = (file[key].astype(np.int64) for key in ("train_labels", "test_labels"))
    return TrainTest(train_images, train_labels, test_images, test_labels)


def _single(images: np.ndarray) -> np.ndarray:
    """Return features in single precision; images of bytes stay as they are."""
    return images.astype(np.float32) if images.dtype == np.float16 else images

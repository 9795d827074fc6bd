"""The samples that ship with the repository, in `datasets/NAME/sample.npz`.

Of MNIST and FashionMNIST they are 8,000 training and 2,000 test images, of speech the features of the publisher's test
set; a README beside each says where it comes from and under which licence, and a script how it was made.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from wn_ref.datasets.parts import Parts, reading
from wn_ref.errors import InputError

FOLDER = Path(__file__).resolve().parents[2] / "datasets"


def mnist(_: list[Path]) -> Parts:
    """Read the sample of MNIST."""
    return read(FOLDER / "mnist" / "sample.npz")


def fashion_mnist(_: list[Path]) -> Parts:
    """Read the sample of FashionMNIST."""
    return read(FOLDER / "fashion_mnist" / "sample.npz")


def speech(_: list[Path]) -> Parts:
    """Read the sample of speech, whose features are stored in half precision."""
    return read(FOLDER / "gsc" / "sample.npz")


def read(path: Path) -> Parts:
    """Read the four arrays of a sample."""
    if not path.exists():
        raise InputError(f"{path}: expected a sample, got no such file; install with `pip install -e .` from a clone")
    damage = (ValueError, KeyError, zipfile.BadZipFile)
    with (
        reading(path, "a sample's images and labels", *damage),
        path.open("rb") as raw,
        np.load(raw, allow_pickle=False) as file,
    ):
        train_images, test_images = (_single(file[key]) for key in ("train_images", "test_images"))
        train_labels, test_labels = (file[key].astype(np.int64) for key in ("train_labels", "test_labels"))
    return Parts(train_images, train_labels, test_images, test_labels)


def _single(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) if images.dtype == np.float16 else images

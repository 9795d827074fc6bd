"""Data sets: what they look like once loaded, and the samples that ship with the repository.

Each sample is 8,000 training and 2,000 test images of the original, in `datasets/NAME/sample.npz`, where a README says
where they come from and under which licence, and a script how they were picked.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from wn_ref.errors import InputError, require_choice
from wn_ref.kernel import kernel
from wn_ref.random import permutation

FOLDER = Path(__file__).resolve().parent.parent / "datasets"

DIGITS = tuple("0123456789")
CLOTHES = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images in two parts, and how they are normalised.

    Attributes
    ----------
    name : str
        As given to `load_dataset`.
    train_images, test_images : np.ndarray
        uint8, (n, channels, height, width).
    train_labels, test_labels : np.ndarray
        int64, (n,), from 0 to the number of classes - 1.
    classes : tuple of str
        Names of the classes.
    mean, std : tuple of float
        One a channel, in units of the full range: a network sees (image / 255 - mean) / std.
    """

    name: str
    train_images: np.ndarray = field(repr=False)
    train_labels: np.ndarray = field(repr=False)
    test_images: np.ndarray = field(repr=False)
    test_labels: np.ndarray = field(repr=False)
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of an image."""
        return self.train_images.shape[1:]

    def batch(self, images: np.ndarray, indices: np.ndarray, dtype: np.dtype = np.float32) -> np.ndarray:
        """Gather images[indices], normalised, with the samples on the last axis.

        Parameters
        ----------
        images : np.ndarray
            uint8, (n, channels, height, width), as in `train_images`.
        indices : np.ndarray
            int64, (batch,).
        dtype : np.dtype
            Of the result.

        Returns
        -------
        np.ndarray
            (channels, height, width, batch), a new array.

        Raises
        ------
        InputError
            If an index is out of range.
        """
        out = np.empty((*images.shape[1:], len(indices)), dtype)
        std = np.asarray(self.std, dtype)
        scale, shift = (1 / 255 / std).astype(dtype), (-np.asarray(self.mean, dtype) / std).astype(dtype)
        if len(indices) and not 0 <= np.min(indices) <= np.max(indices) < len(images):
            raise InputError(
                f"indices: expected 0 to {len(images) - 1}, got {np.min(indices)} to {np.max(indices)}; correct them"
            )
        starts = np.asarray(indices, np.uint64) * np.uint64(images[0].size)
        _gather(images.reshape(-1), starts, scale, shift, out.reshape(images.shape[1], -1, len(indices)))
        return out


@dataclass(frozen=True)
class _Sample:
    """What the file of a sample does not say itself."""

    folder: str
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]


_SAMPLES = {
    "mnist_sample": _Sample("mnist", DIGITS, mean=(0.0,), std=(1.0,)),
    "fashion_mnist_sample": _Sample("fashion_mnist", CLOTHES, mean=(0.5,), std=(0.5,)),
}
DATASETS = tuple(_SAMPLES)


@lru_cache(maxsize=2)
def load_dataset(name: str) -> Dataset:
    """Load a data set by name; a second call returns the same object, whose arrays are read-only.

    Parameters
    ----------
    name : str
        "mnist_sample" or "fashion_mnist_sample".

    Returns
    -------
    Dataset
        Images, labels, class names and normalisation.

    Raises
    ------
    InputError
        If there is no such data set, or its file is absent or broken.
    """
    require_choice("dataset", name, DATASETS)
    sample = _SAMPLES[name]
    parts = _read(FOLDER / sample.folder / "sample.npz")
    return Dataset(name=name, **parts, classes=sample.classes, mean=sample.mean, std=sample.std)


def stratified(labels: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Pick `size` indices at random so that every class has its natural share (largest remainders).

    Parameters
    ----------
    labels : np.ndarray
        Classes of all candidates, integers >= 0, (n,).
    size : int
        How many to pick, 1 <= size <= n.
    seed : int
        Of the choice.

    Returns
    -------
    np.ndarray
        int64, (size,), in random order.

    Raises
    ------
    InputError
        If there are not that many.
    """
    if not 1 <= size <= len(labels):
        raise InputError(f"size: expected 1 to {len(labels)} of the {len(labels)} images, got {size}; ask for less")
    counts = np.bincount(labels)
    shares = counts * size / len(labels)
    quota = shares.astype(np.int64)
    quota[np.argsort(quota - shares, kind="stable")[: size - quota.sum()]] += 1
    order = permutation(len(labels), seed)
    rank = np.empty(len(labels), np.int64)  # of each index among its class, in that order
    for k in range(len(counts)):
        rank[order[labels[order] == k]] = np.arange(counts[k])
    return order[(rank < quota[labels])[order]]


def _read(path: Path) -> dict[str, np.ndarray]:
    """Read the four arrays of a sample."""
    if not path.exists():
        raise InputError(f"dataset: expected {path}, which is not there; install with `pip install -e .` from a clone")
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            parts = {f"{part}_{kind}": file[f"{part}_{kind}"] for part in ("train", "test") for kind in _KINDS}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"dataset: expected images and labels in {path}, got {error}; restore the file") from None
    for part in ("train", "test"):
        parts[f"{part}_labels"] = parts[f"{part}_labels"].astype(np.int64)
    for array in parts.values():
        array.flags.writeable = False
    return parts


_KINDS = ("images", "labels")


TILE = np.uint64(32)


@kernel
def _gather(pixels, starts, scale, shift, out):
    """out[c, p, n] = pixels[starts[n] + c P + p] scale[c] + shift[c], with P pixels a channel.

    A tile of 32 pixels at a time: read along images, where they are neighbours, written along the batch, where it is.
    Indices are unsigned, which spares Numba's test for negative ones.
    """
    channels, size, batch = out.shape
    tile = np.empty((batch, TILE), np.uint8)
    for c in range(channels):
        for first in range(0, size, TILE):
            width = min(TILE, np.uint64(size - first))
            for n in range(batch):
                start = starts[n] + np.uint64(c * size + first)
                for p in range(width):
                    tile[n, p] = pixels[start + p]
            for p in range(width):
                row, column = out[c, first + p], tile[:, p]
                for n in range(batch):
                    row[n] = np.float32(column[n]) * scale[c] + shift[c]

"""Data sets as they look once loaded."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wn_ref.datasets.gather import gather, gather_augmented
from wn_ref.errors import InputError
from wn_ref.random import AUGMENT, permutation, words


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images, or features of speech, in two parts, and how a network gets to see them.

    Attributes
    ----------
    name : str
        As given to `load_dataset`.
    train_images, test_images : np.ndarray
        uint8 images or float32 features, (n, channels, height, width); read-only.
    train_labels, test_labels : np.ndarray
        int64, (n,), from 0 to the number of classes - 1; read-only.
    classes : tuple of str
        Names of the classes.
    mean, std : tuple of float
        One a channel, in units of the full range: a network sees (image / 255 - mean) / std of uint8 images, and
        (feature - mean) / std of features.
    padding : int
        In training, images are padded by so many black pixels on each side and cropped at a random place; 0 is none.
    flip : bool
        Whether every other image, by chance, is flipped left and right in training.
    class_weights : tuple of float, or None
        How much each class counts in the loss; all the same if None.
    """

    name: str
    train_images: np.ndarray = field(repr=False)
    train_labels: np.ndarray = field(repr=False)
    test_images: np.ndarray = field(repr=False)
    test_labels: np.ndarray = field(repr=False)
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    padding: int = 0
    flip: bool = False
    class_weights: tuple[float, ...] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of an image."""
        return self.train_images.shape[1:]

    def augmentation(self, seed: int, epoch: int) -> np.ndarray | None:
        """Draw how each training image is cropped and flipped in an epoch: a function of (seed, epoch, index).

        Returns
        -------
        np.ndarray or None
            uint32, (number of training images,), for `batch`; None if the data set asks for no augmentation.
        """
        if not self.padding and not self.flip:
            return None
        return words(len(self.train_labels), seed, AUGMENT, epoch)

    def batch(
        self,
        images: np.ndarray,
        indices: np.ndarray,
        dtype: np.dtype = np.float32,
        augmentation: np.ndarray | None = None,
    ) -> np.ndarray:
        """Gather images[indices], augmented and normalised, with the samples on the last axis.

        Parameters
        ----------
        images : np.ndarray
            uint8 or float32, (n, channels, height, width), as in `train_images`.
        indices : np.ndarray
            int64, (batch,).
        dtype : np.dtype
            Of the result.
        augmentation : np.ndarray, optional
            uint32, (n,), of the method of this name; images are as they are without it.

        Returns
        -------
        np.ndarray
            (channels, height, width, batch), a new array.

        Raises
        ------
        InputError
            If an index is out of range.
        """
        if len(indices) and not 0 <= np.min(indices) <= np.max(indices) < len(images):
            raise InputError(
                f"indices: expected 0 to {len(images) - 1}, got {np.min(indices)} to {np.max(indices)}; correct them"
            )
        channels, height, width = images.shape[1:]
        out = np.empty((channels, height, width, len(indices)), dtype)
        flat, starts = images.reshape(-1), np.asarray(indices, np.int64) * images[0].size
        scale, shift = self._normalisation(images.dtype, dtype)
        target = out.reshape(channels, height * width, len(indices))
        if augmentation is None:
            gather(flat, starts, scale, shift, target)
        else:
            drawn = augmentation[indices]
            gather_augmented(flat, starts, drawn, self.padding, self.flip, width, scale, shift, target)
        return out

    def _normalisation(self, source: np.dtype, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
        """(value / full - mean) / std as value * scale + shift."""
        full = 255 if source == np.uint8 else 1
        mean, std = np.asarray(self.mean), np.asarray(self.std)
        return (1 / full / std).astype(dtype), (-mean / std).astype(dtype)


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

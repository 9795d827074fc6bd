"""`Batches`: images as a network sees them, a batch at a time, in memory that is used again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wn_ref.arrays import Memory, real_type
from wn_ref.datasets import contract
from wn_ref.datasets.gather import gather, gather_augmented
from wn_ref.errors import InputError


class Batches:
    """Batches of some images, augmented and normalised as a data set says, with the samples on the last axis.

    `Dataset.batches` makes one.

    Parameters
    ----------
    images : np.ndarray
        uint8 or float32, (n, channels, height, width), in any order of memory, also in that of a file (np.memmap).
    dtype : "float32" or "float64"
        Type of the batches.
    shape : tuple of int
        (channels, height, width), for a check.
    mean, std : tuple of float
        How they are normalised, channel by channel.
    padding, flip
        How they are cropped and flipped in training.

    Raises
    ------
    InputError
        If the images have another type or shape, or there is no such dtype.

    Examples
    --------
    >>> import wn_ref as wn
    >>> data = wn.load_dataset("mnist_sample")
    >>> batches = data.batches(data.train_images)
    >>> batches.take(np.arange(16)).shape
    (1, 28, 28, 16)
    """

    def __init__(
        self,
        images: np.ndarray,
        dtype: npt.DTypeLike,
        shape: tuple[int, int, int],
        mean: Sequence[float],
        std: Sequence[float],
        padding: int,
        flip: bool,
    ) -> None:
        images, self.dtype = np.asarray(images), real_type(dtype)
        if images.dtype not in contract.PIXELS or images.shape[1:] != shape:
            expected = f"uint8 or float32 of shape (n, {', '.join(map(str, shape))})"
            got = f"{images.dtype} of shape {images.shape}"
            raise InputError(f"images: expected {expected}, got {got}; hand over images of this data set")
        self.images, self.shape, self.padding, self.flip = images, shape, padding, flip
        full = 255 if images.dtype == np.uint8 else 1  # (value / full - mean) / std = value scale + shift
        self._scale = (1 / full / np.asarray(std)).astype(self.dtype)
        self._shift = (-np.asarray(mean) / np.asarray(std)).astype(self.dtype)
        self._memory = Memory()

    def take(self, indices: npt.ArrayLike, augmentation: np.ndarray | None = None) -> np.ndarray:
        """Gather images[indices].

        Parameters
        ----------
        indices : array_like
            Integers from 0 to n - 1, (batch,); each may occur several times.
        augmentation : np.ndarray, optional
            What `Dataset.augmentation` drew: uint32, (n,). Without it, images are neither cropped nor flipped.

        Returns
        -------
        np.ndarray
            (channels, height, width, batch), overwritten by the next call.

        Raises
        ------
        InputError
            If an argument has another type or shape, or an index is out of range, or there is none.
        """
        indices = np.asarray(indices)
        if indices.ndim != 1 or not indices.size or indices.dtype.kind not in "iu":
            got = f"{indices.dtype} of shape {indices.shape}"
            raise InputError(f"indices: expected at least one whole number in one dimension, got {got}; correct them")
        drawn = None if augmentation is None else self._drawn(augmentation)
        channels, height, width = self.shape
        x = self._memory("x", (*self.shape, len(indices)), self.dtype)
        pixels, chosen = self.images, indices.astype(np.int64, copy=False)
        if not pixels.flags.c_contiguous and 0 <= indices.min() <= indices.max() < len(pixels):
            pixels, chosen = np.ascontiguousarray(pixels[indices]), np.arange(len(indices))
            drawn = None if drawn is None else drawn[indices]
        out = x.reshape(channels, height * width, -1)
        arguments = pixels.reshape(-1), chosen, self._scale, self._shift, out
        if drawn is None:
            found = gather(*arguments)
        else:
            found = gather_augmented(*arguments, drawn, self.padding, self.flip, width)
        if not found:
            got, most = f"{indices.min()} to {indices.max()}", len(self.images) - 1
            raise InputError(f"indices: expected 0 to {most}, got {got}; choose indices in this range")
        return x

    def _drawn(self, augmentation: np.ndarray) -> np.ndarray:
        shape, kind = np.shape(augmentation), getattr(augmentation, "dtype", type(augmentation).__name__)
        if not isinstance(augmentation, np.ndarray) or kind != np.uint32 or shape != (len(self.images),):
            expected = f"uint32 of shape ({len(self.images)},), one word for each image"
            raise InputError(f"augmentation: expected {expected}, got {kind} of shape {shape}; draw it anew")
        return augmentation

"""`Dataset`: a data set in memory, and how a network sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wn_ref.datasets.gather import gather, gather_augmented
from wn_ref.errors import InputError
from wn_ref.random import AUGMENT, words


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images, or features of speech, in a training and a test part, and how a network sees them.

    `load_dataset` returns the data sets of the paper. A data set of your own is a `Dataset` of your own arrays.

    Attributes
    ----------
    name : str
        The name that was given to `load_dataset`.
    train_images, test_images : np.ndarray
        uint8 images or float32 features, (n, channels, height, width); those of `load_dataset` are read-only.
    train_labels, test_labels : np.ndarray
        int64, (n,), from 0 to the number of classes - 1; those of `load_dataset` are read-only.
    classes : tuple of str
        Names of the classes.
    mean, std : tuple of float
        One value for each channel. A network sees (pixel / 255 - mean) / std of uint8 images, and
        (feature - mean) / std of features.
    padding : int
        In training, each image gets a border of this many black pixels on every side, and a part of its original size
        is cropped out of that at a random place. With 0, images are not cropped.
    flip : bool
        Whether, in training, each image is flipped left to right with probability 1/2.
    class_weights : tuple of float, or None
        How much each class counts in the loss; None means that all count the same.

    Examples
    --------
    A batch as a network sees it: normalised, with the samples on the last axis.

    >>> import numpy as np
    >>> import wn_ref as wn
    >>> data = wn.load_dataset("mnist_sample")
    >>> x = data.batch(data.train_images, np.arange(16))
    >>> x.shape, x.dtype, float(x.max())
    ((1, 28, 28, 16), dtype('float32'), 1.0)

    A data set of your own, with images of 2 x 2 pixels that are cropped and flipped in training:

    >>> images, labels = np.zeros((10, 1, 2, 2), np.uint8), np.arange(10) % 2
    >>> own = wn.Dataset("own", images, labels, images, labels, ("even", "odd"), (0.5,), (0.5,), padding=1, flip=True)
    >>> own.shape
    (1, 2, 2)
    >>> drawn = own.augmentation(seed=0, epoch=0)
    >>> own.batch(own.train_images, np.array([3]), augmentation=drawn).ravel()
    array([-1., -1., -1., -1.], dtype=float32)
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
        channels, height, width = self.train_images.shape[1:]
        return channels, height, width

    def augmentation(self, seed: int, epoch: int) -> np.ndarray | None:
        """Draw how each training image is cropped and flipped in an epoch: a function of (seed, epoch, index).

        Returns
        -------
        np.ndarray or None
            uint32, (number of training images,), to be handed to `batch`; None if this data set is not augmented.
        """
        if not self.padding and not self.flip:
            return None
        return words(len(self.train_labels), seed, AUGMENT, epoch)

    def batch(
        self,
        images: np.ndarray,
        indices: np.ndarray,
        dtype: npt.DTypeLike = np.float32,
        augmentation: np.ndarray | None = None,
    ) -> np.ndarray:
        """Gather images[indices], augmented and normalised, with the samples on the last axis.

        Parameters
        ----------
        images : np.ndarray
            `train_images` or `test_images`: uint8 or float32, (n, channels, height, width).
        indices : np.ndarray
            int64, (batch,).
        dtype : dtype
            Type of the result.
        augmentation : np.ndarray, optional
            What the method `augmentation` drew: uint32, (n,). Without it, images are neither cropped nor flipped.

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
            got = f"{np.min(indices)} to {np.max(indices)}"
            raise InputError(f"indices: expected 0 to {len(images) - 1}, got {got}; choose indices in this range")
        channels, height, width = images.shape[1:]
        out = np.empty((channels, height, width, len(indices)), dtype)
        flat, starts = images.reshape(-1), np.asarray(indices, np.int64) * images[0].size
        scale, shift = self._normalisation(images.dtype, out.dtype)
        target = out.reshape(channels, height * width, len(indices))
        if augmentation is None:
            gather(flat, starts, scale, shift, target)
        else:
            drawn = augmentation[indices]
            gather_augmented(flat, starts, drawn, self.padding, self.flip, width, scale, shift, target)
        return out

    def _normalisation(self, source: np.dtype, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
        """Return (scale, shift) so that (value / full - mean) / std = value * scale + shift."""
        full = 255 if source == np.uint8 else 1
        mean, std = np.asarray(self.mean), np.asarray(self.std)
        return (1 / full / std).astype(dtype), (-mean / std).astype(dtype)

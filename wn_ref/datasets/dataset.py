"""`Dataset`: a data set in memory, and how a network sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from wn_ref.datasets import contract
from wn_ref.datasets.batches import Batches
from wn_ref.datasets.gather import MOST_PADDING
from wn_ref.errors import InputError, require_whole
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
        uint8 images or float32 features, (n, channels, height, width), read-only, and of one type in both parts. They
        share the memory of the arrays that were given if nobody can write to those, they are of this type and in C
        order; else they are copies.
    train_labels, test_labels : np.ndarray
        int64, (n,), from 0 to the number of classes - 1, read-only.
    classes : tuple of str
        Names of the classes.
    mean, std : tuple of float
        One value for each channel; std > 0. A network sees (pixel / 255 - mean) / std of uint8 images, and
        (feature - mean) / std of features.
    padding : int
        In training, each image gets a border of this many black pixels on every side, and a part of its original size
        is cropped out of that at a random place. With 0, images are not cropped.
    flip : bool
        Whether, in training, each image is flipped left to right with probability 1/2.
    class_weights : tuple of float, or None
        How much each class counts in the loss, > 0; None means that all count the same.

    Raises
    ------
    InputError
        If an array has another type or shape, a part is empty, images and labels are not equally many, a label is not
        the number of a class, a feature is not finite, or another argument cannot be used.

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

    def __post_init__(self) -> None:
        set_field = partial(object.__setattr__, self)  # the way to set a field of a frozen dataclass
        if not isinstance(self.name, str):
            raise InputError(f"name: expected a str, got {self.name!r}; name the data set")
        set_field("classes", contract.names("classes", self.classes))
        for part in ("train", "test"):
            images = contract.images(f"{part}_images", getattr(self, f"{part}_images"))
            labels = getattr(self, f"{part}_labels")
            set_field(f"{part}_images", images)
            set_field(f"{part}_labels", contract.labels(f"{part}_labels", labels, len(images), len(self.classes)))
        if self.test_images.shape[1:] != self.shape:
            shapes = f"{self.shape} as in train_images, got {self.test_images.shape[1:]}"
            raise InputError(f"test_images: expected (channels, height, width) to be {shapes}; reshape them")
        if self.test_images.dtype != self.train_images.dtype:
            types = f"{self.train_images.dtype} as train_images, because uint8 are divided by 255"
            raise InputError(f"test_images: expected {types}, got {self.test_images.dtype}; convert one of them")
        set_field("mean", contract.numbers("mean", self.mean, self.shape[0], "channel"))
        set_field("std", contract.numbers("std", self.std, self.shape[0], "channel", positive=True))
        set_field("padding", require_whole("padding", self.padding, least=0, most=MOST_PADDING))
        if not isinstance(self.flip, bool | np.bool):
            raise InputError(f"flip: expected True or False, got {self.flip!r}; correct it")
        set_field("flip", bool(self.flip))
        if self.class_weights is not None:
            weights = contract.numbers("class_weights", self.class_weights, len(self.classes), "class", positive=True)
            set_field("class_weights", weights)

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
            `train_images` or `test_images`, or others like them: uint8 or float32, (n, channels, height, width). They
            may lie in memory in any order, also in that of a file (np.memmap).
        indices : array_like
            Integers from 0 to n - 1, (batch,); each may occur several times.
        dtype : "float32" or "float64"
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
            If an argument has another type or shape, or an index is out of range, or there is none.
        """
        return self.batches(images, dtype).take(indices, augmentation)

    def batches(self, images: np.ndarray, dtype: npt.DTypeLike = np.float32) -> Batches:
        """Return what makes one batch of these images after the other as `batch` does, but in the same memory."""
        return Batches(images, dtype, self.shape, self.mean, self.std, self.padding, self.flip)

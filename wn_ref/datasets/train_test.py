"""What every reader returns: a training part and a test part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wn_ref.errors import InputError


@dataclass(frozen=True)
class TrainTest:
    """The images and labels of a data set, divided into a training part and a test part.

    Attributes
    ----------
    train_images, test_images : np.ndarray
        uint8 images or float32 features, (n, channels, height, width).
    train_labels, test_labels : np.ndarray
        int64, (n,).
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray

    def check(self, name: str, shape: tuple[int, int, int], classes: int) -> None:
        """Check both parts against the facts about the data set.

        Parameters
        ----------
        name : str
            Name of the data set, for messages.
        shape : tuple of int
            (channels, height, width) of an image.
        classes : int
            Number of classes.

        Raises
        ------
        InputError
            If a part is empty, if its images have another shape, if the numbers of images and labels differ, or if a
            label is not the number of a class.
        """
        remedy = "delete the files and fetch them again"
        for part, images, labels in (
            ("training", self.train_images, self.train_labels),
            ("test", self.test_images, self.test_labels),
        ):
            if images.shape != (len(labels), *shape) or not len(labels):
                expected = (
                    f"{len(labels)} images of {' x '.join(map(str, shape))} in the {part} part, one for each label"
                )
                raise InputError(f"{name}: expected {expected}, got an array of shape {images.shape}; {remedy}")
            if labels.min() < 0 or labels.max() >= classes:
                expected, got = f"labels 0 to {classes - 1}", f"{labels.min()} to {labels.max()} in the {part} part"
                raise InputError(f"{name}: expected {expected}, got {got}; {remedy}")

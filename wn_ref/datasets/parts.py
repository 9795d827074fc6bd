"""What every reader returns: images and labels, checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

import numpy as np

from wn_ref.errors import InputError


@dataclass(frozen=True)
class Parts:
    """A training and a test part.

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
        """Make the arrays read-only, after a look at their shapes and labels.

        Raises
        ------
        InputError
            If images have another shape, there are not as many labels, or a label is no class.
        """
        for part in ("train", "test"):
            images, labels = getattr(self, f"{part}_images"), getattr(self, f"{part}_labels")
            if images.shape != (len(labels), *shape) or not len(labels):
                expected = f"{len(labels)} images of {' x '.join(map(str, shape))}, one a label"
                raise InputError(f"{name}: expected {expected}, got {images.shape} ({part} part); fetch the files anew")
            if labels.min() < 0 or labels.max() >= classes:
                got = f"{labels.min()} to {labels.max()}"
                raise InputError(
                    f"{name}: expected labels 0 to {classes - 1}, got {got} ({part} part); fetch them anew"
                )
        for entry in fields(self):
            getattr(self, entry.name).flags.writeable = False


@contextmanager
def reading(path: object, expected: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn the errors that a damaged file may cause into an `InputError` of one line."""
    try:
        yield
    except (OSError, EOFError, *errors) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: expected {expected}, got {reason}; fetch the file anew") from None

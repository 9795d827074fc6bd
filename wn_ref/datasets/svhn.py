"""SVHN's cropped digits: MATLAB files with X (32, 32, 3, n) and y (n, 1), in which label 10 means digit 0.

(Y. Netzer et al., "Reading digits in natural images with unsupervised feature learning", 2011.)
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from wn_ref.datasets.reading import damaged, reading
from wn_ref.datasets.train_test import TrainTest


def read(paths: list[Path]) -> TrainTest:
    """Read the training file and the test file."""
    train, test = map(images_and_labels, paths)
    return TrainTest(*train, *test)


def images_and_labels(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read one file.

    Returns
    -------
    images : np.ndarray
        uint8, (n, 3, 32, 32).
    labels : np.ndarray
        int64, (n,), 0 to 9.

    Raises
    ------
    InputError
        If the file is damaged, or if X or y is missing or has another shape.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    known = (ValueError, TypeError, LookupError, NotImplementedError, MatReadError, zlib.error)
    bugs = (ArithmeticError, NameError, AttributeError, EOFError)  # of SciPy's reader of damaged files
    with reading(path, "a MATLAB 5 file", *known, *bugs):
        content = loadmat(path, variable_names=("X", "y"))
    if not {"X", "y"} <= content.keys():
        raise damaged(path, "X and y", ", ".join(key for key in content if not key.startswith("__")) or "neither")
    images, labels = content["X"], content["y"]
    fits = images.ndim == 4 and images.shape[:3] == (32, 32, 3) and labels.shape == (images.shape[-1], 1)
    if images.dtype != np.uint8 or not fits:
        got = f"{images.dtype} {images.shape} and {labels.shape}"
        raise damaged(path, "bytes X (32, 32, 3, n) and y (n, 1)", got)
    if labels.dtype.kind not in "iuf" or (labels % 1).any():
        raise damaged(path, "whole numbers y", f"{labels.dtype} with others")
    labels = labels[:, 0].astype(np.int64)
    if len(labels) and not 1 <= labels.min() <= labels.max() <= 10:
        raise damaged(path, "labels 1 to 10 (10 means digit 0)", f"{labels.min()} to {labels.max()}")
    return np.ascontiguousarray(images.transpose(3, 2, 0, 1)), labels % 10

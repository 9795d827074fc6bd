"""The 8 x 8 digits that come with scikit-learn (UCI's "Optical Recognition of Handwritten Digits", its test part)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wn_ref.datasets.subset import stratified
from wn_ref.datasets.train_test import TrainTest
from wn_ref.random import SPLIT

TRAIN_SIZE = 1437
SEED = 0


def read(_: list[Path]) -> TrainTest:
    """Divide the 1,797 images into 1,437 to train and 360 to test; the 17 shades of grey become 0 to 255."""
    from sklearn.datasets import load_digits

    content = load_digits()
    images = np.round(content.images * (255 / 16)).astype(np.uint8)[:, None]
    labels = content.target.astype(np.int64)
    train = np.sort(stratified(labels, TRAIN_SIZE, SEED, SPLIT))
    test = np.setdiff1d(np.arange(len(labels)), train)
    return TrainTest(images[train], labels[train], images[test], labels[test])

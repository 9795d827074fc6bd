"""`load_dataset`: a data set by its name."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache

import numpy as np

from wn_ref.datasets.catalog import CATALOG
from wn_ref.datasets.dataset import Dataset, stratified
from wn_ref.datasets.parts import Parts
from wn_ref.errors import InputError, require_choice, require_whole


def load_dataset(name: str, train_size: int | None = None, test_size: int | None = None, seed: int = 0) -> Dataset:
    """Load a data set by name; a second call returns the same object, whose arrays are read-only.

    Files are looked for on this machine first and downloaded if they are not there (see `wn_ref.datasets.sources`).

    Parameters
    ----------
    name : str
        "mnist", "fashion_mnist", "svhn", "cifar10", "gsc" (Google Speech Commands v2) or "gsc_test_set" (its small test
        set, split anew); "mnist_sample", "fashion_mnist_sample" (8,000 + 2,000 images), "gsc_sample" (the features
        of gsc_test_set) and "digits" (1,797 of 8 x 8 pixels) need no download.
    train_size, test_size : int, optional
        Number of images of a part; every class keeps its share. All of them by default.
    seed : int
        Of the choice that `train_size` and `test_size` make.

    Returns
    -------
    Dataset
        Images (or features of speech), labels, class names, normalisation and augmentation as in the paper's runs.

    Raises
    ------
    InputError
        If there is no such data set, its files are absent or damaged, or have not that many images.

    Warns
    -----
    DataWarning
        If a file is not known to be the publisher's.
    """
    require_choice("dataset", name, CATALOG)
    for what, size in (("train_size", train_size), ("test_size", test_size)):
        if size is not None:
            require_whole(what, size, least=1)
    return _load(name, train_size, test_size, seed)


@lru_cache(maxsize=4)
def _load(name: str, train_size: int | None, test_size: int | None, seed: int) -> Dataset:
    data = _whole(name)
    if train_size is None and test_size is None:
        return data
    parts = {}
    for part, size in (("train", train_size), ("test", test_size)):
        labels, images = getattr(data, f"{part}_labels"), getattr(data, f"{part}_images")
        if size is not None:
            if size > len(labels):
                raise InputError(f"{part}_size: expected at most {len(labels)} for {name}, got {size}; ask for less")
            picked = np.sort(stratified(labels, size, seed))
            images, labels = images[picked], labels[picked]
        parts |= {f"{part}_images": images, f"{part}_labels": labels}
    return _dataset(name, Parts(**parts))


@lru_cache(maxsize=2)
def _whole(name: str) -> Dataset:
    from wn_ref.datasets.sources import locate

    entry = CATALOG[name]
    return _dataset(name, entry.read(locate(name, entry)))


def _dataset(name: str, parts: Parts) -> Dataset:
    entry = CATALOG[name]
    parts.check(name, entry.shape, len(entry.classes))
    arrays = {field.name: getattr(parts, field.name) for field in fields(parts)}
    weights = entry.class_weights(parts.train_labels) if entry.class_weights else None
    return Dataset(
        name=name, **arrays, classes=entry.classes, mean=entry.mean, std=entry.std, padding=entry.padding,
        flip=entry.flip, class_weights=weights,
    )  # fmt: skip

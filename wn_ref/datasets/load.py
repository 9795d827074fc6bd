"""`load_dataset`: a data set by its name."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import lru_cache

import numpy as np

from wn_ref.datasets.catalog import CATALOG
from wn_ref.datasets.dataset import Dataset
from wn_ref.datasets.own_files import own_dataset
from wn_ref.datasets.places import find, version_of
from wn_ref.datasets.sources import PUBLISHED, RECOMPRESSED, DataWarning, Found, files_of
from wn_ref.datasets.subset import stratified
from wn_ref.datasets.train_test import TrainTest
from wn_ref.errors import InputError, require_whole
from wn_ref.random import TEST_SUBSET, TRAIN_SUBSET


def load_dataset(name: str, train_size: int | None = None, test_size: int | None = None, seed: int = 0) -> Dataset:
    """Load a data set by its name.

    The files are looked for on this machine first and downloaded if they are absent (see `wn_ref.datasets.places`).
    A second call with the same arguments returns the same object; its arrays are read-only. If a file has changed
    meanwhile, or one has come into an unpacked folder or gone from it, the data are read again.

    Parameters
    ----------
    name : str
        "mnist", "fashion_mnist", "svhn", "cifar10", "gsc" (Google Speech Commands v2) or "gsc_test_set" (only the small
        test set of the last, divided into a training and a test part). Four data sets need no download:
        "mnist_sample", "fashion_mnist_sample" (8,000 + 2,000 images each), "gsc_sample" (the features of
        gsc_test_set) and "digits" (1,797 images of 8 x 8 pixels). Or one of your own: the path of an .npz file or of a
        folder of images, or a name that `wn-ref data add` has made known (see `wn_ref.datasets.own_files`).
    train_size, test_size : int, optional
        Number of images in each part, chosen at random so that every class keeps its share. By default all of them.
    seed : int
        Decides which images are chosen.

    Returns
    -------
    Dataset
        Images (or features of speech), labels and class names, normalised and augmented as in the paper's runs.

    Raises
    ------
    InputError
        If there is no data set of this name, if its files cannot be found or downloaded, if they are damaged, or if
        they have fewer images than asked for.
    StorageError
        If a download cannot be written.

    Warns
    -----
    DataWarning
        If a file is not the publisher's, or if this cannot be checked, or if there are fewer images than published.

    Examples
    --------
    >>> import wn_ref as wn
    >>> data = wn.load_dataset("mnist_sample")
    >>> len(data.train_labels), len(data.test_labels)
    (8000, 2000)
    >>> data.train_labels[:5]
    array([5, 1, 2, 8, 8])
    >>> data is wn.load_dataset("mnist_sample")
    True

    A tenth of the training images, chosen at random with ``seed``:

    >>> small = wn.load_dataset("mnist_sample", train_size=800, seed=1)
    >>> small.train_images.shape, small.test_images.shape
    ((800, 1, 28, 28), (2000, 1, 28, 28))
    """
    for what, size in (("train_size", train_size), ("test_size", test_size)):
        if size is not None:
            require_whole(what, size, least=1)
    if not isinstance(name, str) or name not in CATALOG:
        return part_of(own_dataset(name), train_size, test_size, seed)
    entry = CATALOG[name]
    if not all(find(entry.folder, file) for file in entry.files):
        with warnings.catch_warnings(action="ignore"):  # said when they are read
            files_of(name, entry)  # downloads them
    here = [find(entry.folder, file) for file in entry.files]
    return _load(name, train_size, test_size, seed, tuple((path, version_of(path)) for path in here if path))


@lru_cache(maxsize=4)
def _load(name: str, train_size: int | None, test_size: int | None, seed: int, here: tuple) -> Dataset:
    """Load a data set, or the part of it that is asked for; see `_load_all`."""
    data = _load_all(name, here)
    if train_size is None and test_size is None:
        return data
    part, weights = part_of(data, train_size, test_size, seed), CATALOG[name].class_weights
    return replace(part, class_weights=weights(part.train_labels)) if weights else part


@lru_cache(maxsize=4)
def part_of(data: Dataset, train_size: int | None, test_size: int | None, seed: int = 0) -> Dataset:
    """Return a part of a data set, as `load_dataset` chooses it; all of it if no size is given.

    Raises
    ------
    InputError
        If there are fewer images than asked for.
    """
    if train_size is None and test_size is None:
        return data
    name = data.name
    train = _choose(f"train_size of {name}", data.train_images, data.train_labels, train_size, seed, TRAIN_SUBSET)
    test = _choose(f"test_size of {name}", data.test_images, data.test_labels, test_size, seed, TEST_SUBSET)
    return replace(data, **vars(TrainTest(*train, *test)))


@lru_cache(maxsize=2)
def _load_all(name: str, here: tuple = ()) -> Dataset:  # noqa: ARG001  # what is kept belongs to these files
    """Load all images of a data set; `here` says which of its files are here, and in which state."""
    entry = CATALOG[name]
    files = files_of(name, entry)
    data = _dataset(name, entry.read([file.path for file in files]))
    _check_sizes(name, data, files)
    return data


def _check_sizes(name: str, data: Dataset, files: list[Found]) -> None:
    """Compare the numbers of images with those that are published; a part of a data set is used, with a warning."""
    entry = CATALOG[name]
    sizes = len(data.train_labels), len(data.test_labels)
    if sizes == (entry.train_size, entry.test_size):
        return
    what = f"expected {entry.train_size} to train and {entry.test_size} to test, got {sizes[0]} and {sizes[1]}"
    if all(file.state in (PUBLISHED, RECOMPRESSED) for file in files):
        raise InputError(f"{name}: {what}; {'delete the files and fetch them' if files else 'install wn_ref'} again")
    warnings.warn(f"{name}: {what}; results are those of this part of the data set", DataWarning, stacklevel=5)


def _choose(
    what: str, images: np.ndarray, labels: np.ndarray, size: int | None, seed: int, step: int
) -> tuple[np.ndarray, np.ndarray]:
    """Choose images and their labels at random, in their old order; all of them if `size` is None."""
    if size is None:
        return images, labels
    if size > len(labels):
        raise InputError(f"{what}: expected at most {len(labels)}, got {size}; ask for fewer images")
    chosen = np.sort(stratified(labels, size, seed, step))
    return images[chosen], labels[chosen]


def _dataset(name: str, arrays: TrainTest) -> Dataset:
    """Check the arrays of a data set, and join them with the facts of its entry."""
    entry = CATALOG[name]
    arrays.check(name, entry.shape, len(entry.classes))
    for array in vars(arrays).values():  # nobody else has them, so that they need not be copied
        array.flags.writeable = False
    return Dataset(
        name=name,
        train_images=arrays.train_images,
        train_labels=arrays.train_labels,
        test_images=arrays.test_images,
        test_labels=arrays.test_labels,
        classes=entry.classes,
        mean=entry.mean,
        std=entry.std,
        padding=entry.padding,
        flip=entry.flip,
        class_weights=entry.class_weights(arrays.train_labels) if entry.class_weights else None,
    )

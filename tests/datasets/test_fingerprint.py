"""Fingerprints of data: equal content has one, whatever it is called, and any change gives another."""

import time
from dataclasses import replace

import numpy as np
import pytest

from wn_ref import Dataset, load_dataset
from wn_ref.datasets.fingerprint import fingerprint

IMAGES = np.arange(5 * 1 * 4 * 6, dtype=np.uint8).reshape(5, 1, 4, 6)
LABELS = np.array([0, 1, 1, 0, 1])
DATA = Dataset("own", IMAGES, LABELS, IMAGES[:2], LABELS[:2], ("a", "b"), (0.5,), (0.25,))


def test_the_name_and_the_layout_in_memory_do_not_count():
    assert fingerprint(DATA) == fingerprint(replace(DATA, name="another"))
    assert fingerprint(DATA) == fingerprint(replace(DATA, train_images=np.asfortranarray(IMAGES)))
    assert fingerprint(DATA) == fingerprint(replace(DATA, train_labels=LABELS.astype(">i8").astype("int64")))
    assert fingerprint(DATA) == "8f1958b3c8015c75"  # the same in every process


def one_pixel():
    images = IMAGES.copy()
    images[4, 0, 3, 5] += 1
    return images


@pytest.mark.parametrize(
    "change",
    [
        {"train_images": one_pixel()},
        {"train_images": IMAGES[::-1]},
        {"train_images": IMAGES.reshape(5, 1, 6, 4), "test_images": IMAGES[:2].reshape(2, 1, 6, 4)},
        {"train_labels": np.array([0, 1, 1, 0, 0])},
        {"test_images": IMAGES[1:3]},
        {"test_labels": np.array([1, 1])},
        {"train_images": IMAGES.astype(np.float32), "test_images": IMAGES[:2].astype(np.float32)},
        {"train_images": IMAGES[:4], "train_labels": LABELS[:4]},
        {"classes": ("a", "c")},
        {"mean": (0.25,)},
        {"std": (0.5,)},
        {"padding": 1},
        {"flip": True},
        {"class_weights": (1.0, 2.0)},
    ],
)
def test_every_change_of_the_content_counts(change):
    assert fingerprint(replace(DATA, **change)) != fingerprint(DATA)


def test_equal_facts_of_other_types_are_equal():
    same = fingerprint(replace(DATA, padding=2, flip=True))
    for padding, flip in ((np.int64(2), True), (2, np.True_)):
        assert fingerprint(replace(DATA, padding=padding, flip=flip)) == same


def test_parts_of_a_data_set():
    parts = [load_dataset("digits"), load_dataset("digits", 100), load_dataset("digits", 100, seed=1)]
    assert len({fingerprint(part) for part in parts}) == 3


def test_it_is_computed_once():
    data = load_dataset("fashion_mnist_sample")
    first = fingerprint(data)
    start = time.perf_counter()
    assert fingerprint(data) == first
    assert time.perf_counter() - start < 1e-3

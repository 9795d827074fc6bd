"""CIFAR-10's binary version: six files of 10,000 records, each one label byte and 3,072 bytes of red, green and blue.

(A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009. The Python version is a pickle, and
loading a pickle can run any code; so it is not read.)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wn_ref.datasets.reading import archive_members, damaged, reading
from wn_ref.datasets.train_test import TrainTest

SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
"""Bytes of a record."""
TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = ("test_batch.bin",)


def read(paths: list[Path]) -> TrainTest:
    """Read the publisher's archive, or the folder that it unpacks to.

    Raises
    ------
    InputError
        If a file is missing or damaged, or the files do not have equally many records.
    """
    (path,) = paths
    found: dict[str, np.ndarray] = {}
    for name, raw in _files(path):
        if not len(raw) or len(raw) % RECORD:
            raise damaged(path, f"records of {RECORD} bytes in {name}", f"{len(raw)} bytes")
        found[name] = np.frombuffer(raw, np.uint8).reshape(-1, RECORD)
    missing = [name for name in TRAIN + TEST if name not in found]
    if missing:
        raise damaged(path, f"the files {', '.join(TRAIN + TEST)}", f"no {missing[0]}")
    sizes = {name: len(found[name]) for name in TRAIN + TEST}
    if len(set(sizes.values())) > 1:
        got = ", ".join(f"{size} in {name}" for name, size in sizes.items())
        raise damaged(path, "equally many records in each file", got)
    return TrainTest(*_images_and_labels(found, TRAIN), *_images_and_labels(found, TEST))


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each binary file in an archive or a folder."""
    if path.is_dir():
        for name in TRAIN + TEST:
            with reading(path / name, "a file of CIFAR-10's binary version"):
                content = (path / name).read_bytes()
            yield name, content
    else:
        for member, content in archive_members(path):
            name = member.rpartition("/")[2]
            if name in TRAIN + TEST:
                yield name, content


def _images_and_labels(found: dict[str, np.ndarray], names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Copy the records of several files into one array.

    Each file is dropped from `found` once it is copied, so that memory never holds much more than one copy of the data.
    """
    images = np.empty((sum(len(found[name]) for name in names), *SHAPE), np.uint8)
    labels = np.empty(len(images), np.int64)
    start = 0
    for name in names:
        records = found.pop(name)
        images[start : start + len(records)].reshape(len(records), -1)[:] = records[:, 1:]
        labels[start : start + len(records)] = records[:, 0]
        start += len(records)
    return images, labels

"""CIFAR-10's binary version: records of one label byte and 3,072 bytes of red, green and blue, 10,000 a file.

(A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009. Its Python version is a pickle, which
could run anything; it is not read.)
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wn_ref.datasets.parts import Parts, reading
from wn_ref.datasets.tar import members
from wn_ref.errors import InputError

SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = ("test_batch.bin",)


def read(paths: list[Path]) -> Parts:
    """Read the publisher's archive, or the folder that it unpacks to."""
    (path,) = paths
    found: dict[str, np.ndarray] = {}
    for name, raw in _files(path):
        if not len(raw) or len(raw) % RECORD:
            expected = f"records of {RECORD} bytes in {name}"
            raise InputError(f"{path}: expected {expected}, got {len(raw)} bytes; fetch the file anew")
        found[name] = np.frombuffer(raw, np.uint8).reshape(-1, RECORD)
    missing = [name for name in TRAIN + TEST if name not in found]
    if missing:
        raise InputError(f"{path}: expected {', '.join(TRAIN + TEST)}, got no {missing[0]}; fetch the file anew")
    return Parts(*_images_and_labels(found, TRAIN), *_images_and_labels(found, TEST))


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the binary files."""
    if path.is_dir():
        for name in TRAIN + TEST:
            with reading(path / name, "a file of CIFAR-10's binary version"):
                yield name, (path / name).read_bytes()
        return
    with reading(path, "a whole .tar.gz", tarfile.TarError, zlib.error):
        for name, file in members(path):
            if name.rpartition("/")[2] in TRAIN + TEST:
                yield name.rpartition("/")[2], file.read()


def _images_and_labels(found: dict[str, np.ndarray], names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Copy files into one array; each is forgotten once it is copied, so that memory holds the data about once."""
    images = np.empty((sum(len(found[name]) for name in names), *SHAPE), np.uint8)
    labels = np.empty(len(images), np.int64)
    start = 0
    for name in names:
        records = found.pop(name)
        images[start : start + len(records)].reshape(len(records), -1)[:] = records[:, 1:]
        labels[start : start + len(records)] = records[:, 0]
        start += len(records)
    return images, labels

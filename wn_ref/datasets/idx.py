"""IDX, the format of MNIST and FashionMNIST, compressed with gzip or not.

Two zero bytes, the type (8: unsigned byte), the number of dimensions, each dimension as a big-endian 32-bit number, and
then the bytes in C order. (Y. LeCun, "The MNIST database of handwritten digits".)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wn_ref.datasets.reading import damaged, decompressed
from wn_ref.datasets.train_test import TrainTest

UNSIGNED_BYTE = 8


def read(paths: list[Path]) -> TrainTest:
    """Read training images, training labels, test images and test labels from four files, in this order."""
    train_images, train_labels, test_images, test_labels = map(array, paths, (3, 1, 3, 1))
    return TrainTest(
        train_images[:, None], train_labels.astype(np.int64), test_images[:, None], test_labels.astype(np.int64)
    )


def array(path: Path, dimensions: int) -> np.ndarray:
    """Read one file.

    Parameters
    ----------
    path : Path
        The file; it is decompressed if its name ends in .gz.
    dimensions : int
        1 for labels, 3 for images.

    Returns
    -------
    np.ndarray
        uint8, read-only.

    Raises
    ------
    InputError
        If the file is damaged, if it starts with another magic number, or if its size is not the one that its header
        gives.
    """
    raw = decompressed(path)
    magic = bytes([0, 0, UNSIGNED_BYTE, dimensions])
    if raw[:4] != magic:
        raise damaged(path, f"magic number {magic.hex()}", repr(raw[:4].hex()))
    header = 4 + 4 * dimensions
    shape = np.frombuffer(raw[4:header].ljust(4 * dimensions, b"\0"), ">u4").astype(np.int64)
    size = int(np.prod(shape, dtype=object))
    if len(raw) - header != size:
        raise damaged(path, f"{' x '.join(map(str, shape))} = {size} bytes", len(raw) - header)
    if not size:
        raise damaged(path, "at least one image or label", f"{' x '.join(map(str, shape))}")
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)

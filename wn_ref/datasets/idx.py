"""IDX, the format of MNIST and FashionMNIST, gzip or not.

Two zero bytes, the type (8: unsigned byte), the number of dimensions, each dimension as a big-endian 32-bit number,
and the bytes in C order. (Y. LeCun, "The MNIST database of handwritten digits".)
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from wn_ref.datasets.parts import Parts, reading
from wn_ref.errors import InputError

UNSIGNED_BYTE = 8


def read(paths: list[Path]) -> Parts:
    """Read training images, training labels, test images and test labels, from four files in this order."""
    train_images, train_labels, test_images, test_labels = map(array, paths, (3, 1, 3, 1))
    return Parts(
        train_images[:, None], train_labels.astype(np.int64), test_images[:, None], test_labels.astype(np.int64)
    )


def content(path: Path) -> bytes:
    """Return the bytes of a file, decompressed if its name ends in .gz."""
    with reading(path, "a whole file", zlib.error):
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.suffix == ".gz" else raw


def array(path: Path, dimensions: int) -> np.ndarray:
    """Read one file.

    Parameters
    ----------
    path : Path
        Of a file, gzip if its name ends in .gz.
    dimensions : int
        1 for labels, 3 for images.

    Returns
    -------
    np.ndarray
        uint8, read-only.

    Raises
    ------
    InputError
        If the file is damaged, has another magic number, or another size than its head says.
    """
    raw = content(path)
    magic = bytes([0, 0, UNSIGNED_BYTE, dimensions])
    if raw[:4] != magic:
        raise InputError(f"{path}: expected magic number {magic.hex()}, got {raw[:4].hex()!r}; fetch the file anew")
    head = 4 + 4 * dimensions
    shape = np.frombuffer(raw[4:head].ljust(4 * dimensions, b"\0"), ">u4").astype(np.int64)
    size = int(np.prod(shape, dtype=object))
    if len(raw) - head != size:
        shown = " x ".join(map(str, shape))
        raise InputError(f"{path}: expected {shown} = {size} bytes, got {len(raw) - head}; fetch the file anew")
    return np.frombuffer(raw, np.uint8, offset=head).reshape(shape)

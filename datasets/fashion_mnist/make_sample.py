"""Make sample.npz from the four files of FashionMNIST, here as Debian's package `dataset-fashion-mnist` lays them out.

    apt-get install dataset-fashion-mnist
    python make_sample.py /usr/share/datasets/fashion-mnist

8,000 images are picked from the training part and 2,000 from the test part.
"""

import gzip
import sys
from pathlib import Path

import numpy as np

from wn_ref.datasets import stratified


def read_part(folder: Path, part: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `size` images, uint8 (size, 1, 28, 28), and labels of the part "train" or "t10k"."""
    with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    with gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    picked = stratified(labels, size, seed=0)
    return images[picked], labels[picked]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    train_images, train_labels = read_part(folder, "train", 8000)
    test_images, test_labels = read_part(folder, "t10k", 2000)
    np.savez_compressed(
        Path(__file__).with_name("sample.npz"),
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
    )

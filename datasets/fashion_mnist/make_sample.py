"""Make the sample of FashionMNIST from its four files, in the folder where Debian's package puts them.

    apt-get install dataset-fashion-mnist
    python make_sample.py /usr/share/datasets/fashion-mnist

It has 8,000 images of the training part and 2,000 of the test part.
"""

import gzip
import sys
from pathlib import Path

import numpy as np

from wn_ref.datasets.subset import first_of_each_class
from wn_ref.random import permutation

SAMPLE = Path(__file__).resolve().parents[2] / "wn_ref" / "datasets" / "samples" / "fashion_mnist.npz"


def read_part(folder: Path, part: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `size` images, uint8 (size, 1, 28, 28), and labels of the part "train" or "t10k"."""
    with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    with gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    chosen = first_of_each_class(labels, size, permutation(len(labels), seed=0, point=0))  # as published
    return images[chosen], labels[chosen]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    train_images, train_labels = read_part(folder, "train", 8000)
    test_images, test_labels = read_part(folder, "t10k", 2000)
    np.savez_compressed(
        SAMPLE,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
    )

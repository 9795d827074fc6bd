"""Which data are these? A fingerprint of what a data set contains, whatever its name and wherever it was read from."""

from __future__ import annotations

import json
from hashlib import sha256
from weakref import WeakKeyDictionary

import numpy as np

from wn_ref.datasets.dataset import Dataset

_KNOWN: WeakKeyDictionary[Dataset, str] = WeakKeyDictionary()


def fingerprint(data: Dataset) -> str:
    """Return 16 hexadecimal digits that identify a data set: the first ones of a SHA-256.

    It covers the arrays, the classes, and how a network sees them (normalisation, augmentation, weights of the
    classes), and not the name. It is computed once for each `Dataset`, in less than 0.1 s for MNIST.
    """
    if data not in _KNOWN:
        digest = sha256()
        facts = (data.classes, data.mean, data.std, data.padding, data.flip, data.class_weights)
        digest.update(json.dumps(facts, default=float).encode())
        for array in (data.train_images, data.train_labels, data.test_images, data.test_labels):
            little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            digest.update(f"{little.dtype.str} {little.shape}".encode())
            digest.update(little.data)
        _KNOWN[data] = digest.hexdigest()[:16]
    return _KNOWN[data]

"""Choosing a part of a data set at random."""

from __future__ import annotations

import numpy as np

from wn_ref.errors import InputError
from wn_ref.random import permutation


def stratified(labels: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Choose `size` indices at random so that every class keeps its share.

    A share is rarely a whole number. Each is rounded down, and the classes with the largest remainders get one more.

    Parameters
    ----------
    labels : np.ndarray
        Class of every candidate, integers >= 0, (n,).
    size : int
        How many to choose, 1 <= size <= n.
    seed : int
        Decides which are chosen.

    Returns
    -------
    np.ndarray
        int64, (size,), in random order.

    Raises
    ------
    InputError
        If there are fewer candidates than `size`.
    """
    if not 1 <= size <= len(labels):
        raise InputError(f"size: expected 1 to {len(labels)}, the number of images, got {size}; choose another size")
    counts = np.bincount(labels)
    shares = counts * size / len(labels)
    quota = shares.astype(np.int64)
    quota[np.argsort(quota - shares, kind="stable")[: size - quota.sum()]] += 1
    order = permutation(len(labels), seed)
    rank = np.empty(len(labels), np.int64)  # position of each index among those of its class, in that order
    for k in range(len(counts)):
        rank[order[labels[order] == k]] = np.arange(counts[k])
    return order[(rank < quota[labels])[order]]

"""Choosing a part of a data set at random."""

from __future__ import annotations

import numpy as np

from wn_ref.errors import InputError, require_whole
from wn_ref.random import CHOICE, SUBSET, permutation


def stratified(labels: np.ndarray, size: int, seed: int, step: int = CHOICE) -> np.ndarray:
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
    step : int
        Tells choices with the same seed apart; those of this package are in a table in `wn_ref.random`.

    Returns
    -------
    np.ndarray
        int64, (size,), in random order.

    Raises
    ------
    InputError
        If there are fewer candidates than `size`, or the labels are not integers >= 0.
    """
    return first_of_each_class(labels, size, permutation(len(labels), seed, SUBSET, step))


def first_of_each_class(labels: np.ndarray, size: int, order: np.ndarray) -> np.ndarray:
    """Choose `size` indices as `stratified` does: in each class, those that come first in `order`, (n,)."""
    labels = np.asarray(labels)
    require_whole("size", size, least=1)
    if size > len(labels):
        raise InputError(f"size: expected 1 to {len(labels)}, the number of images, got {size}; choose another size")
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        got = f"{labels.dtype} of shape {labels.shape}"
        raise InputError(f"labels: expected whole numbers >= 0 in one dimension, got {got}; correct them")
    counts = np.bincount(labels)
    shares = counts * size / len(labels)
    quota = shares.astype(np.int64)
    quota[np.argsort(quota - shares, kind="stable")[: size - quota.sum()]] += 1
    rank = np.empty(len(labels), np.int64)  # position of each index among those of its class, in that order
    for k in range(len(counts)):
        rank[order[labels[order] == k]] = np.arange(counts[k])
    return order[(rank < quota[labels])[order]]

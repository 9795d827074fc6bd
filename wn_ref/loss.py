"""Softmax cross-entropy, the loss of every network in the paper.

    p_kn = exp(z_kn) / sum_j exp(z_jn)
    L = -(1/N) sum_n ln p_(label_n)n,    dL/dz_kn = (p_kn - [k = label_n]) / N

With class weights w the mean over the batch is a weighted one: sample n counts w_(label_n) / sum_m w_(label_m).
"""

from __future__ import annotations

import numpy as np

from wn_ref.compiled import kernel
from wn_ref.errors import InputError

LARGEST = 1e100
"""Weights of classes stay below this number, so that no sum of them overflows."""


def cross_entropy(
    logits: np.ndarray, labels: np.ndarray, class_weights: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """Softmax cross-entropy, averaged over the batch, and its derivative.

    Parameters
    ----------
    logits : np.ndarray
        z, (classes, batch), float32 or float64.
    labels : np.ndarray
        True classes, (batch,), integers from 0 to classes - 1.
    class_weights : np.ndarray, optional
        w, (classes,): how much a sample of each class counts; all the same by default.

    Returns
    -------
    loss : float
        L in nats.
    dlogits : np.ndarray
        dL/dz, shape and dtype of `logits`, a new array in C order.

    Raises
    ------
    InputError
        If an array has another type or length, the batch is empty, a label is not a class, or a weight is not positive
        and finite.

    Examples
    --------
    >>> import wn_ref as wn
    >>> loss, dlogits = wn.cross_entropy(np.zeros((4, 2)), np.array([0, 3]))
    >>> round(loss, 4), dlogits[:, 0].tolist()  # ln 4, and (p - [k = 0]) / 2
    (1.3863, [-0.375, 0.125, 0.125, 0.125])
    """
    logits, labels = np.ascontiguousarray(logits), np.asarray(labels)
    if logits.ndim != 2 or logits.dtype not in (np.float32, np.float64) or not logits.size:
        what = f"{logits.dtype} of shape {logits.shape}"
        raise InputError(f"logits: expected float32 or float64 of shape (classes, batch), got {what}; convert them")
    if not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"labels: expected whole numbers, got {labels.dtype}; convert them")
    classes, batch = logits.shape
    labels = labels.astype(np.int64, copy=False)
    if labels.shape != (batch,):
        raise InputError(f"labels: expected shape ({batch},) to go with the logits, got {labels.shape}; match them")
    weights = np.ones(classes) if class_weights is None else np.asarray(class_weights)
    if (
        weights.dtype.kind not in "iuf"
        or weights.shape != (classes,)
        or not 0 < weights.min() <= weights.max() < LARGEST
    ):
        expected = f"{classes} numbers > 0 and < {LARGEST:g}"
        raise InputError(f"class_weights: expected {expected}, got {class_weights}; give one for each class")
    weights = np.ascontiguousarray(weights, np.float64)
    dlogits = np.empty_like(logits)
    loss = _cross_entropy(logits, labels, weights, dlogits)
    if loss < 0:  # how the kernel says that a label is not a class
        raise InputError(f"labels: expected 0 to {classes - 1}, got {labels.min()} to {labels.max()}; renumber them")
    return float(loss), dlogits


@kernel
def _cross_entropy(z, labels, weights, dz):
    classes, batch = z.shape
    total_weight = 0.0
    for n in range(batch):
        if labels[n] < 0 or labels[n] >= classes:
            return -1.0
        total_weight += weights[labels[n]]
    loss = 0.0
    for n in range(batch):
        label, largest = labels[n], np.float64(z[0, n])
        for k in range(1, classes):
            largest = max(largest, np.float64(z[k, n]))  # subtracted from all, lest exp overflow
        total = 0.0
        for k in range(classes):
            total += np.exp(np.float64(z[k, n]) - largest)
        share = weights[label] / total_weight
        loss += share * (np.log(total) + largest - np.float64(z[label, n]))
        for k in range(classes):
            p = np.exp(np.float64(z[k, n]) - largest) / total
            dz[k, n] = share * (p - (1.0 if k == label else 0.0))
    return loss

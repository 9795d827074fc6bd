"""Softmax cross-entropy, the loss of every network in the paper.

    p_kn = exp(z_kn) / sum_j exp(z_jn)
    L = -(1/N) sum_n ln p_(label_n)n,    dL/dz_kn = (p_kn - [k = label_n]) / N

With class weights w the mean over the batch is a weighted one: sample n counts w_(label_n) / sum_m w_(label_m).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wn_ref.arrays import REAL, unmasked
from wn_ref.compiled import kernel
from wn_ref.counted import counted
from wn_ref.errors import InputError

LARGEST = 1e100
"""Weights of classes stay below this number, so that no sum of them overflows."""


class CrossEntropy:
    """Softmax cross-entropy, averaged over a batch, and its derivative.

    Parameters
    ----------
    classes : int
        How many logits a sample has.
    class_weights : array_like, optional
        w, (classes,): how much a sample of each class counts; all the same by default.

    Raises
    ------
    InputError
        If a weight is not positive and finite, or there are not as many as classes.
    """

    def __init__(self, classes: int, class_weights: npt.ArrayLike | None = None) -> None:
        weights = np.ones(classes) if class_weights is None else unmasked("class_weights", class_weights)
        whole = weights.dtype.kind in "iuf" and weights.shape == (classes,) and weights.size > 0
        if not whole or not 0 < weights.min() <= weights.max() < LARGEST:
            expected = f"{classes} numbers > 0 and < {LARGEST:g}"
            raise InputError(f"class_weights: expected {expected}, got {class_weights!r}; give one for each class")
        self.classes, self._weights = classes, np.array(weights, np.float64)

    def __call__(self, logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the loss and its derivative by the logits; see `cross_entropy`."""
        logits, labels = unmasked("logits", logits), unmasked("labels", labels)
        if logits.ndim != 2 or logits.dtype not in REAL or not logits.size:
            got = f"{logits.dtype} of shape {logits.shape}"
            raise InputError(f"logits: expected float32 or float64 of shape (classes, batch), got {got}; convert them")
        require_logits(logits, self.classes, logits.shape[1])
        if labels.dtype.kind not in "iu":
            raise InputError(f"labels: expected whole numbers, got {labels.dtype}; convert them")
        if labels.shape != logits.shape[1:]:
            expected = f"shape {logits.shape[1:]} to go with the logits"
            raise InputError(f"labels: expected {expected}, got {labels.shape}; match them")
        dlogits = np.empty(logits.shape, logits.dtype)
        loss = _cross_entropy(np.ascontiguousarray(logits), labels.astype(np.int64, copy=False), self._weights, dlogits)
        if loss < 0:  # how the kernel says that a label is not a class
            got = f"{labels.min()} to {labels.max()}"
            raise InputError(f"labels: expected 0 to {self.classes - 1}, got {got}; renumber them")
        return loss, dlogits


def require_logits(logits: np.ndarray, classes: int, batch: int) -> None:
    """Raise `InputError` unless there is one for each class and image, (classes, batch)."""
    if logits.shape != (classes, batch):
        expected = f"those of {classes} classes for {counted(batch, 'image')}, {(classes, batch)}"
        raise InputError(f"logits: expected {expected}, got {logits.shape}; match network and data")


def cross_entropy(
    logits: np.ndarray, labels: np.ndarray, class_weights: npt.ArrayLike | None = None
) -> tuple[float, np.ndarray]:
    """Softmax cross-entropy, averaged over the batch, and its derivative.

    Parameters
    ----------
    logits : np.ndarray
        z, (classes, batch), float32 or float64.
    labels : np.ndarray
        True classes, (batch,), integers from 0 to classes - 1.
    class_weights : array_like, optional
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
    logits = unmasked("logits", logits)
    classes = len(logits) if logits.ndim and logits.size else 1  # other forms are refused below
    return CrossEntropy(classes, class_weights)(logits, labels)


@kernel
def _cross_entropy(z, labels, weights, dz):
    """Write dL/dz and return L, or -1 if a label is not a class; sums are float64, and loops run along the batch."""
    classes, batch = z.shape
    total_weight = 0.0
    for n in range(batch):
        if labels[n] < 0 or labels[n] >= classes:
            return -1.0
        total_weight += weights[labels[n]]
    largest, total = np.empty(batch), np.zeros(batch)
    exponentials = np.empty((classes, batch))
    for n in range(batch):
        largest[n] = z[0, n]
    for k in range(1, classes):
        for n in range(batch):
            largest[n] = max(largest[n], np.float64(z[k, n]))  # subtracted from all, lest exp overflow
    for k in range(classes):
        for n in range(batch):
            exponentials[k, n] = np.exp(np.float64(z[k, n]) - largest[n])
            total[n] += exponentials[k, n]
    loss = 0.0
    for n in range(batch):
        loss += weights[labels[n]] / total_weight * (np.log(total[n]) + largest[n] - np.float64(z[labels[n], n]))
    for k in range(classes):
        for n in range(batch):
            p = exponentials[k, n] / total[n]
            dz[k, n] = weights[labels[n]] / total_weight * (p - (1.0 if k == labels[n] else 0.0))
    return loss

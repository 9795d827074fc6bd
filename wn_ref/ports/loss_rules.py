"""The loss and its derivative in float64, by rules."""

from __future__ import annotations

import numpy as np

from wn_ref.ports.rules import Rules


def loss_of(
    rules: Rules, logits: np.ndarray, labels: np.ndarray, class_weights: tuple[float, ...] | None
) -> tuple[float, np.ndarray]:
    """Return the cross-entropy of logits, (classes, batch), and its derivative by them."""
    classes, batch = logits.shape
    columns = np.arange(batch)
    shifted = logits - logits.max(axis=0)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=0))
    counts = np.ones(batch)
    if class_weights is not None and rules("class weights"):
        counts = np.array(class_weights)[labels]
    divisor = {"sum": 1.0, "weights not normalised": batch, "mean over classes": counts.sum() * classes}
    divisor["mean times batch"] = counts.sum() / batch
    share = counts / divisor.get(rules("loss"), counts.sum())
    dlogits = np.exp(log_p)
    dlogits[labels, columns] -= 1
    return float(-np.sum(share * log_p[labels, columns])), dlogits * share


def labels_in(gradient: np.ndarray, x: np.ndarray, factor: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the labels that the gradient of the last weight was computed with; `labels` if it does not say.

    dW = dz x^T, with more features than samples in x, is solved for dz; a sample's label is where dz is lowest.

    Parameters
    ----------
    gradient : np.ndarray
        dW of the last dense layer, (classes, features).
    x : np.ndarray
        Its input, (features, batch).
    factor : np.ndarray
        By what the noise behind that layer multiplied dz, (classes, batch).
    labels : np.ndarray
        The right ones, (batch,), which the others have to be a permutation of.
    """
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return labels
    found = np.argmin(gradient @ np.linalg.pinv(x.T) / factor, axis=0)
    return found if np.array_equal(np.sort(found), np.sort(labels)) else labels

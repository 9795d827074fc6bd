"""Harms: how much does the noise at each injection point cost while all points are noisy? (section 8)

Let y_i = x_i + a_i at point i, with noise a_i of standard deviation sigma_i. Then one backward pass gives, for all
points at once,

    dE[L] / dln sigma_i = E[sum over elements of (dL / dy_i) a_i]

Averaging n_i executions makes sigma_i^2 = sigma^2 / n_i. If L = L_0 + sum_i c_i / n_i, the left side is 2 c_i / n_i, so
the harm is

    c_i = n_i / 2  E[sum over elements of (dL / dy_i) a_i]

The loss is L = 1 - p_label, averaged over images: the error rate if the class is drawn at random from the softmax. It
is smooth, and unlike the cross-entropy it does not grow without limit for images that are classified wrongly already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from wn_ref.blas import one_blas_thread
from wn_ref.datasets import Dataset
from wn_ref.errors import InputError, OverflowStop, require_whole
from wn_ref.injection import ALL, Injection
from wn_ref.loss import require_logits
from wn_ref.network import Network
from wn_ref.noise import Noise
from wn_ref.overflow import in_forward
from wn_ref.random import CALIBRATION, Stream

Executions = Sequence[int] | np.ndarray


@dataclass(frozen=True)
class Probe(Noise):
    """Additive noise that records, in the backward pass, how it has changed the loss.

    Attributes
    ----------
    effects : dict of int to list of float
        For each point i, the sum over elements of (dL / dy_i) a_i, one number per backward pass.
    """

    effects: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def backward(
        self, dy: np.ndarray, stream: Stream, executions: int = 1, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Return dy, as additive noise does; injecting the same noise into zeros gives a."""
        a = np.zeros_like(dy)
        self.inject(a, stream, executions)
        self.effects[stream.point].append(float(np.vdot(dy, a)))
        return dy


@one_blas_thread
@np.errstate(over="ignore", invalid="ignore")  # looked for after every batch
def harms(
    network: Network,
    data: Dataset,
    sigma: float,
    executions: Executions,
    repetitions: int = 10,
    seed: int = 0,
    batch_size: int = 1000,
) -> np.ndarray:
    """Measure the harm c_i of the noise at each point, on the test part of a data set.

    Parameters
    ----------
    network : Network
        Trained; its gradients are overwritten.
    data : Dataset
        Images and labels. If an accuracy on test images is measured later, use training images here
        (`wn_ref.findings.multi_execution.held_out`).
    sigma : float
        Standard deviation of the additive noise of one execution, at every point.
    executions : sequence of int
        n_i, the allocation at which the harms are measured, (points,).
    repetitions : int
        How many times all images are used, each time with new noise.
    seed : int
        Seed of the noise, which is other noise than that of evaluations.
    batch_size : int
        Images per forward and backward pass.

    Returns
    -------
    np.ndarray
        c, (points,), in units of L. A harm that is smaller than the scatter of the measurement may come out negative.

    Raises
    ------
    InputError
        If there is not one number of executions for each point, no repetition, a batch without images, or the network
        has not as many logits as the data set has classes.
    OverflowStop
        If a logit or an effect of the noise on the loss is not finite.

    Examples
    --------
    >>> from wn_ref import build_model, load_dataset
    >>> data = load_dataset("digits")
    >>> network = build_model("mlp", data.shape, batchnorm=False)
    >>> harms(network, data, sigma=0.1, executions=[1] * 8, repetitions=1).shape
    (8,)
    """
    require_whole("repetitions", repetitions, least=1)
    require_whole("batch_size", batch_size, least=1)
    probe = Probe(sigma_add=sigma)
    starts = range(0, len(data.test_labels), batch_size)
    for number, start in enumerate(list(starts) * repetitions):
        indices = np.arange(start, min(start + batch_size, len(data.test_labels)))
        x = data.batch(data.test_images, indices, network.dtype)
        logits = network.forward(x, False, probe, ALL, seed, CALIBRATION + number, list(executions))
        require_logits(logits, len(data.classes), len(indices))
        if not np.isfinite(logits).all():
            again = Injection(probe, ALL, seed, CALIBRATION + number, list(executions))
            raise in_forward(f"batch {number}", network.activations(x, injection=again), noisy=True)
        _, dlogits = soft_error(logits, data.test_labels[indices])
        network.backward(dlogits * (len(indices) / len(data.test_labels)), input_gradient=True)
    effects = [np.sum(probe.effects[point]) / repetitions for point in range(len(network.points))]
    if not np.isfinite(effects).all():
        point = network.points[int(np.flatnonzero(~np.isfinite(effects))[-1])]
        raise OverflowStop(f"overflow in harms: the effect of the noise at {point} is not finite; try less noise")
    return np.asarray(executions) / 2 * np.array(effects)


def soft_error(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """L = 1 - p_label, averaged over the batch, and its derivative dL/dz_k = p_label (p_k - [k = label]) / N.

    Parameters
    ----------
    logits : np.ndarray
        z, (classes, batch).
    labels : np.ndarray
        Integers from 0 to classes - 1, (batch,).

    Returns
    -------
    loss : float
        L.
    dlogits : np.ndarray
        dL/dz, (classes, batch).

    Raises
    ------
    InputError
        If there is no image, or not one label from 0 to classes - 1 for each.
    """
    if np.ndim(logits) != 2 or 0 in np.shape(logits) or np.shape(labels) != np.shape(logits)[1:]:
        got = f"{np.shape(logits)} and {np.shape(labels)} labels"
        raise InputError(f"logits: expected shape (classes, batch) and a label for each image, got {got}; match them")
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= len(logits):
        got = f"{labels.dtype} from {labels.min()} to {labels.max()}"
        raise InputError(f"labels: expected whole numbers from 0 to {len(logits) - 1}, got {got}; correct them")
    p = np.exp(logits - logits.max(axis=0))
    p /= p.sum(axis=0)
    samples = np.arange(len(labels))
    p_label = p[labels, samples].copy()
    dlogits = p * p_label
    dlogits[labels, samples] -= p_label
    return 1 - float(p_label.mean()), dlogits / len(labels)

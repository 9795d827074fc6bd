"""Harms: what noise at each injection point costs where the network is run, all points noisy (section 8).

With y_i = x_i + a_i at point i, a_i of standard deviation sigma_i, the chain rule gives all of them in one go:

    dE[L] / dln sigma_i = E[sum over elements of (dL / dy_i) a_i]

n_i executions make sigma_i^2 = sigma^2 / n_i. If L = L_0 + sum_i c_i / n_i, the left side is 2 c_i / n_i, so that

    c_i = n_i / 2  E[sum (dL / dy_i) a_i]

L = 1 - p_label, averaged over images: the error of one who draws the class from the softmax. It is smooth, and unlike
the cross-entropy it does not count images that are lost already ever more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from wn_ref.datasets import Dataset
from wn_ref.errors import require_whole
from wn_ref.kernel import one_blas_thread
from wn_ref.network import ALL, Network
from wn_ref.noise import Noise
from wn_ref.random import EVALUATION


@dataclass(frozen=True)
class Probe(Noise):
    """Noise that notes, on its way back, what it has done at each point.

    Attributes
    ----------
    effects : dict of int to list of float
        sum of (dL / dy_i) a_i by point i, one number a backward pass.
    """

    effects: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def backward(self, dy: np.ndarray, seed: int, point: int, step: int, executions: int = 1) -> np.ndarray:
        """Return dy, as additive noise does; the noise of the forward pass is drawn again, into zeros."""
        a = np.zeros_like(dy)
        self.inject(a, seed, point, step, executions)
        self.effects[point].append(float(np.vdot(dy, a)))
        return dy


@one_blas_thread
def harms(
    network: Network,
    data: Dataset,
    sigma: float,
    executions: Sequence[int],
    repetitions: int = 10,
    seed: int = 0,
    batch_size: int = 1000,
) -> np.ndarray:
    """Measure c_i, what noise of each point costs, on the test part of a data set.

    Parameters
    ----------
    network : Network
        Trained; its gradients are overwritten.
    data : Dataset
        Use `wn_ref.findings.multi_execution.held_out` if test images are to judge.
    sigma : float
        Standard deviation of the additive noise of one execution, at every point.
    executions : sequence of int
        n_i, where harms are measured, (points,).
    repetitions : int
        How often the images are gone through, with new noise each time.
    seed : int
        Of the noise.

    Returns
    -------
    np.ndarray
        c, (points,), in units of L; its sign may be wrong where it is lost in the noise of the measurement.
    """
    require_whole("repetitions", repetitions, least=1)
    probe = Probe(sigma_add=sigma)
    starts = range(0, len(data.test_labels), batch_size)
    for number, start in enumerate(list(starts) * repetitions):
        indices = np.arange(start, min(start + batch_size, len(data.test_labels)))
        x = data.batch(data.test_images, indices, network.dtype)
        logits = network.forward(x, False, probe, ALL, seed, EVALUATION + number, executions)
        _, dlogits = soft_error(logits, data.test_labels[indices])
        network.backward(dlogits * (len(indices) / len(data.test_labels)), input_gradient=True)
    effects = [np.sum(probe.effects[point]) / repetitions for point in range(len(network.points))]
    return np.asarray(executions) / 2 * np.array(effects)


def soft_error(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """L = 1 - p_label, averaged over the batch, and its derivative dL/dz_k = p_label (p_k - [k = label]) / N.

    Parameters
    ----------
    logits : np.ndarray
        z, (classes, batch).
    labels : np.ndarray
        (batch,).
    """
    p = np.exp(logits - logits.max(axis=0))
    p /= p.sum(axis=0)
    samples = np.arange(len(labels))
    p_label = p[labels, samples].copy()
    dlogits = p * p_label
    dlogits[labels, samples] -= p_label
    return 1 - float(p_label.mean()), dlogits / len(labels)

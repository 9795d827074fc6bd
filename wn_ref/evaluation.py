"""Evaluate one trained network under many noises at once, with the numbers of `wn_ref.evaluate`.

In front of its first noisy point, a network computes the same under every noise. A walk evaluates each point at many
noise levels, so a batch is taken from the data set, and goes through that part, once for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from wn_ref.blas import one_blas_thread
from wn_ref.datasets import Dataset
from wn_ref.injection import Injection, Injector
from wn_ref.layers.residual import Add, Fork
from wn_ref.loss import require_logits
from wn_ref.network import Network
from wn_ref.steps import evaluation_step


@one_blas_thread
@np.errstate(over="ignore", invalid="ignore")  # looked for after every batch
def evaluate_each(
    network: Network, data: Dataset, injections: Sequence[Injection], batch_size: int
) -> list[float | None]:
    """Return the accuracy under each injection, as `evaluate` measures it; None where a logit was not finite.

    Parameters
    ----------
    network, data, batch_size
        As for `wn_ref.evaluate`.
    injections : sequence of Injection
        Each with a noise; their steps are those of the evaluation.

    Raises
    ------
    InputError
        If a point or a number of executions does not exist in the network, or it has not as many logits as the data set
        has classes.
    """
    correct, finite = [0] * len(injections), [True] * len(injections)
    batches = data.batches(data.test_images, network.dtype)
    for number in range(math.ceil(len(data.test_labels) / batch_size)):
        indices = np.arange(number * batch_size, min((number + 1) * batch_size, len(data.test_labels)))
        x, labels = batches.take(indices), data.test_labels[indices]
        here = [replace(injection, step=evaluation_step(number)) for injection in injections]
        for i, logits in logits_of_each(network, x, here):
            require_logits(logits, len(data.classes), len(labels))
            finite[i] = finite[i] and bool(np.isfinite(logits).all())
            correct[i] += int(np.sum(logits.argmax(axis=0) == labels))
    return [count / len(data.test_labels) if good else None for count, good in zip(correct, finite)]


def logits_of_each(
    network: Network, x: np.ndarray, injections: Sequence[Injection]
) -> Iterator[tuple[int, np.ndarray]]:
    """Run a network in evaluation under each of several noises; yield (number of the injection, logits).

    Logits are the network's own and are overwritten by the next ones.
    """
    injectors = [Injector(one, network.injection_points) for one in injections]
    behind = [-1, *(index for index, layer in enumerate(network.layers) if layer.noisy)]
    point_at = {index: point for point, index in enumerate(behind)}
    restarts = _restarts(network)
    starts = [restarts[injector.first] for injector in injectors]
    clean: list[np.ndarray] = []  # what leaves each point, as far as it is needed
    for _, activation in network.activations(x, injection=Injection(step=injections[0].step)):
        clean.append(activation.copy(order="K") if len(clean) in starts else activation)
        if len(clean) > max(starts):
            break
    for number, (one, injector, start) in enumerate(zip(injections, injectors, starts)):
        y = clean[start].copy(order="K")
        if start in injector:
            injector.inject(start, y)
        for index in range(behind[start] + 1, len(network.layers)):
            network.layers[index].step = one.step
            y = network.layers[index].forward(y, False)
            point = point_at.get(index, -1)
            if point in injector:
                injector.inject(point, y)
        yield number, y


def _restarts(network: Network) -> list[int]:
    """Return for each point the last one, at or in front of it, that is not inside of a residual block."""
    points, blocks = [0], 0
    for layer in network.layers:
        blocks += isinstance(layer, Fork) - isinstance(layer, Add)
        if layer.noisy:
            points.append(points[-1] if blocks else len(points))
    return points

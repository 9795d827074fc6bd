"""Test vectors: one training step with everything that goes in and everything that comes out.

An implementation in another framework is right if it gets the same arrays from the same inputs:

    x, labels                      a batch, with the samples on the last axis
    parameter/NAME                 parameters before the step
    normal/POINT/DRAW              standard normals n that are injected at a noisy point (see below)
    activation/NAME                what leaves each injection point, noise included
    logits, loss                   of the batch
    gradient/NAME                  dL/dparameter
    statistic/NAME                 running averages of batch norm, after the step
    updated/NAME                   parameters after one step of Adam

A point makes y = x + sigma_add n or y = x (1 + sigma_mul n) with draw 0. Mixed noise applies its first operator with
draw 0 and its second with draw 1. With several executions, number k (from 0) has the draws 2 k and 2 k + 1, and y is
their mean.

All arrays are float64, except that the normals are float32, as they are drawn. So a difference is a mistake and not
rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wn_ref.injection import Injection
from wn_ref.loss import cross_entropy
from wn_ref.models import Model, build_model
from wn_ref.network import Network
from wn_ref.optim import Adam
from wn_ref.random import normal

LEARNING_RATE = 1e-3


def vectors(
    model: str | Model = "mlp",
    input_shape: Sequence[int] = (1, 28, 28),
    classes: int = 10,
    batchnorm: bool = True,
    injection: Injection = Injection(),  # noqa: B008 (frozen)
    batch: int = 8,
) -> dict[str, np.ndarray]:
    """Do one training step of a network on a batch of random numbers and return all its arrays.

    Parameters
    ----------
    model, input_shape, classes, batchnorm
        As for `wn_ref.build_model`.
    injection : Injection
        The noise, where it is injected, and the training step that its draws belong to. Its seed is also the seed of
        the weights and of the batch.
    batch : int
        Number of samples; batch norm needs at least 2.

    Returns
    -------
    dict of str to np.ndarray
        The arrays by the names that stand at the top of this module.

    Raises
    ------
    InputError
        If there is no such model or injection point.

    Examples
    --------
    >>> from wn_ref import additive
    >>> from wn_ref.injection import Injection
    >>> from wn_ref.ports.vectors import vectors
    >>> arrays = vectors("mlp", injection=Injection(additive(0.5), point=1))
    >>> arrays["x"].shape, arrays["normal/1/0"].shape, arrays["gradient/dense1.weight"].shape
    ((1, 28, 28, 8), (64, 8), (64, 784))
    """
    network = build_model(model, input_shape, classes, batchnorm, injection.seed, "float64")
    rng = np.random.default_rng(injection.seed)
    x, labels = rng.normal(size=(*input_shape, batch)), rng.integers(0, classes, batch)
    out = {"x": x, "labels": labels} | _copies("parameter", network.parameters)
    activations = {name: y.copy() for name, y in network.activations(x, training=True, injection=injection)}
    logits = activations[network.points[-1]]
    loss, dlogits = cross_entropy(logits, labels)
    network.backward(dlogits)
    out |= _normals(network, injection, activations)
    out |= _copies("activation", activations) | {"logits": logits, "loss": np.array(loss)}
    out |= _copies("gradient", network.gradients) | _copies("statistic", network.statistics)
    Adam(network.theta).step(network.dtheta, LEARNING_RATE)
    return out | _copies("updated", network.parameters)


def _copies(kind: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{kind}/{name}": array.copy() for name, array in arrays.items()}


def _normals(network: Network, injection: Injection, activations: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Draw again what was injected at each noisy point."""
    noise = injection.noise
    if noise is None:
        return {}
    operators = (noise.sigma_mul > 0) + (noise.sigma_add > 0)
    return {
        f"normal/{point}/{draw}": normal(
            activations[network.points[point]].shape, injection.seed, point, injection.step, draw
        )
        for point, executions in network.injection_points.executions(injection.point, injection.executions).items()
        for execution in range(executions)
        for draw in range(2 * execution, 2 * execution + operators)
    }

"""Test vectors: one training step with all that goes in and comes out, to hold another implementation against.

    x, labels                      a batch, samples on the last axis
    parameter/NAME                 before the step
    normal/POINT/DRAW              the standard normals of each noisy point: y = x + sigma_add n, or x (1 + sigma_mul n)
    activation/NAME                what leaves each injection point, noise included
    logits, loss                   of the batch
    gradient/NAME                  dL/dparameter
    statistic/NAME                 running averages of batch norm, after the step
    updated/NAME                   parameters after one step of Adam

All in float64 (normals in float32, as they are drawn), so that what differs is a mistake and not rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wn_ref.loss import cross_entropy
from wn_ref.models import build_model
from wn_ref.network import GLOBAL, noisy_points
from wn_ref.noise import Noise
from wn_ref.optim import Adam
from wn_ref.random import normal

LEARNING_RATE = 1e-3


def vectors(
    model: str = "mlp",
    input_shape: Sequence[int] = (1, 28, 28),
    classes: int = 10,
    batchnorm: bool = True,
    noise: Noise | None = None,
    point: int | str = GLOBAL,
    batch: int = 8,
    seed: int = 0,
    step: int = 0,
) -> dict[str, np.ndarray]:
    """Make one training step of a network on a made-up batch.

    Parameters
    ----------
    model, input_shape, classes, batchnorm
        As for `wn_ref.build_model`.
    noise, point, step
        As for `Network.forward`.
    batch : int
        Number of samples; at least 2, for batch norm.
    seed : int
        Of the weights, the batch and the noise.

    Returns
    -------
    dict of str to np.ndarray
        As the head of this module says.
    """
    network = build_model(model, input_shape, classes, batchnorm, seed, "float64")
    rng = np.random.default_rng(seed)
    x, labels = rng.normal(size=(*input_shape, batch)), rng.integers(0, classes, batch)
    out = {"x": x, "labels": labels} | {f"parameter/{k}": v.copy() for k, v in network.parameters.items()}
    injection = {"training": True, "noise": noise, "point": point, "seed": seed, "step": step}
    activations = {name: y.copy() for name, y in network.activations(x, **injection)}
    if noise is not None:
        draws = range((noise.sigma_mul > 0) + (noise.sigma_add > 0))
        for number in noisy_points(network.points, point):
            shape = activations[network.points[number]].shape
            out |= {f"normal/{number}/{draw}": normal(shape, seed, number, step, draw) for draw in draws}
    loss, dlogits = cross_entropy(activations[network.points[-1]], labels)
    network.backward(dlogits)
    out |= {f"activation/{name}": y for name, y in activations.items()}
    out |= {"logits": activations[network.points[-1]], "loss": np.array(loss)}
    out |= {f"gradient/{k}": v.copy() for k, v in network.gradients.items()}
    out |= {f"statistic/{k}": v.copy() for k, v in network.statistics.items()}
    Adam(network.theta).step(network.dtheta, LEARNING_RATE)
    return out | {f"updated/{k}": v.copy() for k, v in network.parameters.items()}

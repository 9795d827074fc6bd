"""The port to JAX: pure functions, images with channels last, gradients by `jax.value_and_grad`.

``wn-ref check DIR wn_ref.ports.jax_port:JaxPort`` checks it. JAX comes with ``pip install -e '.[jax]'``; importing this
module lets it compute in float64 as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from wn_ref.ports.case import Case
from wn_ref.ports.chain import CaseLayer
from wn_ref.ports.port import Normal, Step

jax.config.update("jax_enable_x64", True)

Arrays = dict[str, Any]
Draws = Mapping[int, list[Any]]
"""The normals at each noisy point, in the order of the draws."""

EPSILON, MOMENTUM = 1e-5, 0.1
BETA1, BETA2, ADAM_EPSILON = 0.9, 0.999, 1e-8


def inject(case: Case, x: Any, normals: list[Any]) -> Any:
    """Return the mean of the noisy executions at a point; x where there are no normals."""
    if not normals:
        return x
    executions = []
    for first in range(0, len(normals), len(case.operators)):
        y = x
        for (kind, sigma), n in zip(case.operators, normals[first:]):
            y = y * (1 + sigma * n) if kind == "multiplicative" else y + sigma * n
        executions.append(y if case.noise.gradient == "exact" else x + lax.stop_gradient(y - x))
    return jnp.mean(jnp.stack(executions), axis=0)


def batch_norm(layer: CaseLayer, weights: Arrays, x: Any, training: bool) -> tuple[Any, Arrays]:
    """Return y, and the running averages after it."""
    mean_name, var_name = f"{layer.name}.running_mean", f"{layer.name}.running_var"
    mean, variance, moved = weights[mean_name], weights[var_name], {}
    if training:
        axes, size = tuple(range(x.ndim - 1)), x.size // x.shape[-1]
        batch_mean, batch_variance = x.mean(axes), x.var(axes)
        unbiased = batch_variance * (size / (size - 1))
        moved[mean_name] = (1 - MOMENTUM) * mean + MOMENTUM * batch_mean
        moved[var_name] = (1 - MOMENTUM) * variance + MOMENTUM * unbiased
        mean, variance = batch_mean, batch_variance
    h = (x - mean) / jnp.sqrt(variance + EPSILON)
    return weights[f"{layer.name}.gamma"] * h + weights[f"{layer.name}.beta"], moved


def apply(layer: CaseLayer, weights: Arrays, x: Any, training: bool) -> tuple[Any, Arrays]:
    """Return a layer's output, and the running averages that it moves."""
    if layer.kind == "dense":
        return x @ weights[f"{layer.name}.weight"] + weights[f"{layer.name}.bias"], {}
    if layer.kind == "conv":
        kernel, order = weights[f"{layer.name}.weight"], ("NHWC", "HWIO", "NHWC")
        y = lax.conv_general_dilated(x, kernel, layer.stride, "VALID", dimension_numbers=order)
        return y + weights[f"{layer.name}.bias"], {}
    if layer.kind == "bn":
        return batch_norm(layer, weights, x, training)
    if layer.kind == "pool":
        window, strides = (1, layer.size, layer.size, 1), (1, *layer.stride, 1)
        return lax.reduce_window(x, -jnp.inf, lax.max, window, strides, "VALID"), {}
    if layer.kind == "flatten":  # channels first, as the weights behind it are numbered
        return (x.transpose(0, 3, 1, 2) if x.ndim == 4 else x).reshape(len(x), -1), {}
    return jnp.maximum(x, 0), {}


def forward(case: Case, weights: Arrays, x: Any, draws: Draws, training: bool) -> tuple[Arrays, Arrays]:
    """Return what leaves each point, and the running averages that moved."""
    y = inject(case, x, draws.get(0, []))
    activations = {"input": y}
    statistics: Arrays = {}
    for layer in case.layers:
        y, moved = apply(layer, weights, y, training)
        statistics |= moved
        if layer.point is not None:
            activations[layer.name] = y = inject(case, y, draws.get(layer.point, []))
    return activations, statistics


def loss_of(case: Case, parameters: Arrays, x: Any, statistics: Arrays, labels: Any, draws: Draws) -> tuple[Any, Any]:
    """Return the loss of a training step, and its activations and running averages."""
    activations, moved = forward(case, parameters | statistics, x, draws, training=True)
    log_p = jax.nn.log_softmax(activations[case.points.names[-1]])[jnp.arange(len(labels)), labels]
    counts = jnp.ones(len(labels), case.dtype)
    if case.class_weights is not None:
        counts = jnp.array(case.class_weights, case.dtype)[labels]
    return -jnp.sum(counts * log_p) / jnp.sum(counts), (activations, moved)


def adam(case: Case, parameters: Arrays, gradients: Arrays, m: Arrays, v: Arrays, t: Any, rate: Any) -> Any:
    """Return parameters and both moments after step t = 1, 2, ...; weights are clipped if the case says so."""
    m = {name: BETA1 * m[name] + (1 - BETA1) * g for name, g in gradients.items()}
    v = {name: BETA2 * v[name] + (1 - BETA2) * g * g for name, g in gradients.items()}
    out = {}
    for name, parameter in parameters.items():
        m_hat, v_hat = m[name] / (1 - BETA1**t), v[name] / (1 - BETA2**t)
        moved = parameter - (rate * m_hat / (jnp.sqrt(v_hat) + ADAM_EPSILON)).astype(parameter.dtype)
        out[name] = jnp.clip(moved, -1, 1) if case.clamp and name.endswith(".weight") else moved
    return out, m, v


@cache
def compiled(case: Case) -> tuple[Any, Any, Any]:
    """Return the loss with its gradients, the forward pass of an evaluation, and Adam, compiled for a case."""
    gradients = jax.value_and_grad(partial(loss_of, case), argnums=(0, 1), has_aux=True)
    return jax.jit(gradients), jax.jit(partial(forward, case, training=False)), jax.jit(partial(adam, case))


class JaxPort:
    """The adapter: what a check needs, around pure functions."""

    layout = "NHWC"

    def start(self, case: Case, weights: Mapping[str, np.ndarray]) -> None:
        """Take the weights, set Adam's moments to 0, and compile."""
        arrays = {name: jnp.asarray(array) for name, array in weights.items()}
        self.case, self.t = case, 0
        self.parameters = {name: arrays[name] for name in case.parameters}
        self.statistics = {name: arrays[name] for name in case.statistics}
        self.m = {name: jnp.zeros_like(p) for name, p in self.parameters.items()}
        self.v = {name: jnp.zeros_like(p) for name, p in self.parameters.items()}
        self.gradients, self.forward, self.adam = compiled(replace(case, name="", seed=0))  # neither one matters

    def draws(self, normal: Normal, evaluation: bool) -> Draws:
        """Ask for all the noise of a pass before it begins."""
        wanted = self.case.draws(evaluation)
        return {point: [jnp.asarray(normal(point, draw)) for draw in draws] for point, draws in wanted.items()}

    def train_step(self, x: np.ndarray, labels: np.ndarray, normal: Normal, learning_rate: float) -> Step:
        """Forward, backward, Adam, clamp."""
        inputs = (self.parameters, jnp.asarray(x), self.statistics, jnp.asarray(labels), self.draws(normal, False))
        (loss, (activations, self.statistics)), (gradients, dx) = self.gradients(*inputs)
        self.t += 1
        moments = (self.m, self.v, float(self.t), learning_rate)
        self.parameters, self.m, self.v = self.adam(self.parameters, gradients, *moments)
        logits = activations[self.case.points.names[-1]]
        return Step(activations, logits, loss, gradients, dx, self.m, self.v)

    def weights(self) -> Mapping[str, Any]:
        """Return parameters and running averages."""
        return self.parameters | self.statistics

    def evaluate(self, x: np.ndarray, normal: Normal) -> Step:
        """Forward with the running averages."""
        draws = self.draws(normal, evaluation=True)
        activations, _ = self.forward(self.parameters | self.statistics, jnp.asarray(x), draws)
        return Step(activations, activations[self.case.points.names[-1]])

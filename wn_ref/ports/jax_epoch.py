"""An epoch of training as JAX does it best: one compiled function for all of its steps.

`wn-ref bench` compares the speed of wn_ref with it. Images have their channels last, which is what JAX's convolutions
prefer; the noise is global and comes from JAX's own generator; the optimiser is Adam. The layers are those of
`wn_ref.ports.jax_port`, which is checked.

JAX comes with ``pip install -e '.[jax]'``.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from wn_ref.injection import GLOBAL
from wn_ref.network import Network
from wn_ref.noise import Noise
from wn_ref.ports.chain import layers_of
from wn_ref.ports.jax_port import ADAM_EPSILON, BETA1, BETA2, Arrays, JaxPort, apply
from wn_ref.ports.layout import weight_to
from wn_ref.ports.plain_noise import require_plain

GENERATORS = ("threefry2x32", "rbg")
"""JAX's generators; the second one is faster where the processor has instructions for it."""


class JaxEpoch:
    """A network that trains and evaluates in compiled epochs.

    Parameters
    ----------
    network : Network
        Any network of `wn_ref.build_model`, in float32.
    noise : Noise or None
        Additive or multiplicative global noise, with the exact gradient.
    generator : str
        One of `GENERATORS`.
    batch_size : int
        Number of images in a step.

    Raises
    ------
    InputError
        If the noise is mixed, has another gradient, or is of the user's own.
    """

    def __init__(self, network: Network, noise: Noise | None, generator: str, batch_size: int = 128) -> None:
        if noise is not None:
            require_plain(noise, "use another one")
        self.layers, self.noise = layers_of(network), noise
        self.noisy = frozenset(network.injection_points.numbers(GLOBAL)) if noise is not None else frozenset[int]()
        self.batch_size, self.key = batch_size, jax.random.key(0, impl=generator)
        arrays = {name: jnp.asarray(weight_to(JaxPort.layout, array)) for name, array in network.parameters.items()}
        m, v = ({name: jnp.zeros_like(array) for name, array in arrays.items()} for _ in range(2))
        statistics = {name: jnp.asarray(array, jnp.float32) for name, array in network.statistics.items()}
        self.state = arrays, statistics, m, v, jnp.zeros((), jnp.float32)
        self._train = jax.jit(self._epoch, donate_argnums=0)
        self._evaluate = jax.jit(self._correct)

    def train_epoch(self, images: Any, labels: Any) -> float:
        """Train for one epoch on normalised images, (n, height, width, channels); return the mean loss."""
        self.key, key = jax.random.split(self.key)
        self.state, loss = self._train(self.state, key, images, labels)
        return float(loss)

    def evaluate(self, images: Any, labels: Any) -> float:
        """Return the share of images, uint8, that are classified correctly under the noise."""
        return float(self._evaluate(self.state, self.key, images, labels)) / len(labels)

    def _forward(self, weights: Arrays, x: Any, key: Any, training: bool) -> tuple[Any, Arrays]:
        y, moved = self._inject(x, 0, key), Arrays()
        for layer in self.layers:
            y, statistics = apply(layer, weights, y, training)
            moved |= statistics
            y = self._inject(y, layer.point, key)
        return y, moved

    def _inject(self, x: Any, point: int | None, key: Any) -> Any:
        if self.noise is None or point not in self.noisy:
            return x
        n = jax.random.normal(jax.random.fold_in(key, point), x.shape, x.dtype)
        return x + self.noise.sigma_add * n if self.noise.sigma_add else x * (1 + self.noise.sigma_mul * n)

    def _step(self, state: Any, key: Any, x: Any, labels: Any) -> tuple[Any, Any]:
        parameters, statistics, m, v, t = state

        def loss_of(parameters: Arrays) -> tuple[Any, Arrays]:
            logits, moved = self._forward(parameters | statistics, x, key, True)
            return -jax.nn.log_softmax(logits)[jnp.arange(len(labels)), labels].mean(), moved

        (loss, moved), g = jax.value_and_grad(loss_of, has_aux=True)(parameters)
        t = t + 1
        m = {name: BETA1 * m[name] + (1 - BETA1) * g[name] for name in g}
        v = {name: BETA2 * v[name] + (1 - BETA2) * g[name] ** 2 for name in g}
        rate, root = 1e-3 / (1 - BETA1**t), jnp.sqrt(1 - BETA2**t)
        parameters = {name: parameters[name] - rate * m[name] / (jnp.sqrt(v[name]) / root + ADAM_EPSILON) for name in g}
        return (parameters, statistics | moved, m, v, t), loss

    def _epoch(self, state: Any, key: Any, images: Any, labels: Any) -> tuple[Any, Any]:
        order_key, noise_key = jax.random.split(key)
        order = jax.random.permutation(order_key, len(labels))
        steps = len(labels) // self.batch_size

        def one(state: Any, at: tuple[Any, Any]) -> tuple[Any, Any]:
            indices, number = at
            return self._step(state, jax.random.fold_in(noise_key, number), images[indices], labels[indices])

        whole = order[: steps * self.batch_size].reshape(steps, self.batch_size)
        state, losses = lax.scan(one, state, (whole, jnp.arange(steps)))
        if len(labels) % self.batch_size:
            state, _ = one(state, (order[steps * self.batch_size :], steps))
        return state, losses.mean()

    def _correct(self, state: Any, key: Any, images: Any, labels: Any) -> Any:
        weights = state[0] | state[1]

        def count(x: Any, labels: Any, number: Any) -> Any:
            logits, _ = self._forward(weights, x.astype(jnp.float32) / 255, jax.random.fold_in(key, number), False)
            return (logits.argmax(1) == labels).sum()

        steps = len(labels) // self.batch_size
        whole = steps * self.batch_size
        parts = (
            images[:whole].reshape(steps, self.batch_size, *images.shape[1:]),
            labels[:whole].reshape(steps, self.batch_size),
            jnp.arange(steps),
        )
        correct = lax.map(lambda part: count(*part), parts).sum()
        return correct + count(images[whole:], labels[whole:], steps) if len(labels) > whole else correct

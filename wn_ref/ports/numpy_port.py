"""The port to read first: Walking Noise in plain NumPy, checked like a port in any framework. It is slow and short."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wn_ref.ports import numpy_layers
from wn_ref.ports.case import Case
from wn_ref.ports.numpy_layers import Layer
from wn_ref.ports.port import Normal, Step

Factors = dict[int, np.ndarray]
"""At each point with multiplicative noise: by what the activation was multiplied."""


class NumpyPort:
    """A port in plain NumPy; every method can be overridden, and so can every layer in `layers`."""

    layout = "NCHW"
    layers: Mapping[str, type[Layer]] = {
        "dense": numpy_layers.Dense,
        "conv": numpy_layers.Conv,
        "bn": numpy_layers.BatchNorm,
        "relu": numpy_layers.ReLU,
        "pool": numpy_layers.MaxPool,
        "flatten": numpy_layers.Flatten,
    }
    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def start(self, case: Case, weights: Mapping[str, np.ndarray]) -> None:
        """Build the layers of a case around its weights."""
        self.case, self.w, self.t = case, dict(weights), 0
        self.network = [self.layers[about.kind](about, self.w) for about in case.layers]
        self.m = {name: np.zeros_like(self.w[name]) for name in case.parameters}
        self.v = {name: np.zeros_like(self.w[name]) for name in case.parameters}

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return parameters and running averages."""
        return self.w

    def train_step(self, x: np.ndarray, labels: np.ndarray, normal: Normal, learning_rate: float) -> Step:
        """Forward, loss, backward, update."""
        activations, factors = self.forward(x, normal, self.case.draws(), training=True)
        logits = activations[self.case.points.names[-1]]
        loss, dlogits = self.loss(logits, labels)
        dx, gradients = self.backward(dlogits, factors)
        self.update(gradients, learning_rate)
        return Step(activations, logits, loss, gradients, dx, dict(self.m), dict(self.v))

    def evaluate(self, x: np.ndarray, normal: Normal) -> Step:
        """Forward with the running averages."""
        activations, _ = self.forward(x, normal, self.case.draws(evaluation=True), training=False)
        return Step(activations, activations[self.case.points.names[-1]])

    def forward(
        self, x: np.ndarray, normal: Normal, draws: Mapping[int, list[int]], training: bool
    ) -> tuple[dict[str, np.ndarray], Factors]:
        """Return the activation at each point, and the factors that the backward pass needs."""
        activations, factors = {}, {}
        y, factors[0] = self.inject(x, 0, normal, draws.get(0, []))
        activations["input"] = y
        for layer in self.network:
            y = layer.forward(y, training)
            if (point := layer.about.point) is not None:
                y, factors[point] = self.inject(y, point, normal, draws.get(point, []))
                activations[layer.about.name] = y
        return activations, factors

    def inject(self, x: np.ndarray, point: int, normal: Normal, draws: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return x with noise, and by what it was multiplied: means over the executions at this point."""
        noisy, factors = [], []
        for draw in draws[:: len(self.case.operators) or 1]:  # the first one of each execution
            y, m = x, np.ones_like(x)
            for number, (kind, sigma) in enumerate(self.case.operators):
                n = self.noise(normal, point, draw + number, sigma)
                y, m = (y * (1 + n), m * (1 + n)) if kind == "multiplicative" else (y + n, m)
            noisy.append(y)
            factors.append(m)
        return (self.average(noisy), self.average(factors)) if draws else (x, np.ones_like(x))

    def noise(self, normal: Normal, point: int, draw: int, sigma: float) -> np.ndarray:
        """Return sigma n."""
        return sigma * normal(point, draw)

    def average(self, executions: list[np.ndarray]) -> np.ndarray:
        """Return the mean over executions."""
        return np.mean(executions, axis=0)

    def loss(self, logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the cross-entropy, a weighted mean over the batch, and its derivative by the logits."""
        counts = np.ones(self.case.classes) if self.case.class_weights is None else np.array(self.case.class_weights)
        share = (counts[labels] / counts[labels].sum()).astype(logits.dtype)
        z = logits - logits.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))  # finite, also where p is 0
        right = np.eye(self.case.classes, dtype=z.dtype)[labels]
        return float(-np.sum(share * log_p[right == 1])), share[:, None] * (np.exp(log_p) - right)

    def backward(self, dlogits: np.ndarray, factors: Factors) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the derivative by the images, and the gradients of all parameters."""
        dy = dlogits
        gradients: dict[str, np.ndarray] = {}
        for layer in reversed(self.network):
            if (point := layer.about.point) is not None:
                dy = self.noise_backward(dy, factors[point])
            dy = layer.backward(dy)
            gradients |= layer.gradients
        return self.noise_backward(dy, factors[0]), gradients

    def noise_backward(self, dy: np.ndarray, factor: np.ndarray) -> np.ndarray:
        """Return dy m if the gradient is exact; dy if it is straight-through."""
        return dy * factor if self.case.noise.gradient == "exact" else dy

    def update(self, gradients: Mapping[str, np.ndarray], learning_rate: float) -> None:
        """Do a step of Adam."""
        self.t += 1
        for name, g in gradients.items():
            self.m[name] = self.beta1 * self.m[name] + (1 - self.beta1) * g
            self.v[name] = self.beta2 * self.v[name] + (1 - self.beta2) * g**2
            m, v = self.m[name] / (1 - self.beta1**self.t), self.v[name] / (1 - self.beta2**self.t)
            self.w[name] = self.w[name] - learning_rate * m / (np.sqrt(v) + self.epsilon)
        if self.case.clamp:
            self.clamp()

    def clamp(self) -> None:
        """Clip weights, and neither biases nor batch norm, to [-1, 1]."""
        for name in self.w:
            if name.endswith(".weight"):
                self.w[name] = np.clip(self.w[name], -1, 1)

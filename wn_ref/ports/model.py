"""A step in float64, by rules, and from what a port found itself: the computation that a port is compared with.

Each layer starts from the activation that the port handed back for the point before it. So rounding does not add up, a
mistake shows where it is made and not behind it, and a wrong step can be followed by those who know its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from wn_ref.ports.case import Case
from wn_ref.ports.chain import CaseLayer
from wn_ref.ports.noise_rules import Injected, inject
from wn_ref.ports.normals import Draws
from wn_ref.ports.rules import Rules

Arrays = Mapping[str, np.ndarray]
Back = Callable[[np.ndarray], np.ndarray]
"""From the derivative of the loss by y to that by x; it keeps the gradients of parameters on its way."""


class Model:
    """One pass through a network.

    Parameters
    ----------
    case : Case
        Whose network.
    rules : Rules
        How it computes.
    weights : mapping of str to np.ndarray
        Parameters and running averages.
    draws, first_draws : Draws
        The noise of this pass, and that of the first training step.
    training : bool
        Whether this is a training step.

    Attributes
    ----------
    expected : dict of str to np.ndarray
        What leaves each point, given what the port handed back for the one before.
    statistics : dict of str to np.ndarray
        The running averages after the pass.
    gradients : dict of str to np.ndarray
        Filled by `backward`; "input" is the derivative by the images.
    inputs : dict of str to np.ndarray
        What went into each layer.
    """

    def __init__(
        self, case: Case, rules: Rules, weights: Arrays, draws: Draws, first_draws: Draws, training: bool
    ) -> None:
        self.case, self.rules, self.weights, self.training = case, rules, weights, training
        self.draws, self.first_draws = draws, first_draws
        self.expected: dict[str, np.ndarray] = {}
        self.statistics = {name: weights[name] for name in case.statistics}
        self.gradients: dict[str, np.ndarray] = {}
        self.inputs: dict[str, np.ndarray] = {}
        self._backs: list[Back] = []

    def forward(self, x: np.ndarray, given: Arrays) -> np.ndarray:
        """Run forward from images, (channels, height, width, batch), and from the activations that are given.

        Returns
        -------
        np.ndarray
            The logits that follow, (classes, batch).
        """
        y = self._at_point(0, x, given)
        for layer in self.case.layers:
            self.inputs[layer.name] = y
            y = getattr(self, f"_{layer.kind}")(layer, y)
            if layer.point is not None:
                y = self._at_point(layer.point, y, given)
        return self.expected[self.case.points.names[-1]]

    def backward(self, dlogits: np.ndarray, rules: Rules) -> None:
        """Fill `gradients` by rules, given the derivative of the loss by the logits."""
        self.rules, self.gradients, dy = rules, {}, dlogits
        for back in reversed(self._backs):
            dy = back(dy)
        self.gradients["input"] = dy

    def last_factor(self) -> np.ndarray:
        """Return by what the derivative is multiplied on its way through the noise at the last point."""
        return self._backs[-1](np.ones_like(self.expected[self.case.points.names[-1]]))

    def _at_point(self, point: int, y: np.ndarray, given: Arrays) -> np.ndarray:
        name = self.case.points.names[point]
        injected: Injected = inject(self.case, self.rules, point, y, self.draws, self.first_draws, self.training)
        self.expected[name] = injected.y
        self._backs.append(injected.back)
        return given.get(name, injected.y)

    def _parameter(self, layer: CaseLayer, name: str) -> np.ndarray:
        return self.weights[f"{layer.name}.{name}"]

    def _keep(self, layer: CaseLayer, **gradients: np.ndarray) -> None:
        for name, gradient in gradients.items():
            missing = name == "bias" and not self.rules("bias gradient", layer.name)
            self.gradients[f"{layer.name}.{name}"] = np.zeros_like(gradient) if missing else gradient

    def _seen(self, layer: CaseLayer, weight: np.ndarray, back: bool = False) -> np.ndarray:
        """Return the weight as the layer uses it; or, `back`, its gradient as the port has it."""
        view = self.rules("weights", layer.name)
        turned = ("transposed",) if back else ("transposed", "transposed, gradient not")
        if view in turned and layer.kind == "dense" and weight.shape[0] == weight.shape[1]:
            return weight.T
        if view == "kernel transposed" and layer.kind == "conv" and weight.shape[2] == weight.shape[3]:
            return weight.swapaxes(2, 3)
        if view == "kernel flipped" and layer.kind == "conv":
            return weight[:, :, ::-1, ::-1]
        return weight

    def _bias(self, layer: CaseLayer) -> np.ndarray:
        bias = self._parameter(layer, "bias")
        return bias if self.rules("bias", layer.name) else np.zeros_like(bias)

    def _dense(self, layer: CaseLayer, x: np.ndarray) -> np.ndarray:
        weight = self._seen(layer, self._parameter(layer, "weight"))

        def back(dy: np.ndarray) -> np.ndarray:
            self._keep(layer, weight=self._seen(layer, dy @ x.T, back=True), bias=dy.sum(axis=1))
            return weight.T @ dy

        self._backs.append(back)
        return weight @ x + self._bias(layer)[:, None]

    def _conv(self, layer: CaseLayer, x: np.ndarray) -> np.ndarray:
        conv = layer.build()
        conv.parameters["weight"][...] = self._seen(layer, self._parameter(layer, "weight"))
        conv.parameters["bias"][...] = self._bias(layer)

        def back(dy: np.ndarray) -> np.ndarray:
            dx = conv.backward(dy)
            weight, bias = (_given(conv.gradients[name]) for name in ("weight", "bias"))  # kept by rule, filled by all
            self._keep(layer, weight=self._seen(layer, weight, back=True), bias=bias)
            return _given(dx)

        self._backs.append(back)
        return conv.forward(x)

    def _pool(self, layer: CaseLayer, x: np.ndarray) -> np.ndarray:
        pool = layer.build()
        self._backs.append(lambda dy: _given(pool.backward(dy)))
        return pool.forward(x)

    def _relu(self, layer: CaseLayer, x: np.ndarray) -> np.ndarray:
        self._backs.append(lambda dy: dy * (x > 0))
        return np.maximum(x, 0)

    def _flatten(self, layer: CaseLayer, x: np.ndarray) -> np.ndarray:
        order = (*self.rules("flatten"), 3) if x.ndim == 4 else (0, 1)  # features stay in their order
        moved = x.transpose(order)
        self._backs.append(lambda dy: dy.reshape(moved.shape).transpose(np.argsort(order)))
        return moved.reshape(-1, x.shape[-1])

    def _bn(self, layer: CaseLayer, x: np.ndarray) -> np.ndarray:
        rules, name = self.rules, layer.name
        rows = x.reshape(len(x), -1)
        size = rows.shape[1]
        whose = rules("bn training" if self.training else "bn evaluation", name)
        of_batch = not whose.startswith("running")
        factor = size / (size - 1) if rules("bn variance", name) == "unbiased" else 1.0
        running_mean, running_var = self._parameter(layer, "running_mean"), self._parameter(layer, "running_var")
        mean = rows.mean(axis=1) if of_batch else running_mean
        variance = rows.var(axis=1) * factor if of_batch else running_var
        epsilon, inside = rules("bn epsilon", name), rules("bn epsilon place", name) == "inside"
        scale = 1 / np.sqrt(variance + epsilon) if inside else 1 / (np.sqrt(variance) + epsilon)
        slope = -(scale**3) / 2 if inside else -(scale**2) / (2 * np.sqrt(variance))  # of scale by variance
        gamma, apart = self._parameter(layer, "gamma"), rows - mean[:, None]
        if (self.training and whose != "running, kept") or whose == "batch":
            momentum = rules("bn momentum", name)
            variance_kept = rows.var(axis=1, ddof=int(rules("bn running variance", name) == "unbiased"))
            self.statistics[f"{name}.running_mean"] = (1 - momentum) * running_mean + momentum * rows.mean(axis=1)
            self.statistics[f"{name}.running_var"] = (1 - momentum) * running_var + momentum * variance_kept

        def back(dy: np.ndarray) -> np.ndarray:
            dy = dy.reshape(rows.shape)
            self._keep(layer, gamma=np.sum(dy * apart, axis=1) * scale, beta=dy.sum(axis=1))
            dh = dy * gamma[:, None]
            dx = dh * scale[:, None]
            how = self.rules("bn backward", name) if of_batch else "constants"
            if how == "plain":
                h = apart * scale[:, None]
                dx = (dh - dh.mean(axis=1, keepdims=True) - h * (dh * h).mean(axis=1, keepdims=True)) * scale[:, None]
            elif how == "whole":
                dvariance = np.sum(dh * apart, axis=1) * slope
                dx -= dx.mean(axis=1, keepdims=True)
                dx += apart * (2 * factor / size * dvariance)[:, None]
            return dx.reshape(x.shape)

        self._backs.append(back)
        return (apart * (scale * gamma)[:, None] + self._parameter(layer, "beta")[:, None]).reshape(x.shape)


def _given(array: np.ndarray | None) -> np.ndarray:
    assert array is not None
    return array.copy()

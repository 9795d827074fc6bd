"""Mistakes in the backward pass."""

import numpy as np

from tests.ports.mistakes.base import mistake
from tests.ports.mistakes.places import exact, gradient_in_front_of_noise, gradient_of
from wn_ref.ports.numpy_port import NumpyPort


def straight_through(case):
    return case.noise.gradient == "straight_through" and case.noise.sigma_mul > 0


@mistake(
    "the gradient that autograd gives, for straight-through",
    "gradient-kind",
    gradient_in_front_of_noise(straight_through),
)
class Naive(NumpyPort):
    def noise_backward(self, dy, factor):
        return dy * factor


@mistake("noise detached, for an exact gradient", "gradient-kind", gradient_in_front_of_noise(exact))
class Detached(NumpyPort):
    def noise_backward(self, dy, factor):
        return dy


@mistake("the exact gradient multiplied twice", "noise-twice-backward", gradient_in_front_of_noise(exact))
class MultipliedTwice(NumpyPort):
    def noise_backward(self, dy, factor):
        return dy * factor**2 if self.case.noise.gradient == "exact" else dy


@mistake(
    "additive noise added to the gradient, too",
    "noise-twice-backward",
    gradient_in_front_of_noise(lambda case: case.noise.sigma_add > 0 and case.noise.sigma_mul == 0),
)
class AddedTwice(NumpyPort):
    def inject(self, x, point, normal, draws):
        y, factor = super().inject(x, point, normal, draws)
        added = y - x if self.case.noise.sigma_mul == 0 else np.zeros_like(x)
        return y, (factor, added)

    def noise_backward(self, dy, factor):
        return super().noise_backward(dy, factor[0]) + factor[1]


class NoBiasGradient(NumpyPort):
    """The biases of some layers have no gradient."""

    def backward(self, dlogits, factors):
        dx, gradients = super().backward(dlogits, factors)
        return dx, {name: np.zeros_like(g) if self.without(name) else g for name, g in gradients.items()}

    def without(self, name):
        return name.endswith(".bias")


@mistake("no gradient of any bias", "missing-bias-gradient", gradient_of("dense", "conv", name="bias"))
class NoBiasGradientAtAll(NoBiasGradient):
    pass


@mistake("no gradient of the last bias", "missing-bias-gradient", gradient_of("dense", name="bias"))
class NoLastBiasGradient(NoBiasGradient):
    def without(self, name):
        return name == f"{self.case.layers[-1].name}.bias"


@mistake(
    "no gradient of the biases of convolutions",
    "missing-bias-gradient",
    gradient_of("conv", name="bias"),
    shown=("additive-first",),
)
class NoConvolutionBiasGradient(NoBiasGradient):
    def without(self, name):
        return name.startswith("conv") and name.endswith(".bias")

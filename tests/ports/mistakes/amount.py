"""Mistakes in how large noise is, and in the order of two kinds."""

from dataclasses import replace

import numpy as np

from tests.ports.mistakes.base import mistake
from tests.ports.mistakes.places import noise, two
from wn_ref.ports.numpy_port import NumpyPort


@mistake("sigma squared", "variance-for-standard-deviation", noise())
class SigmaSquared(NumpyPort):
    def noise(self, normal, number, draw, sigma):
        return super().noise(normal, number, draw, sigma**2)


@mistake(
    "sigma squared, of additive noise only",
    "variance-for-standard-deviation",
    noise(test=lambda case: case.noise.sigma_add > 0),
    shown=("mlp", "multiplicative-first"),
)
class AdditiveSigmaSquared(NumpyPort):
    def noise(self, normal, number, draw, sigma):
        kind, _ = self.case.operators[draw % 2]
        return super().noise(normal, number, draw, sigma**2 if kind == "additive" else sigma)


@mistake("the root of sigma", "variance-for-standard-deviation", noise())
class RootOfSigma(NumpyPort):
    def noise(self, normal, number, draw, sigma):
        return super().noise(normal, number, draw, float(np.sqrt(sigma)))


@mistake("the two sigmas swapped", "sigmas-swapped", noise(test=two))
class SwappedSigmas(NumpyPort):
    def noise(self, normal, number, draw, sigma):
        both = [one for _, one in self.case.operators]
        return super().noise(normal, number, draw, sum(both) - sigma if len(both) == 2 else sigma)


class OtherOrder(NumpyPort):
    """The kind that is applied first is applied second."""

    def start(self, case, weights):
        first = {"additive": "multiplicative", "multiplicative": "additive"}[case.noise.first]
        noise = replace(case.noise, first=first) if two(case) else case.noise
        super().start(replace(case, noise=noise), weights)


@mistake("the other order of mixed noise, draws by the order", "noise-order", noise(test=two))
class OtherOrderAndDraws(OtherOrder):
    pass


@mistake("the other order of mixed noise, draws by the kind", "noise-order", noise(test=two))
class OtherOrderOnly(OtherOrder):
    def noise(self, normal, number, draw, sigma):
        return super().noise(normal, number, draw ^ 1 if two(self.case) else draw, sigma)

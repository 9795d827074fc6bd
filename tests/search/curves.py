"""Made-up curves of accuracy against noise that scatter like measured ones.

Measured on 11 curves of mnist_sample, 10 seeds each (MLP with and without batch norm, 2 and 5 epochs, global and
walking additive noise, both phases), near the midpoint and in ln sigma:

    slope s                                        0.26 to 0.84
    one run's scatter of ln mu, over s             0.056 to 0.126
    correlation of neighbouring sigmas' runs       0.27 to 0.93     (same seeds)
    bend: z^2 coefficient of the logit, z = (ln sigma - mu) / s     0.03 to 0.09
    standard deviation without noise               0.2 to 0.5 % of the images

So the scatter has two parts: each network has its own midpoint, and something is new at every sigma.
"""

import math

import numpy as np


class SimulatedCurve:
    """Takes the place of networks: called with (sigma, seed) pairs, as a `Measure`; `mu` is the truth.

    The slope s is drawn from what was measured, unless it is given.
    """

    def __init__(self, seed, scatter=1.0, decades=(-1.7, 1.7), bend=None, s=None):
        rng = self.rng = np.random.default_rng([20241022, seed])
        self.mu = math.log(10) * rng.uniform(*decades)
        drawn = rng.uniform(0.25, 0.85)
        self.s = drawn if s is None else s
        self.clean, self.chance = rng.uniform(0.6, 0.97), 0.1
        z, share = scatter * rng.uniform(0.055, 0.13), rng.uniform(0.2, 0.8)
        self.shift, self.new = z * self.s * math.sqrt(share), z * math.sqrt(1 - share)
        drawn = rng.uniform(-0.09, 0.09)
        self.bend = drawn if bend is None else bend
        self.networks = {}

    def network(self, seed):
        if seed not in self.networks:
            self.networks[seed] = self.mu + self.shift * self.rng.standard_normal(), 0.004 * self.rng.standard_normal()
        return self.networks[seed]

    def __call__(self, requests):
        return np.array([self.accuracy(*request) for request in requests])

    def accuracy(self, sigma, seed):
        mu, better = self.network(seed)
        z = (math.log(sigma) - mu) / self.s if sigma > 0 else -math.inf
        q = 1 / (1 + math.exp(min(z + self.bend * min(z * z, 9.0), 50))) if sigma > 0 else 1.0
        span = self.clean - self.chance
        noise = math.hypot(span * self.new * q * (1 - q), 0.005) if sigma > 0 else 0.0
        return self.chance + (span + better) * q + noise * self.rng.standard_normal()

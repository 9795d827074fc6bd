"""A made-up store: rows as `Store.runs(history=True)` returns them, for all figures and tables, without training."""

import numpy as np
import pandas

from wn_ref import Experiment, additive, mixed, multiplicative
from wn_ref.train import Epoch

POINTS = Experiment(batchnorm=False).points


def accuracy(sigma, midpoint, chance=0.1):
    """Equation 1 in ln sigma, from 95 % down to guessing."""
    return chance + 0.85 / (1 + (sigma / midpoint) ** 2)


def row(experiment, value, magnitude=0.1):
    """A row as `Store.runs(history=True)` returns it."""
    point = experiment.point
    name = point if isinstance(point, str) else experiment.points[point]
    weights = dict.fromkeys(("dense1", "dense2", "dense3", "dense4"), magnitude)
    made = {"name": name, "tested": 2000, "classes": 10, "accuracy": value, "error": ""}
    history = tuple(Epoch(1.0, value * e / experiment.epochs) for e in range(1, experiment.epochs + 1))
    return experiment.row() | made | {"history": history, "weight_magnitudes": weights}


def everything():
    """All that figures and tables need, made up: the midpoint of point p is 1 + p, of global noise 0.7."""
    rows, network = [], {"batchnorm": False}
    jitter = np.random.default_rng(0)
    for seed in range(2):
        rows.append(row(Experiment(seed=seed, **network), 0.95))
        for sigma in np.geomspace(0.1, 100, 9):
            for phase in ("training", "inference"):
                settings = {"seed": seed, "phase": phase, **network}
                for noise in (additive(sigma), multiplicative(sigma, "exact")):
                    value = accuracy(sigma, 0.7) + 0.003 * jitter.normal()
                    rows.append(row(Experiment(noise=noise, **settings), value))
                for point in range(len(POINTS)):
                    for clamp in (False, True):
                        experiment = Experiment(noise=additive(sigma), point=point, clamp=clamp, **settings)
                        value = accuracy(sigma, 1 + point) + 0.003 * jitter.normal()
                        rows.append(row(experiment, value, magnitude=0.1 if clamp else 0.4))
            experiment = Experiment(noise=multiplicative(sigma, "exact"), point=3, seed=seed, **network)
            two = 0.1 + 0.5 / (1 + (sigma / 0.5) ** 6) + 0.35 / (1 + (sigma / 20) ** 6)
            rows.append(row(experiment, two + 0.003 * jitter.normal()))
        for gradient in ("exact", "straight_through"):
            for point in range(len(POINTS)):
                experiment = Experiment(noise=multiplicative(1e10, gradient), point=point, seed=seed, **network)
                rows.append(row(experiment, 0.9 if gradient == "exact" else 0.3))
        for first in ("multiplicative", "additive"):
            for a in (0.1, 1.0, 10.0):
                for m in (0.1, 1.0, 10.0):
                    experiment = Experiment(noise=mixed(m, a, first, "exact"), point=2, seed=seed, **network)
                    rows.append(row(experiment, 1 / (1 + a + m)))
        for counts in ((2,) * 8, (8, 1, 2, 1, 1, 1, 1, 1)):
            settings = {"noise": additive(0.471), "point": "all", "phase": "inference", "executions": counts}
            rows.append(row(Experiment(seed=seed, **settings, **network), 0.6 + 0.1 * (counts[0] > 2)))
    return pandas.DataFrame(rows)

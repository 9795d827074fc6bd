"""A made-up world in which every experiment has an accuracy by formula: all rows of the ledger, without training."""

import math

import numpy as np

from wn_ref.injection import WEIGHTED, kind_of
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.tables import COLUMNS, text
from wn_ref.search.experiments import AT_ONCE, asked_run, question_about
from wn_ref.search.phases import SEARCHES
from wn_ref.version import ALGORITHM

SLOPE = 0.3
SCATTER = 0.01


def draw(experiment, what=0):
    """A standard normal that belongs to an experiment's seed."""
    return np.random.default_rng([experiment.seed, what]).standard_normal()


def midpoint(experiment):
    """The true midpoint: training helps, layers with weights are robust, clamping costs, later points bear more."""
    noise, point = experiment.noise, experiment.point
    mu = 0.8 if noise.sigma_mul else 2.0
    mu *= 1 if experiment.phase == "training" else 0.3
    if isinstance(point, int):
        learnable = kind_of(experiment.points[point]) in WEIGHTED
        mu *= 5 if learnable and experiment.batchnorm and not experiment.clamp else 1
        mu *= 1.02 if experiment.clamp and not experiment.batchnorm else 1
        mu *= 4 if not experiment.batchnorm and point >= len(experiment.points) - 2 else 1
    return mu


def accuracy(experiment):
    """What the made-up network has, in 0 to 1."""
    chance, noise = 1 / len(experiment.entry.classes), experiment.noise
    if noise is None or not (noise.sigma_mul or noise.sigma_add):
        return 0.95 + 0.001 * draw(experiment, 1)
    mul, add = noise.sigma_mul, noise.sigma_add
    if mul and add:
        kept = 1 / (1 + (add / (max(1, mul) * 8)) ** 3) if noise.first == "multiplicative" else 1 / (1 + (add / 8) ** 3)
        return chance + (0.95 - chance) * kept * (
            0.9 if mul > 1 and noise.first == "multiplicative" else 1 / (1 + mul / 500)
        )
    if mul >= 1e10:
        best = 0.98 if experiment.dataset == "mnist" else 0.8 if experiment.dataset != "cifar10" else 0.5
        alive = experiment.point < len(experiment.points) - 2
        return best - 0.2 / (1 + experiment.point) if alive else chance
    sigma = (mul or add) / np.sqrt(np.mean(experiment.executions or 1))
    sigma /= 1 + 0.3 * (len(set(experiment.executions or (1,))) > 1)
    if mul and isinstance(experiment.point, int):
        steps = 0.5 / (1 + (mul / 0.8) ** 4) + 0.5 / (1 + (mul / 800) ** 4)
        return chance + (0.95 - chance) * steps + 0.002 * draw(experiment, 1)
    x = math.log(sigma / midpoint(experiment)) - SCATTER * draw(experiment)
    return chance + (0.95 - chance) / (1 + math.exp(min(x / SLOPE, 700)))


def whole(experiment, share):
    """A share of the test images, as it can be measured."""
    images = experiment.sizes[1]
    return round(images * share) / images


def cells(experiment, value=None, **changes):
    """A published run."""
    point = experiment.point
    name = point if isinstance(point, str) else experiment.points[point]
    weight = (
        (0.1 if experiment.clamp else 0.5) if kind_of(name) in WEIGHTED and experiment.phase == "training" else None
    )
    images, share = experiment.sizes[1], whole(experiment, accuracy(experiment) if value is None else value)
    run = experiment.row() | {"name": name, "tested": images, "classes": len(experiment.entry.classes), "error": ""}
    run |= {"accuracy": share, "seconds": 36.0, "weight": weight}
    run["quantised"] = (
        whole(experiment, max(share - 0.01, 0)) if experiment.noise and experiment.noise.sigma_mul >= 1e10 else None
    )
    run |= {"algorithm": ALGORITHM, "data": f"of {experiment.dataset}", "version": "0.2.0", "processor": "made up"}
    return {column: text((run | changes)[column]) for column in COLUMNS}


def runs_of_search(search, of=accuracy, first_seed=0):
    """The runs that a search asks for, and its estimate."""
    asked = {}

    def measure(requests):
        made = [asked_run(search.template, search.noise_of, sigma, first_seed + seed) for sigma, seed in requests]
        asked.update(dict.fromkeys(made))
        return np.array([whole(experiment, of(experiment)) for experiment in made])

    question = question_about(search.template, **search.limits, at_once=AT_ONCE)
    estimate = SEARCHES[search.phase](measure, question, None)
    return list(asked), estimate


def runs_of(rows, of=accuracy):
    """All published runs that some rows need."""
    found = {}

    def add(experiments):
        for experiment in experiments:
            found.setdefault(experiment, cells(experiment, of(experiment)))

    for search in dict.fromkeys(search for row in rows for search in row.searches):
        add(runs_of_search(search, of)[0])
    for row in rows:
        add(row.plan)
    evidence = Evidence(list(found.values()))
    for row in rows:
        add((row.further(row, evidence) or []) if row.further else [])
    return list(found.values())

"""Multi-execution: how many times should each layer be executed, if the total is given? (section 8, Table 3)

Additive noise with the same sigma is injected at every point of a trained network. Point i is executed n_i times and
the results are averaged, which leaves noise of sigma / sqrt(n_i) there. Four rules share out a total of n_t executions:

    uniform     n_i = n_t / points
    guided      n_i ~ 1 / mu_i, from the midpoints of walking noise, rounded as in the paper (`allocate_executions`)
    predicted   n = argmin sum_i 1 / (mu_i^2 n_i), in whole numbers (`allocate_optimally`)
    optimised   n = argmin sum_i c_i / n_i, with the harms c_i that the network shows at this sigma (`optimise`)

"Predicted" assumes that the harms of the points have the same proportions here as at each point's own midpoint.
Accuracy then depends on the sum that this rule minimises. In real numbers the minimum is at n_i ~ 1 / mu_i: under this
assumption the paper's rule is the best one, except for its rounding. "Optimised" measures the proportions instead of
assuming them.

Allocations are chosen on training images that were held out (`held_out`); test images only measure the accuracy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wn_ref.arrays import unmasked
from wn_ref.datasets import Dataset, stratified
from wn_ref.errors import InputError, require_whole
from wn_ref.findings.allocation import allocate_executions, allocate_optimally
from wn_ref.findings.harms import Executions, harms
from wn_ref.fits import accuracy_uncertainty, fit_midpoint
from wn_ref.injection import ALL
from wn_ref.lazy import pandas
from wn_ref.network import Network
from wn_ref.noise import additive
from wn_ref.random import HELD_OUT
from wn_ref.train import evaluate

SIGMAS = tuple(np.geomspace(0.03, 100, 18))


def held_out(data: Dataset, size: int, seed: int = 0) -> Dataset:
    """Hold out some training images: they become the test part of a new data set and leave its training part.

    Parameters
    ----------
    data : Dataset
        Its own test part is not used.
    size : int
        The number of images to hold out; every class keeps its share.
    seed : int
        Determines which images are chosen.

    Raises
    ------
    InputError
        If no training image would be left.
    """
    chosen = stratified(data.train_labels, size, seed, HELD_OUT)
    rest = np.setdiff1d(np.arange(len(data.train_labels)), chosen)
    if not len(rest):
        images = len(data.train_labels)
        raise InputError(f"size: expected fewer than all {images} images, got {size}; leave some to train with")
    return replace(
        data,
        train_images=data.train_images[rest],
        train_labels=data.train_labels[rest],
        test_images=data.train_images[chosen],
        test_labels=data.train_labels[chosen],
    )


def accuracies(
    network: Network,
    data: Dataset,
    sigma: float,
    executions: Executions | None = None,
    repetitions: int = 100,
    seed: int = 0,
) -> np.ndarray:
    """Accuracy on the test part with additive noise at every point.

    Repetition k of two allocations has the same noise as far as both execute, so compare allocations in pairs.

    Parameters
    ----------
    network : Network
        Trained.
    data : Dataset
        Its test part is evaluated.
    sigma : float
        Standard deviation of the noise of one execution.
    executions : sequence of int, optional
        n_i, (points,); by default, every point is executed once.
    repetitions : int
        How many times the accuracy is measured, each time with new noise.
    seed : int
        Seed of the noise.

    Returns
    -------
    np.ndarray
        Accuracies from 0 to 1, (repetitions,).
    """
    require_whole("repetitions", repetitions, least=1)
    settings: dict[str, Any] = {"point": ALL, "seed": seed, "batch_size": 1000, "executions": executions}
    return np.array([evaluate(network, data, additive(sigma), repetition=k, **settings) for k in range(repetitions)])


def walking_midpoints(
    network: Network, data: Dataset, sigmas: Sequence[float] = SIGMAS, repetitions: int = 2, seed: int = 0
) -> np.ndarray:
    """Midpoint of each injection point of a trained network, with additive noise at this point only.

    Equation 1 is fitted in ln sigma to the accuracy on the test part. If the data only bound a midpoint, the bound
    takes its place.

    Parameters
    ----------
    network, data, repetitions, seed
        As for `accuracies`.
    sigmas : sequence of float
        Noise levels, from far below the smallest midpoint to far above the largest.

    Returns
    -------
    np.ndarray
        mu, (points,).

    Raises
    ------
    InputError
        If the noise levels do not even bound every midpoint, or there is no repetition.
    """
    require_whole("repetitions", repetitions, least=1)
    midpoints = []
    for point in range(len(network.points)):
        settings: dict[str, Any] = {"point": point, "seed": seed, "batch_size": 1000}
        repeats = range(repetitions)
        y = [[evaluate(network, data, additive(s), repetition=k, **settings) for k in repeats] for s in sigmas]
        dy = accuracy_uncertainty(y, len(data.test_labels))
        chance = 1 / len(data.classes)
        fit = fit_midpoint(sigmas, np.mean(y, axis=1), dy, a_min=chance, chance=chance, scale="log", rescale=True)
        midpoints.append(fit.midpoint if fit.kind == "measured" else fit.bound)
    if not np.isfinite(midpoints).all():
        raise InputError(f"sigmas: expected levels around every midpoint, got midpoints {midpoints}; widen their range")
    return np.array(midpoints)


def optimise(
    network: Network,
    data: Dataset,
    sigma: float,
    start: Executions,
    repetitions: int = 10,
    seed: int = 0,
    rounds: int = 2,
) -> np.ndarray:
    """Share executions out by the harms that the network itself shows (see `wn_ref.findings.harms`).

    Each round measures the harms c at the present allocation, and then moves to the one with the least sum_i c_i / n_i.

    Parameters
    ----------
    network, sigma, repetitions, seed
        As for `wn_ref.findings.harms.harms`.
    data : Dataset
        Should come from `held_out`, so that no test image takes part in the choice.
    start : sequence of int
        The allocation of the first round; its sum is kept.
    rounds : int
        The largest number of rounds; the search ends earlier if an allocation does not change.

    Returns
    -------
    np.ndarray
        int64, (points,), each at least 1, with the sum of `start`.

    Raises
    ------
    InputError
        If there is not one whole number of executions, at least 1, for each point, or `rounds` is none >= 0.
    """
    require_whole("rounds", rounds, least=0)
    n = np.array([*network.injection_points.executions(ALL, list(start)).values()])
    for number in range(rounds):
        c = harms(network, data, sigma, n, repetitions, seed + number)
        before, n = n, allocate_optimally(np.maximum(c, 0), int(n.sum()))
        if np.array_equal(n, before):
            break
    return n


def allocations(
    network: Network, data: Dataset, sigma: float, midpoints: np.ndarray, total: int, seed: int = 0, **settings: Any
) -> dict[str, np.ndarray]:
    """The allocation of each rule.

    Parameters
    ----------
    network, data, sigma, seed, **settings
        As for `optimise`, which also takes `repetitions` and `rounds`.
    midpoints : np.ndarray
        mu, (points,), for example from `walking_midpoints`.
    total : int
        n_t, at least the number of points.

    Returns
    -------
    dict of str to np.ndarray
        Executions n, (points,), for each of "uniform", "guided", "predicted" and "optimised".
    """
    mu = unmasked("midpoints", midpoints, np.float64)
    rules = {"uniform": allocate_executions(np.ones(len(mu)), total), "guided": allocate_executions(mu, total)}
    rules["predicted"] = allocate_optimally(1 / mu**2, total)
    return rules | {"optimised": optimise(network, data, sigma, rules["predicted"], seed=seed, **settings)}


def compare(
    network: Network,
    data: Dataset,
    sigma: float,
    rules: Mapping[str, Executions],
    repetitions: int = 100,
    seed: int = 0,
) -> pandas.DataFrame:
    """Measure the accuracy of allocations on the test part.

    Parameters
    ----------
    network, data, sigma, repetitions, seed
        As for `accuracies`.
    rules : mapping of str to sequence of int
        Executions of each rule, such as `allocations` returns.

    Returns
    -------
    pandas.DataFrame
        One row per rule and repetition: rule, executions (such as "6 1 3"), total, repetition and accuracy. Add a
        column `seed` for the network, and put the tables of several networks together, before you give them to the
        functions of `wn_ref.findings.comparison`.

    Examples
    --------
    >>> from wn_ref import build_model, load_dataset
    >>> data = load_dataset("digits")
    >>> network = build_model("mlp", data.shape, batchnorm=False)
    >>> rules = {"uniform": [2] * 8, "guided": [6, 1, 3, 2, 1, 1, 1, 1]}
    >>> table = compare(network, data, sigma=0.5, rules=rules, repetitions=1)
    >>> table[["rule", "executions", "total"]].to_numpy().tolist()
    [['uniform', '2 2 2 2 2 2 2 2', 16], ['guided', '6 1 3 2 1 1 1 1', 16]]
    """
    rows: list[dict[str, Any]] = []
    measured: dict[str, np.ndarray] = {}
    for rule, counts in rules.items():
        key = " ".join(map(str, counts))
        if key not in measured:  # two rules may choose the same allocation
            measured[key] = accuracies(network, data, sigma, counts, repetitions, seed)
        row = {"rule": rule, "executions": key, "total": int(np.sum(counts))}
        rows += [row | {"repetition": k, "accuracy": a} for k, a in enumerate(measured[key])]
    return pandas.DataFrame(rows)

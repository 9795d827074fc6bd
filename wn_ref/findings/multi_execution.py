"""Multi-execution: how often should each layer be executed, given how often all of them may be? (section 8, Table 3)

Additive noise of one sigma is injected at every point of a trained network. Point i is executed n_i times and the
results averaged, which leaves noise of sigma / sqrt(n_i) there. Four rules spend a total of n_t executions:

    uniform     n_i = n_t / points
    guided      n_i ~ 1 / mu_i, the midpoints that Walking Noise finds, rounded as in the paper (`allocate_executions`)
    predicted   n = argmin sum_i 1 / (mu_i^2 n_i), in whole numbers (`allocate_optimally`)
    optimised   n = argmin sum_i c_i / n_i, with the harms c_i that the network shows at this sigma (`optimise`)

If points hurt as they do alone, in the same proportion here as at their midpoints, then accuracy depends on the sum
that "predicted" minimises, and in real numbers n_i ~ 1 / mu_i is its minimum: the paper's rule is the best one of this
model but for its rounding. "Optimised" does not rely on the proportion, it measures it. Whatever chooses an allocation
looks at held-out training images (`held_out`); test images only judge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wn_ref.datasets import Dataset, stratified
from wn_ref.errors import InputError, require_whole
from wn_ref.findings.allocation import allocate_executions, allocate_optimally
from wn_ref.findings.harms import harms
from wn_ref.fit import accuracy_uncertainty, fit_midpoint
from wn_ref.network import ALL, Network
from wn_ref.noise import additive
from wn_ref.profile import student_quantile
from wn_ref.train import evaluate

if TYPE_CHECKING:
    import pandas

SIGMAS = tuple(np.geomspace(0.03, 100, 18))


def held_out(data: Dataset, size: int, seed: int = 0) -> Dataset:
    """Return a data set whose test part is `size` of the training images, which its training part has no longer."""
    chosen = stratified(data.train_labels, size, seed)
    rest = np.setdiff1d(np.arange(len(data.train_labels)), chosen)
    if not len(rest):
        raise InputError(f"size: expected less than all {size} training images, got {size}; leave some to train with")
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
    executions: Sequence[int] | None = None,
    repetitions: int = 100,
    seed: int = 0,
) -> np.ndarray:
    """Accuracy on the test part under additive noise at every point, with new noise each time, (repetitions,).

    Repetition k of one allocation has the draws of repetition k of another, as far as both execute: compare in pairs.
    """
    require_whole("repetitions", repetitions, least=1)
    settings = {"point": ALL, "seed": seed, "batch_size": 1000, "executions": executions}
    return np.array([evaluate(network, data, additive(sigma), repetition=k, **settings) for k in range(repetitions)])


def walking_midpoints(
    network: Network, data: Dataset, sigmas: Sequence[float] = SIGMAS, repetitions: int = 2, seed: int = 0
) -> np.ndarray:
    """mu of each injection point of a trained network under additive noise there alone, (points,).

    Equation 1 is fitted in ln sigma to the accuracy on the test part. Where it is only bounded, the bound stands in.
    """
    midpoints = []
    for point in range(len(network.points)):
        settings = {"point": point, "seed": seed, "batch_size": 1000}
        repeats = range(repetitions)
        y = [[evaluate(network, data, additive(s), repetition=k, **settings) for k in repeats] for s in sigmas]
        dy = accuracy_uncertainty(y, len(data.test_labels))
        chance = 1 / len(data.classes)
        fit = fit_midpoint(sigmas, np.mean(y, axis=1), dy, a_min=chance, chance=chance, scale="log", rescale=True)
        midpoints.append(fit.midpoint if fit.kind == "measured" else fit.bound)
    if not np.isfinite(midpoints).all():
        raise InputError(f"sigmas: expected levels that bracket every midpoint, got {midpoints}; widen them")
    return np.array(midpoints)


def optimise(
    network: Network,
    data: Dataset,
    sigma: float,
    start: Sequence[int],
    repetitions: int = 10,
    seed: int = 0,
    rounds: int = 2,
) -> np.ndarray:
    """Share executions out by the harms that the network itself shows (see `wn_ref.findings.harms`).

    A round measures the harms c at the allocation that there is, and goes to the one with the least sum_i c_i / n_i.

    Parameters
    ----------
    network, data, sigma, repetitions, seed
        As for `wn_ref.findings.harms.harms`; `data` should be `held_out`, the test images are to judge.
    start : sequence of int
        Where to begin; its sum is kept.
    rounds : int
        How many at most; the search ends early where an allocation reproduces itself.

    Returns
    -------
    np.ndarray
        int64, (points,), each at least 1, with the sum of `start`.
    """
    n = np.asarray(start, np.int64)
    for number in range(rounds):
        c = harms(network, data, sigma, n, repetitions, seed + number)
        before, n = n, allocate_optimally(np.maximum(c, 0), int(n.sum()))
        if np.array_equal(n, before):
            break
    return n


def allocations(
    network: Network, data: Dataset, sigma: float, midpoints: np.ndarray, total: int, seed: int = 0, **settings: int
) -> dict[str, np.ndarray]:
    """What each rule makes of a total, {rule: executions}.

    Parameters
    ----------
    network, data, sigma, seed
        As for `optimise`, whose `repetitions` and `rounds` may follow.
    midpoints : np.ndarray
        mu, (points,), such as `walking_midpoints` finds.
    total : int
        n_t, at least the number of points.
    """
    mu = np.asarray(midpoints, np.float64)
    rules = {"uniform": allocate_executions(np.ones(len(mu)), total), "guided": allocate_executions(mu, total)}
    rules["predicted"] = allocate_optimally(1 / mu**2, total)
    return rules | {"optimised": optimise(network, data, sigma, rules["predicted"], seed=seed, **settings)}


def compare(
    network: Network,
    data: Dataset,
    sigma: float,
    rules: Mapping[str, Sequence[int]],
    repetitions: int = 100,
    seed: int = 0,
) -> pandas.DataFrame:
    """Measure allocations on the test part.

    Returns
    -------
    pandas.DataFrame
        A row a rule and repetition: rule, executions ("6 1 3"), total, repetition, accuracy. Repetitions of different
        rules are pairs. Add columns, such as the network's seed, and join tables for `differences` and `pareto`.
    """
    import pandas

    rows, measured = [], {}
    for rule, counts in rules.items():
        key = " ".join(map(str, counts))
        if key not in measured:  # rules may agree
            measured[key] = accuracies(network, data, sigma, counts, repetitions, seed)
        row = {"rule": rule, "executions": key, "total": int(np.sum(counts))}
        rows += [row | {"repetition": k, "accuracy": a} for k, a in enumerate(measured[key])]
    return pandas.DataFrame(rows)


def differences(runs: pandas.DataFrame, rule: str, than: str, level: float = 0.95) -> pandas.DataFrame:
    """By how much one rule is more accurate than another, for each total.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of `compare`, with a column `seed` that tells networks apart.
    rule, than : str
        The two rules.
    level : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        total, seed, difference, low, high, units. For each network the units are repetitions, and the interval says
        what other noise would do. The row with seed "all" has networks as units: what another network would do.
    """
    import pandas

    rows = []
    for total, same in runs.groupby("total"):
        pairs = same.pivot(index=["seed", "repetition"], columns="rule", values="accuracy")
        gaps = pairs[rule] - pairs[than]
        groups = dict(iter(gaps.groupby("seed"))) | {"all": gaps.groupby("seed").mean()}
        for seed, values in groups.items():
            mean, low, high = interval(values.to_numpy(), level)
            row = {"total": total, "seed": seed, "difference": mean, "low": low, "high": high}
            rows.append(row | {"units": len(values)})
    return pandas.DataFrame(rows)


def pareto(runs: pandas.DataFrame, level: float = 0.95) -> pandas.DataFrame:
    """Accuracy against the total of executions, for each rule.

    Returns
    -------
    pandas.DataFrame
        rule, total, accuracy, low, high (interval over the networks, or over repetitions if there is one network) and
        efficient (whether no rule reaches more with the same total or less).
    """
    import pandas

    rows = []
    for (rule, total), same in runs.groupby(["rule", "total"], sort=False):
        means = same.groupby("seed")["accuracy"].mean()
        units = means if len(means) > 1 else same["accuracy"]
        mean, low, high = interval(units.to_numpy(), level)
        rows.append({"rule": rule, "total": total, "accuracy": mean, "low": low, "high": high})
    table = pandas.DataFrame(rows)
    best = [table.loc[table["total"] <= total, "accuracy"].max() for total in table["total"]]
    return table.assign(efficient=table["accuracy"] >= best)


def interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Mean of a sample and its confidence interval by Student's t: (mean, low, high); +-inf for a single value."""
    if not 0 < level < 1:
        raise InputError(f"level: expected a probability between 0 and 1, got {level}; 0.95 is usual")
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return mean, -math.inf, math.inf
    reach = student_quantile((1 + level) / 2, n - 1) * float(np.std(values, ddof=1)) / math.sqrt(n)
    return mean, mean - reach, mean + reach

"""Small things that the rows for claims have in common: sets of searches, and from many answers to one finding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from wn_ref.counted import counted
from wn_ref.findings.comparison import interval
from wn_ref.injection import WEIGHTED, kind_of
from wn_ref.lazy import pandas
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.row import Judgement, Row, verdict_on_claim
from wn_ref.ledger.search import Search
from wn_ref.search.question import Estimate

Place = tuple[bool, int]
"""Batch norm or not, and the injection point."""
WALK: dict[str, Any] = {"width": 0.3, "max_runs": 16, "low": 1e-3}
"""How midpoints of walking noise are searched: they are read from figures, so +-15 % is enough."""


def walk(dataset: str, model: str, batchnorm: bool, phase: str = "training", clamp: bool = False) -> tuple[Search, ...]:
    """Return the searches for the midpoints of additive noise at each injection point of a network."""
    one = Search(dataset, model, batchnorm, phase=phase, clamp=clamp, point=0, **WALK)
    points = range(len(one.template.points))
    return tuple(Search(dataset, model, batchnorm, phase=phase, clamp=clamp, point=point, **WALK) for point in points)


def level(estimate: Estimate) -> float:
    """Return a midpoint, or the noise level that it is bounded by; NaN if nothing is known."""
    low, high = estimate.interval
    if math.isfinite(estimate.midpoint):
        return estimate.midpoint
    return low if estimate.kind == "lower bound" else high if estimate.kind == "upper bound" else math.nan


def estimates(
    row: Row, evidence: Evidence, batchnorm: bool | None = None, phase: str = "training", clamp: bool = False
) -> dict[tuple[bool, int], Estimate]:
    """Return what is known about the midpoints of a walk, by batch norm and point."""
    return {
        (search.batchnorm, int(search.point)): answer.estimate
        for search, answer in evidence.answers(row)
        if (search.phase, search.clamp) == (phase, clamp) and batchnorm in (None, search.batchnorm)
    }


def levels(found: Mapping[Place, Estimate]) -> dict[Place, float]:
    """Return the same as numbers, without midpoints of which nothing is known."""
    return {place: mu for place, estimate in found.items() if math.isfinite(mu := level(estimate))}


def exceeds(one: Estimate, other: Estimate) -> bool:
    """Whether a midpoint is larger than another, beyond their 95 % intervals combined.

    The distance of ln mu has to be larger than the two halves of the intervals that face each other, in quadrature. A
    bound is certain on one side and says nothing on the other.
    """
    low, high = one.interval[0], other.interval[1]
    least = one.midpoint if math.isfinite(one.midpoint) else low
    most = other.midpoint if math.isfinite(other.midpoint) else high
    if not (low > 0 and math.isfinite(high)):
        return False
    return math.log(least / most) > math.hypot(math.log(least / low), math.log(high / most))


def exceeding(over: Mapping[Place, Estimate], under: Mapping[Place, Estimate]) -> list[bool]:
    """Whether midpoints are larger than others at the points that both have."""
    return [exceeds(over[place], under[place]) for place in over if place in under]


def names_of(row: Row, batchnorm: bool) -> tuple[str, ...]:
    """Return the names of the points of a row's network."""
    return next(search.template.points for search in row.searches if search.batchnorm == batchnorm)


def weighted(names: Sequence[str]) -> list[int]:
    """Return the points behind layers with weights."""
    return [point for point, name in enumerate(names) if kind_of(name) in WEIGHTED]


def ratios(over: Mapping[Place, Estimate], under: Mapping[Place, Estimate]) -> list[float]:
    """Return the ratios of midpoints at the points that both have; NaN where one is unknown."""
    return [level(over[place]) / level(under[place]) for place in over if place in under]


def geometric(values: Iterable[float]) -> float:
    """Return the geometric mean of the numbers that are known, NaN of nothing."""
    logs = np.log([value for value in values if math.isfinite(value)])
    return float(np.exp(logs.mean())) if len(logs) else math.nan


def of_another(dataset: str, model: str) -> str:
    """Return a remark for figures that the paper has of LeNet-5 on CIFAR-10 alone; "" if that is the network."""
    return "" if (dataset, model) == ("cifar10", "lenet5") else "the paper's is of LeNet-5 on CIFAR-10"


def guessing_if_overflowed(runs: pandas.DataFrame) -> pandas.DataFrame:
    """Return runs in which those whose noise made them overflow have the accuracy of guessing: they cannot classify."""
    noisy = (runs["sigma_mul"] > 0) | (runs["sigma_add"] > 0)
    return runs.assign(accuracy=runs["accuracy"].mask(runs["accuracy"].isna() & noisy, 1 / runs["classes"]))


def of_conditions(holds: Sequence[bool], what: str, value: float = math.nan, says: str = "") -> Judgement | None:
    """Return the finding for a condition on each of several things; None if there is not one.

    Parameters
    ----------
    holds : sequence of bool
        Whether the condition holds.
    what : str
        What it is a condition on, such as "network".
    value : float
        A number to show.
    says : str
        What the number is, or more.
    """
    holds = list(holds)
    if not holds:
        return None
    where = f"holds for {sum(holds)} of {counted(len(holds), what)}"
    return Judgement(value, verdict=verdict_on_claim(holds), says="; ".join(filter(None, [says, where])))


def of_sample(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean of a sample and its 95 % interval by Student's t; of a single value, the value alone."""
    if len(values) < 2:
        return float(values[0]), math.nan, math.nan
    return interval(np.asarray(values, np.float64))

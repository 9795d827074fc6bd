"""Claims about noise at all points at once: sections 3.1, 4, 6 and 9.2, from the runs of Tables 1 and 4."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

import numpy as np

from wn_ref.experiment import Experiment
from wn_ref.findings.robustness import curve, midpoint_of
from wn_ref.fits import fit_midpoint
from wn_ref.lazy import pandas
from wn_ref.ledger.conditions import exceeds, geometric, guessing_if_overflowed, level, of_conditions
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.numbers import (
    FIRST,
    by_the_grid,
    global_searches,
    grid_of,
    midpoint_rows,
    noisy_runs,
    paper_grid,
)
from wn_ref.ledger.row import CLOSE, NOT, UNDECIDED, VERDICTS, Judge, Judgement, Row
from wn_ref.ledger.search import Search
from wn_ref.search.question import Estimate

MISFIT = 0.02
"""A curve is a logistic function if the accuracies are this close to it, as a root mean square."""
ERRORS = 3
"""Standard errors that an accuracy may be above what it should be."""
BY_GRID = (
    "where a search of single networks finds no midpoint, a fit of equation 1 to levels of the paper's grid around the "
    "fall counts instead, if these were run: in sigma and in ln sigma, and the claim has to hold by both"
)


def global_claims() -> Iterator[Row]:
    """Make the rows; those of MNIST and FashionMNIST are required, CIFAR-10 counts if it is there."""
    known = (*FIRST, "cifar10")  # SVHN is not there, and of GSC a part
    plain = {name: search for name, search in global_searches().items() if search.dataset in known}
    straight = tuple(row.searches[0] for row in midpoint_rows() if row.variant.startswith("straight"))

    def about(start: str, noise: str = "") -> dict[str, Any]:
        found = [search for name, search in plain.items() if name.startswith(start) and name.endswith(noise)]
        required, also = (tuple(s for s in found if (s.dataset in FIRST) == first) for first in (True, False))
        return {"searches": required, "also": also, "further": where_no_search_finds_one}

    yield Row(
        "section9.2/training-helps", "Section 9.2", "trained without noise, networks tolerate significantly less "
        "global noise than trained with it (Tables 1 and 4)", "b", training_helps, **about("table"),
        notes=(BY_GRID, "else both midpoints are half way down, without noise at batch norm's outputs",
               "very short trainings without batch norm are the exception (13)"), notebook="04_global_noise",
    )  # fmt: skip
    yield Row(
        "section4.2/additive", "Section 4.2", "all models are more robust against global additive noise than against "
        "multiplicative noise (Table 1)", "b", additive_is_milder, **about("table1"),
        notes=(BY_GRID, "the two sigmas have different units"), notebook="04_global_noise",
    )  # fmt: skip
    yield Row(
        "section4.2/batchnorm", "Section 4.2", "whether batch norm is helpful remains inconclusive (Table 1)", "b",
        batchnorm_is_open, **about("table1"), notes=(BY_GRID,), notebook="04_global_noise",
    )  # fmt: skip
    yield Row(
        "section6/below-1", "Section 6", "on a global scale no architecture withstands multiplicative noise larger "
        "than 1", "b", below_one, **about("table1", "/multiplicative"), notes=(BY_GRID,),
        notebook="07_multiplicative_noise",
    )  # fmt: skip
    yield Row(
        "section3.1/forward-only", "Section 3.1", "noise is injected in the forward path only, like a straight-through "
        "estimator: this gradient gives the multiplicative numbers of Table 1", "b", forward_only, searches=straight,
        notes=("the published code differentiates through the noise; so do the rows of Table 1 here",),
        notebook="02_noise_and_straight_through",
    )  # fmt: skip
    yield from _curve_claims("in training", plain["table1/mnist/mlp/nobn/additive"])
    yield from _curve_claims("at inference only", plain["table4/mnist/mlp/nobn/additive"])


def _curve_claims(when: str, search: Search) -> Iterator[Row]:
    """Make the rows about the shape of one curve, on the paper's own grid."""
    close = f"holds if accuracies are within {MISFIT:.0%} of the curve (root mean square)"
    drawn = "the paper's Figure 1 is of LeNet-5 with batch norm on CIFAR-10"
    falls = f"holds if no level is above the one before by more than {ERRORS} standard errors"
    near = "holds within half a step of the grid"
    claims: tuple[tuple[str, str, str, Judge, tuple[str, ...]], ...] = (
        ("logistic", "4.1", f"accuracy against noise {when} is the logistic function of equation 1, in sigma "
         "(Figure 1)", is_logistic, (close, drawn)),
        ("degrades", "4", f"accuracy falls with noise {when} until the network only guesses", degrades, (falls,)),
        ("threshold", "4.1", "the midpoint is roughly the datapoint closest to half of the highest accuracy (noise "
         f"{when})", near_threshold, (near,)),
    )  # fmt: skip
    for name, section, claim, judge, notes in claims:
        yield Row(
            f"section{section}/{name}/{search.phase}", f"Section {section}", claim, "d", judge,
            plan=paper_grid(search), notes=notes, notebook="03_midpoint_and_fit",
        )  # fmt: skip


def in_either_scale(judge: Callable[[Row, Evidence, str], Judgement | None]) -> Judge:
    """Judge with the paper's grids fitted in sigma, as printed, and in ln sigma: the weaker finding, if both are alike.

    If the claim holds by one fit, and by the other it does not or nobody can tell, it is undecided.
    """

    @wraps(judge)
    def judged(row: Row, evidence: Evidence) -> Judgement | None:
        fits = {"sigma": judge(row, evidence, "linear"), "ln sigma": judge(row, evidence, "log")}
        told = [finding for finding in fits.values() if finding is not None]
        if not told:
            return None
        verdicts = {finding.verdict for finding in told}
        if len(told) == 2 and (len(verdicts) == 1 or NOT not in verdicts):
            return max(told, key=lambda finding: VERDICTS.index(finding.verdict))
        parts = (f"{f.says} ({f.verdict})" if f else "no answer" for f in fits.values())
        says = "; ".join(f"with grids fitted in {scale}: {part}" for scale, part in zip(fits, parts))
        return replace(told[0], verdict=UNDECIDED, says=says)

    return judged


@in_either_scale
def training_helps(row: Row, evidence: Evidence, scale: str) -> Judgement | None:
    """Compare each network's two midpoints: training with noise over inference only."""
    return _compared(_pairs(row, evidence, scale, "phase", "training", "inference"))


@in_either_scale
def additive_is_milder(row: Row, evidence: Evidence, scale: str) -> Judgement | None:
    """Compare the midpoints of additive and of multiplicative noise."""
    return _compared(_pairs(row, evidence, scale, "noise", "additive", "multiplicative"))


@in_either_scale
def batchnorm_is_open(row: Row, evidence: Evidence, scale: str) -> Judgement | None:
    """Count where batch norm helps: inconclusive is that it helps in some cases and harms in others.

    Where it does not so far, cases without a midpoint leave the question open.
    """
    pairs = _pairs(row, evidence, scale, "batchnorm", True, False)
    helps, harms = sum(exceeds(*pair) for pair in pairs), sum(exceeds(other, one) for one, other in pairs)
    untold = _untold(pairs)
    if not pairs or (untold and not (helps and harms)):
        return None
    ratio = geometric(level(one) / level(other) for one, other in pairs)
    says = f"midpoints with over without; batch norm helps in {helps} of {len(pairs)} cases, and harms in {harms}"
    return of_conditions([helps > 0 and harms > 0], "table", ratio, _with_untold(says, untold))


@in_either_scale
def below_one(row: Row, evidence: Evidence, scale: str) -> Judgement | None:
    """Look whether all midpoints of multiplicative noise are below 1."""
    found = [estimate for _, estimate in _estimates(row, evidence, scale)]
    largest = max(filter(math.isfinite, map(level, found)), default=math.nan)
    return of_conditions([estimate.interval[1] < 1 for estimate in found], "network", largest, "largest midpoint")


def forward_only(row: Row, evidence: Evidence) -> Judgement | None:
    """Look whether the straight-through gradient gives the paper's numbers, within 10 %."""
    printed = {other.searches[0]: other.paper for other in midpoint_rows() if other.variant.startswith("straight")}
    found = [answer.estimate.midpoint / printed[search.at(None)] for search, answer in evidence.answers(row)]
    close = [abs(ratio - 1) <= CLOSE for ratio in found]
    return of_conditions(close, "network", geometric(found), "midpoints over the paper's")


def is_logistic(row: Row, evidence: Evidence) -> Judgement | None:
    """Fit equation 1 to the paper's grid, in sigma and in ln sigma."""
    points = _curve(row, evidence)
    columns = (points["sigma"], points["accuracy"], points["uncertainty"])
    linear, log = (fit_midpoint(*columns, scale=scale) for scale in ("linear", "log"))
    off = [float(np.sqrt(np.mean((fit(points["sigma"]) - points["accuracy"]) ** 2))) for fit in (linear, log)]
    says = f"off by {off[0]:.1%} in sigma and by {off[1]:.1%} in ln sigma (root mean square)"
    return of_conditions([off[0] < MISFIT], "curve", says=says)


def degrades(row: Row, evidence: Evidence) -> Judgement | None:
    """Look whether no level has an accuracy above that of a smaller one; the last one has to be that of guessing."""
    points = _curve(row, evidence)
    rises, error = points["accuracy"].diff(), np.hypot(points["uncertainty"], points["uncertainty"].shift())
    falls = (rises <= ERRORS * error).iloc[1:].tolist()
    last = points.iloc[-1]
    chance = 1 / len(row.plan[0].entry.classes)
    guesses = abs(last["accuracy"] - chance) <= ERRORS * last["uncertainty"] + 0.01
    says = "accuracy at the end" + ("" if guesses else ", which is not that of guessing")
    finding = of_conditions(falls, "step", float(last["accuracy"]), says)
    return finding if finding is None or guesses else replace(finding, verdict=NOT)


def near_threshold(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare the midpoint with the level whose accuracy is closest to half of the highest: half a step of the grid."""
    points, fit = _curve(row, evidence), midpoint_of(noisy_runs(row, evidence))
    half = points["accuracy"].max() / 2
    nearest = float(points["sigma"].iloc[(points["accuracy"] - half).abs().argmin()])
    half_a_step = math.sqrt(points["sigma"].iloc[1] / points["sigma"].iloc[0])
    says = f"datapoint {nearest:.3g}, midpoint {fit.midpoint:.3g}, half a step is a factor of {half_a_step:.2f}"
    ratio = nearest / fit.midpoint
    return of_conditions([1 / half_a_step < ratio < half_a_step], "curve", ratio, says)


def _curve(row: Row, evidence: Evidence) -> pandas.DataFrame:
    return curve(guessing_if_overflowed(noisy_runs(row, evidence)))


def _compared(pairs: Sequence[tuple[Estimate, Estimate]]) -> Judgement | None:
    """Look whether midpoints are larger than others, pair by pair."""
    ratios = filter(math.isfinite, (level(one) / level(other) for one, other in pairs))
    holds = [exceeds(*pair) for pair in pairs]
    says = _with_untold("smallest ratio", _untold(pairs))
    return of_conditions(holds, "pair", min(ratios, default=math.nan), says)


def _untold(pairs: Sequence[tuple[Estimate, Estimate]]) -> int:
    """Return how many pairs have a midpoint of which nothing is known, so that no condition on it can hold."""
    return sum(any(math.isnan(level(estimate)) for estimate in pair) for pair in pairs)


def _with_untold(says: str, untold: int) -> str:
    return f"{says}; without a midpoint in {untold} of them" if untold else says


def _pairs(
    row: Row, evidence: Evidence, scale: str, field: str, one: object, other: object
) -> list[tuple[Estimate, Estimate]]:
    """Return what is known about midpoints, two and two, whose searches differ in one field alone."""
    groups: dict[tuple, dict[Any, Estimate]] = {}
    for search, estimate in _estimates(row, evidence, scale):
        kept = ("dataset", "model", "batchnorm", "noise", "phase")
        key = tuple(getattr(search, name) for name in kept if name != field)
        groups.setdefault(key, {})[getattr(search, field)] = estimate
    return [(pair[one], pair[other]) for pair in groups.values() if len(pair) == 2]


def where_no_search_finds_one(row: Row, evidence: Evidence) -> list[Experiment]:
    """Return the runs of the paper's own grids, if they are whole, for midpoints that no search finds."""
    grids = (_grid_instead(search, answer.estimate, evidence) for search, answer in evidence.answers(row))
    return [experiment for grid in grids if grid for experiment in grid.plan]


def _estimates(row: Row, evidence: Evidence, scale: str) -> list[tuple[Search, Estimate]]:
    """Return what the searches have found, and where they found nothing, what the paper's own grid says."""
    found = []
    for search, answer in evidence.answers(row):
        grid = _grid_instead(search, answer.estimate, evidence)
        found.append((search, by_the_grid(grid, evidence, scale) if grid else answer.estimate))
    return found


def _grid_instead(search: Search, found: Estimate, evidence: Evidence) -> Row | None:
    """Return the row that has the midpoint by the paper's own grid, if a search has found nothing and it was run."""
    grid = grid_of(search) if math.isnan(level(found)) else None
    return grid if grid and not any(evidence.left(grid)) else None

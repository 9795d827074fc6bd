"""Claims about two kinds of noise at one point: section 7, Figure 6."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from wn_ref.findings.mixed_noise import midpoint_contour, regimes
from wn_ref.ledger.conditions import guessing_if_overflowed, of_another, of_conditions
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.row import Judgement, Row
from wn_ref.models import TITLES
from wn_ref.sweeps import grids

MIXED = (("mnist", "mlp"), ("mnist", "lenet5"), ("cifar10", "lenet5"))
LEVELS = tuple(float(f"1e{power}") for power in range(-1, 9))
STRONGEST = 1e5
"""Levels of both noises. Multiplicative noise ends at the second one: what networks bear of the other lies above it."""
STRONG, ORDERS = 1e3, 100.0
"""Noise that is strong; and orders of magnitude as a factor."""
MARGINAL = 0.05
"""A loss of accuracy that does not count."""
GUESSING = 0.2
"""An accuracy below this is taken for that of guessing."""


def mixed_claims() -> Iterator[Row]:
    """Make the rows of Figure 6."""
    for dataset, model in MIXED:
        own = grids.Own(sigmas=LEVELS, seeds=[0])
        plane = grids.plan("mixed", "paper", dataset=dataset, model=model, batchnorm=True, own=own)
        plan = tuple(experiment for experiment in plane if experiment.noise and experiment.noise.sigma_mul <= STRONGEST)
        ends = f"multiplicative noise up to {STRONGEST:,.0f}, additive up to {LEVELS[-1]:,.0f}"
        claims = (
            ("low", "where both noises are low, the network trains almost to its highest accuracy (regime 1)",
             low_noise),
            ("order", "where both noises are high, the order decides: multiplicative first is far better (regime 4, "
             "where the additive noise is not the larger one)", order),
            ("factor", "multiplicative first: accuracy is still high where the additive noise is ten times the "
             f"multiplicative noise (less than {MARGINAL:.0%} lost; multiplicative noise from {STRONG:,.0f} on)",
             factor),
            ("upfront", "with multiplicative noise upfront, a network can be orders of magnitude more robust than with "
             f"additive noise alone (midpoints, {ORDERS:g} times or more at the best level)", upfront),
            ("additive-first", "additive first: where both noises are large, accuracy drops to that of guessing (below "
             f"{GUESSING:.0%} where both are {STRONG:,.0f} or more)", guessing),
        )  # fmt: skip
        for name, claim, judge in claims:
            longer = ("how much is tolerated depends on how long one trains",) * (name == "factor")
            yield Row(
                f"figure6/{dataset}/{model}/{name}", "Section 7",
                f"{claim}: Figure 6 ({TITLES[model]}, {dataset})", "e", judge, plan=plan,
                another=of_another(dataset, model), notes=(f"{ends}, one level per decade, one seed", *longer),
                notebook="10_mixed_noise",
            )  # fmt: skip


def low_noise(row: Row, evidence: Evidence) -> Judgement | None:
    """Look at the accuracy with both noises at their lowest."""
    both = _grids(row, evidence)
    losses = [float(a.max() - a[0, 0]) for _, _, a in both.values()]
    return of_conditions([loss < MARGINAL for loss in losses], "order", max(losses), "largest loss")


def order(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare the orders where both noises are high.

    Where the additive noise is much the larger one, both orders end in guessing. The paper has its effect up to an
    order of magnitude; how far it goes is what `factor` is about.
    """
    both = _grids(row, evidence)
    mul, add, first = both["multiplicative"]
    high = regimes(mul, add, first).regime == 4
    gain = first - both["additive"][2]
    gains = gain[high & (np.array(mul)[:, None] >= np.array(add)[None])]
    mean = float(gains.mean()) if gains.size else math.nan
    says = f"mean gain of accuracy; {np.sum(gain[high] > MARGINAL)} of all {high.sum()} pairs of regime 4 gain"
    return of_conditions([one > MARGINAL for one in gains.tolist()], "pair", mean, says)


def factor(row: Row, evidence: Evidence) -> Judgement | None:
    """Look how much accuracy is lost where the additive noise is ten times the strong multiplicative noise.

    Both are levels of the grid. By section 9.4.1 "high accuracy results can still be achieved" up to about there.
    """
    mul, add, a = _grids(row, evidence)["multiplicative"]
    strong = [number for number, level in enumerate(mul) if level >= STRONG]
    lost = {times: [float(a[n].max() - a[n, add.index(times * mul[n])]) for n in strong] for times in (10, 100)}
    says = f"largest loss at ten times; at a hundred times {min(lost[100]):.2g} to {max(lost[100]):.2g}"
    return of_conditions([loss < MARGINAL for loss in lost[10]], "level", max(lost[10]), says)


def upfront(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare the midpoints of additive noise under strong multiplicative noise with that under the weakest.

    What networks "can" is what the best of them do. If one is beyond the grid, and the grid ends before the gain would
    be large, the runs do not tell.
    """
    mul, add, a = _grids(row, evidence)["multiplicative"]
    midpoints, _ = midpoint_contour(mul, add, a)
    alone, strong = midpoints[0], midpoints[np.array(mul) >= STRONG]
    if not alone > 0:
        return None
    beyond = np.isnan(strong)
    gains = np.where(beyond, add[-1], strong) / alone
    largest = float(gains.max())
    if largest < ORDERS and beyond.any():
        return None
    says = f"largest gain; alone {alone:.2g}"
    return of_conditions([largest >= ORDERS], "network", largest, says)


def guessing(row: Row, evidence: Evidence) -> Judgement | None:
    """Look at the accuracy where both noises are large and additive noise comes first."""
    mul, add, a = _grids(row, evidence)["additive"]
    large = a[np.array(mul) >= STRONG][:, np.array(add) >= STRONG]
    return of_conditions([value < GUESSING for value in large.ravel()], "pair", float(large.max()), "highest accuracy")


def _grids(row: Row, evidence: Evidence) -> dict[str, tuple[list[float], list[float], np.ndarray]]:
    """Return levels of both noises and the accuracies, by the order; what overflowed counts as guessing."""
    runs, found = guessing_if_overflowed(evidence.runs(row.plan)), {}
    for first, same in runs.groupby("first"):
        table = same.pivot_table(index="sigma_mul", columns="sigma_add", values="accuracy")
        found[str(first)] = (list(table.index), list(table.columns), table.to_numpy())
    return found

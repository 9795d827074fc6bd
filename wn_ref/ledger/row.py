"""A row of the ledger: a number or a claim of the paper, what makes ours, and how the two are compared.

The verdict on a number is a rule, `verdict_on_number`; a claim has a function of its runs that says whether it holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from wn_ref.counted import counted
from wn_ref.experiment import Experiment
from wn_ref.ledger.search import Search
from wn_ref.sweeps import grids

VERDICTS = REPRODUCED, QUALITATIVELY, NOT, UNDECIDED, NOT_RUN = (
    "reproduced", "qualitatively", "not", "undecided", "not run",
)  # fmt: skip
SILENT = (UNDECIDED, NOT_RUN)
"""Those that say nothing about the paper."""
CLOSE, ALIKE = 0.1, 1.5
"""How far a number may be off: as a share of the paper's; and the factor up to which it is of the same size."""
NEAR, FAR = 1.0, 3.0
"""The same for an accuracy, in standard deviations of the paper's networks."""
RULE = (
    f"A number is *reproduced* if ours is within {CLOSE:.0%} of the paper's, or if our 95 % interval contains it and "
    f"its ends differ by less than a factor of {ALIKE**2:g}; it is reproduced *qualitatively* if the two differ by "
    f"less than a factor of {ALIKE:g}; and it is *not* where our runs have a bound only, whatever the bound, or no "
    "midpoint at all. An accuracy of Table 3 is *reproduced* within one standard deviation of the "
    f"paper's networks, or if our interval contains it and is narrower than {FAR:g} of them; *qualitatively* within "
    f"{FAR:g}. A claim is *reproduced* if the condition in its row holds for all of its runs, *qualitatively* if it "
    "holds for most of them, but for Figure 8's, where all conditions have to hold; one midpoint is larger than "
    "another if it is so beyond their 95 % intervals, combined in quadrature. Runs with other epochs than the paper's, "
    "on other samples, or of another network than the one that the paper says it of, count as *qualitatively* at best; "
    "copies of the paper's images are no other samples, and the row says what they are. *Undecided* is a row whose "
    "runs are all there and do not tell; *not run* stands until they are."
)


@dataclass(frozen=True)
class Judgement:
    """What our runs say.

    Attributes
    ----------
    value, low, high : float
        Ours, and its 95 % interval; NaN where there is none.
    verdict : str
        One of `VERDICTS`.
    says : str
        In words, for claims.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    verdict: str = NOT
    says: str = ""


Judge = Callable[["Row", Any], Judgement | None]
"""Takes a row and an `Evidence` that has all its runs; returns the finding, None if the runs do not tell."""


@dataclass(frozen=True)
class Row:
    """A number or a claim.

    Attributes
    ----------
    id : str
        Such as "table4/mnist/mlp/bn/additive".
    section : str
        Where the paper says it.
    claim : str
        What it says.
    campaign : str
        "a" to "h": in which order rows are run.
    judge : callable
        See `Judge`.
    paper : float
        The number, NaN for a claim.
    searches : tuple of Search
        Midpoints that it needs.
    plan : tuple of Experiment
        Runs that it needs.
    quantised : tuple of Experiment
        Those of the plan whose noisy activation is to be quantised, as in Figure 4.
    also : tuple of Search
        Midpoints that it takes into account if they are there.
    further : callable, optional
        Returns runs that it needs besides, which depend on the searches' answers; None if these are not there yet.
    theirs : callable, optional
        Returns the experiments of the paper's own grid for it.
    variant : str
        What is different on purpose from what the paper's number is of; such a row explains another one.
    base : str
        The id of the row that it explains.
    another : str
        What the paper says it of, if that is another network or data set than the row's.
    notes : tuple of str
        What else is to be known.
    notebook : str
        Of the tutorial about it.
    """

    id: str
    section: str
    claim: str
    campaign: str
    judge: Judge = field(repr=False)
    paper: float = math.nan
    searches: tuple[Search, ...] = ()
    plan: tuple[Experiment, ...] = field(default=(), repr=False)
    quantised: tuple[Experiment, ...] = field(default=(), repr=False)
    also: tuple[Search, ...] = ()
    further: Callable[[Row, Any], list[Experiment] | None] | None = field(default=None, repr=False)
    theirs: Callable[[], Sequence[Experiment]] | None = field(default=None, repr=False)
    variant: str = ""
    base: str = ""
    another: str = ""
    notes: tuple[str, ...] = ()
    notebook: str = ""

    def at(self, epochs: int | None) -> Row:
        """Return the row with runs of a number of epochs; None is the paper's, and searches may have their own."""
        if epochs is None or any(search.epochs is not None for search in self.searches):
            return self
        plan, quantised = (
            tuple(dict.fromkeys(replace(e, epochs=epochs) for e in part)) for part in (self.plan, self.quantised)
        )
        searches, also = (tuple(search.at(epochs) for search in part) for part in (self.searches, self.also))
        return replace(self, searches=searches, also=also, plan=plan, quantised=quantised)

    @cached_property
    def experiments(self) -> tuple[Experiment, ...]:
        """One experiment of each search, and the plan."""
        return *(search.template for search in self.searches), *self.plan

    @cached_property
    def networks(self) -> tuple[tuple[str, str], ...]:
        """(dataset, model) of its runs."""
        return tuple(dict.fromkeys((str(e.dataset), str(e.model)) for e in self.experiments))

    @cached_property
    def shorter(self) -> str:
        """In what its epochs differ from the paper's, empty if in nothing."""
        found = dict.fromkeys(
            f"{counted(e.epochs, 'epoch')}, not {theirs}"
            for e in self.experiments
            if e.epochs != (theirs := grids.paper_training(e.dataset, e.model)["epochs"])
        )
        return "; ".join(found)

    @property
    def at_best(self) -> str:
        """The best verdict that its runs can have, by `RULE`."""
        return QUALITATIVELY if self.shorter or self.data_differs or self.another else REPRODUCED

    @cached_property
    def data_differs(self) -> str:
        """In what its data differ from the paper's, as far as their name says it."""
        names = dict.fromkeys(dataset for dataset, _ in self.networks)
        if "gsc_test_set" in names:
            return "GSC's published test set only, split again"
        return "a sample of the data set" if any(name.endswith("_sample") for name in names) else ""


def verdict_on_number(value: float, low: float, high: float, paper: float) -> str:
    """Return the verdict on a number, by `RULE`."""
    if not math.isfinite(value):
        return NOT
    if abs(value / paper - 1) <= CLOSE or (low <= paper <= high < ALIKE**2 * low):
        return REPRODUCED
    return QUALITATIVELY if 1 / ALIKE < value / paper < ALIKE else NOT


def verdict_on_accuracy(value: float, low: float, high: float, paper: float, spread: float) -> str:
    """Return the verdict on an accuracy whose `spread` among the paper's networks is known, by `RULE`."""
    if abs(value - paper) <= NEAR * spread or (low <= paper <= high < low + FAR * spread):
        return REPRODUCED
    return QUALITATIVELY if abs(value - paper) <= FAR * spread else NOT


def verdict_on_claim(holds: list[bool]) -> str:
    """Return the verdict on a claim that has a condition for each of several things, by `RULE`."""
    share = sum(holds) / len(holds)
    return REPRODUCED if share == 1 else QUALITATIVELY if share > 0.5 else NOT

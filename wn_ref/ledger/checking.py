"""Run a published row again, with networks that nobody has seen, and say whether the two agree.

Two numbers agree if

    |ln a - ln b| <= LIMIT sqrt(h_a^2 + h_b^2),      h = half the width of the 95 % interval of the logarithm

With LIMIT = 1.31 this would be wrong in 1 of 100 re-runs if the logarithms were normal and the intervals exact. Those
of searches and of fits are wider than that, and simulations (`tests/ledger/test_checking.py`) show fewer than 1 of 100.
Where one of them is only bounded, they agree if the bound and the interval of the other overlap. A claim agrees if
its verdict is the same. Where one of the two says nothing, the check does not tell.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from wn_ref.errors import InputError
from wn_ref.ledger.evidence import Evidence, RowResult
from wn_ref.ledger.origin import require_like
from wn_ref.ledger.page import ours, used
from wn_ref.ledger.row import NOT_RUN, UNDECIDED, Judgement, Row
from wn_ref.ledger.running import Campaign

LIMIT = 1.31
FRESH = 1000
"""The first seed of the new networks; those of published runs are far below."""


@dataclass(frozen=True)
class Check:
    """A row, published and run again.

    Attributes
    ----------
    published, again : RowResult
        What the two say.
    """

    published: RowResult
    again: RowResult

    @property
    def agrees(self) -> bool:
        """Whether they agree, as soon as it is `finished`; False if nobody can tell."""
        one, other = self.published.finding, self.again.finding
        return self.tells and (agree(one, other) if self.is_of_a_number else one.verdict == other.verdict)

    @property
    def tells(self) -> bool:
        """Whether both say something: of a number, where it is or is not; of a claim, anything but "undecided"."""
        found = self.published.finding, self.again.finding
        return all(is_bounded(finding) if self.is_of_a_number else finding.verdict != UNDECIDED for finding in found)

    @property
    def is_of_a_number(self) -> bool:
        """Whether the row is about a number, and not about a claim."""
        return math.isfinite(self.published.row.paper)

    @property
    def finished(self) -> bool:
        """Whether all new runs are there; until then, nobody knows."""
        return self.again.complete

    def __str__(self) -> str:
        if not self.finished:
            return f"{self.published.row.id}: not finished, {ours(self.again) or 'no run so far'}"
        one, two = (f"{ours(r)}, {r.finding.verdict}" for r in (self.published, self.again))
        said = "agrees" if self.agrees else "does not agree" if self.tells else "does not tell"
        if not self.tells:
            rule = "one that says nothing can neither agree nor disagree"
        elif not self.is_of_a_number:
            rule = "claims agree if their verdicts are the same"
        elif is_number(self.published.finding) and is_number(self.again.finding):
            rule = "a check like this is wrong in fewer than 1 of 100 cases"
        else:
            rule = "a bound agrees with an interval that it overlaps"
        return f"{self.published.row.id}: published {one}; again {two}: {said}; {rule}"


def agree(one: Judgement, other: Judgement) -> bool:
    """Return whether two findings that say something about a number agree, by the rule at the top of this module."""
    if not (is_number(one) and is_number(other)):
        return one.low <= other.high and other.low <= one.high
    halves = [math.log(finding.high / finding.low) / 2 for finding in (one, other)]
    return abs(math.log(one.value / other.value)) <= LIMIT * math.hypot(*halves)


def is_number(finding: Judgement) -> bool:
    """Return whether a finding has a positive number with an interval."""
    return all(math.isfinite(value) and value > 0 for value in (finding.value, finding.low, finding.high))


def is_bounded(finding: Judgement) -> bool:
    """Return whether a finding says anything about where a number is."""
    return finding.low <= finding.high and (finding.low > 0 or finding.high < math.inf)  # neither of which NaN is


def check(row: Row, campaign: Campaign, first_seed: int = FRESH) -> Check:
    """Run a published row again with other seeds.

    Parameters
    ----------
    row : Row
        Published in the campaign's tables, at whatever number of epochs.
    campaign : Campaign
        Says where the tables are, and how to run. The new runs go to another store, beside its own, and to no tables.
    first_seed : int
        Added to all seeds.

    Raises
    ------
    InputError
        If the row is not published, published networks of its data set and model, whatever row they are of, may have
        the new seeds, or they are of other data, or by another version of the algorithm, than the new ones would be.
    """
    published = to_check(row, campaign, first_seed)
    with tempfile.TemporaryDirectory() as folder:
        anew = _again(campaign, first_seed, Path(folder) / "results")
        anew.run([published.row])
        return Check(published, anew.evidence().result(published.row))


def known_again(campaign: Campaign, first_seed: int = FRESH) -> Evidence:
    """Return what there is of new networks: those of an earlier check that was stopped."""
    return _again(campaign, first_seed, campaign.results / "no such folder").known()


def _again(campaign: Campaign, first_seed: int, results: Path) -> Campaign:
    """Return a campaign with other seeds and a store of its own, whose hours began with those of the other."""
    store = campaign.store.with_stem(f"{campaign.store.stem}-check")
    return replace(campaign, store=store, results=results, first_seed=first_seed, rows=())


def to_check(row: Row, campaign: Campaign, first_seed: int = FRESH) -> RowResult:
    """Return what is published of a row, at the epochs at which it is to be run again; raises as `check`."""
    evidence = campaign.evidence()
    published = evidence.result(row)
    if published.finding.verdict == NOT_RUN:
        raise InputError(f"row: expected one with published runs, got {row.id}; wn-ref reproduce {row.id} makes them")
    if not Check(published, published).tells:
        got = f"{row.id}, {published.finding.verdict} ({ours(published)})"
        raise InputError(f"row: expected one that says something to agree with, got {got}; choose another")
    networks = used(published)
    seeds = (int(cells["seed"]) for cells in evidence.all if (cells["dataset"], cells["model"]) in networks)
    if first_seed <= (largest := max(seeds)):
        expected = f"{largest + 1} or more, above all seeds of published runs of its data set and model"
        raise InputError(f"first_seed: expected {expected}, got {first_seed}; choose another")
    if campaign.epochs is not None:
        expected = "none for a check, which has those of the published row"
        raise InputError(f"epochs: expected {expected}, got {campaign.epochs}; leave it out")
    require_like(published.runs, published.row.experiments)
    return published

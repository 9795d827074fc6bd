"""What each campaign took, beside what the paper's grid takes."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from wn_ref.experiment import Experiment
from wn_ref.ledger.catalog import CAMPAIGNS
from wn_ref.ledger.evidence import RowResult
from wn_ref.ledger.row import NOT_RUN, VERDICTS
from wn_ref.ledger.search import trained_by


@dataclass(frozen=True)
class Total:
    """What a campaign took, beside what the paper's grid takes.

    Attributes
    ----------
    campaign : str
        Its letter.
    verdicts : dict of str to int
        How many rows have each.
    networks : int
        Networks that were trained. Each counts once, in the campaign that had it first: for a number, else for a claim.
    hours : float
        Core-hours, counted likewise.
    beside, theirs : int
        Networks of the rows whose grid in the paper is known, and how many this grid has.
    beside_hours, their_hours : float
        Core-hours of both; of the grid, at the pace of our runs.
    """

    campaign: str
    verdicts: dict[str, int]
    networks: int
    hours: float
    beside: int
    beside_hours: float
    theirs: int
    their_hours: float


def totals(results: Sequence[RowResult]) -> list[Total]:
    """Return what each campaign took; rows with a variant explain others and are left out, as are rows not run."""
    plain = [result for result in results if not result.row.variant]
    ran = [result for result in plain if result.finding.verdict != NOT_RUN]
    first = sorted(ran, key=lambda result: (math.isnan(result.row.paper), result.row.campaign))
    networks, hours = _taken(first)
    found = []
    for campaign in CAMPAIGNS:
        rows = [result for result in plain if result.row.campaign == campaign]
        counts = {verdict: sum(result.finding.verdict == verdict for result in rows) for verdict in VERDICTS}
        known = [result for result in ran if result.row.campaign == campaign and result.row.theirs]
        beside, beside_hours = _taken(known)
        grid: set[Experiment] = set()
        their_hours = 0.0
        for result in known:
            new = {e.training_experiment() for e in _theirs(result)} - grid
            grid |= new
            their_hours += len(new) * result.hours / max(result.networks, 1)
        ours = networks[campaign], hours[campaign], beside[campaign], beside_hours[campaign]
        found.append(Total(campaign, counts, *ours, len(grid), their_hours))
    return [total for total in found if any(total.verdicts.values())]


def _taken(results: Iterable[RowResult]) -> tuple[Counter[str], dict[str, float]]:
    """Return the networks and the core-hours of each campaign; what rows share counts for the first of them."""
    networks: dict[tuple[str, ...], str] = {}
    runs: dict[int, tuple[str, str]] = {}
    for result in results:
        for cells in result.runs:
            networks.setdefault(trained_by(cells), result.row.campaign)
            runs.setdefault(id(cells), (result.row.campaign, cells["seconds"]))
    hours: dict[str, float] = defaultdict(float)
    for campaign, seconds in runs.values():
        hours[campaign] += float(seconds or 0) / 3600
    return Counter(networks.values()), hours


def _theirs(result: RowResult) -> Iterable[Experiment]:
    make: Callable[[], Iterable[Experiment]] | None = result.row.theirs
    return make() if make else []

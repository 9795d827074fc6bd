"""What each campaign took, beside what the paper's grid takes."""

from __future__ import annotations

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
    networks, theirs : int
        Networks trained for rows of the paper (each counts once), and networks of the paper's grid for the same rows.
    hours, their_hours : float
        Core-hours; those of the paper's grid at the pace of our runs.
    """

    campaign: str
    verdicts: dict[str, int]
    networks: int
    theirs: int
    hours: float
    their_hours: float


def totals(results: Sequence[RowResult]) -> list[Total]:
    """Return what each campaign took; rows with a variant explain others and are left out, as are rows not run."""
    found = []
    for campaign in CAMPAIGNS:
        rows = [result for result in results if result.row.campaign == campaign and not result.row.variant]
        counts = {verdict: sum(result.finding.verdict == verdict for result in rows) for verdict in VERDICTS}
        there = [result for result in rows if result.finding.verdict != NOT_RUN and result.row.theirs]
        runs = {id(cells): cells for result in there for cells in result.runs}
        networks = len({trained_by(cells) for cells in runs.values()})
        grid: set[Experiment] = set()
        hours = 0.0
        for result in there:
            new = {e.training_experiment() for e in _theirs(result)} - grid
            grid |= new
            hours += len(new) * result.hours / max(result.networks, 1)
        spent = sum(float(cells["seconds"] or 0) for cells in runs.values()) / 3600
        found.append(Total(campaign, counts, networks, len(grid), spent, hours))
    return [total for total in found if any(total.verdicts.values())]


def _theirs(result: RowResult) -> Iterable[Experiment]:
    make: Callable[[], list[Experiment]] | None = result.row.theirs
    return make() if make else []

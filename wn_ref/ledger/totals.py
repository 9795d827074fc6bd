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
    networks : int
        Networks that were trained; each counts once.
    hours : float
        Core-hours.
    beside, theirs : int
        Those of the networks that belong to rows whose grid is known, and how many the paper's grid has for these rows.
    their_hours : float
        Core-hours of the paper's grid at the pace of our runs.
    """

    campaign: str
    verdicts: dict[str, int]
    networks: int
    hours: float
    beside: int
    theirs: int
    their_hours: float


def totals(results: Sequence[RowResult]) -> list[Total]:
    """Return what each campaign took; rows with a variant explain others and are left out, as are rows not run."""
    found = []
    for campaign in CAMPAIGNS:
        rows = [result for result in results if result.row.campaign == campaign and not result.row.variant]
        counts = {verdict: sum(result.finding.verdict == verdict for result in rows) for verdict in VERDICTS}
        ran = [result for result in rows if result.finding.verdict != NOT_RUN]
        networks, hours = _taken(ran)
        known = [result for result in ran if result.row.theirs]
        grid: set[Experiment] = set()
        their_hours = 0.0
        for result in known:
            new = {e.training_experiment() for e in _theirs(result)} - grid
            grid |= new
            their_hours += len(new) * result.hours / max(result.networks, 1)
        found.append(Total(campaign, counts, networks, hours, _taken(known)[0], len(grid), their_hours))
    return [total for total in found if any(total.verdicts.values())]


def _taken(results: Sequence[RowResult]) -> tuple[int, float]:
    """Return the networks and the core-hours of some rows, each run counted once."""
    runs = {id(cells): cells for result in results for cells in result.runs}
    hours = sum(float(cells["seconds"] or 0) for cells in runs.values()) / 3600
    return len({trained_by(cells) for cells in runs.values()}), hours


def _theirs(result: RowResult) -> Iterable[Experiment]:
    make: Callable[[], Iterable[Experiment]] | None = result.row.theirs
    return make() if make else []

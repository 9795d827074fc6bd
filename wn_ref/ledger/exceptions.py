"""Numbers of the paper that do not come out here, and experiments that change one thing to tell why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wn_ref.ledger.evidence import RowResult
from wn_ref.ledger.row import CLOSE, REPRODUCED, SILENT


def exceptions(results: Sequence[RowResult]) -> list[tuple[RowResult, list[RowResult]]]:
    """Return the results whose number is not the paper's, each with those of its variants that were run.

    A variant changes one thing (the gradient, where noise goes, how the midpoint is found). If it has the paper's
    number, what it changes may be the explanation.

    Parameters
    ----------
    results : sequence of RowResult
        One for each row of the ledger.
    """
    told = [result for result in results if result.finding.verdict not in SILENT and math.isfinite(result.row.paper)]
    wrong = (result for result in told if result.finding.verdict != REPRODUCED and not result.row.variant)
    return [(result, [other for other in told if other.row.base == result.row.id]) for result in wrong]


@dataclass(frozen=True)
class Contrast:
    """How near the paper's numbers are with one thing changed, and without, over all rows that were run both ways.

    Attributes
    ----------
    variant : str
        What is changed.
    rows, closer : int
        How many rows there are, and in how many of them the variant is closer to the paper's number.
    without : int
        How many more rows were run both ways and have no number in one of them, so that they are in no mean.
    close, close_changed : int
        How many of all these rows are within `CLOSE` of the paper's number, as they stand and changed.
    deviation, changed : float
        Root mean square of ln(ours / paper), of the rows as they stand and of the variants.
    """

    variant: str
    rows: int
    closer: int
    without: int
    close: int
    close_changed: int
    deviation: float
    changed: float


def comparisons(results: Sequence[RowResult]) -> list[Contrast]:
    """Compare each kind of variant with the rows it belongs to, but for runs on other data or with other epochs.

    Parameters
    ----------
    results : sequence of RowResult
        One for each row of the ledger.
    """
    told = {result.row.id: result for result in results if result.finding.verdict not in SILENT}
    pairs: dict[str, list[tuple[float, float]]] = {}
    for result in told.values():
        same = not (result.row.data_differs or result.row.shorter)
        base = told.get(result.row.base)
        if base and same and not base.row.shorter and math.isfinite(result.row.paper):
            pairs.setdefault(result.row.variant, []).append((_ratio(base), _ratio(result)))
    found = []
    for variant, ratios in pairs.items():
        numbers = [(_off(one), _off(other)) for one, other in ratios if math.isfinite(one * other)]
        if numbers:
            closer, without = sum(b < a for a, b in numbers), len(ratios) - len(numbers)
            close = [sum(abs(ratio - 1) <= CLOSE for ratio in some) for some in zip(*ratios)]
            found.append(Contrast(variant, len(numbers), closer, without, *close, *map(_rms, zip(*numbers))))
    return found


def _ratio(result: RowResult) -> float:
    """Return ours over the paper's, NaN if there is no number."""
    return result.finding.value / result.row.paper


def _off(ratio: float) -> float:
    return abs(math.log(ratio))


def _rms(values: Sequence[float]) -> float:
    return math.sqrt(sum(value**2 for value in values) / len(values))

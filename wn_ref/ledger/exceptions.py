"""Numbers of the paper that do not come out here, each with the experiments that may tell why."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wn_ref.ledger.evidence import RowResult
from wn_ref.ledger.row import NOT_RUN, REPRODUCED


def exceptions(results: Sequence[RowResult]) -> list[tuple[RowResult, list[RowResult]]]:
    """Return the results whose number is not the paper's, each with those of its variants that were run.

    A variant changes one thing (the gradient, where noise goes) and is known by its id, which begins with the row's. If
    the variant has the paper's number, what it changes is an explanation.

    Parameters
    ----------
    results : sequence of RowResult
        One for each row of the ledger.
    """
    ran = [result for result in results if result.finding.verdict != NOT_RUN and math.isfinite(result.row.paper)]
    wrong = (result for result in ran if result.finding.verdict != REPRODUCED and not result.row.variant)
    return [(result, [other for other in ran if other.row.id.startswith(f"{result.row.id}/")]) for result in wrong]

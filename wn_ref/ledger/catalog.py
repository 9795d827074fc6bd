"""All rows of the ledger, and which of them are run in which order: the most valuable first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

from wn_ref.errors import InputError, closest, require_choice
from wn_ref.ledger.binarization import binarization_rows
from wn_ref.ledger.execution_claims import execution_rows
from wn_ref.ledger.global_claims import global_claims
from wn_ref.ledger.mixed_claims import mixed_claims
from wn_ref.ledger.multiplicative_claims import maximum_claims, stacked_claims
from wn_ref.ledger.numbers import grid_rows, midpoint_rows
from wn_ref.ledger.row import Row
from wn_ref.ledger.walking_claims import walking_claims

CAMPAIGNS = {
    "a": "Table 4, MNIST and FashionMNIST",
    "b": "Table 1, MNIST and FashionMNIST",
    "c": "CIFAR-10, Tables 1 and 4",
    "d": "walking noise: Figures 2 and 11, clamping, Table 2",
    "e": "multiplicative and mixed noise: Figures 3 to 6, 8 and 9",
    "f": "multi-execution: Table 3",
    "g": "speech: Tables 1 and 4 on the test set",
    "h": "what needs SVHN, which is absent from many machines",
}
CLAIMS = "claims"
"""What chooses all rows for claims."""


@cache
def all_rows() -> tuple[Row, ...]:
    """Return all rows, in the order of the page."""
    return (
        *midpoint_rows(),
        *grid_rows(),
        *global_claims(),
        *walking_claims(),
        *maximum_claims(),
        *binarization_rows(),
        *stacked_claims(),
        *mixed_claims(),
        *execution_rows(),
    )


def chosen_rows(
    items: Sequence[str] = (), dataset: str | None = None, model: str | None = None, rows: Sequence[Row] | None = None
) -> list[Row]:
    """Return the rows that are asked for, by campaign, and those that explain others last.

    Parameters
    ----------
    items : sequence of str
        Each the id of a row, the beginning of some up to a slash ("table4", "table4/mnist/mlp"), a campaign, "a" to
        "h", or "claims", all rows that are not a number of the paper; no item chooses all.
    dataset, model : str, optional
        Keep rows that have runs of this data set or model alone.
    rows : sequence of Row, optional
        What to choose from; by default all.

    Raises
    ------
    InputError
        If there is no such row, data set or model; the message names the closest one.
    """
    rows = all_rows() if rows is None else rows
    wanted = [row for item in items for row in _asked_for(item, rows)]
    chosen = {row.id for row in (wanted if items else rows)}
    for part, what, name in ((0, "dataset", dataset), (1, "model", model)):
        if name is not None:
            require_choice(what, name, dict.fromkeys(network[part] for row in rows for network in row.networks))
            chosen &= {row.id for row in rows if {network[part] for network in row.networks} == {name}}
    kept = sorted((row for row in rows if row.id in chosen), key=lambda row: (row.campaign, bool(row.variant)))
    if not kept:
        raise InputError("item: expected at least one row, got none with this dataset and model; choose others")
    return kept


def _asked_for(item: str, rows: Sequence[Row]) -> list[Row]:
    """Return the row with an id, or those that an item stands for; raise `InputError` if there is none."""
    found = [row for row in rows if row.id == item] or [row for row in rows if _is_asked_for(row, item)]
    if found:
        return found
    parts = [row.id.split("/") for row in rows]
    close = closest(item.rstrip("/"), [*_beginnings(parts), *CAMPAIGNS, CLAIMS])
    hint = "" if close is None else f"did you mean {close!r}? "
    first = ", ".join(dict.fromkeys(part[0] for part in parts))
    raise InputError(
        f"item: expected the beginning of a row's id ({first}, table4/mnist/mlp), a campaign (a to h) or {CLAIMS}, "
        f"got {item!r}; {hint}wn-ref reproduce --list prints all"
    )


def _beginnings(ids: Sequence[Sequence[str]]) -> dict[str, None]:
    """Return everything up to a slash, or to the end, of ids that are given in parts; each once."""
    return dict.fromkeys("/".join(parts[:end]) for parts in ids for end in range(1, len(parts) + 1))


def _is_asked_for(row: Row, item: str) -> bool:
    is_claim = math.isnan(row.paper)
    return item == row.campaign or (item == CLAIMS and is_claim) or f"{row.id}/".startswith(f"{item.rstrip('/')}/")

"""Where published tables are: in a clone of the repository, beside the tutorials."""

from __future__ import annotations

from pathlib import Path

from wn_ref.errors import InputError
from wn_ref.ledger.tables import tables_in

IN_CLONE = Path("tutorials") / "results"


def default_results() -> Path:
    """Return where new tables go: tutorials/results in a clone of the repository, else reproduction/results."""
    return IN_CLONE if Path("tutorials").is_dir() else Path("reproduction") / "results"


def published_results() -> Path:
    """Return the folder of the tables that come with the repository.

    Raises
    ------
    InputError
        If there are none: an installed wheel does not have them.
    """
    for folder in (default_results(), Path(__file__).parents[2] / IN_CLONE):
        if tables_in(folder):
            return folder
    raise InputError(
        f"results: expected published tables in {IN_CLONE}, got none; clone the repository and work in it, or run "
        "wn-ref reproduce"
    )

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


def require_ours(path: Path, start: str) -> None:
    """Raise `InputError` if a page would replace a file that does not begin as an earlier one."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            found = file.read(len(start))
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        found = str(error)
    if found != start:
        got = next(iter(found.splitlines()), "")
        raise InputError(f"results: expected {path} to be an earlier ledger, got {got!r}; move it away")

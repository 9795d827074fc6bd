"""`wn-ref export`: stored results as a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import StoreArgument
from wn_ref.files import require_folder, write_atomically


def export(
    store: StoreArgument,
    csv: Annotated[Path, typer.Argument(metavar="CSV", help="File to write; if it exists, it is replaced.")],
) -> None:
    """Write all runs of a store to a CSV file, one row for each run."""
    from wn_ref.store.store import open_store

    require_folder(csv.parent)
    with open_store(store) as opened:
        runs = opened.runs()
    write_atomically(csv, lambda path: runs.to_csv(path, index=False))
    print(f"{len(runs)} runs in {csv}")

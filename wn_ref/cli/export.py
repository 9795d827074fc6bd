"""`wn-ref export`: stored results as a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import Force, StoreArgument
from wn_ref.cli.reading import reading
from wn_ref.counted import counted
from wn_ref.files import Output


def export(
    store: StoreArgument,
    csv: Annotated[Path, typer.Argument(metavar="CSV", help="File to write, or - for standard output.")],
    force: Force = False,
) -> None:
    """Write all runs of a store to a CSV file, one row for each run."""
    file = Output.checked(csv, force)
    with reading(store) as opened:
        runs = opened.runs()
    path = file.write(lambda part: runs.to_csv(part, index=False))
    print(f"{counted(len(runs), 'run')} in {path}", file=file.messages)

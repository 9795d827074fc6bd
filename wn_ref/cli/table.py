"""`wn-ref table`: a table of the paper from stored results."""

from __future__ import annotations

from typing import Annotated

import typer

from wn_ref.cli.chosen import Chosen
from wn_ref.cli.options import STORE, SourceStore
from wn_ref.cli.reading import reading


def table(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the table in the paper, 1 to 4.")],
    chosen: Chosen,
    store: SourceStore = STORE,
) -> None:
    """Print a table of the paper from the runs in a store, with the paper's own numbers beside ours.

    Networks that were trained in different ways have a row each, unless options choose among them. A number of the
    paper is in brackets if its runs differ from ours. If runs are missing, the message names the sweep that makes them.
    """
    from wn_ref import reproduce

    with reading(store) as opened:
        runs, left = opened.runs(history=True), opened.status()["remaining"]
    print(reproduce.show_table(number, runs, store, left, **chosen.choice))

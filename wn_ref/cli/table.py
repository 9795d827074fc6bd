"""`wn-ref table`: a table of the paper from stored results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import ChosenBatchNorm, ChosenDataset, ChosenModel, SourceStore


def table(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the table in the paper, 1 to 4.")],
    store: SourceStore = Path("results.sqlite"),
    dataset: ChosenDataset = None,
    model: ChosenModel = None,
    batchnorm: ChosenBatchNorm = None,
) -> None:
    """Print a table of the paper from the runs in a store, with the paper's own numbers beside ours.

    If runs are missing, the message names the sweep that makes them.
    """
    from wn_ref import reproduce
    from wn_ref.store.store import open_store

    with open_store(store) as opened:
        runs = opened.runs(history=True)
    print(reproduce.show_table(number, runs, dataset=dataset, model=model, batchnorm=batchnorm))

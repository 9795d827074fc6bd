"""`wn-ref figure`: a figure of the paper from stored results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import NOT_OVERWRITTEN, ChosenBatchNorm, ChosenDataset, ChosenModel, SourceStore
from wn_ref.files import free_figure, write_atomically


def figure(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the figure in the paper, 1 to 11.")],
    store: SourceStore = Path("results.sqlite"),
    dataset: ChosenDataset = None,
    model: ChosenModel = None,
    batchnorm: ChosenBatchNorm = None,
    point: Annotated[
        int | None, typer.Option(help="Number of the injection point, for Figures 4, 6 and 8 only.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help=f"File for the figure (.png, .pdf or .svg); figureN.png by default. {NOT_OVERWRITTEN}",
        ),
    ] = None,
) -> None:
    """Draw a figure of the paper from the runs in a store.

    If runs are missing, the message names the sweep that makes them.
    """
    from wn_ref import reproduce
    from wn_ref.store.store import open_store

    (path,) = free_figure(output or Path(f"figure{number}.png"))
    with open_store(store) as opened:
        runs = opened.runs(history=True)
    drawn = reproduce.figure(number, runs, dataset=dataset, model=model, batchnorm=batchnorm, point=point)
    write_atomically(path, drawn.savefig)
    print(f"figure {number}, {reproduce.FIGURES[number].shows}: {path}")

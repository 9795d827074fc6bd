"""`wn-ref figure`: a figure of the paper from stored results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.chosen import Chosen
from wn_ref.cli.options import FREE_NAME, STORE, Force, LedgerResults, SourceStore
from wn_ref.cli.reading import reading
from wn_ref.files import outputs

OF_A_NETWORK = ("dataset", "model", "batchnorm")
"""What chooses among published runs."""


def figure(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the figure in the paper, 1 to 11.")],
    chosen: Chosen,
    store: SourceStore = STORE,
    output: Annotated[
        Path | None,
        typer.Option(
            help=f"File for the figure (.png, .pdf or .svg); figureN.png by default. {FREE_NAME}",
        ),
    ] = None,
    force: Force = False,
    published: Annotated[
        bool, typer.Option("--published", help="Draw it from the published runs of the paper's experiments.")
    ] = False,
    results: LedgerResults = None,
) -> None:
    """Draw a figure of the paper from the runs in a store.

    A figure is of one network, trained in one way: if the store has several, the message names the option that chooses
    one. If runs are missing, it names the sweep that makes them. With --published, the published tables take the place
    of the store, and there are all figures but 4 and 7; they are chosen by --dataset, --model and --batchnorm.
    """
    from wn_ref import reproduce

    (file,) = outputs(output, Path(f"figure{number}.png"), force=force)
    if published:
        from wn_ref.ledger.published import published_figure

        chosen.require_none("--published", store, but=OF_A_NETWORK)
        network = {name: chosen.choice.get(name) for name in OF_A_NETWORK}
        print(f"figure {number}: {file.write(published_figure(number, results, **network).savefig)}")
        return
    with reading(store) as opened:
        runs, left = opened.runs(history=True), opened.status()["remaining"]
    drawn = reproduce.figure(number, runs, store, left, **chosen.choice)
    path = file.write(drawn.savefig)
    print(f"figure {number}, {reproduce.FIGURES[number].shows}: {path}")
    for line in reproduce.remarks("figure", number, runs, store, left, **chosen.choice):
        print(line)

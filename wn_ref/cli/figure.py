"""`wn-ref figure` and `wn-ref table`: the paper's, from a store of results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import one_of
from wn_ref.datasets import DATASETS
from wn_ref.files import free_figure, whole
from wn_ref.models import MODELS

StoreFile = Annotated[Path, typer.Option("--store", help="File of results, made by `wn-ref sweep`.")]
Dataset = Annotated[str | None, typer.Option(help="If the store has several. " + one_of(DATASETS))]
Model = Annotated[str | None, typer.Option(help="If the store has several. " + one_of(MODELS))]
BatchNorm = Annotated[bool | None, typer.Option("--batchnorm/--no-batchnorm", help="If the store has both.")]


def figure(
    number: Annotated[int, typer.Argument(help="1 to 11, as in the paper.")],
    store: StoreFile = Path("results.sqlite"),
    dataset: Dataset = None,
    model: Model = None,
    batchnorm: BatchNorm = None,
    point: Annotated[int | None, typer.Option(help="Injection point of Figures 4, 6 and 8.")] = None,
    output: Annotated[
        Path | None, typer.Option(help="The file (.png, .pdf or .svg); figureN.png by default. Nothing is overwritten.")
    ] = None,
) -> None:
    """Draw a figure of the paper from the runs in a store; if runs are missing, it says which sweep makes them."""
    from wn_ref import reproduce
    from wn_ref.store.store import open_store

    (path,) = free_figure(output or Path(f"figure{number}.png"))
    with open_store(store) as opened:
        runs = opened.runs(history=True)
    drawn = reproduce.figure(number, runs, dataset=dataset, model=model, batchnorm=batchnorm, point=point)
    whole(path, lambda part: drawn.savefig(part))
    print(f"figure {number}, {reproduce.FIGURES[number].shows}: {path}")


def table(
    number: Annotated[int, typer.Argument(help="1 to 4, as in the paper.")],
    store: StoreFile = Path("results.sqlite"),
    dataset: Dataset = None,
    model: Model = None,
    batchnorm: BatchNorm = None,
) -> None:
    """Print a table of the paper from the runs in a store, with the paper's numbers beside them."""
    from wn_ref import reproduce
    from wn_ref.store.store import open_store

    with open_store(store) as opened:
        runs = opened.runs(history=True)
    print(reproduce.show_table(number, runs, dataset=dataset, model=model, batchnorm=batchnorm))

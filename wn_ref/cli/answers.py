"""`wn-ref global`, `mixed` and `multi`: run a plan, and print and draw what comes of it, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import BatchNorm, DatasetName, Grid, Jobs, ModelName, OptionalStore, one_of
from wn_ref.cli.sweeps import interruptible, worker_count
from wn_ref.files import free_figure, whole
from wn_ref.sweeps.grids import NOISES

Output = Annotated[Path, typer.Option(help="The figure (.png, .pdf or .svg). Nothing is overwritten.")]


def global_(
    noise: Annotated[str, typer.Option(help=one_of(NOISES))] = "additive",
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    grid: Grid = "small",
    jobs: Jobs = 0,
    store: OptionalStore = None,
    output: Output = Path("global.png"),
) -> None:
    """Inject noise everywhere at once: the network's midpoint, as in Tables 1 and 4, and Figure 1.

    Networks are trained with the noise, and one is trained without and evaluated with it. Multiplicative noise has the
    exact gradient, as in the code published with the paper; its figure is in the table alone.
    """
    network = {"dataset": dataset, "model": model, "batchnorm": batchnorm}
    figures = [1] if noise == "additive" else []
    _answer("global", figures, [1, 4], network, grid, noise, jobs, store, output)


def mixed(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    grid: Grid = "small",
    jobs: Jobs = 0,
    store: OptionalStore = None,
    output: Output = Path("mixed.png"),
) -> None:
    """Inject multiplicative and additive noise at one point, in both orders: Figure 6."""
    network = {"dataset": dataset, "model": model, "batchnorm": batchnorm}
    _answer("mixed", [6], [], network, grid, "additive", jobs, store, output)


def multi(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    grid: Grid = "small",
    jobs: Jobs = 0,
    store: OptionalStore = None,
) -> None:
    """Execute layers several times, uniformly and as often as the paper says: Table 3."""
    network = {"dataset": dataset, "model": model, "batchnorm": batchnorm}
    _answer("multi", [], [3], network, grid, "additive", jobs, store, None)


def _answer(
    name: str,
    figures: list[int],
    tables: list[int],
    network: dict,
    grid: str,
    noise: str,
    jobs: int,
    store: Path | None,
    output: Path | None,
) -> None:
    """Run a plan, print tables, draw a figure."""
    from wn_ref import reproduce
    from wn_ref.store import keys, writing
    from wn_ref.sweeps import fill, grids

    workers = worker_count(jobs)
    path = free_figure(output)[0] if figures else None
    plan = grids.plan(name, grid, noise, **network)
    with writing(store) as opened:
        with interruptible(opened, store):
            fill(opened, plan, workers, progress=True)
        runs = opened.runs(history=True)
    runs = runs[runs["key"].isin(keys(plan))]
    for number in tables:
        print(reproduce.show_table(number, runs))
    for number in figures:
        drawn = reproduce.figure(number, runs)
        whole(path, lambda part, drawn=drawn: drawn.savefig(part))
        print(f"figure: {path}")

"""`wn-ref global`: the midpoint of noise at all points at once."""

from __future__ import annotations

from pathlib import Path

from wn_ref.cli.options import (
    BatchNorm,
    DatasetName,
    FigureFile,
    Grid,
    Jobs,
    ModelName,
    OptionalStore,
    PlanNoise,
)
from wn_ref.cli.running import run_with_history
from wn_ref.files import free_figure, write_atomically


def global_noise(
    noise: PlanNoise = "additive",
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    grid: Grid = "small",
    jobs: Jobs = 0,
    store: OptionalStore = None,
    output: FigureFile = Path("global.png"),
) -> None:
    """Find the midpoint of noise at all points at once, as in Tables 1 and 4; for additive noise draw Figure 1.

    Table 1 is of networks that are trained with the noise, Table 4 of networks that meet it in evaluation only. The
    noise goes behind every layer except batch norm.
    """
    from wn_ref import reproduce
    from wn_ref.sweeps import grids

    figure_file = free_figure(output)[0] if noise == "additive" else None
    runs = run_with_history(store, grids.plan("global", grid, noise, dataset, model, batchnorm), jobs)
    for number in (1, 4):
        print(reproduce.show_table(number, runs))
    if figure_file is not None:
        write_atomically(figure_file, reproduce.figure(1, runs).savefig)
        print(f"figure: {figure_file}")

"""`wn-ref mixed`: multiplicative and additive noise together."""

from __future__ import annotations

from pathlib import Path

from wn_ref.cli.options import BatchNorm, DatasetName, FigureFile, Grid, Jobs, ModelName, OptionalStore
from wn_ref.cli.running import run_with_history
from wn_ref.files import free_figure, write_atomically


def mixed_noise(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    grid: Grid = "small",
    jobs: Jobs = 0,
    store: OptionalStore = None,
    output: FigureFile = Path("mixed.png"),
) -> None:
    """Inject multiplicative and additive noise at one point, in both orders, and draw Figure 6.

    The point is behind the second convolution, or behind the second dense layer of the MLP.
    """
    from wn_ref import reproduce
    from wn_ref.sweeps import grids

    (figure_file,) = free_figure(output)
    experiments = grids.plan("mixed", grid, dataset=dataset, model=model, batchnorm=batchnorm)
    runs = run_with_history(store, experiments, jobs)
    write_atomically(figure_file, reproduce.figure(6, runs).savefig)
    print(f"figure: {figure_file}")

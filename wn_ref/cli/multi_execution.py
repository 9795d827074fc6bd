"""`wn-ref multi`: several noisy executions of each layer, averaged."""

from __future__ import annotations

from wn_ref.cli.options import BatchNorm, DatasetName, Grid, Jobs, ModelName, OptionalStore
from wn_ref.cli.running import run_with_history


def multi_execution(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    grid: Grid = "small",
    jobs: Jobs = 0,
    store: OptionalStore = None,
) -> None:
    """Execute noisy layers several times, average their outputs, and print Table 3.

    Two ways to spend the same total number of executions are compared: two for every layer (uniform), or the paper's
    numbers, which are higher for layers that are less robust (guided). There are such numbers for the networks of
    Table 3 only.
    """
    from wn_ref import reproduce
    from wn_ref.sweeps import grids

    experiments = grids.plan("multi", grid, dataset=dataset, model=model, batchnorm=batchnorm)
    print(reproduce.show_table(3, run_with_history(store, experiments, jobs)))

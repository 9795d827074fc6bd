"""`wn-ref sweep`: run all experiments of a plan into a store."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.durations import duration
from wn_ref.cli.options import BatchNorm, DatasetName, Grid, Jobs, ModelName, PlanNoise, SweepStore, worker_count
from wn_ref.cli.running import filled_store

PlanName = Annotated[
    str,
    typer.Argument(
        metavar="PLAN",
        help="One of: global (noise at all points at once), walking (at one point after the other), clamped (walking, "
        "weights clipped to [-1, 1]), maximum (multiplicative noise of 1e10 at one point after the other), mixed (two "
        "kinds of noise in both orders), multi (several executions of each layer). The last three ignore --noise.",
    ),
]


def sweep(
    name: PlanName,
    grid: Grid = "small",
    noise: PlanNoise = "additive",
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    store: SweepStore = Path("results.sqlite"),
    jobs: Jobs = 0,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed experiments again.")] = False,
    backend: Annotated[
        str | None, typer.Option(help="Where the workers run: a backend of joblib, such as dask for a cluster.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of the scheduler, for the backend dask: tcp://HOST:PORT.")
    ] = None,
) -> None:
    """Run all experiments of a plan and store every result as soon as it is there.

    You may stop it at any time, even with kill: the same command continues where it stopped. wn-ref plan says
    beforehand how long it will take.
    """
    from wn_ref.sweeps import Workers, grids

    start = time.perf_counter()
    workers = Workers(worker_count(jobs), backend, scheduler)
    experiments = grids.plan(name, grid, noise, dataset, model, batchnorm)
    with filled_store(store, experiments, workers, retry_failed=retry_failed) as opened:
        runs = opened.table(experiments)
    failed = int(runs["accuracy"].isna().sum())
    print(f"{len(runs)} runs in {store}, {failed} of them failed; {duration(time.perf_counter() - start)}")
    if failed:
        print(f"wn-ref status {store} says why; --retry-failed runs them again")

"""`wn-ref plan`: how long a sweep will take."""

from __future__ import annotations

from pathlib import Path

from wn_ref.cli.durations import duration
from wn_ref.cli.options import BatchNorm, DatasetName, Grid, Jobs, ModelName, PlanNoise, SweepStore, worker_count
from wn_ref.cli.sweep import PlanName


def plan(
    name: PlanName,
    grid: Grid = "small",
    noise: PlanNoise = "additive",
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    store: SweepStore = Path("results.sqlite"),
    jobs: Jobs = 0,
) -> None:
    """Print how many runs a plan has, how many are done, and how long the others will take on this machine.

    A few training steps of each kind of network are measured for this, which takes some seconds. Nothing is stored.
    """
    from wn_ref.store.canonical import keys
    from wn_ref.store.store import open_store
    from wn_ref.store.writer import writing
    from wn_ref.sweeps import grids
    from wn_ref.sweeps.forecast import forecast
    from wn_ref.sweeps.work import work_left

    workers = worker_count(jobs)
    planned = keys(grids.plan(name, grid, noise, dataset, model, batchnorm))
    with open_store(store) if store.exists() else writing(None) as opened:
        left = opened.unfinished(planned)
        work = work_left(left.values(), opened)
    todo = forecast(work.trainings, work.evaluations)
    print(f"{len(planned)} runs, {len(planned) - len(left)} of them done in {store}")
    print(
        f"to do: {todo.trainings} networks to train, {todo.evaluations} evaluations of networks trained without noise"
    )
    several = f"{duration(todo.seconds(workers))} with {workers} workers, " if workers > 1 else ""
    print(f"about {several}{duration(todo.seconds(1))} with one")

"""`wn-ref sweep`: run all experiments of a plan into a store."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from wn_ref.cli.captions import noise_words
from wn_ref.cli.durations import duration
from wn_ref.cli.groups import Levels, Network, PlannedTraining, Sweeping
from wn_ref.cli.options import Gradient, OwnPoint, PlanNoise
from wn_ref.cli.running import filled_store
from wn_ref.counted import counted

PlanName = Annotated[
    str,
    typer.Argument(
        metavar="PLAN",
        help="One of: global (noise at all points at once), walking (at one point after the other), clamped (walking, "
        "weights clipped to [-1, 1] whatever --clamp says), maximum (multiplicative noise of 1e10 at one point after "
        "the other), mixed (two kinds of noise in both orders), multi (several executions of each layer). The last "
        "three ignore --noise.",
    ),
]


def sweep(
    name: PlanName,
    network: Network,
    levels: Levels,
    training: PlannedTraining,
    sweeping: Sweeping,
    noise: PlanNoise = "additive",
    gradient: Gradient = "exact",
    point: OwnPoint = None,
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
    from wn_ref.sweeps.workers import Workers

    start = time.perf_counter()
    workers = Workers(sweeping.jobs, backend, scheduler)
    experiments = levels.plan(name, network, training, noise, gradient, point)
    with filled_store(sweeping.store, experiments, workers, retry_failed=retry_failed) as opened:
        runs = opened.table(experiments)
    failed = int(runs["accuracy"].isna().sum())
    took = duration(time.perf_counter() - start)
    done = f"{counted(len(runs), 'run')} in {sweeping.store}, {failed} of them failed"
    print(f"{done}; {noise_words(experiments[-1].noise)}; {took}")
    if failed:
        print(f"wn-ref status {sweeping.store} says why; --retry-failed runs them again")

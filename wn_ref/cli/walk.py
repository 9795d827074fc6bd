"""`wn-ref walk`: the midpoints of all injection points."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.options import (
    BatchNorm,
    DatasetName,
    Epochs,
    Gradient,
    Jobs,
    ModelName,
    NoiseName,
    OptionalStore,
    noise_of,
    sigmas_of,
)
from wn_ref.cli.sweeps import interruptible
from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.experiment import PHASES


def walk(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    noise: NoiseName = "additive",
    gradient: Gradient = "straight_through",
    phase: Annotated[
        str, typer.Option(help="training: noise in training and evaluation; inference: in evaluation only; or both.")
    ] = "both",
    sigmas: Annotated[
        str,
        typer.Option(help="Noise levels: LOW:HIGH:COUNT, evenly spaced in the logarithm, or a list such as 0.1,1,10."),
    ] = "0.1:100:10",
    seeds: Annotated[int, typer.Option(help="How many networks are trained for each noise level.")] = 2,
    epochs: Epochs = 5,
    scale: Annotated[
        str,
        typer.Option(help="Fit equation 1 in the log of sigma (fits such curves better) or in sigma: log or linear."),
    ] = "log",
    jobs: Jobs = 0,
    output: Annotated[
        Path, typer.Option(help="The figure (.png, .pdf or .svg); tables go beside it. Nothing is overwritten.")
    ] = Path("walk.png"),
    store: OptionalStore = None,
) -> None:
    """Walk noise through a network: train it with noise at one point after the other and find each point's midpoint.

    The midpoint is the noise level at which accuracy is half way from its best down to that of guessing. Without
    options this takes under a minute on two cores.
    """
    import joblib

    from wn_ref import report
    from wn_ref.store.store import writing
    from wn_ref.sweeps.execution import fill
    from wn_ref.sweeps.plans import walking

    start = time.perf_counter()
    require_choice("phase", phase, (*PHASES, "both"))
    require_choice("scale", scale, ("log", "linear"))
    require_whole("seeds", seeds, least=1, most=10_000)
    require_whole("jobs", jobs, least=0, most=1024)
    files = report.Files.beside(output)
    settings = {"dataset": dataset, "model": model, "batchnorm": batchnorm, "epochs": epochs}
    phases = PHASES if phase == "both" else (phase,)
    levels = sigmas_of(sigmas)
    if len(levels) < 4:
        raise InputError(f"sigmas: expected at least 4 levels to fit a curve to, got {len(levels)}; add some")
    plan = walking(lambda sigma: noise_of(noise, gradient, sigma), levels, range(seeds), phases, **settings)
    with writing(store) as opened:
        with interruptible(opened, store, lambda: str(files.write_runs(opened.table(plan)))):
            fill(opened, plan, jobs or joblib.cpu_count(), progress=True)
        runs = opened.table(plan)
    files.write_runs(runs)
    print(report.walk(runs, files, scale))
    print(f"{len(runs)} runs in {time.perf_counter() - start:.0f} s")

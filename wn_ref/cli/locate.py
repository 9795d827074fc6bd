"""The command `wn-ref locate`."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from wn_ref.cli.options import (
    BatchNorm,
    Clamp,
    DatasetName,
    Epochs,
    Gradient,
    Jobs,
    ModelName,
    NoiseName,
    OptionalStore,
    Phase,
    Point,
    noise_of,
    point_of,
)
from wn_ref.errors import OverflowStop, require_choice, require_whole
from wn_ref.experiment import PHASES, Experiment

if TYPE_CHECKING:
    import pandas

    from wn_ref.locate.search import Estimate


def locate(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    noise: NoiseName = "additive",
    gradient: Gradient = "straight_through",
    phase: Phase = "training",
    point: Point = "global",
    epochs: Epochs = 5,
    clamp: Clamp = False,
    width: Annotated[
        float, typer.Option(help="How narrow the 95 % interval shall be, over the midpoint: 0.1 is +-5 %.")
    ] = 0.1,
    max_runs: Annotated[int, typer.Option(help="Stop after this many networks, however wide the interval is.")] = 60,
    jobs: Jobs = 0,
    store: OptionalStore = None,
) -> None:
    """Find one midpoint noise level with as few networks as it takes.

    The midpoint is the noise level at which accuracy is half way from that without noise down to that of guessing. A
    grid spends most of its networks far from it. This places them one after the other where they tell most, each with
    a seed of its own, and stops when the 95 % interval is as narrow as asked. Without options: under half a minute.
    """
    import joblib

    from wn_ref.locate.locate import locate_midpoint

    require_choice("phase", phase, PHASES)
    require_whole("jobs", jobs, least=0, most=1024)
    settings = {"dataset": dataset, "model": model, "batchnorm": batchnorm, "epochs": epochs, "clamp": clamp}
    place = point_of(point, Experiment(**settings).points)

    def show(networks: int, estimate: Estimate) -> None:
        print(f"{networks:4} networks  {estimate}", file=sys.stderr, flush=True)

    location = locate_midpoint(
        lambda sigma: noise_of(noise, gradient, sigma),
        width=width,
        max_runs=max_runs,
        jobs=jobs or joblib.cpu_count(),
        store=store,
        show=show,
        point=place,
        phase=phase,
        **settings,
    )
    print(_table(location.runs, location.midpoint))
    failed = location.runs.loc[location.runs["error"] != "", "error"]
    if len(failed):
        print(f"{len(failed)} runs stopped, the first with: {failed.iloc[0]}")
    if location.runs["accuracy"].isna().all():
        raise OverflowStop(str(failed.iloc[0]))
    print(f"{_explain(location.estimate, width, max_runs)}; {location.networks} networks")


def _table(runs: pandas.DataFrame, midpoint: float) -> str:
    """Accuracy and networks at each sigma, rounded; for networks that were evaluated all over, around the midpoint."""
    sigma = runs[["sigma_add", "sigma_mul"]].max(axis=1)
    if runs["phase"].eq("inference").any() and midpoint > 0:
        runs = runs[(sigma == 0) | ((sigma > midpoint / 20) & (sigma < midpoint * 20))]
    lines = ["   sigma  accuracy  networks"]
    for level, same in runs.groupby(sigma.map(lambda value: float(f"{value:.2g}"))):
        lines.append(f"{level:8.3g}  {same['accuracy'].mean():8.2%}  {same['seed'].nunique():8}")
    return "\n".join(lines) + "\n"


def _explain(estimate: Estimate, width: float, max_runs: int) -> str:
    if estimate.kind == "lower bound":
        return f"{estimate}: accuracy does not fall half way up to there"
    if estimate.kind == "upper bound":
        return f"{estimate}: accuracy is below half way, or that of guessing, from the start"
    scatter = f"; networks scatter by {estimate.seed_std:.1%}" if math.isfinite(estimate.seed_std) else ""
    if estimate.kind == "stopped":
        return f"{estimate}, not as narrow as {width:g} after --max-runs {max_runs}{scatter}"
    return f"{estimate}{scatter}"

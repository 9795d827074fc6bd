"""`wn-ref locate`: one midpoint with as few networks as possible."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wn_ref.cli.options import (
    BatchNorm,
    Clamp,
    DatasetName,
    Epochs,
    Gradient,
    Jobs,
    ModelName,
    NoiseKind,
    OptionalStore,
    Phase,
    Point,
    point_of,
    worker_count,
)
from wn_ref.errors import OverflowStop, require_choice
from wn_ref.experiment import PHASES, Experiment
from wn_ref.lazy import pandas
from wn_ref.noise import of_kind

if TYPE_CHECKING:
    from wn_ref.locate.question import Estimate


def locate(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    noise: NoiseKind = "additive",
    gradient: Gradient = "straight_through",
    phase: Phase = "training",
    point: Point = "global",
    epochs: Epochs = 5,
    clamp: Clamp = False,
    width: Annotated[
        float,
        typer.Option(
            help="Stop when the 95 % interval is this narrow, as a share of the midpoint: 0.1 is about +-5 %."
        ),
    ] = 0.1,
    max_runs: Annotated[int, typer.Option(help="Stop after this many networks, however wide the interval is.")] = 60,
    jobs: Jobs = 0,
    store: OptionalStore = None,
) -> None:
    """Find one midpoint noise level with as few networks as possible.

    The midpoint is the noise level at which accuracy has fallen half way from its value without noise to that of
    guessing. A fixed grid of noise levels spends most of its networks far away from it. This command trains one network
    after the other, each with its own seed, at the noise level that tells most about the midpoint. It stops when the
    95 % interval is narrow enough. Without options this takes less than half a minute.
    """
    from wn_ref.locate.experiments import locate_midpoint

    require_choice("phase", phase, PHASES)
    settings: dict[str, Any] = {
        "dataset": dataset,
        "model": model,
        "batchnorm": batchnorm,
        "epochs": epochs,
        "clamp": clamp,
    }

    def show(networks: int, estimate: Estimate) -> None:
        print(f"{networks:4} networks  {estimate}", file=sys.stderr, flush=True)

    location = locate_midpoint(
        lambda sigma: of_kind(noise, sigma, gradient),
        width=width,
        max_runs=max_runs,
        jobs=worker_count(jobs),
        store=store,
        show=show,
        point=point_of(point, Experiment(**settings).points),
        phase=phase,
        **settings,
    )
    print("\n".join(_table(location.runs, location.midpoint)) + "\n")
    failed = location.runs.loc[location.runs["error"] != "", "error"]
    if len(failed):
        print(f"{len(failed)} runs stopped, the first with: {failed.iloc[0]}")
    if location.runs["accuracy"].isna().all():
        raise OverflowStop(str(failed.iloc[0]))
    print(f"{_explain(location.estimate, width, max_runs)}; {location.networks} networks")


def _table(runs: pandas.DataFrame, midpoint: float) -> list[str]:
    """Lay out accuracy and number of networks at each sigma, rounded to two digits, as lines of text.

    With noise at inference only, networks are evaluated over decades of sigma: then lines far from the midpoint are
    left out.
    """
    sigma = runs[["sigma_add", "sigma_mul"]].max(axis=1)
    if runs["phase"].eq("inference").any() and midpoint > 0:
        runs = runs[(sigma == 0) | ((sigma > midpoint / 20) & (sigma < midpoint * 20))]
    lines = ["   sigma  accuracy  networks"]
    for level, same in runs.groupby(sigma.map(lambda value: float(f"{value:.2g}"))):
        lines.append(f"{level:8.3g}  {same['accuracy'].mean():8.2%}  {same['seed'].nunique():8}")
    return lines


def _explain(estimate: Estimate, width: float, max_runs: int) -> str:
    if estimate.kind == "lower bound":
        return f"{estimate}: up to this noise level, accuracy does not fall half way"
    if estimate.kind == "upper bound":
        return (
            f"{estimate}: accuracy is below half way, or no better than guessing, at every noise level that was tried"
        )
    scatter = f"; networks scatter by {estimate.seed_std:.1%}" if math.isfinite(estimate.seed_std) else ""
    if estimate.kind == "stopped":
        return f"{estimate}, not as narrow as --width {width:g} after --max-runs {max_runs}{scatter}"
    return f"{estimate}{scatter}"

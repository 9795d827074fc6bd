"""`wn-ref locate`: one midpoint with as few networks as possible."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from wn_ref.cli.captions import title
from wn_ref.cli.groups import Network, Running, Training
from wn_ref.cli.options import Gradient, NoiseKind, Phase, Point
from wn_ref.cli.values import point_of
from wn_ref.counted import counted
from wn_ref.errors import OverflowStop, require_choice
from wn_ref.experiment import PHASES
from wn_ref.lazy import pandas
from wn_ref.noise import of_kind

if TYPE_CHECKING:
    from wn_ref.search.question import Estimate


def locate(
    network: Network,
    training: Training,
    running: Running,
    noise: NoiseKind = "additive",
    gradient: Gradient = "exact",
    phase: Phase = "training",
    point: Point = "global",
    width: Annotated[
        float,
        typer.Option(
            help="Stop when the 95 % interval is this narrow, as a share of the midpoint: 0.1 is about +-5 %."
        ),
    ] = 0.1,
    max_runs: Annotated[
        int,
        typer.Option(help="Stop after this many networks, 12 or more, however wide the interval is."),
    ] = 60,
    at_once: Annotated[
        int,
        typer.Option(
            help="Choose the noise levels of this many networks at once. The answer depends on it, and not on --jobs; "
            "more keep more workers busy."
        ),
    ] = 2,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run experiments again that failed according to --store.")
    ] = False,
) -> None:
    """Find one midpoint noise level with as few networks as possible.

    The midpoint is the noise level at which accuracy has fallen half way from its value without noise to that under
    infinite noise. A fixed grid of noise levels spends most of its networks far away from it. This command trains one
    network after the other, each with its own seed, at the noise level that tells most about the midpoint. It stops
    when the 95 % interval is narrow enough. Without options this takes less than half a minute.
    """
    from wn_ref.search.experiments import locate_midpoint

    require_choice("phase", phase, PHASES)

    def show(networks: int, estimate: Estimate) -> None:
        print(f"{counted(networks, 'network'):>13}  {estimate}", file=sys.stderr, flush=True)

    location = locate_midpoint(
        lambda sigma: of_kind(noise, sigma, gradient),
        width=width,
        max_runs=max_runs,
        jobs=running.workers.jobs,
        at_once=at_once,
        store=running.store,
        show=show,
        retry_failed=retry_failed,
        point=point_of(point),
        phase=phase,
        **network.settings,
        **training.settings,
    )
    where = f"at {point}" if point not in ("global", "all") else f"at all points ({point})"
    print(f"{title(location.runs, f' {where}, in {phase}')}\n")
    print("\n".join(_table(location.runs, location.midpoint)) + "\n")
    failed = location.runs.loc[location.runs["error"] != "", "error"]
    if len(failed):
        print(f"{counted(len(failed), 'run')} overflowed, the first with: {failed.iloc[0]}")
    if location.runs["accuracy"].isna().all():
        raise OverflowStop(str(failed.iloc[0]))
    print(f"{_explain(location.estimate, width, max_runs)}; {counted(location.networks, 'network')}")


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
        accuracy = same["accuracy"].mean()
        shown = "overflow" if math.isnan(accuracy) else f"{accuracy:.2%}"
        lines.append(f"{level:8.3g}  {shown:>8}  {same['seed'].nunique():8}")
    return lines


def _explain(estimate: Estimate, width: float, max_runs: int) -> str:
    scatter = f"; networks scatter by {estimate.seed_std:.1%}" if math.isfinite(estimate.seed_std) else ""
    if estimate.kind == "stopped":
        return f"{estimate}, not as narrow as --width {width:g} after --max-runs {max_runs}{scatter}"
    return f"{estimate}{scatter}"

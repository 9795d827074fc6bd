"""`wn-ref walk`: the midpoints of all injection points."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.captions import noise_kind, title
from wn_ref.cli.groups import Network, Running, Training
from wn_ref.cli.options import FigureFile, Force, Gradient, NoiseKind, Scale, levels_help
from wn_ref.cli.running import run_and_keep
from wn_ref.cli.values import require_levels, seeds_of, sigmas_of
from wn_ref.cli.walk_table import reasons, table
from wn_ref.counted import counted
from wn_ref.errors import require_choice
from wn_ref.experiment import PHASES
from wn_ref.files import Output, outputs
from wn_ref.findings.robustness import LEAST_LEVELS
from wn_ref.fits.midpoint import SCALES
from wn_ref.lazy import pandas
from wn_ref.noise import of_kind

FACTS = ("dataset", "model", "batchnorm", "epochs", "clamp", "gradient", "algorithm", "data")
"""Columns of runs that stand beside every midpoint."""


def walk(
    network: Network,
    training: Training,
    running: Running,
    noise: NoiseKind = "additive",
    gradient: Gradient = "exact",
    phase: Annotated[
        str,
        typer.Option(
            help="training: noise in training and in evaluation; inference: noise in evaluation only; or both, one "
            "after the other."
        ),
    ] = "both",
    sigmas: Annotated[str, typer.Option(help=levels_help)] = "0.1:100:10",
    seeds: Annotated[int, typer.Option(help="How many networks are trained for each noise level.")] = 2,
    scale: Scale = "log",
    output: FigureFile = None,
    force: Force = False,
) -> None:
    """Walk noise through a network: inject it at one point after the other, and find the midpoint of each.

    The midpoint is the noise level at which accuracy has fallen half way from its best value to its lowest: that of
    guessing for additive noise, what is left under the largest noise for multiplicative noise. The higher it is, the
    more robust is the network at this point. Without options this takes less than a minute on two cores.
    """
    from wn_ref.sweeps.plans import walking

    start = time.perf_counter()
    require_choice("phase", phase, (*PHASES, "both"))
    require_choice("scale", scale, SCALES)
    levels = require_levels(sigmas_of(sigmas), LEAST_LEVELS)
    experiments = walking(
        lambda sigma: of_kind(noise, sigma, gradient),
        levels,
        seeds_of(seeds),
        PHASES if phase == "both" else (phase,),
        **network.settings,
        **training.settings,
    )
    figure, runs_file, midpoints_file = outputs(output, Path("walk.png"), "_runs.csv", "_midpoints.csv", force=force)
    runs, kept = run_and_keep(experiments, running, runs_file)
    print(show_midpoints(runs, scale, figure, midpoints_file))
    print(f"every run is in {kept}; {counted(len(runs), 'run')} in {time.perf_counter() - start:.0f} s")


def show_midpoints(runs: pandas.DataFrame, scale: str, figure: Output, midpoints_file: Output) -> str:
    """Fit the midpoint of every injection point, write them and a figure to files, and return the text to print."""
    from wn_ref import figures
    from wn_ref.findings.robustness import midpoints

    sigma = "sigma_mul" if (runs["sigma_mul"] > 0).any() else "sigma_add"
    fits, name = midpoints(runs, sigma=sigma, scale=scale), title(runs)
    facts = {column: runs[column].iloc[0] for column in FACTS} | {
        "noise": noise_kind(runs),
        "seeds": runs["seed"].nunique(),
    }
    table_of_fits = fits.assign(**{column: value for column, value in facts.items() if column not in fits})
    midpoints_file.write(lambda path: table_of_fits.to_csv(path, index=False))
    drawn = figure.write(figures.walking(fits, figures.style.as_written(name)).savefig)
    lines = [name, "", *table(fits, show_floor=sigma == "sigma_mul"), "", *reasons(fits)]
    failed = runs.loc[runs["accuracy"].isna(), "error"]
    if len(failed):
        lines.append(f"{counted(len(failed), 'run')} stopped, the first with: {failed.iloc[0]}")
    return "\n".join([*lines, "midpoint noise level with its 95 % interval", f"figure: {drawn}"])

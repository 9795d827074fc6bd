"""`wn-ref walk`: the midpoints of all injection points."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from wn_ref.cli.options import (
    NOT_OVERWRITTEN,
    BatchNorm,
    DatasetName,
    Epochs,
    Gradient,
    Jobs,
    ModelName,
    NoiseKind,
    OptionalStore,
    Scale,
    sigmas_of,
    worker_count,
)
from wn_ref.cli.running import filled_store
from wn_ref.cli.walk_table import table, title
from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.experiment import PHASES
from wn_ref.files import free_figure, write_atomically
from wn_ref.fits.midpoint import SCALES
from wn_ref.lazy import pandas
from wn_ref.noise import of_kind


def walk(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    noise: NoiseKind = "additive",
    gradient: Gradient = "straight_through",
    phase: Annotated[
        str,
        typer.Option(
            help="training: noise in training and in evaluation; inference: noise in evaluation only; or both, one "
            "after the other."
        ),
    ] = "both",
    sigmas: Annotated[
        str,
        typer.Option(help="Noise levels: LOW:HIGH:COUNT, evenly spaced in the logarithm, or a list such as 0.1,1,10."),
    ] = "0.1:100:10",
    seeds: Annotated[int, typer.Option(help="How many networks are trained for each noise level.")] = 2,
    epochs: Epochs = 5,
    scale: Scale = "log",
    jobs: Jobs = 0,
    output: Annotated[
        Path,
        typer.Option(
            help=f"File for the figure (.png, .pdf or .svg); two CSV files go beside it, with all runs and all "
            f"midpoints. {NOT_OVERWRITTEN}"
        ),
    ] = Path("walk.png"),
    store: OptionalStore = None,
) -> None:
    """Walk noise through a network: inject it at one point after the other, and find the midpoint of each.

    The midpoint is the noise level at which accuracy has fallen half way from its best value to that of guessing. The
    higher it is, the more robust is the network at this point. Without options this takes less than a minute on two
    cores.
    """
    from wn_ref.sweeps.plans import walking
    from wn_ref.sweeps.workers import Workers

    start = time.perf_counter()
    require_choice("phase", phase, (*PHASES, "both"))
    require_choice("scale", scale, SCALES)
    require_whole("seeds", seeds, least=1, most=10_000)
    workers = Workers(worker_count(jobs))
    files = Files.beside(output)
    settings: dict[str, Any] = {"dataset": dataset, "model": model, "batchnorm": batchnorm, "epochs": epochs}
    phases = PHASES if phase == "both" else (phase,)
    levels = sigmas_of(sigmas)
    if len(levels) < 4:
        raise InputError(f"sigmas: expected at least 4 levels to fit a curve to, got {len(levels)}; add some")
    plan = walking(lambda sigma: of_kind(noise, sigma, gradient), levels, range(seeds), phases, **settings)
    with filled_store(store, plan, workers, save=lambda opened: files.write_runs(opened.table(plan))) as opened:
        runs = opened.table(plan)
    files.write_runs(runs)
    print(_fit_and_draw(runs, files, scale))
    print(f"{len(runs)} runs in {time.perf_counter() - start:.0f} s")


@dataclass(frozen=True)
class Files:
    """Where the results of a walk go: the figure, and beside it one table of all runs and one of all midpoints."""

    figure: Path
    runs: Path
    midpoints: Path

    @classmethod
    def beside(cls, figure: Path) -> Files:
        """Choose names that are not taken yet; see `wn_ref.files.free_figure`."""
        return cls(*free_figure(figure, "_runs.csv", "_midpoints.csv"))

    def write_runs(self, runs: pandas.DataFrame) -> Path:
        """Write the table of runs and return its path."""
        write_atomically(self.runs, lambda path: runs.to_csv(path, index=False))
        return self.runs


def _fit_and_draw(runs: pandas.DataFrame, files: Files, scale: str) -> str:
    """Fit the midpoints, write them and the figure to files, and return the text to print."""
    from wn_ref import figures
    from wn_ref.findings.robustness import midpoints

    sigma = "sigma_mul" if (runs["sigma_mul"] > 0).any() else "sigma_add"
    fits = midpoints(runs, sigma=sigma, scale=scale)
    name = title(runs)
    write_atomically(files.midpoints, lambda path: fits.to_csv(path, index=False))
    write_atomically(files.figure, figures.walking(fits, name).savefig)
    lines = [name, "", *table(fits, show_floor=sigma == "sigma_mul"), ""]
    failed = runs.loc[runs["accuracy"].isna(), "error"]
    if len(failed):
        lines.append(f"{len(failed)} runs stopped, the first with: {failed.iloc[0]}")
    lines += [f"midpoint noise level with its 95 % interval; every run is in {files.runs}", f"figure: {files.figure}"]
    return "\n".join(lines)

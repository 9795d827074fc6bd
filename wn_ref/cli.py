"""The command line: `wn-ref train`, `wn-ref walk`, `wn-ref locate` and `wn-ref bench`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from wn_ref import __version__
from wn_ref.cli_locate import locate
from wn_ref.errors import InputError, OverflowStop, require_choice, require_whole
from wn_ref.experiment import PHASES, Experiment, run
from wn_ref.models import MODELS
from wn_ref.options import (
    BatchNorm,
    Clamp,
    DatasetName,
    Epochs,
    Gradient,
    Jobs,
    ModelName,
    NoiseName,
    Phase,
    Point,
    noise_of,
    one_of,
    point_of,
    sigmas_of,
)

app = typer.Typer(
    help="Walking Noise: how robust is each layer of a neural network against noisy computations?",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"wn-ref {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


@app.command(short_help="Train one network.")
def train(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    noise: NoiseName = "additive",
    sigma: Annotated[float, typer.Option(help="Standard deviation of the noise; 0 is none.")] = 0.0,
    point: Point = "global",
    phase: Phase = "training",
    gradient: Gradient = "straight_through",
    epochs: Epochs = 5,
    seed: Annotated[int, typer.Option(help="Of initial weights, order of the images, and noise.")] = 0,
    clamp: Clamp = False,
) -> None:
    """Train one network and print its loss and accuracy after every epoch."""
    network = {"dataset": dataset, "model": model, "batchnorm": batchnorm}
    experiment = Experiment(
        **network,
        noise=noise_of(noise, gradient, sigma),
        point=point_of(point, Experiment(**network).points),
        phase=phase,
        epochs=epochs,
        seed=seed,
        clamp=clamp,
    )
    print("epoch      loss  accuracy")
    number = 0

    def show(epoch) -> None:
        nonlocal number
        number += 1
        print(f"{number:5}  {epoch.loss:8.4f}  {epoch.accuracy:8.2%}", flush=True)

    result = run(experiment, show)
    if phase == "inference" and sigma:
        print(f"accuracy with {noise} noise of {sigma:g} at {point}: {result.accuracy:.2%}")


@app.command(short_help="Find the midpoint noise level of every injection point.")
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
) -> None:
    """Walk noise through a network: train it with noise at one point after the other and find each point's midpoint.

    The midpoint is the noise level at which accuracy is half way from its best down to that of guessing. Without
    options this takes under a minute on two cores.
    """
    import joblib

    from wn_ref import report
    from wn_ref.sweep import outcomes, table, walking

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
    pairs = []
    try:
        for pair in outcomes(plan, jobs or joblib.cpu_count(), progress=True):
            pairs.append(pair)
    except KeyboardInterrupt:
        files.write_runs(table(pairs, plan))
        print(
            f"wn-ref: interrupted; the {len(pairs)} of {len(plan)} runs that ended are in {files.runs}", file=sys.stderr
        )
        raise typer.Exit(130) from None
    runs = table(pairs, plan)
    files.write_runs(runs)
    print(report.walk(runs, files, scale))
    print(f"{len(runs)} runs in {time.perf_counter() - start:.0f} s")


@app.command(short_help="Measure speed and memory.")
def bench(
    images: Annotated[int, typer.Option(help="Training images an epoch; a sixth as many are evaluated.")] = 60_000,
    rounds: Annotated[int, typer.Option(help="How often all is measured in turn; times are medians.")] = 3,
    models: Annotated[str, typer.Option(help="Networks with commas between them. " + one_of(MODELS))] = "mlp,lenet5",
    json_file: Annotated[Path | None, typer.Option("--json", help="Where to write the figures as JSON, too.")] = None,
) -> None:
    """Measure speed and memory on one core, beside PyTorch if it is installed and beside the machine's limits.

    About five minutes with PyTorch (pip install -e '.[crosscheck]'), one without.
    """
    from wn_ref import bench as measure
    from wn_ref import report

    require_whole("images", images, least=128)
    require_whole("rounds", rounds, least=1)
    names = tuple(models.split(","))
    for name in names:
        require_choice("models", name, ("mlp", "lenet5"))
    if json_file is not None:
        report.require_folder(json_file.parent)
    rows = []
    for row in measure.run(images, rounds, names):
        rows.append(row)
        print(report.bench_row(row, first=len(rows) == 2), flush=True)
    if json_file is not None:
        report.whole(json_file, lambda path: path.write_text(json.dumps(rows, indent=1) + "\n"))


app.command(short_help="Find one midpoint with as few networks as it takes.")(locate)


def main() -> None:
    """Run the command line; input that cannot be used ends in one line on standard error and exit code 2."""
    try:
        sys.exit(app(standalone_mode=False))
    except (InputError, OverflowStop) as error:
        message, code = str(error), 2 if isinstance(error, InputError) else 1
    except KeyboardInterrupt:
        message, code = "interrupted", 130
    except Exception as error:  # of the parser: an unknown option, a word where a number belongs
        if not hasattr(error, "format_message"):
            raise
        message, code = f"{error.format_message().rstrip('.')}; see wn-ref --help, or --help of the command", 2
    print(f"wn-ref: {message}", file=sys.stderr)
    sys.exit(code)

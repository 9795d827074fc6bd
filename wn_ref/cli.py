"""The command line."""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from wn_ref import __version__, cli_data, cli_sweeps
from wn_ref.cli_sweeps import interruptible
from wn_ref.datasets import DATASETS
from wn_ref.errors import InputError, OverflowStop, require_choice, require_whole
from wn_ref.experiment import PHASES, Experiment, run
from wn_ref.files import require_folder, whole
from wn_ref.models import MODELS
from wn_ref.noise import GRADIENTS, Noise, additive, mixed, multiplicative

app = typer.Typer(
    help="Walking Noise: how robust is each layer of a neural network against noisy computations?",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(cli_data.app, name="data")

NOISES = {
    "additive": lambda sigma, _: additive(sigma),
    "multiplicative": lambda sigma, gradient: multiplicative(sigma, gradient),
    "multiplicative_first": lambda sigma, gradient: mixed(sigma, sigma, "multiplicative", gradient),
    "additive_first": lambda sigma, gradient: mixed(sigma, sigma, "additive", gradient),
}


def _one_of(names: object) -> str:
    return "One of: " + ", ".join(names) + "."


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


DatasetName = Annotated[str, typer.Option("--dataset", help=_one_of(DATASETS))]
ModelName = Annotated[str, typer.Option("--model", help=_one_of(MODELS))]
BatchNorm = Annotated[bool, typer.Option(help="Whether batch norm follows the layers with weights.")]
NoiseName = Annotated[str, typer.Option("--noise", help=_one_of(NOISES) + " The mixed ones use sigma for both.")]
Gradient = Annotated[
    str, typer.Option(help="Backward pass of multiplicative noise: straight_through (dx = dy) or exact (dx = dy m).")
]
Epochs = Annotated[int, typer.Option(help="How often the training images are gone through.")]


@app.command(short_help="Train one network.")
def train(
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    noise: NoiseName = "additive",
    sigma: Annotated[float, typer.Option(help="Standard deviation of the noise; 0 is none.")] = 0.0,
    point: Annotated[
        str, typer.Option(help="Where noise goes: global (all but batch norm's outputs), all, a number or a name.")
    ] = "global",
    phase: Annotated[
        str, typer.Option(help="training: noise in training and evaluation; inference: in evaluation only.")
    ] = "training",
    gradient: Gradient = "straight_through",
    epochs: Epochs = 5,
    seed: Annotated[int, typer.Option(help="Of initial weights, order of the images, and noise.")] = 0,
    clamp: Annotated[bool, typer.Option(help="Whether weights are clipped to [-1, 1] after every step.")] = False,
) -> None:
    """Train one network and print its loss and accuracy after every epoch."""
    network = {"dataset": dataset, "model": model, "batchnorm": batchnorm}
    experiment = Experiment(
        **network,
        noise=_noise(noise, gradient, sigma),
        point=_point(point, Experiment(**network).points),
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
    jobs: Annotated[int, typer.Option(help="Worker processes; 0 means one a core.")] = 0,
    output: Annotated[
        Path, typer.Option(help="The figure (.png, .pdf or .svg); tables go beside it. Nothing is overwritten.")
    ] = Path("walk.png"),
    store: Annotated[
        Path | None, typer.Option(help="File that keeps every run as it ends; what it has already is not run again.")
    ] = None,
) -> None:
    """Walk noise through a network: train it with noise at one point after the other and find each point's midpoint.

    The midpoint is the noise level at which accuracy is half way from its best down to that of guessing. Without
    options this takes under a minute on two cores.
    """
    import joblib

    from wn_ref import report
    from wn_ref.plans import walking
    from wn_ref.store import writing
    from wn_ref.sweep import fill

    start = time.perf_counter()
    require_choice("phase", phase, (*PHASES, "both"))
    require_choice("scale", scale, ("log", "linear"))
    require_whole("seeds", seeds, least=1, most=10_000)
    require_whole("jobs", jobs, least=0, most=1024)
    files = report.Files.beside(output)
    settings = {"dataset": dataset, "model": model, "batchnorm": batchnorm, "epochs": epochs}
    phases = PHASES if phase == "both" else (phase,)
    levels = _sigmas(sigmas)
    if len(levels) < 4:
        raise InputError(f"sigmas: expected at least 4 levels to fit a curve to, got {len(levels)}; add some")
    plan = walking(lambda sigma: _noise(noise, gradient, sigma), levels, range(seeds), phases, **settings)
    with writing(store) as opened:
        with interruptible(opened, store, lambda: str(files.write_runs(opened.table(plan)))):
            fill(opened, plan, jobs or joblib.cpu_count(), progress=True)
        runs = opened.table(plan)
    files.write_runs(runs)
    print(report.walk(runs, files, scale))
    print(f"{len(runs)} runs in {time.perf_counter() - start:.0f} s")


@app.command(short_help="Measure speed and memory.")
def bench(
    images: Annotated[int, typer.Option(help="Training images an epoch; a sixth as many are evaluated.")] = 60_000,
    rounds: Annotated[int, typer.Option(help="How often all is measured in turn; times are medians.")] = 3,
    models: Annotated[str, typer.Option(help="Networks with commas between them. " + _one_of(MODELS))] = "mlp,lenet5",
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
        require_folder(json_file.parent)
    rows = []
    for row in measure.run(images, rounds, names):
        rows.append(row)
        print(report.bench_row(row, first=len(rows) == 2), flush=True)
    if json_file is not None:
        whole(json_file, lambda path: path.write_text(json.dumps(rows, indent=1) + "\n"))


cli_sweeps.register(app)


def _noise(name: str, gradient: str, sigma: float) -> Noise:
    require_choice("noise", name, NOISES)
    require_choice("gradient", gradient, GRADIENTS)
    return NOISES[name](sigma, gradient)


def _point(text: str, names: tuple[str, ...]) -> int | str:
    """A point as `Experiment` takes it, from its number or its name; what is neither is left to `Experiment`."""
    if text in names:
        return names.index(text)
    try:
        return int(text)
    except ValueError:
        return text


def _sigmas(text: str) -> list[float]:
    """Noise levels from LOW:HIGH:COUNT or a list with commas, ascending."""
    try:
        if ":" in text:
            low, high, count = text.split(":")
            usable = float(low) > 0 and int(count) <= 10_000
            levels = np.geomspace(float(low), float(high), int(count)) if usable else []
        else:
            levels = [float(part) for part in text.split(",")]
    except ValueError:
        levels = []
    if len(levels) == 0 or not np.isfinite(levels).all() or min(levels) < 0:
        raise InputError(
            f"sigmas: expected LOW:HIGH:COUNT with LOW > 0, or numbers >= 0 with commas, got {text!r}; try 0.1:100:10"
        )
    return sorted({float(level) for level in levels})


def main() -> None:
    """Run the command line; input that cannot be used ends in one line on standard error and exit code 2."""
    shown = set()

    def show(message: Warning, *_: object) -> None:
        if str(message) not in shown:
            print(f"wn-ref: warning: {message}", file=sys.stderr)
        shown.add(str(message))

    warnings.showwarning = show
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

"""Options and arguments that several commands share, and how their text becomes a value."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from wn_ref.datasets import DATASETS
from wn_ref.errors import InputError, require_whole
from wn_ref.models import MODELS
from wn_ref.noise import KINDS
from wn_ref.sweeps.grids import NOISE_KINDS

NOT_OVERWRITTEN = "If the file exists, a number is added to the name."


def one_of(names: Iterable[str]) -> str:
    """Return the sentence of a help text that lists the choices."""
    return f"One of: {', '.join(names)}."


# what is trained
DatasetName = Annotated[
    str, typer.Option("--dataset", help="The data set; wn-ref data describes them. " + one_of(DATASETS))
]
ModelName = Annotated[str, typer.Option("--model", help="The network. " + one_of(MODELS))]
BatchNorm = Annotated[bool, typer.Option(help="Whether the network has batch norm.")]
Epochs = Annotated[int, typer.Option(help="How many times training goes through all training images.")]
Clamp = Annotated[bool, typer.Option(help="Whether weights are clipped to [-1, 1] after every training step.")]

# with which noise
NoiseKind = Annotated[
    str,
    typer.Option(
        "--noise",
        help=f"Kind of noise. {one_of(KINDS)} The last two apply both kinds, the named one first, with the same sigma.",
    ),
]
Sigma = Annotated[
    float,
    typer.Option(
        help="Noise level: the standard deviation of the noise. That of multiplicative noise is relative to the "
        "activation. 0 is no noise."
    ),
]
Gradient = Annotated[
    str,
    typer.Option(
        help="Backward pass of multiplicative noise, y = x m: straight_through (dx = dy, as the paper says) or exact "
        "(dx = dy m, as its published code does)."
    ),
]
Point = Annotated[
    str,
    typer.Option(
        help="Where the noise goes: a name such as dense2, its number, global (all points except batch norm's "
        "outputs) or all."
    ),
]
Phase = Annotated[
    str, typer.Option(help="training: noise in training and in evaluation; inference: noise in evaluation only.")
]

# plans, their workers and their results
PlanNoise = Annotated[
    str,
    typer.Option(
        "--noise",
        help=f"Kind of noise. {one_of(NOISE_KINDS)} Multiplicative noise has the exact gradient here, as in the code "
        "published with the paper.",
    ),
]
Grid = Annotated[
    str, typer.Option(help="Noise levels, number of seeds, and epochs: small (for a laptop) or paper (as published).")
]
Jobs = Annotated[int, typer.Option(help="Number of worker processes; 0 is one for each core.")]
OptionalStore = Annotated[
    Path | None,
    typer.Option(
        "--store", help="SQLite file that keeps every result; results that it has already are not computed again."
    ),
]
SweepStore = Annotated[
    Path, typer.Option("--store", help="SQLite file of results; results that it has already are not computed again.")
]
SourceStore = Annotated[Path, typer.Option("--store", help="SQLite file of results, made by wn-ref sweep.")]
StoreArgument = Annotated[Path, typer.Argument(metavar="STORE", help="SQLite file of results, such as results.sqlite.")]

# which network a figure or a table is of
ChosenDataset = Annotated[
    str | None, typer.Option("--dataset", help="Needed if the store has several. " + one_of(DATASETS))
]
ChosenModel = Annotated[str | None, typer.Option("--model", help="Needed if the store has several. " + one_of(MODELS))]
ChosenBatchNorm = Annotated[
    bool | None, typer.Option("--batchnorm/--no-batchnorm", help="Needed if the store has networks with and without.")
]

# the fit, and where a figure goes
Scale = Annotated[
    str,
    typer.Option(
        help="log: equation 1 is fitted in ln sigma, which suits curves over several decades; linear: in sigma, as in "
        "the paper."
    ),
]
FigureFile = Annotated[
    Path, typer.Option("--output", help=f"File for the figure (.png, .pdf or .svg). {NOT_OVERWRITTEN}")
]


def point_of(text: str, names: tuple[str, ...]) -> int | str:
    """Return a point as `Experiment` takes it, given its number or name; `Experiment` checks everything else."""
    if text in names:
        return names.index(text)
    try:
        return int(text)
    except ValueError:
        return text


def sigmas_of(text: str) -> list[float]:
    """Return the noise levels of LOW:HIGH:COUNT or of a list with commas, ascending.

    Raises
    ------
    InputError
        If the text is neither of the two, or a level is negative or not finite.
    """
    try:
        if ":" in text:
            low, high, count = text.split(":")
            usable = float(low) > 0 and int(count) <= 10_000
            levels = np.geomspace(float(low), float(high), int(count)).tolist() if usable else []
        else:
            levels = [float(part) for part in text.split(",")]
    except ValueError:
        levels = []
    if len(levels) == 0 or not np.isfinite(levels).all() or min(levels) < 0:
        raise InputError(
            "sigmas: expected LOW:HIGH:COUNT with LOW > 0 and COUNT <= 10000, or numbers >= 0 with commas between "
            f"them, got {text!r}; try 0.1:100:10"
        )
    return sorted(set(levels))


def worker_count(jobs: int) -> int:
    """Return how many workers --jobs asks for.

    Raises
    ------
    InputError
        If it is negative or above 1024.
    """
    import joblib

    require_whole("jobs", jobs, least=0, most=1024)
    return jobs or joblib.cpu_count()

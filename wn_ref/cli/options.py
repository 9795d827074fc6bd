"""What several commands of the command line share: options, and what their words stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from wn_ref.datasets import DATASETS
from wn_ref.errors import InputError, require_choice
from wn_ref.models import MODELS
from wn_ref.noise import GRADIENTS, Noise, additive, mixed, multiplicative
from wn_ref.sweeps.grids import GRIDS

NOISES = {
    "additive": lambda sigma, _: additive(sigma),
    "multiplicative": lambda sigma, gradient: multiplicative(sigma, gradient),
    "multiplicative_first": lambda sigma, gradient: mixed(sigma, sigma, "multiplicative", gradient),
    "additive_first": lambda sigma, gradient: mixed(sigma, sigma, "additive", gradient),
}


def one_of(names: object) -> str:
    """Choices as a help text names them."""
    return "One of: " + ", ".join(names) + "."


DatasetName = Annotated[str, typer.Option("--dataset", help=one_of(DATASETS))]
ModelName = Annotated[str, typer.Option("--model", help=one_of(MODELS))]
BatchNorm = Annotated[bool, typer.Option(help="Whether batch norm follows the layers with weights.")]
NoiseName = Annotated[str, typer.Option("--noise", help=one_of(NOISES) + " The mixed ones use sigma for both.")]
Gradient = Annotated[
    str, typer.Option(help="Backward pass of multiplicative noise: straight_through (dx = dy) or exact (dx = dy m).")
]
Point = Annotated[
    str, typer.Option(help="Where noise goes: global (all but batch norm's outputs), all, a number or a name.")
]
Phase = Annotated[str, typer.Option(help="training: noise in training and evaluation; inference: in evaluation only.")]
Epochs = Annotated[int, typer.Option(help="How often the training images are gone through.")]
Clamp = Annotated[bool, typer.Option(help="Whether weights are clipped to [-1, 1] after every step.")]
Jobs = Annotated[int, typer.Option(help="Worker processes; 0 means one a core.")]


Grid = Annotated[str, typer.Option(help="Noise levels, repeats and epochs. " + one_of(GRIDS))]
OptionalStore = Annotated[
    Path | None,
    typer.Option("--store", help="File that keeps every run as it ends; what it has already is not run again."),
]


def noise_of(name: str, gradient: str, sigma: float) -> Noise:
    """The noise that --noise, --gradient and a sigma stand for."""
    require_choice("noise", name, NOISES)
    require_choice("gradient", gradient, GRADIENTS)
    return NOISES[name](sigma, gradient)


def point_of(text: str, names: tuple[str, ...]) -> int | str:
    """A point as `Experiment` takes it, from its number or its name; what is neither is left to `Experiment`."""
    if text in names:
        return names.index(text)
    try:
        return int(text)
    except ValueError:
        return text


def sigmas_of(text: str) -> list[float]:
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

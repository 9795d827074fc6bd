"""Options and arguments that several commands share; `wn_ref.cli.values` turns their text into values."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from wn_ref.datasets import DATASETS
from wn_ref.experiment import PHASES
from wn_ref.fits.midpoint import SCALES
from wn_ref.models import MODELS
from wn_ref.noise import GRADIENTS, KINDS
from wn_ref.sweeps.grids import GRIDS, NOISE_KINDS

FREE_NAME = "Without this option, a number is added to the default name if it is taken."
"""What the help of an option for a figure says about names."""


def one_of(names: Iterable[str]) -> str:
    """Return the sentence of a help text that lists the choices."""
    return f"One of: {', '.join(names)}."


def _choice(names: Iterable[str], *declared: str, help: str) -> Any:  # noqa: A002  # typer's name
    """Return an option that has one of several values, which the shell completes."""
    names = list(names)
    return typer.Option(*declared, help=help, autocompletion=lambda: names)


# what is trained
DatasetName = Annotated[
    str,
    _choice(
        DATASETS,
        "--dataset",
        help=f"The data set; wn-ref data describes them. {one_of(DATASETS)} Or your own: an .npz file, a folder of "
        "images, or a name from wn-ref data add.",
    ),
]
ModelName = Annotated[
    str,
    _choice(
        MODELS,
        "--model",
        help=f"The network. {one_of(MODELS)} Or your own: package.module:function or file.py:function.",
    ),
]
BatchNorm = Annotated[bool, typer.Option("--batchnorm/--no-batchnorm", help="Whether the network has batch norm.")]
Clamp = Annotated[bool, typer.Option(help="Whether weights are clipped to [-1, 1] after every training step.")]
_EPOCHS_HELP = "How many times training goes through all training images."
Epochs = Annotated[int | None, typer.Option("--epochs", help=_EPOCHS_HELP, show_default="5")]
_BATCH_SIZE_HELP = "Images in a training step."
BatchSize = Annotated[int | None, typer.Option(help=_BATCH_SIZE_HELP, show_default="128")]
_LEARNING_RATE_HELP = "Learning rate of Adam in the first step; it falls to 0 along a cosine."
LearningRate = Annotated[float | None, typer.Option(help=_LEARNING_RATE_HELP, show_default="0.001")]
_PUBLISHED = "; with --grid paper as published"
GridEpochs = Annotated[int | None, typer.Option("--epochs", help=_EPOCHS_HELP, show_default=f"5{_PUBLISHED}")]
GridBatchSize = Annotated[int | None, typer.Option(help=_BATCH_SIZE_HELP, show_default=f"128{_PUBLISHED}")]
GridLearningRate = Annotated[float | None, typer.Option(help=_LEARNING_RATE_HELP, show_default=f"0.001{_PUBLISHED}")]
TrainSize = Annotated[
    int | None,
    typer.Option(help="How many of the training images are used, the same for every seed.", show_default="all"),
]
TestSize = Annotated[
    int | None, typer.Option(help="How many of the test images are used, the same for every seed.", show_default="all")
]

# with which noise
NoiseKind = Annotated[
    str,
    _choice(
        KINDS,
        "--noise",
        help=f"Kind of noise. {one_of(KINDS)} The last two apply both kinds, the named one first, with the same sigma.",
    ),
]
PlanNoise = Annotated[str, _choice(NOISE_KINDS, "--noise", help=f"Kind of noise. {one_of(NOISE_KINDS)}")]
Sigma = Annotated[
    float,
    typer.Option(
        help="Noise level: the standard deviation of the noise. That of multiplicative noise is relative to the "
        "activation. 0 is no noise."
    ),
]
Gradient = Annotated[
    str,
    _choice(
        GRADIENTS,
        "--gradient",
        help="Backward pass of multiplicative noise, y = x m: exact (dx = dy m, as in the code published with the "
        "paper, to which the paper's numbers belong) or straight_through (dx = dy, as its text says).",
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
    str,
    _choice(PHASES, help="training: noise in training and in evaluation; inference: noise in evaluation only."),
]

# plans, their workers and their results
Grid = Annotated[
    str,
    _choice(GRIDS, help="Noise levels, number of seeds, and training: small (for a laptop) or paper (as published)."),
]
levels_help = "Noise levels: LOW:HIGH:COUNT, evenly spaced in the logarithm, or a list such as 0.1,1,10."
OwnSigmas = Annotated[str | None, typer.Option("--sigmas", help=levels_help, show_default="those of the grid")]
OwnSeeds = Annotated[
    int | None,
    typer.Option(
        "--seeds", help="How many networks are trained for each noise level.", show_default="that of the grid"
    ),
]
OwnPoint = Annotated[
    str | None,
    typer.Option(
        "--point",
        help="Where the noise goes in the plans global and mixed: a name such as dense2, its number, global or all.",
        show_default="that of the plan",
    ),
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
STORE = Path("results.sqlite")
"""The store of every command that is not told another one."""
StoreArgument = Annotated[Path, typer.Argument(metavar="STORE", help="SQLite file of results, such as results.sqlite.")]

# which network a figure or a table is of
ChosenDataset = Annotated[str | None, _choice(DATASETS, "--dataset", help="The data set, if the store has several.")]
ChosenModel = Annotated[str | None, _choice(MODELS, "--model", help="The network, if the store has several.")]
ChosenBatchNorm = Annotated[
    bool | None, typer.Option("--batchnorm/--no-batchnorm", help="Needed if the store has networks with and without.")
]

# the fit, and where results go
Scale = Annotated[
    str,
    _choice(
        SCALES,
        help="log: equation 1 is fitted in ln sigma, which suits curves over several decades; linear: in sigma, as in "
        "the paper.",
    ),
]
FigureFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        help="File for the figure (.png, .pdf or .svg); CSV files go beside it, with all runs, and with all midpoints "
        f"if there are several. {FREE_NAME}",
        show_default="named after the command",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist already.")]
LedgerResults = Annotated[
    Path | None,
    typer.Option(
        "--results",
        help="Folder of the published tables, a row a run; the ledger is beside it.",
        show_default="tutorials/results in a clone of the repository, else reproduction/results",
    ),
]

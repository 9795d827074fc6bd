"""What a figure or a table is of, in words: for titles, labels and reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wn_ref.counted import counted
from wn_ref.datasets import CATALOG
from wn_ref.experiment import DEFAULTS, Experiment
from wn_ref.figures.style import as_written, model_name
from wn_ref.findings.alike import LEVEL
from wn_ref.lazy import pandas
from wn_ref.reproduce.select import at_one_point
from wn_ref.reproduce.together import OWN

GRADIENTS = {"exact": "exact gradient", "straight_through": "straight-through gradient"}
NOUNS = {"epochs": "epoch", "train_size": "training image", "test_size": "test image"}
IN_TITLE = ("dataset", "model", "batchnorm", "epochs")
"""Settings that every title names, unless the figure varies them; of the others it names what is unusual."""


OF_TRAINING = tuple(
    name for name in DEFAULTS if name not in (*LEVEL, *OWN, "seed", "point", "phase", "first", "gradient", "executions")
)
"""Settings that decide how a network is trained, apart from the noise."""


def title(runs: pandas.DataFrame, noise: str, varied: Sequence[str] = (), note: str = "") -> str:
    """Say what a figure is of: network, data set, epochs, seeds, what is unusual, and the noise in a second line.

    Parameters
    ----------
    runs : pandas.DataFrame
        All runs that the figure shows; they belong together (see `wn_ref.reproduce.together`).
    noise : str
        Which noise, and where, for example "additive noise at all points, in training".
    varied : sequence of str
        The settings that the figure varies.
    note : str
        A last line, such as what is missing.
    """
    row = runs.iloc[0]
    network = " ".join(worded(name, row[name]) for name in ("model", "batchnorm") if name not in varied)
    rest = [as_written(worded(name, row[name])) for name in ("dataset", "epochs") if name not in varied]
    seeds = counted(runs["seed"].nunique(), "seed")
    first = ", ".join(filter(None, [network, *rest, seeds]))
    return "\n".join(filter(None, [first, unusual(row, varied), noise, note]))


def unusual(row: Mapping[str, Any], varied: Sequence[str] = ()) -> str:
    """Name the settings of training that are not the default ones, such as "learning rate 0.01"; empty if all are."""
    return ", ".join(worded(name, row[name]) for name in unusual_settings(row) if name not in (*IN_TITLE, *varied))


def unusual_settings(row: Mapping[str, Any]) -> list[str]:
    """Return the names of the settings of training that are not the default ones."""
    usual = defaults(row["dataset"])
    return [name for name in OF_TRAINING if name in row and not pandas.isna(row[name]) and row[name] != usual[name]]


def defaults(dataset: str) -> dict[str, Any]:
    """Return the default of every setting, with the sizes of a data set as numbers."""
    if dataset not in CATALOG:  # the user's own, of which a table does not know how large it is
        return dict(DEFAULTS)
    usual = Experiment(dataset=dataset)
    return usual.row() | dict(zip(("train_size", "test_size"), usual.sizes))


def worded(name: str, value: Any) -> str:
    """Say in words that a setting has a value, for example "5 epochs" or "without batch norm"."""
    if name in NOUNS:
        return counted(int(value), NOUNS[name])
    if name == "model":
        return model_name(value)
    if name == "batchnorm":
        return "with batch norm" if value else "without batch norm"
    if name == "clamp":
        return "weights clamped" if value else "weights not clamped"
    if name == "gradient":
        return GRADIENTS.get(value, str(value))
    if name == "dataset":
        return str(value)
    return f"{name.replace('_', ' ')} {value:g}" if isinstance(value, float) else f"{name.replace('_', ' ')} {value}"


def points_of(runs: pandas.DataFrame) -> tuple[str, ...]:
    """Return the names of the injection points of the network of some runs; of one's own, those that the runs have."""
    row = runs.iloc[0]
    if any(isinstance(row.get(name), str) and row[name] for name in ("own_model", "own_data")):
        points = runs[at_one_point(runs)].drop_duplicates("name").astype({"point": int})
        return tuple(points.sort_values("point")["name"])
    return Experiment(dataset=row["dataset"], model=row["model"], batchnorm=bool(row["batchnorm"])).points


def noise_with_gradient(runs: pandas.DataFrame, noise: str = "multiplicative noise") -> str:
    """Name multiplicative or mixed noise together with the gradient that it was trained with."""
    gradients = [worded("gradient", gradient) for gradient in runs["gradient"].unique() if gradient]
    return f"{noise} ({' and '.join(gradients)})"

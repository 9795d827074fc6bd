"""What a published run can say: much of a row follows from the rest of it, and an accuracy is a count of images.

    name        of the injection point, by the network that the model is, with batch norm or without it
    classes     those of the data set
    tested      test_size, if there is one, else the test images of the data set
    accuracy    a whole number of the images tested, divided by it
    quantised   the mean of `REPETITIONS` accuracies
    weight      of a layer with weights, where there is noise in training

What one cell can be by itself is in `wn_ref.ledger.tables`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any

from wn_ref.experiment import Experiment
from wn_ref.injection import WEIGHTED, kind_of
from wn_ref.noise import Noise

REPETITIONS = 3
"""How many evaluations the published accuracy of a quantised network is the mean of."""
ROUNDING = 1e-6
"""How far a whole number of images may be off, because a share is a float."""
SETTINGS = ("dataset", "model", "batchnorm", "point", "phase", "train_size", "test_size", "executions")
"""Columns of the experiment from which others follow, or that have to go together."""
_settings = itemgetter(*SETTINGS)


def require_possible(run: Mapping[str, Any]) -> None:
    """Raise a `ValueError` that names the column, unless a run can have such values.

    Parameters
    ----------
    run : mapping
        The values of a row by column, each one that its column can have; None is an empty cell.
    """
    name, classes, size = _known(*_settings(run))
    images, accuracy, quantised, weight = (run[column] for column in ("tested", "accuracy", "quantised", "weight"))
    has_weight = run["phase"] == "training" and kind_of(name) in WEIGHTED
    for column, possible, expected in (
        ("name", run["name"] == name, repr(name)),
        ("classes", run["classes"] == classes, classes),
        ("tested", images == size, size),
        ("accuracy", (accuracy is None) == bool(run["error"]), "an accuracy or an error, and not both"),
        ("accuracy", _is_share(accuracy, images), f"a whole number of {images} images, divided by it"),
        ("quantised", _is_share(quantised, images, REPETITIONS), f"a mean of {REPETITIONS} accuracies"),
        (
            "weight",
            weight is None or (has_weight and 0 <= weight < math.inf),
            "one only of a layer that noise is behind in training",
        ),
        ("seconds", 0 <= _or_nan(run["seconds"]) < math.inf, "a time >= 0"),
        ("algorithm", (run["algorithm"] or 0) >= 1, "a version >= 1"),
    ):
        if not possible:
            got = "an empty cell" if run[column] is None else repr(run[column])
            raise ValueError(f"{column}: expected {expected}, got {got}")


@lru_cache(maxsize=1 << 12)
def _known(*settings: Any) -> tuple[str, int, int]:
    """Return the point's name, and how many classes and test images there are; nothing is loaded for it.

    Raises
    ------
    InputError
        If no experiment has such settings, such as a point that its network has not.
    """
    experiment = Experiment(**dict(zip(SETTINGS, settings)), noise=Noise())
    point = experiment.point
    name = point if isinstance(point, str) else experiment.points[point]
    return name, len(experiment.entry.classes), experiment.sizes[1]


def _is_share(value: float | None, images: int | None, evaluations: int = 1) -> bool:
    """Return whether a cell is empty, or a mean share of so many images in so many evaluations."""
    if value is None:
        return True
    count = value * (images or 0) * evaluations
    return 0 <= value <= 1 and abs(count - round(count)) < ROUNDING


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value

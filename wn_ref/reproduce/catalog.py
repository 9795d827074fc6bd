"""What each figure and table of the paper needs."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from wn_ref.experiment import PHASES
from wn_ref.injection import WEIGHTED, kind_of
from wn_ref.lazy import pandas
from wn_ref.noise import ORDERS
from wn_ref.reproduce import figures, tables
from wn_ref.reproduce.item import Item
from wn_ref.reproduce.select import (
    at_maximum,
    at_one_point,
    both_kinds,
    everywhere,
    executed_once,
    in_training,
    only_additive,
    only_multiplicative,
    without_noise,
)


def _global_additive(runs: pandas.DataFrame) -> pandas.Series:
    return only_additive(runs) & everywhere(runs) & in_training(runs) & ~runs["clamp"] & executed_once(runs)


def _walking_additive(runs: pandas.DataFrame) -> pandas.Series:
    return only_additive(runs) & at_one_point(runs) & executed_once(runs)


def _weights(runs: pandas.DataFrame) -> pandas.Series:
    return _walking_additive(runs) & in_training(runs) & runs["name"].map(kind_of).isin(WEIGHTED)


def _maximum(runs: pandas.DataFrame) -> pandas.Series:
    return (at_maximum(runs) | without_noise(runs)) & in_training(runs)


def _maximum_with_batchnorm(*models: str) -> Any:
    return lambda runs: _maximum(runs) & runs["model"].isin(models) & runs["batchnorm"]


def _mixed(runs: pandas.DataFrame) -> pandas.Series:
    return both_kinds(runs) & at_one_point(runs) & in_training(runs)


def _steps(runs: pandas.DataFrame) -> pandas.Series:
    return only_multiplicative(runs) & at_one_point(runs) & in_training(runs) & ~runs["batchnorm"]


def _global_in(phase: str) -> Any:
    def of(runs: pandas.DataFrame) -> pandas.Series:
        noisy = only_additive(runs) | only_multiplicative(runs)
        return noisy & everywhere(runs) & (runs["phase"] == phase) & ~runs["clamp"] & executed_once(runs)

    return of


def _several_executions(runs: pandas.DataFrame) -> pandas.Series:
    return only_additive(runs) & ~executed_once(runs)


def _with_baseline(runs: pandas.DataFrame) -> bool:
    measured = runs.dropna(subset="accuracy")
    return bool(without_noise(measured).any() and (~without_noise(measured)).any())


def _clamped_and_not(runs: pandas.DataFrame) -> bool:
    return runs["clamp"].nunique() == 2


_WALK = "walking --noise additive"
_GLOBAL = "global additive noise in training"
_WALKING: dict[str, Any] = {
    "needs": "walking additive noise",
    "of": _walking_additive,
    "make": figures.figure_2,
    "varied": ("batchnorm", "clamp", "phase", "point"),
    "series": ("batchnorm", "clamp"),
    "always": {"phase": PHASES},
    "all_points": True,
}
_MAXIMUM: dict[str, Any] = {
    "varied": ("point", "gradient"),
    "series": ("gradient",),
    "all_points": True,
    "usable": _with_baseline,
}
_PRESERVED: dict[str, Any] = _MAXIMUM | {"make": figures.figures_5_and_9, "compared": ("dataset", "model")}
FIGURES: dict[int, Item[Figure]] = {
    1: Item(
        "accuracy against global additive noise, and the midpoint",
        _GLOBAL,
        ("global --noise additive",),
        _global_additive,
        figures.figure_1,
    ),
    2: Item("midpoints of all layers under additive noise", sweeps=(_WALK, "clamped"), **_WALKING),
    3: Item(
        "accuracy at maximum multiplicative noise, layer by layer",
        "noise of 1e10 at each point, and without noise",
        ("maximum",),
        _maximum,
        figures.figure_3,
        both_gradients=True,
        **_MAXIMUM,
    ),
    4: Item(
        "self-binarization: activations, and what quantising them costs",
        "noise of 1e10 at one point",
        ("maximum",),
        lambda runs: at_maximum(runs) & in_training(runs),
        figures.figure_4,
        varied=(),
        defaults={"point": 4},
    ),
    5: Item(
        "accuracy preserved at maximum noise, MLP, all data sets",
        "noise of 1e10 at each point of the MLP with batch norm, and without noise",
        ("maximum --model mlp --batchnorm",),
        _maximum_with_batchnorm("mlp"),
        **_PRESERVED,
    ),
    6: Item(
        "accuracy under mixed noise, both orders",
        "mixed noise at one point",
        ("mixed",),
        _mixed,
        figures.figure_6,
        varied=("first",),
        always={"first": ORDERS},
    ),
    7: Item(
        "accuracy against epochs, under global additive noise",
        _GLOBAL,
        ("global --noise additive",),
        _global_additive,
        figures.figure_7,
        columns=("history",),
    ),
    8: Item(
        "two stacked logistic functions",
        "multiplicative noise at one point, in training, without batch norm",
        ("walking --noise multiplicative --no-batchnorm",),
        _steps,
        figures.figure_8,
        varied=(),
        defaults={"point": 3},
    ),
    9: Item(
        "accuracy preserved at maximum noise, LeNet-5 and CNN-S",
        "noise of 1e10 at each point of LeNet-5 or CNN-S with batch norm, and without noise",
        ("maximum --model lenet5 --batchnorm", "maximum --model cnn_s --dataset gsc_sample --batchnorm"),
        _maximum_with_batchnorm("lenet5", "cnn_s"),
        **_PRESERVED,
    ),
    10: Item("as Figure 2, for speech", sweeps=(f"{_WALK} --dataset gsc_sample",), **_WALKING),
    11: Item("as Figure 2, for other networks", sweeps=(_WALK,), **_WALKING),
}
_MIDPOINTS: dict[str, Any] = {
    "both_gradients": True,
    "varied": ("first",),
    "named": ("gradient",),
    "sweeps": ("global --noise additive", "global --noise multiplicative"),
    "how": "midpoint: where accuracy is half way down (equation 1 fitted in ln sigma; under additive noise it falls to "
    "that of guessing), 95 %: low to high\nas_printed: mu of equation 1 as the paper prints it (fitted in sigma, all "
    "four parameters free; - if that gives no more than a bound)",
}
TABLES: dict[int, Item[tables.Rows]] = {
    1: Item(
        "midpoints of global noise in training",
        "global noise in training",
        of=_global_in("training"),
        make=tables.table_1,
        **_MIDPOINTS,
    ),
    2: Item(
        "weights, unclamped over clamped",
        "walking additive noise in training, both with and without clamped weights",
        (_WALK, "clamped"),
        _weights,
        tables.table_2,
        varied=("clamp", "point"),
        series=("clamp",),
        usable=_clamped_and_not,
        columns=("weight_magnitudes",),
        how="mean |w| of each layer, trained with additive noise at its output of the sigma closest to its midpoint",
    ),
    3: Item(
        "accuracy with uniform and with guided executions",
        "additive noise and several executions",
        ("multi",),
        _several_executions,
        tables.table_3,
        varied=(),
        named=("executions",),
    ),
    4: Item(
        "midpoints of global noise at inference only",
        "global noise at inference only",
        of=_global_in("inference"),
        make=tables.table_4,
        **_MIDPOINTS,
    ),
}

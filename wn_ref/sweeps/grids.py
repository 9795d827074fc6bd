"""Noise levels, repeats and epochs of the plans, by name: "small" for a laptop, "paper" as published.

The settings of the paper's grids are those of the configuration files that its authors published with it. Where these
files have several grids for a plan, the one here is the grid that most of the networks have; the wider ones (additive
noise up to 1e10, multiplicative noise up to 6 and up to 1e16) continue with the same steps. Multiplicative and mixed
noise have the exact gradient unless another is chosen (see `wn_ref.noise`). Each repeat has a seed, and thus a network,
of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wn_ref.datasets import CATALOG, DATASETS
from wn_ref.datasets.own import OwnData, dataset_of
from wn_ref.errors import InputError, require_choice
from wn_ref.experiment import Experiment
from wn_ref.injection import GLOBAL, WEIGHTED
from wn_ref.models import Model, model_name, model_of
from wn_ref.noise import GRADIENTS, Noise, additive, multiplicative, of_kind
from wn_ref.sweeps import plans

GRIDS = ("small", "paper")
NOISE_KINDS = ("additive", "multiplicative")
"""The kinds of noise that the plans global, walking and clamped offer."""
EPOCHS = {  # of the MLP, and of LeNet-5 or CNN-S
    "mnist": (100, 50),
    "fashion_mnist": (250, 200),
    "svhn": (300, 200),
    "cifar10": (200, 300),
    "gsc": (150, 150),
}
EXECUTIONS = {  # Table 3: global sigma and guided executions; those of the second row are from its configuration file
    ("mnist", "mlp", True): (0.350, (6, 1, 3, 3, 2, 1, 2, 1, 1, 1, 1)),
    ("mnist", "mlp", False): (0.471, (8, 1, 2, 1, 1, 1, 1, 1)),
    ("cifar10", "mlp", True): (0.333, (1, 1, 3, 4, 2, 2, 3, 2, 1, 2, 1)),
    ("cifar10", "mlp", False): (1.634, (4, 1, 1, 1, 1, 1, 2, 5)),
    ("cifar10", "lenet5", True): (0.197, (3, 2, 3, 3, 3, 1, 3, 4, 2, 1, 1, 2, 1, 1, 1, 1)),
    ("cifar10", "lenet5", False): (0.250, (4, 3, 4, 3, 1, 3, 1, 1, 1, 1, 1, 1)),
}


class Own(NamedTuple):
    """What the user chose in place of a grid's own values; None where the grid decides.

    Attributes
    ----------
    gradient : "exact" or "straight_through"
        The backward pass of multiplicative and mixed noise.
    sigmas : sequence of float or None
        Noise levels; in the plan mixed, those of both kinds of noise.
    seeds : sequence of int or None
        One for each repeat.
    point : int, str or None
        Where the noise is injected, for the plans global and mixed.
    """

    gradient: str = "exact"
    sigmas: Sequence[float] | None = None
    seeds: Sequence[int] | None = None
    point: int | str | None = None

    def noise(self, kind: str) -> Callable[[float], Noise]:
        """Return the function from sigma to the noise of a kind."""
        return lambda sigma: of_kind(kind, sigma, self.gradient)


def plan(
    name: str,
    grid: str = "small",
    noise: str = "additive",
    dataset: Any = "mnist_sample",
    model: str | Model = "mlp",
    batchnorm: bool = True,
    own: Own = Own(),  # noqa: B008  # immutable
    **training: Any,
) -> list[Experiment]:
    """Return the experiments of a plan, with the noise levels, repeats and epochs of a grid.

    Parameters
    ----------
    name : str
        "global", "walking", "clamped", "maximum", "mixed" or "multi".
    grid : "small" or "paper"
        For a laptop, or as published. The sample of a data set has the epochs of the whole data set.
    noise : "additive" or "multiplicative"
        For the plans global, walking and clamped; the other plans have noise of their own, whatever is given.
    dataset, model, batchnorm
        Fields of `Experiment`.
    own : Own
        Noise levels, seeds and the like that replace the grid's.
    **training
        Further fields of `Experiment`, such as `epochs` or `batch_size`, that replace the grid's.

    Raises
    ------
    InputError
        If there is no such plan, grid or noise, the plan does not go with a choice, there are no noise levels or seeds,
        or it is "multi" and Table 3 has no such network.
    """
    require_choice("plan", name, PLANS)
    require_choice("grid", grid, GRIDS)
    require_choice("noise", noise, NOISE_KINDS)
    require_choice("gradient", own.gradient, GRADIENTS)
    dataset, model = dataset_of(dataset), model_of(model)
    if own.point is not None and name not in ("global", "mixed"):
        raise InputError(f"point: expected none for the plan {name}, got {own.point!r}; leave it out")
    if own.sigmas is not None:
        own = own._replace(sigmas=plans.items_of("sigmas", own.sigmas, "[0.1, 1.0]"))
    if own.seeds is not None:
        own = own._replace(seeds=plans.items_of("seeds", own.seeds, "range(2)"))
    network: dict[str, Any] = {"dataset": dataset, "model": model, "batchnorm": batchnorm}
    settings = network | (paper_training(dataset, model) if grid == "paper" else {}) | training
    return list(dict.fromkeys(PLANS[name](grid == "paper", noise, settings, own)))


def sigmas(plan: str, noise: str, paper: bool, dataset: str, model: str | Model) -> list[float]:
    """Return the noise levels of a plan that has one kind of noise, in ascending order.

    Parameters
    ----------
    plan : "global" or "walking"
        Which plan.
    noise : "additive" or "multiplicative"
        Which kind of noise.
    paper : bool
        Whether the grid is the paper's, and not the small one.
    dataset, model : str
        The network; some have other levels than most.
    """
    if not paper:
        small = {"global": np.linspace(0.2, 2, 10), "walking": np.geomspace(0.1, 1e4, 10)}
        levels = np.geomspace(0.1, 100, 10) if noise == "additive" else small[plan]
    elif plan == "global" and noise == "additive":
        levels = np.geomspace(1e-2, 1e2, 17)
    elif plan == "global":
        wide = (dataset, model) == ("fashion_mnist", "mlp") or dataset == "gsc"
        levels = np.linspace(0, 3, 31) if wide else np.linspace(0, 2, 21)
    elif noise == "additive":
        levels = np.geomspace(1e-2, 1e8, 41)
    else:
        levels = np.concatenate([np.linspace(0, 2, 21), np.geomspace(1, 1e10, 41)])
    return sorted({float(f"{level:.12g}") for level in levels})  # 0.3, not 0.30000000000000004


def paper_training(dataset: str | OwnData, model: str | Model) -> dict[str, Any]:
    """Return the settings with which the paper trained a network."""
    if original(dataset) not in EPOCHS:
        known = ", ".join(name for name in DATASETS if original(name) in EPOCHS)
        expected = f"grid: expected a data set of the paper ({known}) for 'paper'"
        raise InputError(f"{expected}, got {original(dataset)}; choose 'small'")
    epochs = EPOCHS[original(dataset)][0 if model == "mlp" else 1]
    speech = {"batch_size": 512, "learning_rate": 5e-4} if original(dataset) == "gsc" else {}
    return {"epochs": epochs} | speech


def original(dataset: str | OwnData) -> str:
    """Return the name of the data set that a sample, or a test set alone, is taken from."""
    if isinstance(dataset, OwnData):
        return dataset.name
    return CATALOG[dataset].folder if dataset in CATALOG else dataset


def _global(paper: bool, noise: str, settings: dict[str, Any], own: Own) -> list[Experiment]:
    dataset, model = original(settings["dataset"]), settings["model"]
    repeats = 10 if dataset == "mnist" or (dataset, model) == ("cifar10", "lenet5") else 5
    levels = own.sigmas or sigmas("global", noise, paper, dataset, model)
    point, seeds = GLOBAL if own.point is None else own.point, own.seeds or range(repeats if paper else 2)
    return plans.global_noise(own.noise(noise), levels, seeds, point=point, **settings)


def _walking(paper: bool, noise: str, settings: dict[str, Any], own: Own) -> list[Experiment]:
    return _walk(plans.walking, paper, noise, settings, own)


def _clamped(paper: bool, noise: str, settings: dict[str, Any], own: Own) -> list[Experiment]:
    return _walk(plans.clamped, paper, noise, settings, own)


def _walk(
    make: Callable[..., list[Experiment]], paper: bool, noise: str, settings: dict[str, Any], own: Own
) -> list[Experiment]:
    levels = own.sigmas or sigmas("walking", noise, paper, original(settings["dataset"]), settings["model"])
    return make(own.noise(noise), levels, own.seeds or range(5 if paper else 2), **settings)


def _maximum(paper: bool, _: str, settings: dict[str, Any], own: Own) -> list[Experiment]:
    sigma, *others = own.sigmas or [1e10]
    if others:
        raise InputError(f"sigmas: expected one level for the plan maximum, got {1 + len(others)}; choose the largest")
    seeds = own.seeds or range(6 if paper else 2)
    return plans.maximum(seeds, multiplicative(sigma, own.gradient), **settings)


def _mixed(paper: bool, _: str, settings: dict[str, Any], own: Own) -> list[Experiment]:
    """Figure 6: a zoom, and all amplitudes; the paper does not say how many of these (here one per decade).

    The noise is at the second layer with weights, unless another point is chosen: in LeNet-5 and CNN-S the last
    convolution.
    """
    zoom, wide = [round(0.1 * i, 1) for i in range(1, 26)], [float(f"1e{power}") for power in range(-4, 14)]
    grids = [zoom, wide] if paper else [[0.1, 1.0, 10.0, 1e3, 1e5]]
    if own.sigmas is not None:
        grids = [list(own.sigmas)]
    point = own.point
    if point is None:
        kinds = Experiment(**settings).injection_points.kinds
        point = [number for number, kind in enumerate(kinds) if kind in WEIGHTED][1]
    seeds = own.seeds or range(5 if paper else 1)
    return [
        experiment
        for levels in grids
        for experiment in plans.mixed(levels, levels, seeds, point, gradient=own.gradient, **settings)
    ]


def _multi(paper: bool, _: str, settings: dict[str, Any], own: Own) -> list[Experiment]:
    network = (original(settings["dataset"]), settings["model"], settings["batchnorm"])
    if network not in EXECUTIONS:
        known = ", ".join(f"{dataset} {model}" for dataset, model, batchnorm in EXECUTIONS if batchnorm)
        raise InputError(
            f"multi: expected a network of Table 3 ({known}), got {network[0]} {model_name(network[1])}; "
            "in Python, plans.multi_execution takes any executions"
        )
    sigma, guided = EXECUTIONS[network]
    uniform, seeds = (2,) * len(guided), own.seeds or range(100 if paper else 5)
    return [
        experiment
        for level in own.sigmas or [sigma]
        for experiment in plans.multi_execution(additive(level), [uniform, guided], seeds, **settings)
    ]


PLANS: dict[str, Callable[[bool, str, dict[str, Any], Own], list[Experiment]]] = {
    "global": _global,
    "walking": _walking,
    "clamped": _clamped,
    "maximum": _maximum,
    "mixed": _mixed,
    "multi": _multi,
}

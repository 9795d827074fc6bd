"""Claims about multiplicative noise at one point: section 6, Figures 3, 5, 8 and 9."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from wn_ref.experiment import Experiment
from wn_ref.findings.maximum_noise import lost, preserved
from wn_ref.findings.robustness import curve
from wn_ref.fits.stacked import PLATEAU, fit_stacked
from wn_ref.lazy import pandas
from wn_ref.ledger.conditions import guessing_if_overflowed, of_another, of_conditions
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.row import NOT, Judgement, Row
from wn_ref.models import TITLES
from wn_ref.noise import multiplicative
from wn_ref.sweeps import grids

MAXIMUM = {  # dataset and model: figure
    ("mnist", "mlp"): "figure5", ("fashion_mnist", "mlp"): "figure5", ("cifar10", "mlp"): "figure5",
    ("cifar10", "lenet5"): "figure3", ("mnist", "lenet5"): "figure9", ("fashion_mnist", "lenet5"): "figure9",
    ("gsc_test_set", "mlp"): "figure5", ("gsc_test_set", "cnn_s"): "figure9",
}  # fmt: skip
COMPARED = ("mnist", "fashion_mnist", "cifar10")
BOTH_MODELS = ("mnist", "fashion_mnist")
"""Data sets on which LeNet-5 is compared with the MLP; on CIFAR-10 this would need Figure 3's runs."""
STACKED = (("mnist", "mlp"), ("cifar10", "lenet5"))
SEEDS = range(2)
SIGNIFICANT, LEAST_RANKED = 0.05, 5
DROP = 0.1
"""Accuracy that a layer may lose at maximum noise and still withstand it."""
STEPS = tuple(float(f"{sigma:.4g}") for sigma in np.geomspace(0.1, 1e9, 31))
"""Noise levels of Figure 8: far enough for a network to be left guessing."""
CONDITIONS = (
    "conditions: two steps describe the curve better than one; it is flat between them (its slope falls below "
    f"{PLATEAU:.0%} of that at the steps), without which nothing is stacked; in the end accuracy is at most "
    f"{100 * DROP:.0f} points above guessing"
)
BOOK = "07_multiplicative_noise"


def maximum_claims() -> Iterator[Row]:
    """Make the rows of Figures 3, 5 and 9."""
    best: tuple[Experiment, ...] = ()
    both_models: tuple[Experiment, ...] = ()
    for (dataset, model), figure in MAXIMUM.items():
        plan = tuple(
            grids.plan("maximum", "paper", dataset=dataset, model=model, batchnorm=True, own=grids.Own(seeds=SEEDS))
        )
        best += plan if figure == "figure5" and dataset in COMPARED else ()
        both_models += plan if dataset in BOTH_MODELS else ()
        start = figure if figure == "figure3" else f"{figure}/{dataset}/{model}"
        of = f"{figure.replace('figure', 'Figure ')} ({TITLES[model]}, {dataset}, batch norm)"
        campaign = "g" if dataset.startswith("gsc") else "e"
        claims = (
            ("withstand", "6", "some layers withstand multiplicative noise of 1e10 without losing more than "
             f"{100 * DROP:.0f} points of accuracy (with two standard errors of the loss)", withstand),
            ("last-layers", "6.1", "only the last layers drop to random accuracy", only_the_last),
            ("deeper", "6.1", "the deeper the noise, the better the network counteracts it, until the last layers",
             deeper),
        )  # fmt: skip
        for name, section, claim, judge in claims:
            yield Row(
                f"{start}/{name}", f"Section {section}", f"{claim}: {of}", campaign, judge, plan=plan,
                theirs=partial(grids.plan, "maximum", "paper", dataset=dataset, model=model), notebook=BOOK,
            )  # fmt: skip
    yield Row(
        "figure5/mnist-best", "Section 6.1", "on MNIST the MLP preserves accuracy best, on CIFAR-10 worst: Figure 5",
        "e", mnist_is_best, plan=best, notes=("SVHN is not in it",), notebook=BOOK,
    )  # fmt: skip
    yield Row(
        "figure9/complex-models", "Section 6.1", "more complex models make even better use of self-binarization: "
        "LeNet-5 (Figure 9) preserves more accuracy than the MLP (Figure 5)", "e", complex_is_better, plan=both_models,
        notes=("means over all points", *BOTH_MODELS), notebook=BOOK,
    )  # fmt: skip


def at_maximum(row: Row, evidence: Evidence) -> pandas.DataFrame:
    """Return what is left at each point of a row's network."""
    return preserved(guessing_if_overflowed(evidence.runs(row.plan)))


def withstand(row: Row, evidence: Evidence) -> Judgement | None:
    """Count the points that lose little accuracy."""
    table = at_maximum(row, evidence)
    drops = (table["clean"] - table["accuracy"]).to_numpy()
    certain = drops + 2 * np.hypot(table["uncertainty"], table["clean_uncertainty"]).to_numpy() <= DROP
    says = f"smallest loss; {int(certain.sum())} of {len(drops)} points withstand it"
    finding = of_conditions([bool(certain.any())], "network", float(drops.min()))
    return None if finding is None else replace(finding, says=says)


def only_the_last(row: Row, evidence: Evidence) -> Judgement | None:
    """Look whether the points that are lost are the last ones, and are some.

    It also says what the last batch norm's output keeps: with a ReLU behind it, and no batch norm, it tells which of
    the two is needed.
    """
    table = at_maximum(row, evidence)
    gone = lost(table)
    count = int(gone.sum())
    trailing = bool(gone[len(gone) - count :].all())
    names = ", ".join(table["name"][gone]) or "none"
    last = table[table["name"].str.startswith("bn")].iloc[-1]
    says = f"lost: {names}; {last['name']}, with a ReLU and no batch norm behind, has {last['accuracy']:.0%}"
    return of_conditions([trailing and 0 < count < len(gone)], "network", says=says)


def deeper(row: Row, evidence: Evidence) -> Judgement | None:
    """Correlate depth and accuracy of the points that are not lost (Spearman).

    If depth did not matter, such a correlation would come about by chance with the probability p. SciPy's p is an
    approximation, which is far too small for fewer than `LEAST_RANKED` points.
    """
    from scipy.stats import spearmanr

    table = at_maximum(row, evidence)
    kept = table[~lost(table)]
    if len(kept) < LEAST_RANKED:
        return None
    rank, p = spearmanr(kept["point"], kept["accuracy"], alternative="greater")
    says = f"rank correlation of depth and accuracy, p = {p:.2g}"
    return of_conditions([p < SIGNIFICANT], "network", float(rank), says)


def mnist_is_best(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare data sets by the mean of what is preserved."""
    found = _means(row, evidence, "dataset")
    says = ", ".join(f"{name} {mean:.0%}" for name, (mean, _) in found.items())
    pairs = [("mnist", "fashion_mnist"), ("mnist", "cifar10"), ("fashion_mnist", "cifar10")]
    return of_conditions([_is_more(found[a], found[b]) for a, b in pairs], "comparison", says=says)


def complex_is_better(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare models by the mean of what is preserved, on each data set."""
    found = _means(row, evidence, ["dataset", "model"])
    says = ", ".join(f"{TITLES[model]} on {dataset} {mean:.0%}" for (dataset, model), (mean, _) in found.items())
    holds = [_is_more(found[dataset, "lenet5"], found[dataset, "mlp"]) for dataset in BOTH_MODELS]
    return of_conditions(holds, "data set", says=says)


def _means(row: Row, evidence: Evidence, by: str | list[str]) -> dict[Any, tuple[float, float]]:
    """Return the mean of what is preserved, and its standard error, for each group of runs."""
    groups = guessing_if_overflowed(evidence.runs(row.plan)).groupby(by, sort=False)
    tables = {name: preserved(same) for name, same in groups}
    return {
        name: (float(table["preserved"].mean()), float(np.sqrt((table["preserved_std"] ** 2).sum())) / len(table))
        for name, table in tables.items()
    }


def _is_more(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] - other[0] > 2 * math.hypot(one[1], other[1])


def stacked_claims() -> Iterator[Row]:
    """Make the rows of Figure 8."""
    for dataset, model in STACKED:
        training = grids.paper_training(dataset, model)
        levels = [multiplicative(sigma, "exact") for sigma in STEPS]
        plan = tuple(
            Experiment(dataset=dataset, model=model, batchnorm=False, noise=noise, point=3, seed=seed, **training)
            for noise in levels
            for seed in SEEDS
        )
        yield Row(
            f"figure8/{dataset}/{model}", "Section 6.2", "without batch norm, accuracy first drops to a plateau and "
            f"then to that of guessing, as two stacked logistic functions: Figure 8 ({TITLES[model]}, {dataset}, third "
            "layer)", "e", two_steps, plan=plan, another=of_another(dataset, model), notes=(CONDITIONS,),
            notebook="09_stacked_logistics",
        )  # fmt: skip


def two_steps(row: Row, evidence: Evidence) -> Judgement | None:
    """Weigh one logistic function against two; look whether there is a plateau, and guessing in the end."""
    points = curve(guessing_if_overflowed(evidence.runs(row.plan)), "sigma_mul")
    fit = fit_stacked(points["sigma"], points["accuracy"], points["uncertainty"])
    last = float(points["accuracy"].iloc[-1])
    is_flat, ends = fit.flatness < PLATEAU, last <= row.plan[0].entry.guess + DROP
    heights = " to ".join(f"{height:.0%}" for height in fit.plateaus)
    says = [
        f"steps; fitted plateaus {heights}, in the end {last:.0%}",
        f"flatness {fit.flatness:.2g}" * (fit.steps == 2),
    ]
    says += [f"chi2 {fit.chi2:.0f} with {fit.dof} degrees of freedom"]
    holds = [fit.steps == 2, is_flat, ends]
    finding = of_conditions(holds, "condition", fit.steps, "; ".join(filter(None, says)))
    return finding if finding is None or all(holds[:2]) else replace(finding, verdict=NOT)

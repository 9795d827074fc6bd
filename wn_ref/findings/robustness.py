"""Robustness: from the runs of a sweep to curves of accuracy against sigma, and to midpoints (section 4.1, Figure 2).

A *curve* is a table with one row per noise level: the accuracy averaged over seeds, and its standard error. Its runs
differ in nothing but their seed and the noise level (see `wn_ref.findings.alike`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from wn_ref.counted import counted
from wn_ref.errors import InputError, require_choice
from wn_ref.findings.alike import (
    count_in,
    differing,
    has_own_noise,
    listed,
    prepared,
    require_alike,
    require_runs,
    varying_noise,
)
from wn_ref.fits import CONFIDENCE, MidpointFit, accuracy_uncertainty, fit_midpoint, fit_seeds
from wn_ref.fits.problem import SCALES
from wn_ref.lazy import pandas
from wn_ref.overflow import SELECTION, is_overflow

PLACE = ("phase", "point", "name")
TOO_FEW = "too few"
LEAST_LEVELS = 4
NOISES = ("additive", "multiplicative")


def curve(runs: pandas.DataFrame, sigma: str | None = None) -> pandas.DataFrame:
    """Average the accuracy of runs that differ only in seed, for each noise level.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of `wn_ref.sweep` that differ only in seed and noise level. Runs that stopped with an error are left out,
        and so is a level at which more than a tenth of them overflowed: those that are left would be a selection. A
        seed that was run twice at one level counts once.
    sigma : "sigma_add" or "sigma_mul", optional
        Which noise varies; by default it is found out.

    Returns
    -------
    pandas.DataFrame
        Columns sigma, accuracy, uncertainty (see `accuracy_uncertainty`) and seeds (how many), by ascending sigma.

    Raises
    ------
    InputError
        If there are no runs, or they differ in more than seed and noise level.

    Examples
    --------
    >>> runs = pandas.DataFrame({"sigma_add": [1.0, 1.0, 3.0], "accuracy": [0.9, 0.8, 0.5], "seed": [0, 1, 0]})
    >>> points = curve(runs.assign(sigma_mul=0.0, tested=2000, classes=10))
    >>> points[["sigma", "accuracy", "seeds"]].round(3).to_numpy().tolist()
    [[1.0, 0.85, 2.0], [3.0, 0.5, 1.0]]
    """
    runs = prepared(runs)
    sigma = varying_noise(runs, sigma)
    require_alike(runs, sigma)
    by_seed = _by_seed(runs, sigma)
    return pandas.DataFrame(
        {
            "sigma": by_seed.index.to_numpy(),
            "accuracy": by_seed.mean(axis=1).to_numpy(),
            "uncertainty": [float(accuracy_uncertainty(row.dropna(), _tested(runs))) for _, row in by_seed.iterrows()],
            "seeds": by_seed.count(axis=1).to_numpy(),
        }
    )


def midpoint_of(runs: pandas.DataFrame, sigma: str | None = None, scale: str = "log") -> MidpointFit:
    """Fit equation 1 to the runs of one curve; `scale` is explained in `wn_ref.fits.midpoint`.

    With additive noise only, accuracy falls to that of guessing, so a_min is held at 1/K. With multiplicative noise it
    may end anywhere (section 6), and so it may with noise of a class of one's own: then a_min is fitted. Intervals are
    wider if the curve is not exactly a logistic function (`rescale` of `fit_midpoint`), and as wide as the midpoints of
    single seeds demand (`fit_seeds`).

    Parameters and errors are those of `curve` and `fit_midpoint`.
    """
    runs = prepared(runs)
    sigma = varying_noise(runs, sigma)
    require_alike(runs, sigma)
    chance = 1 / count_in(runs, "classes")
    falls_to_chance = (runs["sigma_mul"] == 0).all() and not has_own_noise(runs).any()
    a_min = chance if falls_to_chance else None
    settings: dict[str, Any] = {"a_min": a_min, "chance": chance, "scale": scale, "rescale": True}
    if (left_out := _why_left_out(runs, sigma)) and len(curve(runs, sigma)) < LEAST_LEVELS:
        raise InputError(f"runs: expected {LEAST_LEVELS} levels or more, got fewer: {left_out}; run lower ones")
    if "seed" not in runs:  # nobody knows which accuracies belong together
        points = curve(runs, sigma)
        return fit_midpoint(points["sigma"], points["accuracy"], points["uncertainty"], **settings)
    by_seed = _by_seed(runs, sigma)
    return fit_seeds(by_seed.index.to_numpy(), by_seed.to_numpy(), _tested(runs), **settings)


def midpoint_as_printed(runs: pandas.DataFrame, sigma: str | None = None) -> MidpointFit:
    """Fit equation 1 to the runs of one curve as the paper prints it: in sigma, all four parameters free.

    What is fitted are the averages over seeds. Parameters and errors are those of `curve` and `fit_midpoint`.
    """
    points = curve(runs, sigma)
    columns = (points[name] for name in ("sigma", "accuracy", "uncertainty"))
    chance = 1 / count_in(prepared(runs), "classes")
    return fit_midpoint(*columns, chance=chance, scale="linear", rescale=True)


def midpoints(
    runs: pandas.DataFrame,
    by: Sequence[str] | None = None,
    sigma: str | None = None,
    scale: str = "log",
) -> pandas.DataFrame:
    """Fit every curve of a sweep: from a table of runs to a table of midpoints.

    A curve has the runs that differ only in seed and noise level. Runs that differ in anything else, such as epochs,
    the gradient, the data, or the version of the algorithm, are never averaged.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of `wn_ref.sweep`.
    by : sequence of str, optional
        The columns that distinguish one curve from another. By default these are phase, point, name, and all settings
        that differ between runs.
    sigma : "sigma_add" or "sigma_mul", optional
        Which noise varies along a curve; by default it is found out. If some runs have additive noise and others
        multiplicative noise, both get their curves, and a column `noise` tells which; runs without noise are in each
        curve that is of their network.
    scale : "linear" or "log"
        Whether equation 1 is fitted in sigma or in ln sigma.

    Returns
    -------
    pandas.DataFrame
        One row per curve: the columns `by`; midpoint (NaN unless kind is "measured"); low and high (95 % interval,
        which holds for other seeds if there are several; an open end is 0 or inf); kind (see `MidpointFit`, or
        "too few" if fewer than four noise levels have runs that count, see `curve`); a_min (the accuracy at the end);
        chi2; dof; highest (the highest accuracy of the curve); reason (why the data tell nothing, see `MidpointFit`).

    Raises
    ------
    InputError
        If there are no runs, a column is missing, or `by` is no list of columns or would average runs that differ in
        another setting.

    Examples
    --------
    >>> import wn_ref as wn
    >>> levels = [0.03, 0.1, 0.3, 1, 3, 10, 30]
    >>> plan = wn.walking(wn.additive, levels, seeds=range(3), phases=["inference"], dataset="digits", epochs=5)
    >>> runs = wn.sweep([experiment for experiment in plan if experiment.point in (0, 1)])
    >>> wn.midpoints(runs)[["phase", "name", "kind"]].to_numpy().tolist()
    [['inference', 'input', 'measured'], ['inference', 'dense1', 'measured']]
    """
    require_choice("scale", scale, SCALES)
    by = None if by is None else listed(by)
    runs = prepared(require_runs(runs, by or ()))
    if sigma is None and _both_kinds(runs):
        parts = zip(NOISES, _by_kind(runs), strict=True)
        return pandas.concat(
            [midpoints(part, by, None, scale).assign(noise=noise) for noise, part in parts], ignore_index=True
        )
    sigma = varying_noise(runs, sigma)
    if by is None:
        always = [name for name in PLACE if name in runs]
        by = [*always, *(name for name in differing(runs, sigma) if name not in always)]
    require_alike(runs, sigma, by)
    groups = runs.groupby(list(by), sort=False, dropna=False) if len(by) else [((), runs)]
    return pandas.DataFrame([dict(zip(by, key, strict=True)) | _row(same, sigma, scale) for key, same in groups])


def _row(runs: pandas.DataFrame, sigma: str, scale: str) -> dict[str, Any]:
    """The results of one curve."""
    points = curve(runs, sigma)
    row: dict[str, Any] = {"midpoint": math.nan, "low": 0.0, "high": math.inf, "kind": TOO_FEW}
    row |= {"a_min": math.nan, "chi2": math.nan, "dof": 0, "highest": points["accuracy"].max(), "reason": ""}
    left_out = _why_left_out(runs, sigma)
    if len(points) < LEAST_LEVELS:
        return row | {"reason": left_out}
    fit = midpoint_of(runs, sigma, scale)
    low, high = fit.interval(CONFIDENCE)
    row |= {"midpoint": fit.midpoint, "low": low, "high": high, "kind": fit.kind}
    return row | {
        "a_min": fit.a_min,
        "chi2": fit.chi2,
        "dof": fit.dof,
        "reason": fit.reason or left_out * (fit.kind != "measured"),
    }


def _both_kinds(runs: pandas.DataFrame) -> bool:
    """Whether some runs have additive noise, others multiplicative noise, and none has both."""
    add, mul = runs["sigma_add"] > 0, runs["sigma_mul"] > 0
    return bool(add.any() and mul.any() and not (add & mul).any())


def _by_kind(runs: pandas.DataFrame) -> tuple[pandas.DataFrame, pandas.DataFrame]:
    """Runs with additive and with multiplicative noise; those without belong to both if they are of one network."""
    add, mul = runs["sigma_add"] > 0, runs["sigma_mul"] > 0
    settings = {name for name in (*PLACE, *differing(runs, "sigma_add")) if name in runs} - {"sigma_mul"}
    kind = runs.groupby(sorted(settings), dropna=False).ngroup() if settings else add * 0
    with_mul = ~add & ~mul & kind.isin(kind[mul])
    return runs[add | (~mul & (~with_mul | kind.isin(kind[add])))], runs[mul | with_mul]


def _by_seed(runs: pandas.DataFrame, sigma: str) -> pandas.DataFrame:
    """Accuracies with a row per level, ascending, and a column per seed; NaN where a run is missing or has stopped."""
    runs = _with_seeds(runs)
    runs = runs[~runs[sigma].isin(_selections(runs, sigma))].dropna(subset="accuracy")
    return runs.pivot_table(index=sigma, columns="seed", values="accuracy", aggfunc="mean")


def _selections(runs: pandas.DataFrame, sigma: str) -> list[float]:
    """The levels at which so many seeds overflowed that the others are a selection; not those at which all did."""
    overflowed = runs["accuracy"].isna()
    if "error" in runs:
        overflowed &= np.array([is_overflow(str(message)) for message in runs["error"]], bool)
    by_seed = overflowed.groupby([runs[sigma], _with_seeds(runs)["seed"]]).all()
    share = by_seed.groupby(level=0).mean()
    return share.index[(share > SELECTION) & (share < 1)].tolist()


def _with_seeds(runs: pandas.DataFrame) -> pandas.DataFrame:
    return runs if "seed" in runs else runs.assign(seed=np.arange(len(runs)))


def _why_left_out(runs: pandas.DataFrame, sigma: str) -> str:
    """Say which levels are no part of a curve; empty if all are."""
    levels = _selections(runs, sigma)
    return f"at {counted(len(levels), 'level')} more than a tenth of the seeds overflowed" if levels else ""


def _tested(runs: pandas.DataFrame) -> int:
    return count_in(runs, "tested")

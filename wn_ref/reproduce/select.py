"""Which kinds of runs a figure needs: masks, one True or False per row, as in ``runs[at_one_point(runs)]``."""

from __future__ import annotations

from wn_ref.injection import ALL, GLOBAL
from wn_ref.lazy import pandas

MAXIMUM_NOISE = 1e9
"""Multiplicative noise of this sigma or more is "maximum noise" (section 6) and not a point on a curve."""


def only_additive(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs with additive noise and no multiplicative noise."""
    return (runs["sigma_add"] > 0) & (runs["sigma_mul"] == 0)


def only_multiplicative(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs with multiplicative noise below maximum noise and no additive noise."""
    return (runs["sigma_mul"] > 0) & (runs["sigma_add"] == 0) & (runs["sigma_mul"] < MAXIMUM_NOISE)


def both_kinds(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs with multiplicative and additive noise."""
    return (runs["sigma_mul"] > 0) & (runs["sigma_add"] > 0)


def at_maximum(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs of walking noise that is maximum noise."""
    return (runs["sigma_mul"] >= MAXIMUM_NOISE) & (runs["sigma_add"] == 0) & at_one_point(runs)


def without_noise(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs without noise."""
    return (runs["sigma_mul"] == 0) & (runs["sigma_add"] == 0)


def everywhere(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs of global noise."""
    return runs["name"] == GLOBAL


def at_one_point(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs of walking noise: it is injected at one point, not at several."""
    return ~runs["name"].isin([GLOBAL, ALL])


def in_training(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs whose noise, if any, is injected in training, too."""
    return runs["phase"] == "training"


def executed_once(runs: pandas.DataFrame) -> pandas.Series:
    """Mark runs that apply their noise once, without averaging over several executions."""
    return runs["executions"] == ""

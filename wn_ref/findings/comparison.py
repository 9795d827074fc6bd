"""Rules compared: is one way to spend executions better than another? (section 8, Table 3)

Everything here works on a table with one row per rule, network (`seed`) and `repetition`, as
`wn_ref.findings.multi_execution.compare` makes it. Repetitions of different rules are pairs: they have the same noise
as far as both execute, so their difference varies far less than either accuracy.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from wn_ref.errors import InputError, require_choice, require_number
from wn_ref.findings.alike import require_runs
from wn_ref.fits import student_quantile
from wn_ref.fits.inputs import numbers
from wn_ref.lazy import pandas

COLUMNS = ("rule", "seed", "repetition", "total", "accuracy")
"""The columns that every table of rules has."""
ROUNDING = 1e-9
"""Values that differ by no more than this fraction are equal: differences of accuracies have rounding errors."""


def differences(runs: pandas.DataFrame, rule: str, than: str, level: float = 0.95) -> pandas.DataFrame:
    """By how much one rule is more accurate than another, for each total number of executions.

    Parameters
    ----------
    runs : pandas.DataFrame
        From `wn_ref.findings.multi_execution.compare`, with a column `seed` that names the network.
    rule, than : str
        The two rules; the difference is the accuracy of the first minus that of the second.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        total, seed, difference, low, high (ends of the interval) and units (the number of values averaged). Rows of one
        network average over its repetitions, and their interval tells what other noise would do. The row with seed
        "all" averages over networks, and its interval tells what other networks would do.

    Raises
    ------
    InputError
        If there are no runs, a rule is not among them, or a repetition does not have exactly one accuracy of each rule.

    Examples
    --------
    >>> accuracy = {"uniform": [0.70, 0.72, 0.71], "guided": [0.75, 0.78, 0.75]}
    >>> columns = ["rule", "seed", "repetition", "total", "accuracy"]
    >>> rows = [(rule, 0, k, 22, a) for rule, values in accuracy.items() for k, a in enumerate(values)]
    >>> table = differences(pandas.DataFrame(rows, columns=columns), "guided", than="uniform")
    >>> table.loc[0, ["difference", "low", "high"]].astype(float).round(3).tolist()
    [0.05, 0.025, 0.075]
    """
    runs = _once(runs)
    for name, value in (("rule", rule), ("than", than)):
        require_choice(name, value, sorted(runs["rule"].unique()))
    rows = []
    for total, same in runs[runs["rule"].isin([rule, than])].groupby("total"):
        pairs = same.pivot(index=["seed", "repetition"], columns="rule", values="accuracy").reindex(
            columns=[rule, than]
        )
        if pairs.isna().any(axis=None):
            seed, repetition, name = pairs.isna().stack().idxmax()
            where = f"total {total}, seed {seed}, repetition {repetition}"
            raise InputError(f"runs: expected pairs of both rules, got no accuracy of {name!r} at {where}; measure it")
        gaps = pairs[rule] - pairs[than]
        groups = dict(iter(gaps.groupby("seed"))) | {"all": gaps.groupby("seed").mean()}
        for seed, values in groups.items():
            mean, low, high = interval(values.to_numpy(), level)
            row = {"total": total, "seed": seed, "difference": mean, "low": low, "high": high}
            rows.append(row | {"units": len(values)})
    return pandas.DataFrame(rows)


def pareto(runs: pandas.DataFrame, level: float = 0.95) -> pandas.DataFrame:
    """Accuracy against the total number of executions, for each rule.

    Parameters
    ----------
    runs, level
        As for `differences`.

    Returns
    -------
    pandas.DataFrame
        rule, total, accuracy, low and high (ends of the interval over networks, or over repetitions if there is only
        one network), and efficient (whether no rule reaches a higher accuracy with at most this total).

    Raises
    ------
    InputError
        If there are no runs, or a repetition has several accuracies of a rule, or none.
    """
    runs = _once(runs)
    rows = []
    for (rule, total), same in runs.groupby(["rule", "total"], sort=False):
        means = same.groupby("seed")["accuracy"].mean()
        units = means if len(means) > 1 else same["accuracy"]
        mean, low, high = interval(units.to_numpy(), level)
        rows.append({"rule": rule, "total": total, "accuracy": mean, "low": low, "high": high})
    table = pandas.DataFrame(rows)
    best = [table.loc[table["total"] <= total, "accuracy"].max() for total in table["total"]]
    return table.assign(efficient=table["accuracy"] >= best)


def interval(values: npt.ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """Mean of a sample and its confidence interval by Student's t.

    Accuracies are multiples of 1 / n for n test images, so a few of them may agree by accident. Equal values say
    nothing about how far others scatter, and have an open interval, as a single value has. Only if all are 0, the ends
    are 0, too: this is the difference of two things that are the same, such as rules with the same executions. But a
    few zeros may be an accident, and are no proof of that.

    Parameters
    ----------
    values : array_like
        The sample, (n,).
    level : float
        Probability that the interval covers the true mean, 0 < level < 1.

    Returns
    -------
    mean, low, high : float
        For a single value, and for equal values other than 0, the ends are -inf and inf.

    Raises
    ------
    InputError
        If the level is not a probability between 0 and 1, or the sample is empty or has what is not a finite number.

    Examples
    --------
    >>> mean, low, high = interval([0.70, 0.72, 0.71])
    >>> print(f"{mean:.3f} ({low:.3f} to {high:.3f})")
    0.710 (0.685 to 0.735)
    """
    level = require_number("level", level, "a probability between 0 and 1, such as 0.95", least=1e-9, below=1 - 1e-9)
    sample = numbers("values", values)
    if sample.ndim != 1 or not len(sample):
        raise InputError(f"values: expected a list of at least one number, got shape {sample.shape}; add some")
    mean, n, largest = float(np.mean(sample)), len(sample), np.abs(sample).max()
    if n < 2 or (largest > 0 and np.ptp(sample) <= ROUNDING * largest):
        return mean, -math.inf, math.inf
    reach = student_quantile((1 + level) / 2, n - 1) * float(np.std(sample, ddof=1)) / math.sqrt(n)
    return mean, mean - reach, mean + reach


def _once(runs: pandas.DataFrame) -> pandas.DataFrame:
    """Check that runs have all columns, in full, and one finite accuracy for each rule, total, seed and repetition."""
    runs = require_runs(runs, COLUMNS)
    numbers("accuracy", runs["accuracy"].to_numpy())
    for name in COLUMNS:
        if runs[name].isna().any():
            raise InputError(f"{name}: expected one for each run, got none for some; give one, or leave these runs out")
    again = runs.duplicated(["rule", "total", "seed", "repetition"])
    if again.any():
        row = runs[again].iloc[0]
        where = f"total {row['total']}, seed {row['seed']}, repetition {row['repetition']}"
        raise InputError(f"runs: expected each run once, got {row['rule']!r} twice at {where}; leave one out")
    return runs

"""Paired differences of made-up runs, what is dominated, and intervals against SciPy."""

import numpy as np
import pandas
import pytest
from scipy import stats

from wn_ref import InputError
from wn_ref.findings.comparison import differences, interval, pareto


def made_up_runs(rng, gap=0.01):
    """Three networks, 40 repetitions, "a" better than "b" by `gap`, in pairs with much in common."""
    rows = []
    for seed, level in enumerate((0.7, 0.8, 0.75)):
        for repetition in range(40):
            common = level + 0.02 * rng.standard_normal()
            for rule, more in (("b", 0.0), ("a", gap)):
                accuracy = common + more + 0.002 * rng.standard_normal()
                rows.append({"seed": seed, "repetition": repetition, "rule": rule, "total": 22, "accuracy": accuracy})
    return pandas.DataFrame(rows)


def test_differences_are_of_pairs(rng):
    table = differences(made_up_runs(rng), "a", "b").set_index("seed")
    assert list(table.index) == [0, 1, 2, "all"]
    assert table["units"].tolist() == [40, 40, 40, 3]
    assert table["difference"].between(0.008, 0.012).all()
    assert (table["low"] > 0.007).all()
    assert (table["high"] - table["low"]).loc[[0, 1, 2]].max() < 0.003  # unpaired it would be 0.018
    shuffled = differences(made_up_runs(rng), "b", "a")
    assert (shuffled["high"] < 0).all()


def test_pareto_knows_what_is_dominated(rng):
    runs = pandas.concat(
        [made_up_runs(rng), made_up_runs(rng).assign(total=30), made_up_runs(rng, -0.1).assign(total=40)]
    )
    table = pareto(runs).set_index(["rule", "total"])
    assert not table.loc[("b", 22), "efficient"]
    assert not table.loc[("a", 40), "efficient"]
    assert table.loc[("a", 22), "efficient"]


def test_intervals_cover_as_often_as_they_say(rng):
    """Of 5 normal numbers, 95 %: 369 to 391 of 400 (a true 95 % misses that once in 80 seeds), and SciPy's t."""
    hits = 0
    for _ in range(400):
        _, low, high = interval(rng.standard_normal(5))
        hits += low < 0 < high
    assert 369 <= hits <= 391
    sample = rng.standard_normal(7)
    np.testing.assert_allclose(
        interval(sample)[1:], stats.t.interval(0.95, 6, sample.mean(), stats.sem(sample)), rtol=1e-4
    )
    assert interval(np.array([0.3])) == (0.3, -np.inf, np.inf)
    with pytest.raises(InputError, match="level: expected"):
        interval(sample, 95)

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


def test_pairs_have_to_be_complete(rng):
    """A rule, a repetition or a network that is missing or there twice is named, instead of a mean that is NaN."""
    runs = made_up_runs(rng)
    gone = runs["rule"].eq("a") & runs["seed"].eq(1) & runs["repetition"].eq(7)
    more = pandas.concat([runs, runs[runs["rule"] == "b"].assign(total=30)])
    for bad, rules, message in (
        (runs, ("c", "b"), "rule: expected one of a, b, got 'c'"),
        (runs, ("a", "B"), "than: expected one of a, b, got 'B'"),
        (runs[~gone], ("a", "b"), "no accuracy of 'a' at total 22, seed 1, repetition 7"),
        (runs[~gone], ("b", "a"), "no accuracy of 'a' at total 22, seed 1, repetition 7"),
        (more, ("a", "b"), "no accuracy of 'a' at total 30, seed 0, repetition 0"),
        (pandas.concat([runs, runs[gone]]), ("a", "b"), "got 'a' twice at total 22, seed 1, repetition 7"),
        (runs.assign(accuracy=runs["accuracy"].where(~gone)), ("a", "b"), "accuracy: expected finite numbers, got nan"),
        (runs.iloc[:0], ("a", "b"), "runs: expected at least one run, got none"),
        (pandas.DataFrame(), ("a", "b"), "runs: expected at least one run, got none"),
        (runs.drop(columns="seed"), ("a", "b"), "runs: expected a column seed"),
        ("runs.csv", ("a", "b"), "runs: expected a table of runs, got str"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            differences(bad, *rules)
        assert "\n" not in str(caught.value)


def test_another_rule_need_not_be_complete(rng):
    runs = made_up_runs(rng)
    other = runs[(runs["rule"] == "a") & (runs["repetition"] < 3)].assign(rule="c")
    expected = differences(runs, "a", "b")
    pandas.testing.assert_frame_equal(differences(pandas.concat([runs, other]), "a", "b"), expected)


def test_pareto_and_intervals_refuse_what_they_cannot_average(rng):
    runs = made_up_runs(rng)
    for bad in (runs.iloc[:0], runs.drop(columns="total"), pandas.concat([runs, runs]), runs.assign(accuracy=np.nan)):
        with pytest.raises(InputError, match=r"(runs|accuracy): expected"):
            pareto(bad)
    for values in ([], [[0.1, 0.2]], [0.1, np.nan], ["x"]):
        with pytest.raises(InputError, match="values: expected"):
            interval(values)


def test_pareto_has_networks_as_units_and_repetitions_of_a_single_one(rng):
    """Repetitions of one network have the network in common: 120 of them are three, and not 120."""
    runs = made_up_runs(rng)
    (row,) = pareto(runs[runs["rule"] == "a"]).itertuples()
    of_networks = runs[runs["rule"] == "a"].groupby("seed")["accuracy"].mean()
    assert (row.accuracy, row.low, row.high) == pytest.approx(interval(of_networks))
    alone = runs[(runs["rule"] == "a") & (runs["seed"] == 1)]
    (row,) = pareto(alone).itertuples()
    assert (row.accuracy, row.low, row.high) == pytest.approx(interval(alone["accuracy"]))


@pytest.mark.parametrize("values", [[0.01, 0.01], [0.71 - 0.70, 0.81 - 0.80], [-0.5] * 5, [1e-6 + 0.3 - 0.3, 1e-6]])
def test_equal_values_do_not_tell_how_others_scatter(values):
    """Accuracies are multiples of 1 / n, so differences agree by accident: no interval of 95 % without a width."""
    mean, low, high = interval(values)
    assert mean == pytest.approx(values[0])
    assert (low, high) == (-np.inf, np.inf)


def test_no_difference_at_all_is_one_of_things_that_are_the_same(rng):
    """Two rules with the same executions have the same accuracies, to the bit."""
    assert interval([0.0, 0.0, 0.0]) == (0, 0, 0)
    assert interval([0.0, 1e-12])[2] < 1e-10
    runs = made_up_runs(rng)
    same = runs[runs["rule"] == "a"]
    table = differences(pandas.concat([same, same.assign(rule="c")]), "a", "c")
    assert (table[["difference", "low", "high"]] == 0).all(axis=None)


@pytest.mark.parametrize("level", ["0.95", None, np.nan, 0, 1])
def test_a_level_is_a_probability(level):
    with pytest.raises(InputError, match=r"level: expected a probability between 0 and 1, such as 0.95, got"):
        interval([0.1, 0.2], level)


@pytest.mark.parametrize("name", ["rule", "seed", "repetition", "total"])
def test_what_names_a_run_is_there(name, rng):
    """Runs without a total made an empty table, and those without a seed intervals over nobody knows what."""
    runs = made_up_runs(rng)
    for table in (lambda runs: differences(runs, "a", "b"), pareto):
        with pytest.raises(InputError, match=f"{name}: expected one for each run, got none for some; give one"):
            table(runs.assign(**{name: np.nan}))

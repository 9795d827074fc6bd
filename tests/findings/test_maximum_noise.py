"""Ratios by hand, their errors by simulation, and the finding on digits."""

import math

import numpy as np
import pandas
import pytest

from wn_ref import Experiment, InputError, multiplicative, sweep
from wn_ref.findings.maximum_noise import lost, preserved


def made_up(values, clean, size=2000):
    """{point: accuracies} at 1e10 and a list of accuracies without noise."""
    rows = [
        {"point": point, "name": f"p{point}", "sigma_mul": 1e10, "accuracy": a}
        for point, each in values.items()
        for a in each
    ]
    rows += [{"point": point, "name": f"p{point}", "sigma_mul": 3.0, "accuracy": 0.5} for point in values]
    rows += [{"point": "global", "name": "global", "sigma_mul": 0.0, "accuracy": a} for a in clean]
    return pandas.DataFrame(rows).assign(sigma_add=0.0, classes=10, tested=size)


def test_by_hand():
    table = preserved(made_up({0: [0.1, 0.1], 1: [0.72, 0.72], 2: [0.9, 0.9]}, [0.9, 0.9])).set_index("name")
    assert table["preserved"].tolist() == pytest.approx([1 / 9, 0.8, 1])
    assert table["above_chance"].tolist() == pytest.approx([0, 0.775, 1])
    assert table["preserved_chance"].tolist() == pytest.approx([1 / 9] * 3)
    assert lost(table).tolist() == [True, False, False]
    binomial = math.sqrt(0.1 * 0.9 / 2000) / 0.9
    assert table.loc["p0", "preserved_std"] == pytest.approx(binomial, rel=0.02)


def test_a_network_that_gives_all_images_the_same_class_guesses():
    runs = made_up({0: [0.1135, 0.1135], 1: [0.13, 0.13]}, [0.98], size=10_000)
    assert lost(preserved(runs)).tolist() == [False, False]  # of a data set that nobody knows
    assert lost(preserved(runs, guess=0.95)).all()  # all of one class, nearly
    table = preserved(runs.assign(dataset="mnist"))
    assert table["guess"].tolist() == [0.1135, 0.1135]  # 1,135 of the 10,000 digits are ones
    assert lost(table).tolist() == [True, False]


def test_errors_are_those_of_simulated_ratios(rng):
    """Binomial accuracies of one seed each: the error is the spread over 4,000 repetitions, within 10 %."""
    a, clean = rng.binomial(500, 0.6, 4000) / 500, rng.binomial(500, 0.8, 4000) / 500
    row = preserved(made_up({0: [0.6]}, [0.8], size=500)).iloc[0]
    assert row["preserved_std"] == pytest.approx(np.std(a / clean), rel=0.1)
    assert row["above_chance_std"] == pytest.approx(np.std((a - 0.1) / (clean - 0.1)), rel=0.1)


def test_runs_that_stopped_are_left_out():
    runs = made_up({0: [0.5, math.nan], 1: [math.nan]}, [0.9])
    table = preserved(runs)
    assert table[["point", "seeds"]].to_numpy().tolist() == [[0, 1]]


def test_on_digits():
    """Exact gradient, batch norm: dense3 keeps four fifths, the last layer nothing."""
    settings = {"epochs": 3, "seed": 1}
    noise = multiplicative(1e10, "exact")
    runs = sweep([Experiment(**settings), *(Experiment(noise=noise, point=p, **settings) for p in (7, 10))])
    table = preserved(runs).set_index("name")
    assert table.loc["dense3", "preserved"] > 0.8
    assert table.loc["dense4", "preserved"] < 0.3
    assert lost(table)[0] == np.False_


def test_bad_input():
    runs = made_up({0: [0.5]}, [0.9])
    for part in (runs[runs["sigma_mul"] > 0], runs[runs["sigma_mul"] == 0]):
        with pytest.raises(InputError, match="runs: expected some with and some without noise, got"):
            preserved(part)


def test_nothing_is_pooled():
    """A second data set, other epochs, another gradient, and another network at the second point alone."""
    runs = made_up({0: [0.5, 0.6], 1: [0.9, 0.9]}, [0.9, 0.9]).assign(dataset="mnist", epochs=100, gradient="exact")
    assert len(preserved(runs)) == 2
    others = {
        "dataset": runs.assign(dataset="cifar10"),
        "epochs": runs[runs["sigma_mul"] == 0].assign(epochs=5),
        "gradient": runs[runs["sigma_mul"] == 1e10].assign(gradient="straight_through"),
        "sigma_add": runs[runs["sigma_mul"] == 1e10].assign(sigma_add=1.0),
        "classes": runs[runs["point"] == 1].assign(classes=100),
    }
    for name, other in others.items():
        with pytest.raises(InputError, match=f"{name}: expected the same in all runs.*; choose one"):
            preserved(pandas.concat([runs, other]))


def test_a_noise_of_ones_own_is_no_baseline():
    runs = made_up({0: [0.7]}, [0.9]).assign(own_noise="")
    other = runs[:1].assign(sigma_mul=0.0, accuracy=0.1, own_noise="package:Rounding()")
    pandas.testing.assert_frame_equal(preserved(pandas.concat([runs, other])), preserved(runs))


def test_maximum_noise_is_the_largest_level_that_was_run():
    """Where all runs at 1e10 overflowed, those at 3 are not at maximum noise."""
    runs = made_up({0: [math.nan, math.nan]}, [0.9])
    with pytest.raises(InputError, match="got 0 at the largest level and 1 without that ended"):
        preserved(runs)


def test_a_seed_that_was_run_twice_counts_once():
    runs = made_up({0: [0.12, 0.15, 0.20]}, [0.9, 0.9], size=10_000).assign(seed=[0, 1, 2, 0, 0, 1])
    table, thrice = preserved(runs), preserved(pandas.concat([runs] * 3))
    pandas.testing.assert_frame_equal(table, thrice)
    assert table["seeds"].tolist() == [3]
    assert lost(thrice).tolist() == [True]


@pytest.mark.parametrize("clean", [[0.098, 0.097], [0.1, 0.1], [0.0, 0.0]])
def test_of_a_network_that_guesses_nothing_can_be_preserved(clean):
    row = preserved(made_up({0: [0.30, 0.31]}, clean)).iloc[0]
    assert math.isnan(row["above_chance"])
    assert math.isnan(row["above_chance_std"])
    assert math.isnan(row["preserved"])
    assert math.isnan(row["preserved_std"])
    for guess in (0.0, 0.05):  # unlikely, and nothing is divided by it
        row = preserved(made_up({0: [0.30, 0.31]}, clean), guess=guess).iloc[0]
        assert math.isnan(row["above_chance"])
        assert not row["above_chance_std"] < 0


@pytest.mark.parametrize("guess", [11.35, 1.0, -0.1, np.nan, "0.1135"])
def test_a_guess_is_a_share(guess):
    """With 11.35 for 11.35 %, nothing was better than guessing, and everything NaN."""
    with pytest.raises(InputError, match="guess: expected an accuracy 0 <= guess < 1, got"):
        preserved(made_up({0: [0.5]}, [0.9]), guess=guess)


@pytest.mark.parametrize("errors", [math.nan, -1, "3"])
def test_a_number_of_errors(errors):
    with pytest.raises(InputError, match="errors: expected a number of standard errors >= 0, got"):
        lost(preserved(made_up({0: [0.5]}, [0.9])), errors)
    with pytest.raises(InputError, match="runs: expected a column guess"):
        lost(made_up({0: [0.5]}, [0.9]))


@pytest.mark.parametrize(("name", "value"), [("tested", math.nan), ("tested", 0), ("classes", 0), ("classes", "ten")])
def test_sizes_are_whole_numbers(name, value):
    with pytest.raises(InputError, match=f"{name}: expected a whole number of at least 1, got"):
        preserved(made_up({0: [0.5]}, [0.9]).assign(**{name: value}))


def test_points_without_a_name_are_no_less_there():
    """A column that is empty made an empty table."""
    runs = made_up({0: [0.5], 1: [0.7]}, [0.9])
    table, nameless = preserved(runs), preserved(runs.assign(name=math.nan))
    pandas.testing.assert_frame_equal(nameless.drop(columns="name"), table.drop(columns="name"))


def test_what_nobody_measured_is_not_better_than_guessing():
    table = preserved(made_up({0: [0.5], 1: [0.7]}, [0.9]))
    assert lost(table.assign(accuracy=[math.nan, 0.7])).tolist() == [True, False]

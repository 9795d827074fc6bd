"""Figures and tables do not pool runs that differ, say what is missing, and compare with the paper what is like it."""

from dataclasses import fields
from functools import cache

import numpy as np
import pandas
import pytest

from tests.made_up_runs import accuracy, everything, row
from wn_ref import Experiment, InputError, additive, fit_midpoint, multiplicative, reproduce
from wn_ref.cli.chosen import Chosen
from wn_ref.findings.robustness import curve
from wn_ref.reproduce.together import CHOICES, SETTINGS, prepared, separate

SIGMAS = np.geomspace(0.1, 100, 9)


def global_noise(**settings):
    """Runs of one curve: global additive noise in training, without scatter."""
    experiments = [Experiment(noise=additive(s), seed=seed, **settings) for s in SIGMAS for seed in range(2)]
    return pandas.DataFrame([row(e, accuracy(e.noise.sigma_add, 0.7)) for e in experiments])


@pytest.fixture(scope="module")
def runs():
    return everything().assign(algorithm=2, data="abc")


@pytest.fixture(scope="module")
def plain(runs):
    """The runs of one curve, and Table 1 of them."""
    of_one_curve = runs[(runs["name"] == "global") & (runs["sigma_add"] > 0) & (runs["sigma_mul"] == 0)]
    return of_one_curve, reproduce.table(1, of_one_curve)


@pytest.fixture(scope="module")
def drawn(runs):
    """Figures of all runs by number, each drawn once."""
    return cache(lambda number: reproduce.figure(number, runs))


OTHERS = {
    "epochs": 7,
    "batch_size": 32,
    "learning_rate": 0.01,
    "optimizer": "sgd",
    "momentum": 0.9,
    "schedule": "constant",
    "augment": False,
    "train_size": 500,
    "test_size": 500,
    "algorithm": 1,
    "data": "def",
    "dataset": "digits",
    "model": "lenet5",
    "batchnorm": True,
}


@pytest.mark.parametrize("setting", OTHERS)
def test_runs_that_differ_in_one_setting_are_never_pooled(setting, plain):
    runs, alone = plain
    both = pandas.concat(
        [runs, runs.assign(**{setting: OTHERS[setting], "accuracy": accuracy(runs["sigma_add"], 5.0)})]
    )
    with pytest.raises(
        InputError, match=f"{setting}: expected the same in all runs, got .*; choose one of them with --"
    ):
        reproduce.figure(1, both)
    table = reproduce.table(1, both)
    assert len(table) == 2
    assert table["midpoint"].tolist() == [alone["midpoint"][0], pytest.approx(5)]
    assert setting in table
    assert len(reproduce.table(1, both, **{setting: OTHERS[setting]})) == 1


def test_a_walk_of_other_epochs_does_not_change_table_2_nor_figure_2(runs, drawn):
    rows = [
        row(Experiment(noise=additive(s), point=p, epochs=1, batchnorm=False), accuracy(s, 0.01 * (p + 1)), magnitude=9)
        for s in SIGMAS
        for p in range(8)
    ]
    both = pandas.concat([runs, pandas.DataFrame(rows).assign(algorithm=2, data="abc")])
    pandas.testing.assert_frame_equal(reproduce.table(2, both), reproduce.table(2, runs))
    with pytest.raises(InputError, match="choose one of them with --epochs"):
        reproduce.figure(2, both)
    before, after = drawn(2), reproduce.figure(2, both, epochs=5)
    for one, two in zip(before.axes[0].get_lines(), after.axes[0].get_lines(), strict=True):
        np.testing.assert_array_equal(one.get_ydata(), two.get_ydata())


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_straight_through_runs_do_not_change_figure_8_and_can_be_chosen(runs, drawn):
    steep = [
        row(Experiment(noise=multiplicative(s), point=3, batchnorm=False, seed=seed), accuracy(s, 1.0))
        for s in SIGMAS
        for seed in range(2)
    ]
    both = pandas.concat([runs, pandas.DataFrame(steep).assign(algorithm=2, data="abc")])
    assert legend(reproduce.figure(8, both)) == legend(drawn(8))
    chosen = reproduce.figure(8, both, gradient="straight_through")
    assert legend(chosen) != legend(drawn(8))
    assert "straight-through gradient" in chosen.axes[0].get_title()
    only = reproduce.figure(8, pandas.DataFrame(steep))
    assert "straight-through gradient" in only.axes[0].get_title()


def test_levels_that_agree_to_12_digits_are_one_and_a_run_counts_once():
    table = global_noise(batchnorm=False)
    again = table[table["sigma_add"] == SIGMAS[3]].assign(sigma_add=float(f"{SIGMAS[3]:.12g}"))
    assert again["sigma_add"].iloc[0] != SIGMAS[3]
    both = prepared(pandas.concat([table, again]))
    assert len(both) == len(table)
    assert reproduce.table(1, pandas.concat([table, again]))["levels"].tolist() == [9]
    failed = again.assign(accuracy=np.nan)
    assert prepared(pandas.concat([failed, table]))["accuracy"].notna().all()  # what did not fail is kept


def test_noise_levels_can_be_chosen(runs):
    few = reproduce.table(1, runs, sigmas=list(SIGMAS[:5]))
    assert few["levels"].tolist() == [5, 5]
    with pytest.raises(InputError, match=r"choice: expected one of dataset, .*, got 'epoch'"):
        reproduce.figure(1, runs, epoch=5)


def test_every_setting_that_keeps_runs_apart_has_an_option():
    named_otherwise = {"phase", "first", "executions"}  # figures and tables vary these, or need one value
    assert {field.name for field in fields(Chosen)} == set(CHOICES) - named_otherwise
    assert set(SETTINGS) >= set(Experiment().row()) - {"seed", "sigma_mul", "sigma_add", "own_noise", "own_data"}


def test_runs_with_a_noise_of_ones_own_are_in_no_figure_of_the_paper(runs):
    own = runs.assign(own_noise=runs["seed"].map({0: "", 1: '{"class":"mine.Uniform"}'}))
    assert reproduce.table(1, own)["seeds"].tolist() == [1, 1]


def test_separate_keeps_what_is_varied_together(runs):
    table = prepared(runs)
    groups = separate(table, ("point", "phase", "clamp", "gradient", "first", "executions"))
    assert len(groups) == 1
    assert len(groups[0]) == len(table)


def title(figure):
    return figure.get_suptitle() or figure.axes[0].get_title()


@pytest.mark.parametrize(
    ("number", "lost", "says"),
    [
        (1, lambda t: (t["sigma_add"] > 50) & (t["seed"] == 1), "1 of 18 runs is missing (noise at global)"),
        (
            2,
            lambda t: (t["name"] == "relu3") & (t["phase"] == "training"),
            "36 of 576 runs are missing (noise at relu3)",
        ),
        (2, lambda t: t["phase"] == "inference", "288 of 576 runs are missing"),
        (3, lambda t: (t["name"] == "relu1") & (t["sigma_mul"] > 1e9), "4 of 34 runs are missing (noise at relu1)"),
        (6, lambda t: (t["first"] == "additive") & (t["sigma_add"] > 5), "6 of 36 runs are missing (noise at relu1)"),
        (
            8,
            lambda t: (t["sigma_mul"] > 50) & (t["name"] == "dense2") & (t["seed"] == 0),
            "1 of 18 runs is missing (noise at dense2)",
        ),
    ],
)
def test_an_unfinished_sweep_is_not_drawn_as_finished(number, lost, says, runs):
    left = runs[~lost(runs)]
    *_, note = title(reproduce.figure(number, left)).split("\n")
    assert note == f"unfinished: {says}"
    _, *commands = reproduce.remarks("figure", number, left, store="mine.sqlite")
    for command in commands:
        assert command.startswith("to complete it: wn-ref sweep ")
        assert "--dataset mnist_sample --model mlp" in command
        assert "--no-batchnorm" in command
        assert "--store mine.sqlite" in command


def test_a_sweep_that_is_not_at_its_end_is_said(runs):
    swept = runs.assign(sweep=1).astype({"sweep": int})
    assert "unfinished" not in title(reproduce.figure(1, swept))
    assert title(reproduce.figure(1, swept, left=40)).endswith("\nunfinished: the latest sweep has 40 runs left")
    assert "unfinished: the latest sweep has 1 run left" in reproduce.show_table(4, swept, left=1)
    swept.loc[swept["sigma_mul"] > 1e9, "sweep"] = 2  # the latest one has nothing to do with this figure
    assert "unfinished" not in title(reproduce.figure(1, swept, left=40))


def test_tables_count_what_is_missing_and_failed_runs_are_not_missing(runs):
    walking = runs["name"].isin(["dense2"]) & runs["clamp"] & (runs["seed"] == 1) & (runs["phase"] == "training")
    assert reproduce.table(2, runs[~walking])["missing"].tolist() == [9] * 4
    assert "unfinished: 9 of 144 runs are missing (noise at dense2)" in reproduce.show_table(2, runs[~walking])
    failed = runs.assign(accuracy=runs["accuracy"].where(~walking))
    shown = reproduce.show_table(2, failed)
    assert "9 runs failed" in shown
    assert "missing" not in shown


def test_what_makes_missing_runs_is_a_complete_command(runs):
    trained = runs.assign(dataset="digits", epochs=3, batch_size=64)
    with pytest.raises(InputError) as caught:
        reproduce.figure(3, trained[trained["sigma_mul"] == 0], store="own.sqlite")
    assert str(caught.value).endswith(
        "run `wn-ref sweep maximum --dataset digits --model mlp --no-batchnorm --epochs 3 --batch-size 64 "
        "--store own.sqlite`"
    )
    with pytest.raises(InputError, match=r"--model lenet5 --batchnorm --gradient straight_through --store"):
        reproduce.figure(3, runs[:0], model="lenet5", batchnorm=True, gradient="straight_through")


def test_the_command_is_one_that_can_be_run():
    digits = global_noise(dataset="digits", batchnorm=False)
    with pytest.raises(InputError, match="run `wn-ref sweep multi --dataset mnist_sample --model mlp"):
        reproduce.table(3, digits)
    with pytest.raises(InputError, match="--model lenet5 --batchnorm --dataset mnist_sample --store"):
        reproduce.figure(9, digits)


def test_tables_1_and_4_show_the_crossing_and_the_fit_as_printed(runs):
    for number, phase in ((1, "training"), (4, "inference")):
        table = reproduce.table(number, runs)
        here = runs[(runs["name"] == "global") & (runs["phase"] == phase) & (runs["sigma_mul"] == 0)]
        points = curve(here[here["sigma_add"] > 0])
        printed = fit_midpoint(points["sigma"], points["accuracy"], points["uncertainty"], scale="linear")
        np.testing.assert_equal(table["as_printed"][0], printed.midpoint)
        assert {"epochs", "seeds", "levels"} <= set(table)
        shown = reproduce.show_table(number, runs)
        assert "fitted in ln sigma" in shown
        assert "fitted in sigma, all four parameters free" in shown
        assert "exact gradient" in shown


def test_the_papers_numbers_stand_in_brackets_beside_runs_that_differ(runs):
    table = reproduce.table(1, runs)
    assert table["differs"][0] == "mnist_sample is a sample; 5 epochs, not 100 epochs; 9 noise levels, not 17"
    shown = reproduce.show_table(1, runs)
    assert "(1.69) [1]" in shown
    assert "[1] not comparable: mnist_sample is a sample; 5 epochs" in shown
    three = reproduce.show_table(3, runs)
    assert "(0.871) [1]" in three


def paper_runs(**changes):
    """Runs on the paper's grid of global additive noise: MNIST, 100 epochs, 17 levels."""
    settings = {"dataset": "mnist", "batchnorm": False, "epochs": 100} | changes
    experiments = [
        Experiment(noise=additive(s), seed=k, **settings) for s in np.geomspace(0.01, 100, 17) for k in (0, 1)
    ]
    return pandas.DataFrame([row(e, accuracy(e.noise.sigma_add, 1.7)) for e in experiments])


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({}, ""),
        ({"epochs": 50}, "50 epochs, not 100 epochs"),
        ({"train_size": 8000}, "8,000 training images, not 60,000 training images"),
        ({"learning_rate": 0.01}, "learning rate 0.01, not learning rate 0.001"),
        ({"optimizer": "sgd"}, "optimizer sgd, not optimizer adam"),
    ],
)
def test_the_papers_numbers_are_compared_with_runs_like_the_papers_only(changes, differs):
    runs = paper_runs(**changes)
    table = reproduce.table(1, runs)
    assert table["differs"].tolist() == [differs]
    assert ("(1.69)" if differs else " 1.69") in reproduce.show_table(1, runs)
    figure = reproduce.figure(1, runs)
    mark = next(line for line in figure.axes[0].get_lines() if line.get_marker() == "x")
    assert (mark.get_color() == "black") == (not differs)


def test_data_that_the_paper_does_not_have_get_no_number_of_it():
    table = reproduce.table(1, global_noise(dataset="digits"))
    assert table["paper"].isna().all()
    assert table["differs"].tolist() == [""]


@pytest.mark.parametrize(
    ("number", "noise"),
    [
        (1, "global additive noise, in training"),
        (2, "walking additive noise"),
        (3, "multiplicative noise of $10^{10}$, in training"),
        (6, "mixed noise (exact gradient) at relu1, in training"),
        (7, "global additive noise, in training"),
        (8, "multiplicative noise (exact gradient) at dense2, in training"),
    ],
)
def test_titles_say_what_a_figure_is_of(number, noise, drawn):
    assert title(drawn(number)).split("\n") == [
        f"MLP without batch norm, mnist_sample, 5 epochs, {1 + 1} seeds",
        noise,
    ]


def test_what_is_unusual_in_training_is_in_the_title():
    figure = reproduce.figure(1, global_noise(learning_rate=0.01, train_size=500, model="lenet5"))
    assert title(figure).split("\n")[:2] == [
        "LeNet-5 with batch norm, mnist_sample, 5 epochs, 2 seeds",
        "learning rate 0.01, 500 training images",
    ]

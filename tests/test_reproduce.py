"""Every figure and table of the paper comes out of a store, with the numbers that went into it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas
import pytest

from tests.made_up_runs import POINTS, accuracy, everything, row
from wn_ref import Experiment, InputError, additive, mixed, multiplicative, paper, reproduce
from wn_ref.reproduce.comparison import differences
from wn_ref.reproduce.tables import NOT_EVERYWHERE
from wn_ref.reproduce.together import prepared
from wn_ref.sweeps import grids


@pytest.fixture(scope="module")
def runs():
    return everything()


@pytest.fixture(scope="module")
def drawn(runs):
    """Figures of all runs by number, each drawn once."""
    return cache(lambda number: reproduce.figure(number, runs))


def lines(figure):
    return [line for axes in figure.axes for line in axes.get_lines()]


@pytest.mark.parametrize("number", [1, 2, 3, 6, 7, 8, 10, 11])
def test_figures_are_drawn(number, drawn, tmp_path):
    drawn(number).savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 8000


def test_figure_1_marks_the_midpoint_and_the_papers(drawn):
    shown = {float(line.get_xdata()[0]) for line in lines(drawn(1)) if len(line.get_xdata()) in (1, 2)}
    assert any(abs(x - 0.7) < 0.02 for x in shown)
    assert 1.69 in shown  # Table 1, MNIST, MLP without batch norm


@pytest.mark.parametrize(
    ("plan", "factor", "says"),
    [
        ("multi", 1.0, ""),
        ("multi", 3.0, "sigma 1.05, not 0.35"),
        ("global", 1.0, ""),
        ("global", 0.01, "noise levels such as 0.0001, not 0.01"),
    ],
)
def test_as_many_noise_levels_elsewhere_are_a_difference(plan, factor, says):
    plan_of_paper = grids.plan(plan, "paper", dataset="mnist")
    made = [e if e.noise is None else replace(e, noise=additive(factor * e.noise.sigma_add)) for e in plan_of_paper]
    table = prepared(pandas.DataFrame([row(e, 0.5) for e in made]))
    assert differences(plan, table) == says


def test_figure_2_has_the_midpoints_that_were_put_in(drawn):
    curve = next(line for line in lines(drawn(2)) if line.get_marker() == "o")
    np.testing.assert_allclose(np.asarray(curve.get_ydata(), float), 1 + np.arange(len(POINTS)), rtol=0.05)


def test_figure_5_compares_data_sets(runs):
    both = runs.assign(batchnorm=True)
    both = pandas.concat([both, both.assign(dataset="fashion_mnist_sample", accuracy=both["accuracy"] / 2)])
    figure = reproduce.figure(5, both)
    labels = {text.get_text() for text in figure.legends[0].get_texts()}
    assert labels == {"mnist_sample", "fashion_mnist_sample", "guessing"}


def test_figure_4_trains_its_network_again(tmp_path):
    experiment = Experiment(dataset="digits", noise=multiplicative(1e10, "exact"), point=4, epochs=2)
    figure = reproduce.figure(4, pandas.DataFrame([row(experiment, 0.5)]))
    assert len(figure.axes) == 4 * 3
    figure.savefig(tmp_path / "figure.png")


@pytest.mark.parametrize("number", [1, 4])
def test_tables_of_midpoints(number, runs):
    table = reproduce.table(number, runs)
    np.testing.assert_allclose(table["midpoint"], 0.7, rtol=0.05)
    assert table["noise"].tolist() == ["additive", "multiplicative"]
    published = paper.midpoints(number).query("dataset == 'mnist' and model == 'mlp' and not batchnorm")
    assert table["paper"].tolist() == published["midpoint"].tolist()


def test_table_2_is_unclamped_over_clamped(runs):
    table = reproduce.table(2, runs)
    assert table["layer"].tolist() == ["dense1", "dense2", "dense3", "dense4"]
    np.testing.assert_allclose(table["ratio"], 4)
    np.testing.assert_allclose(table["midpoint"], [2, 4, 6, 8], rtol=0.05)


def test_table_3_has_the_papers_accuracies_beside_its_own_counts(runs):
    table = reproduce.table(3, runs)
    assert table["mean"].round(3).tolist() == [0.6, 0.7]
    assert table["paper"].tolist() == [0.682, 0.871]


@pytest.mark.parametrize(("make", "numbers"), [(reproduce.figure, range(1, 12)), (reproduce.table, range(1, 5))])
def test_what_is_missing_is_said_with_the_command_that_makes_it(make, numbers, runs):
    for number in numbers:
        with pytest.raises(InputError, match=rf"{number}: expected .*, got none; run `wn-ref sweep ") as caught:
            make(number, runs[:0])
        assert "\n" not in str(caught.value)


def test_several_networks_are_told_apart(runs):
    both = pandas.concat([runs, runs.assign(epochs=7)])
    with pytest.raises(
        InputError, match="epochs: expected the same in all runs, got 5, 7; choose one of them with --epochs"
    ):
        reproduce.figure(1, both)
    with pytest.raises(InputError, match="figure: expected one of 1, 2,"):
        reproduce.figure(12, runs)


def test_a_missing_column_is_named(runs):
    with pytest.raises(InputError, match=r"runs: expected a column 'history', got none; use the table of Store\.runs"):
        reproduce.figure(7, runs.drop(columns="history"))


def test_figure_4_names_the_network_that_it_shows():
    """Not the first one in the table, which may be another."""
    rows = [
        row(Experiment(dataset=dataset, noise=multiplicative(1e10, "exact"), point=4, epochs=1), 0.5)
        for dataset in ("mnist_sample", "digits")
    ]
    figure = reproduce.figure(4, pandas.DataFrame(rows), dataset="digits")
    first, noise = figure.get_suptitle().split("\n")
    assert first == "MLP with batch norm, digits, 1 epoch, 1 seed"
    assert noise == "multiplicative noise (exact gradient) of $10^{10}$ at dense2, in training"


def test_a_dollar_in_the_name_of_a_data_set_begins_no_formula():
    runs = everything().assign(dataset="$_{of}$", own_data="0123")
    for number in (1, 2):
        figure = reproduce.figure(number, runs)
        assert r"\$_{of}\$, " in (figure.get_suptitle() or figure.axes[0].get_title())


def test_a_row_gives_its_experiment_back():
    plan = [
        Experiment(),
        Experiment(noise=mixed(1.0, 2.0, "additive", "exact"), point=3, seed=2**63, train_size=500, clamp=True),
        Experiment(noise=additive(0.5), phase="inference", point="all", executions=(1,) * 11),
    ]
    frame = pandas.DataFrame([row(experiment, 0.5) for experiment in plan])
    assert [Experiment.from_row(cells) for _, cells in frame.iterrows()] == plan


def test_the_papers_tables():
    assert len(paper.midpoints(1)) == len(paper.midpoints(4)) == 40
    one = paper.midpoints(1).set_index(["dataset", "model", "batchnorm", "noise"])["midpoint"]
    assert one["cifar10", "lenet5", True, "additive"] == 1.95
    assert one["gsc", "cnn_s", False, "multiplicative"] == 0.916
    four = paper.midpoints(4).set_index(["dataset", "model", "batchnorm", "noise"])["midpoint"]
    assert four["mnist", "mlp", False, "additive"] == 0.47
    assert paper.table(2)["with_bn"].tolist() == [51, 30, 13, 24, 18]


def test_table_4_says_that_global_noise_is_not_at_the_outputs_of_batch_norm():
    for batchnorm in (False, True):
        settings = {"dataset": "mnist", "epochs": 100, "batchnorm": batchnorm, "phase": "inference"}
        levels = grids.sigmas("global", "additive", True, "mnist", "mlp")
        runs = [row(Experiment(noise=additive(sigma), **settings), accuracy(sigma, 0.4)) for sigma in levels]
        (differs,) = reproduce.table(4, pandas.DataFrame(runs))["differs"]
        assert differs == batchnorm * NOT_EVERYWHERE

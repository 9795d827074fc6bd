"""Figures hold what the table holds; how they look is for eyes."""

import dataclasses
import math

import numpy as np
import pandas
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from tests.made_up_runs import everything
from wn_ref import InputError, figures, fit_midpoint, load_dataset
from wn_ref.fits.stacked import fit_steps


def test_walking_shows_every_midpoint_and_bound(tmp_path):
    rows = [
        ("inference", 0, "input", 1.0, 0.9, 1.1, "measured"),
        ("inference", 1, "dense1", math.nan, 8.0, math.inf, "lower bound"),
        ("training", 0, "input", 2.0, 1.9, 2.1, "measured"),
        ("training", 1, "dense1", math.nan, 0.0, 0.01, "upper bound"),
    ]
    table = pandas.DataFrame(rows, columns=["phase", "point", "name", "midpoint", "low", "high", "kind"])
    figure = figures.walking(table, "title")
    axes = figure.axes[0]
    points = {(line.get_marker(), float(y)) for line in axes.get_lines() for y in line.get_ydata()}
    assert {("o", 1.0), ("s", 2.0), ("^", 8.0), ("v", 0.01)} <= points
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0\ninput", "1\ndense1"]
    legend = {text.get_text() for text in figure.legends[0].get_texts()}
    assert legend == {"noise at inference only", "noise in training, too", "greater than", "less than"}
    figure.savefig(tmp_path / "walk.png")
    assert (tmp_path / "walk.png").stat().st_size > 5000


def test_walking_explains_marks_of_the_second_panel_too():
    rows = [
        (True, "training", 0, "input", 2.0, 1.9, 2.1, "measured"),
        (False, "training", 0, "input", math.nan, 8.0, math.inf, "lower bound"),
    ]
    columns = ["batchnorm", "phase", "point", "name", "midpoint", "low", "high", "kind"]
    figure = figures.walking(pandas.DataFrame(rows, columns=columns))
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"noise in training, too", "greater than"}
    assert [axes.get_legend() for axes in figure.axes] == [None, None]


def test_lines_do_not_join_points_that_are_only_bounded():
    rows = [("training", p, f"dense{p}", 2.0, 1.9, 2.1, "measured") for p in (0, 1, 3, 4)]
    rows.append(("training", 2, "dense2", math.nan, 8.0, math.inf, "lower bound"))
    table = pandas.DataFrame(rows, columns=["phase", "point", "name", "midpoint", "low", "high", "kind"])
    line = next(line for line in figures.walking(table).axes[0].get_lines() if line.get_marker() == "s")
    assert [bool(np.isnan(y)) for y in line.get_ydata()] == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("accuracy", "says"),
    [
        ([0.95, 0.95, 0.95, 0.95, 0.95], "no midpoint: it is above"),
        ([0.1, 0.1, 0.1, 0.1, 0.1], "no midpoint: it is below"),
        ([0.5, 0.15, 0.1, 0.1, 0.1], "no midpoint: it is below"),
        ([0.95, 0.8, 0.4, 0.4, 0.4], "no midpoint: equation 1 misses the"),
    ],
)
def test_figure_1_without_a_midpoint_says_why(accuracy, says):
    points = pandas.DataFrame({"sigma": [0.1, 1, 10, 100, 1000], "accuracy": accuracy, "uncertainty": 0.01})
    fit = fit_midpoint(points["sigma"], accuracy, [0.01] * 5, a_min=0.1, scale="log")
    drawn = figures.midpoint(points, fit)
    texts = [text.get_text() for text in (*drawn.axes[0].texts, drawn.legends[0].get_title())]
    assert any(text.startswith(says) for text in texts), texts


def test_a_value_of_the_paper_that_is_not_comparable_is_grey_with_the_reason():
    points = pandas.DataFrame({"sigma": [0.1, 1, 10, 100], "accuracy": [0.9, 0.8, 0.2, 0.1], "uncertainty": 0.01})
    fit = fit_midpoint(points["sigma"], points["accuracy"], points["uncertainty"], scale="log")
    for differs, color in (("", "black"), ("5 epochs, not 100 epochs", "darkgrey")):
        figure = figures.midpoint(points, fit, published=1.69, differs=differs)
        mark = next(line for line in figure.axes[0].get_lines() if line.get_marker() == "x")
        assert mark.get_color() == color
        assert figure.legends[0].get_title().get_text() == differs


def test_dots_of_figure_6_are_whole_and_grids_need_not_be_rectangles():
    levels = [(0.1, 0.1), (0.1, 1.0), (1.0, 0.1), (1.0, 1.0), (1e5, 1e5), (0.5, 0.5)]
    runs = pandas.DataFrame(levels, columns=["sigma_mul", "sigma_add"]).assign(accuracy=0.5, first="additive")
    dots = figures.mixed(runs).axes[0].collections[-1]
    assert len(dots.get_offsets()) == 6
    assert not dots.get_clip_on()


def plane(size):
    """Runs on a grid of size x size levels, whose accuracy falls along the diagonal."""
    levels = [(i, j) for i in range(size) for j in range(size)]
    rows = [(10.0**i, 10.0**j, "additive", 1 / (1 + math.exp(i - j))) for i, j in levels]
    return pandas.DataFrame(rows, columns=["sigma_mul", "sigma_add", "first", "accuracy"])


def colours(panel):
    """The kinds of what is coloured, from back to front: rectangles (Quad) and triangles (Tri)."""
    kinds = [type(drawn).__name__ for drawn in panel.collections]
    return [kind.removesuffix("ContourSet") for kind in kinds if kind.endswith("ContourSet")]


def test_figure_6_has_triangles_only_where_its_grid_is_incomplete():
    complete = figures.mixed(plane(5)).axes[0]
    assert colours(complete) == ["Quad"]
    (half,) = [p for p in complete.collections[0].get_paths() if p.contains_point((2.2, 2.1))]
    for at in np.linspace(0.1, 3.9, 20):  # accuracy is 1/2 on the diagonal and that is straight, without stairs
        assert half.contains_point((at + 0.02, at))
        assert not half.contains_point((at, at + 0.02))
    for incomplete in (plane(5).drop(index=12), plane(5).assign(accuracy=[*plane(5)["accuracy"][:-1], np.nan])):
        assert colours(figures.mixed(incomplete).axes[0]) == ["Tri", "Quad"]


def test_figure_6_of_levels_on_one_line_is_refused():
    runs = plane(3)
    for some, got in (
        (runs[:1], "1 pair on one line"),
        (runs[:3], "3 pairs on one line"),
        (runs[runs["sigma_mul"] == runs["sigma_add"]], "3 pairs on one line"),
        (runs.assign(accuracy=np.nan), "no run that ended"),
    ):
        with pytest.raises(InputError, match=f"runs: expected pairs of noise levels that span an area, got {got}"):
            figures.mixed(some)


def test_figure_6_does_not_average_two_networks_and_knows_equal_levels():
    runs = plane(3).assign(batchnorm=True, seed=0)
    for name, value in {"batchnorm": False, "point": 3, "dataset": "mnist", "epochs": 7}.items():
        others = runs.assign(**{name: value, "accuracy": 0.1})
        with pytest.raises(InputError, match=f"{name}: expected the same in all runs of a plane, got"):
            figures.mixed(pandas.concat([runs.assign(**{name: runs.get(name, 0)}), others]))
    again = runs.assign(seed=1, sigma_mul=runs["sigma_mul"] * (1 + 1e-14))
    assert len(figures.mixed(pandas.concat([runs, again])).axes[0].collections[-1].get_offsets()) == 9
    with pytest.raises(InputError, match="sigma_add: expected finite noise levels >= 0, got inf"):
        figures.mixed(pandas.concat([runs, runs.assign(sigma_add=np.inf)]))


def test_figure_7_does_not_average_two_networks():
    runs = everything()
    runs = runs[(runs["point"] == "global") & (runs["sigma_add"] > 0) & (runs["phase"] == "training")]
    figures.epochs(runs)
    with pytest.raises(InputError, match="epochs: expected the same in all runs of a curve, got 5 and 6"):
        figures.epochs(pandas.concat([runs, runs.assign(epochs=6)]))


def test_labels_of_a_contact_sheet_are_inside_the_figure():
    figure = figures.contact_sheet(load_dataset("fashion_mnist_sample"))
    figure.canvas.draw()
    for label in figure.axes[0].get_yticklabels():
        assert label.get_window_extent().x0 >= 0, label.get_text()


def test_a_dollar_in_a_name_begins_no_formula():
    data = dataclasses.replace(load_dataset("digits"), name="US$ and AU$", classes=tuple(f"${k}_{{" for k in range(10)))
    figure = figures.contact_sheet(data)
    FigureCanvasAgg(figure).draw()  # as a formula, each of the classes is one that Matplotlib refuses
    assert figure.axes[0].get_title().startswith(r"US\$ and AU\$: ")


def test_names_of_models_are_those_of_the_paper():
    assert [figures.model_name(name) for name in ("mlp", "cnn_s", "my_own")] == ["MLP", "CNN-S", "my_own"]


def test_pareto_fills_the_marks_of_what_is_efficient_and_nothing_hides_them():
    table = pandas.DataFrame({"rule": ["a", "a", "b"], "total": [8, 16, 16], "accuracy": [0.5, 0.8, 0.6]})
    table = table.assign(low=table["accuracy"] - 0.1, high=table["accuracy"] + 0.1, efficient=[True, True, False])
    lines = figures.pareto(table).axes[0].get_lines()
    filled = [line for line in lines if line.get_markerfacecolor() != "white" and line.get_marker() in ("o", "s")]
    assert sorted(y for line in filled for y in line.get_ydata()) == [0.5, 0.8]
    open_marks = [line for line in lines if line.get_markerfacecolor() == "white"]
    assert min(line.zorder for line in filled) > max(line.zorder for line in open_marks)


def test_ticks_below_one_are_plain_numbers():
    axes = figures.walking(walk([0.5, 4.0])).axes[0]
    axes.figure.canvas.draw()
    written = {label.get_text() for label in axes.get_yticklabels(minor=True)} - {""}
    assert "0.5" in written
    assert not [text for text in written if "e" in text]


def walk(midpoints):
    """A table of midpoints that were measured, as `figures.walking` takes it."""
    rows = [
        {"phase": "inference", "point": i, "name": f"dense{i}", "midpoint": m, "low": 0.9 * m, "high": 1.1 * m}
        for i, m in enumerate(midpoints)
    ]
    return pandas.DataFrame(rows).assign(kind="measured")


def test_guessing_is_marked_for_each_data_set_where_it_differs():
    table = pandas.DataFrame({"point": [0, 1, 0, 1], "name": ["input", "dense1"] * 2, "label": ["a", "a", "b", "b"]})
    table = table.assign(preserved=0.5, error=0.1, chance=[0.1, 0.1, 0.13, 0.13])

    def guessing(drawn):
        return [line.get_ydata()[0] for line in drawn.axes[0].get_lines() if line.get_linestyle() == ":"]

    assert guessing(figures.preserved(table)) == [0.1, 0.13]
    assert guessing(figures.preserved(table.assign(chance=0.1))) == [0.1]
    for drawn in (figures.preserved(table), figures.preserved(table.assign(chance=0.1))):
        assert [text.get_text() for text in drawn.legends[0].get_texts()].count("guessing") == 1


def test_accuracies_that_scatter_around_guessing_have_one_colour_in_figure_6():
    scatter = np.random.default_rng(0).normal(0.1, 0.01, 25)
    bands = figures.mixed(plane(5).assign(accuracy=scatter)).axes[0].collections[0].get_paths()
    filled = [len(band.vertices) for band in bands]
    assert filled[0] > 0
    assert not any(filled[1:])


def test_figure_5_shows_more_than_was_there_and_more_data_sets_than_colours():
    table = pandas.DataFrame(
        {"point": range(3), "name": "bn", "preserved": [1.0, 1.11, 0.2], "error": [0.1, 0.0, np.nan]}
    )
    table = pandas.concat([table.assign(label=f"set {number}", chance=0.1) for number in range(8)])
    axes = figures.preserved(table).axes[0]
    assert axes.get_ylim()[1] > 1.11
    lines = [line for line in axes.get_lines() if line.get_label().startswith("set") or len(line.get_xdata()) == 3]
    looks = {
        (line.get_color(), line.get_linestyle(), line.get_marker()) for line in lines if line.get_linestyle() != "None"
    }
    assert len(looks) >= 8


LONG = [f"{name}, 150 epochs, batch size 512, learning rate 0.0005" for name in ("mnist", "gsc_test_set")]


@pytest.mark.parametrize("labels", [["a", "b"], LONG])
def test_the_legend_of_figure_5_is_inside_the_figure(labels):
    table = pandas.DataFrame({"point": range(11), "name": "bn"})
    table = pandas.concat([table.assign(label=label, chance=0.1 + 0.01 * len(label)) for label in labels])
    drawn = figures.preserved(table.assign(preserved=0.5, error=0.1))
    FigureCanvasAgg(drawn).draw()
    legend, whole = drawn.legends[0].get_window_extent(), drawn.bbox
    assert whole.x0 <= legend.x0 < legend.x1 <= whole.x1


def test_steps_of_a_flat_curve_have_no_midpoints_to_draw():
    """They are NaN, and a line at NaN has a text all the same."""
    sigma = np.geomspace(0.1, 1e4, 21)
    points = pandas.DataFrame({"sigma": sigma, "accuracy": 0.9, "uncertainty": 0.01, "seeds": 2})
    points.loc[::2, "accuracy"] = 0.905
    one, two = (fit_steps(sigma, points["accuracy"], points["uncertainty"], steps) for steps in (1, 2))
    figure = figures.stacked(points, one, two, "flat")
    assert not two.falls
    assert not [text.get_text() for text in figure.axes[0].texts if "nan" in text.get_text()]

"""Figures hold what the table holds; how they look is for eyes."""

import math

import pandas

from wn_ref import figures


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
    legend = {text.get_text() for text in axes.get_legend().get_texts()}
    assert legend == {"noise at inference only", "noise in training, too", "greater than", "less than"}
    figure.savefig(tmp_path / "walk.png")
    assert (tmp_path / "walk.png").stat().st_size > 5000


def test_walking_explains_marks_of_the_second_panel_too():
    rows = [
        (True, "training", 0, "input", 2.0, 1.9, 2.1, "measured"),
        (False, "training", 0, "input", math.nan, 8.0, math.inf, "lower bound"),
    ]
    columns = ["batchnorm", "phase", "point", "name", "midpoint", "low", "high", "kind"]
    first, second = figures.walking(pandas.DataFrame(rows, columns=columns)).axes
    assert {text.get_text() for text in first.get_legend().get_texts()} == {"noise in training, too", "greater than"}
    assert second.get_legend() is None


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

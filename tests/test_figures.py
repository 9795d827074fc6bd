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

"""What a command leaves behind, and what it does when it cannot."""

import errno

import pandas
import pytest

from wn_ref import InputError
from wn_ref.report import Files, _table, whole


def test_names_that_are_taken_are_left_alone(tmp_path):
    first = Files.beside(tmp_path / "walk.png")
    assert [path.name for path in (first.figure, first.runs, first.midpoints)] == [
        "walk.png",
        "walk_runs.csv",
        "walk_midpoints.csv",
    ]
    first.runs.write_text("kept")
    second = Files.beside(tmp_path / "walk.png")
    assert [path.name for path in (second.figure, second.runs)] == ["walk-2.png", "walk-2_runs.csv"]


def test_a_table_says_where_multiplicative_noise_leaves_the_accuracy():
    row = {"phase": "training", "point": 1, "name": "dense1", "midpoint": 2.0, "low": 1.8, "high": 2.3}
    fits = pandas.DataFrame([row | {"kind": "measured", "a_min": 0.66, "highest": 0.95}])
    assert _table(fits, floors=True)[1].split() == [
        "1",
        "dense1",
        "2",
        "(1.8",
        "to",
        "2.3),",
        "ends",
        "at",
        "66%",
        "95.0%",
    ]
    assert "ends at" not in _table(fits)[1]
    assert _table(fits.assign(kind="open"))[1].split() == ["1", "dense1", "unknown", "95.0%"]


def test_unwritable_output(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in ("absent", "file"):
        with pytest.raises(InputError, match=r"output: expected a folder to write to, got .*; choose another folder"):
            Files.beside(tmp_path / folder / "walk.png")
    with pytest.raises(InputError, match=r"output: expected one of .png, .pdf, .svg, got '.jpg'"):
        Files.beside(tmp_path / "walk.jpg")


def test_a_full_disk_leaves_nothing_and_keeps_what_was_there(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("kept")

    def fill(part):
        part.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InputError, match=r"expected to write .*table.csv, got No space left on device; make room"):
        whole(path, fill)
    assert path.read_text() == "kept"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]

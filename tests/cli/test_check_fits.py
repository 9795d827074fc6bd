"""`wn-ref check-fits` as a person with a fitter of their own meets it."""

from pathlib import Path

import pandas
import pytest

from tests.cli.command_line import assert_one_line_error
from wn_ref.ports.fit_vectors import FOLDER, answers


def written(table, name="mine.csv", **options):
    table.to_csv(name, index=False, **options)
    return name


def test_it_says_where_the_curves_are(run):
    first, second = run("check-fits").stdout.splitlines()
    assert Path(first.removeprefix("curves: ")) == FOLDER / "points.csv"
    assert Path(second.partition(": ")[2]).read_text().startswith("# Fit vectors")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_answers_themselves_agree(run, separator):
    done = run("check-fits", written(answers(), sep=separator))
    assert (done.returncode, done.stdout) == (0, "no difference in 200 curves\n"), done.stderr


def test_differences_are_printed_and_the_exit_code_is_1(run):
    mine = answers()[["curve", "verdict", "midpoint", "low", "high"]].set_index("curve")
    mine.loc["additive-01", "midpoint"] *= 1.5
    mine.loc["flat-01", ["verdict", "high"]] = "measured", 3.0
    done = run("check-fits", written(mine.reset_index()))
    assert done.returncode == 1
    head, *rows, last = done.stdout.splitlines()
    assert head.split() == ["curve", "quantity", "expected", "got", "times", "the", "tolerance"]
    assert [row.split()[:2] for row in rows] == [
        ["additive-01", "midpoint"],
        ["flat-01", "verdict"],
        ["flat-01", "high"],
    ]
    assert rows[1].split()[2:] == ["lower", "bound", "measured", "inf"]
    assert last == "2 of 200 curves differ"
    assert done.stderr == ""


def test_what_is_not_there_is_not_looked_at(run):
    mine = answers()[["curve", "midpoint"]].dropna().head(50)
    done = run("check-fits", written(mine))
    left = answers()["midpoint"].notna().sum() - 50
    assert done.stdout == (
        "no difference in 50 curves\n"
        f"not looked at: verdict of 200 curves, midpoint of {left} curves, low of 200 curves, high of 200 curves\n"
    )
    assert done.returncode == 0


def test_unusable_files(run, tmp_path):
    good = answers()[["curve", "midpoint", "verdict"]]
    (tmp_path / "bytes.csv").write_bytes(b"curve,midpoint\n\xff\xfe,1\n")
    for table, message in (
        (
            good.drop(columns="curve"),
            "CSV: expected columns curve and some of verdict, midpoint, low, high, got midpoint",
        ),
        (good[["curve"]], "CSV: expected columns curve and some of"),
        (good.assign(verdict="maybe"), "verdict: expected one of measured, lower bound, upper bound, open, too few"),
        (good.assign(midpoint="high"), "CSV: expected numbers in column midpoint, got 'high' in row 1"),
        (good.assign(curve="mine"), "CSV: expected curves of wn_ref/fits/vectors/points.csv, got 'mine'"),
        (pandas.concat([good, good]), "CSV: expected each curve once, got 'walk-inference-01' twice"),
        (good.assign(midpoint="", verdict=""), "CSV: expected answers, got empty cells alone"),
        (good.head(0), "CSV: expected column names and rows of numbers"),
    ):
        assert_one_line_error(run("check-fits", written(table)), message)
    assert_one_line_error(run("check-fits", "absent.csv"), "CSV: expected a table in absent.csv, got No such file")
    assert_one_line_error(run("check-fits", "bytes.csv"), "CSV: expected a table in bytes.csv, got bytes that are not")

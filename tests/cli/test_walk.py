"""`wn-ref walk` as a person meets it, and the files that it writes."""

import os
import signal
import subprocess
import sys
import time

import pandas
import pytest

from tests.cli.command_line import assert_one_line_error, wn_ref
from wn_ref import InputError, open_store
from wn_ref.cli.walk import Files


def test_walk_prints_a_table_and_writes_figure_and_runs(tmp_path):
    options = ("--no-batchnorm", "--sigmas", "0.1:100:6", "--seeds", "1", "--epochs", "1", "--jobs", "1")
    done = wn_ref("walk", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "100%" in done.stderr
    table = [line.split() for line in done.stdout.splitlines() if line[:5].strip().isdigit()]
    assert [row[:2] for row in table][:3] == [["0", "input"], ["1", "dense1"], ["2", "relu1"]]
    assert len(table) == 8
    assert "figure: walk.png" in done.stdout
    assert (tmp_path / "walk.png").stat().st_size > 5000
    assert len(pandas.read_csv(tmp_path / "walk_runs.csv")) == 8 * 6 * 2
    assert len(pandas.read_csv(tmp_path / "walk_midpoints.csv")) == 16


def test_an_overflow_at_one_sigma_costs_that_sigma_only(tmp_path):
    options = ("--no-batchnorm", "--sigmas", "0.1,1,10,100,1e39", "--seeds", "1", "--epochs", "1", "--jobs", "1")
    done = wn_ref("walk", *options, "--phase", "inference", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "runs stopped, the first with: overflow in evaluation" in done.stdout
    runs = pandas.read_csv(tmp_path / "walk_runs.csv")
    assert runs[runs["sigma_add"] < 1e39]["accuracy"].notna().all()
    assert runs[runs["sigma_add"] > 1e38]["accuracy"].isna().any()


@pytest.mark.skipif(os.name == "nt", reason="sends what a terminal sends")
def test_ctrl_c_says_what_is_stored_and_how_to_go_on(tmp_path):
    code = "from wn_ref.cli import main; main()"
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "walk", "--store", "results.sqlite", "--jobs", "2"],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=tmp_path,
            start_new_session=True,
        )
    while _rows(tmp_path / "results.sqlite") < 3:
        assert process.poll() is None
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers, too
    assert process.wait(30) == 130
    said = (tmp_path / "errors").read_text()
    stored = _rows(tmp_path / "results.sqlite")
    assert "Traceback" not in said
    assert "Warning" not in said
    where = "walk_runs.csv and results.sqlite"
    expected = f"interrupted; the {stored} of 440 runs that ended are in {where}; the same command continues from there"
    assert len(pandas.read_csv(tmp_path / "walk_runs.csv")) == stored
    assert said.splitlines()[-1] == f"wn-ref: {expected}"
    status = wn_ref("status", "results.sqlite", cwd=tmp_path).stdout
    assert f"was stopped: {440 - stored} of 440 runs remaining" in status


def _rows(path):
    try:
        with open_store(path) as store:
            return len(store.runs(["key"]))
    except InputError:  # not there yet
        return 0


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


def test_unwritable_output(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in ("absent", "file"):
        with pytest.raises(InputError, match=r"output: expected a folder to write to, got .*; choose another folder"):
            Files.beside(tmp_path / folder / "walk.png")
    with pytest.raises(InputError, match=r"output: expected one of .png, .pdf, .svg, got '.jpg'"):
        Files.beside(tmp_path / "walk.jpg")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--phase", "test"], "phase: expected one of training, inference, both, got 'test'"),
        (["--noise", "bogus"], "noise: expected one of"),
        (["--scale", "cubic"], "scale: expected one of linear, log, got 'cubic'"),
        (["--sigmas", "0:1:5"], "sigmas: expected LOW:HIGH:COUNT with LOW > 0"),
        (["--sigmas", "1,-2"], "sigmas: expected LOW:HIGH:COUNT"),
        (["--sigmas", "a,b"], "try 0.1:100:10"),
        (["--sigmas", "1,2"], "sigmas: expected at least 4 levels to fit a curve to, got 2"),
        (["--sigmas", "0.1:1e9:9999999999"], "sigmas: expected LOW:HIGH:COUNT"),
        (["--jobs", "1000000"], "jobs: expected a whole number of at most 1024"),
        (["--jobs", "-1"], "jobs: expected a whole number of at least 0, got -1"),
        (["--seeds", "99999999999"], "seeds: expected a whole number of at most 10000"),
        (["--seeds", "0"], "seeds: expected a whole number of at least 1, got 0"),
        (["--output", "nowhere/walk.png"], "output: expected a folder to write to, got nowhere (No such file"),
        (["--output", "walk.jpeg"], "output: expected one of .png, .pdf, .svg"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    done = wn_ref("walk", *arguments, cwd=tmp_path)
    assert_one_line_error(done, message)
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []

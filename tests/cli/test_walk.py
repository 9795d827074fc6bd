"""`wn-ref walk` as a person meets it, and the files that it writes."""

import os
import signal
import subprocess
import sys
import time

import pandas
import pytest

from tests.cli.command_line import wn_ref
from wn_ref import InputError, open_store

SMALL = ("--no-batchnorm", "--seeds", "1", "--epochs", "1", "--jobs", "1")


def test_walk_prints_a_table_and_writes_figure_and_runs(run, tmp_path):
    done = run("walk", *SMALL, "--dataset", "digits", "--sigmas", "0.1:100:6")
    assert done.returncode == 0, done.stderr
    assert "96 of 96 done, 0 running, 0 failed 100%" in done.stderr
    assert done.stdout.startswith("MLP without batch norm, digits, 1 epoch, 1 seed\nadditive noise\n")
    table = [line.split() for line in done.stdout.splitlines() if line[:5].strip().isdigit()]
    assert [row[:2] for row in table][:3] == [["0", "input"], ["1", "dense1"], ["2", "relu1"]]
    assert len(table) == 8
    assert "figure: walk.png" in done.stdout
    assert (tmp_path / "walk.png").stat().st_size > 5000
    assert len(pandas.read_csv(tmp_path / "walk_runs.csv")) == 8 * 6 * 2
    assert len(pandas.read_csv(tmp_path / "walk_midpoints.csv")) == 16


def test_the_gradient_is_in_the_title_and_beside_every_midpoint(run, tmp_path):
    options = ("--dataset", "digits", "--noise", "multiplicative", "--phase", "inference", "--sigmas", "0.1:100:4")
    exact = run("walk", *SMALL, *options)
    assert "multiplicative noise (exact gradient)\n" in exact.stdout, exact.stderr
    straight = run("walk", *SMALL, *options, "--gradient", "straight_through", "--train-size", "320", "--clamp")
    assert "multiplicative noise (straight-through gradient)\n" in straight.stdout
    assert "train size 320" in straight.stdout.replace("320 training images", "train size 320")
    assert "weights clamped" in straight.stdout
    assert {path.name for path in tmp_path.iterdir()} == {
        f"walk{number}{end}" for number in ("", "-2") for end in (".png", "_runs.csv", "_midpoints.csv")
    }
    for name, gradient in (("walk", "exact"), ("walk-2", "straight_through")):
        midpoints = pandas.read_csv(tmp_path / f"{name}_midpoints.csv")
        assert set(midpoints["gradient"]) == {gradient}
        assert {"dataset", "model", "batchnorm", "epochs", "seeds"} <= set(midpoints.columns)


def test_an_overflow_at_one_sigma_costs_that_sigma_only(run, tmp_path):
    done = run("walk", *SMALL, "--dataset", "digits", "--sigmas", "0.1,1,10,100,1e39", "--phase", "inference")
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

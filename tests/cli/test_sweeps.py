"""Plans and sweeps on the command line, in processes of their own."""

import os
import signal
import subprocess
import sys
import time

import pandas
import pytest

from tests.cli.test_cli import wn_ref
from wn_ref import InputError, open_store


def test_plan_sweep_status_export(tmp_path):
    before = wn_ref("plan", "multi", "--jobs", "1", cwd=tmp_path)
    assert before.returncode == 0, before.stderr
    lines = before.stdout.splitlines()
    assert lines[0] == "10 runs, 0 of them done in results.sqlite"
    assert lines[1].startswith("to do: 5 networks to train, 10 evaluations")
    assert lines[2].startswith("about ")
    assert list(tmp_path.iterdir()) == []

    done = wn_ref("sweep", "multi", "--jobs", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "10 of 10 done, 0 running, 0 failed 100%" in done.stderr
    assert done.stdout.startswith("10 runs in results.sqlite, 0 of them failed")

    status = wn_ref("status", "results.sqlite", cwd=tmp_path)
    assert status.stdout.splitlines()[0] == "10 runs done, 0 failed"
    assert "ended: 0 of 10 runs remaining" in status.stdout
    after = wn_ref("plan", "multi", cwd=tmp_path)
    assert after.stdout.startswith("10 runs, 10 of them done in results.sqlite\nto do: 0 networks to train, 0 eval")
    assert wn_ref("export", "results.sqlite", "runs.csv", cwd=tmp_path).stdout == "10 runs in runs.csv\n"
    assert len(pandas.read_csv(tmp_path / "runs.csv")["accuracy"].dropna()) == 10


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
    expected = f"interrupted; the {stored} of 440 runs that ended are in {where}; the same command goes on from there"
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "walk"], "plan: expected one of global, walking, clamped, maximum, mixed, multi, got 'walk'"),
        (["sweep", "walking", "--jobs", "-1"], "jobs: expected a whole number of at least 0"),
        (
            ["sweep", "walking", "--store", "nowhere/results.sqlite"],
            "store: expected to use nowhere/results.sqlite-lock",
        ),
        (["sweep"], "Missing argument 'PLAN'"),
        (["status", "results.sqlite"], "store: expected a file, got results.sqlite, which is none"),
        (["export", "results.sqlite", "nowhere/runs.csv"], "output: expected a folder to write to, got nowhere"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    done = wn_ref(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("wn-ref: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []

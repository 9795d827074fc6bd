"""`wn-ref plan`, `sweep`, `status` and `export`, one after the other on one store."""

import pandas
import pytest

from tests.cli.command_line import assert_one_line_error, wn_ref
from wn_ref.sweeps.grids import PLANS


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


@pytest.mark.parametrize("command", ["plan", "sweep"])
def test_help_explains_every_plan(command):
    said = " ".join(wn_ref(command, "--help").stdout.split())
    for name in PLANS:
        assert f"{name} (" in said


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
        (["status", "results.sqlite"], "store: expected a file, got results.sqlite, which does not exist"),
        (["export", "results.sqlite", "nowhere/runs.csv"], "output: expected a folder to write to, got nowhere"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    assert_one_line_error(wn_ref(*arguments, cwd=tmp_path), message)
    assert list(tmp_path.iterdir()) == []

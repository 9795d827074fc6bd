"""`wn-ref plan`, `sweep`, `status` and `export`, one after the other on one store."""

import pandas
import pytest

from wn_ref.sweeps.grids import PLANS


def test_plan_sweep_status_export(run, tmp_path):
    before = run("plan", "multi", "--jobs", "1")
    assert before.returncode == 0, before.stderr
    lines = before.stdout.splitlines()
    assert lines[0] == "10 runs with additive noise, 0 of them done in results.sqlite"
    assert lines[1].startswith("to do: 5 networks to train, 10 evaluations")
    assert lines[2].startswith("about ")
    assert list(tmp_path.iterdir()) == []

    done = run("sweep", "multi", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert "10 of 10 done, 0 running, 0 failed 100%" in done.stderr
    assert done.stdout.startswith("10 runs in results.sqlite, 0 of them failed")

    status = run("status", "results.sqlite")
    assert status.stdout.splitlines()[0] == "10 runs done, 0 failed"
    assert "ended: 0 of 10 runs remaining" in status.stdout
    after = run("plan", "multi")
    assert after.stdout.startswith(
        "10 runs with additive noise, 10 of them done in results.sqlite\nto do: 0 networks to train, 0 eval"
    )
    assert run("export", "results.sqlite", "runs.csv").stdout == "10 runs in runs.csv\n"
    assert len(pandas.read_csv(tmp_path / "runs.csv")["accuracy"].dropna()) == 10

    (tmp_path / "target.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("target.csv")
    assert "link.csv, which exists" in run("export", "results.sqlite", "link.csv").stderr
    assert (tmp_path / "target.csv").read_text() == "old"
    assert run("export", "results.sqlite", "link.csv", "--force").stdout == "10 runs in link.csv\n"
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "target.csv").read_text() == (tmp_path / "runs.csv").read_text()
    streamed = run("export", "results.sqlite", "-")
    assert streamed.stdout == (tmp_path / "runs.csv").read_text()
    assert streamed.stderr == "10 runs in -\n"


@pytest.mark.parametrize("command", ["plan", "sweep"])
def test_help_explains_every_plan(command, run):
    said = " ".join(run(command, "--help").stdout.split())
    for name in PLANS:
        assert f"{name} (" in said

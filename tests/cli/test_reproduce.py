"""`wn-ref reproduce`, `report --ledger` and `figure --published` as a person meets them."""

import pytest

from tests.cli.command_line import assert_one_line_error
from tests.ledger.tiny import ROWS


@pytest.fixture
def tiny(monkeypatch):
    """The ledger has rows that take seconds."""
    for module in ("catalog", "page", "html"):
        monkeypatch.setattr(f"wn_ref.ledger.{module}.all_rows", lambda: ROWS)


def test_from_the_cost_to_the_ledger(run, tiny, tmp_path):
    done = run("reproduce", "tiny/late", "tiny/harm", "--dry-run", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    first, second, last = done.stdout.splitlines()
    assert first.startswith("a  tiny/late: 7 networks, ")
    assert second.startswith("c  tiny/harm: 1 network, ")
    assert last.startswith("2 rows, 0 of them done; about 8 networks to train, ")
    assert list(tmp_path.iterdir()) == []

    done = run("reproduce", "tiny/late", "tiny/harm", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "reproduction/REPRODUCTION.md; runs in reproduction/results"
    results = tmp_path / "reproduction"
    page, html = (results / "REPRODUCTION.md").read_bytes(), (results / "REPRODUCTION.html").read_bytes()
    assert b"tiny/harm" in page
    (tmp_path / "reproduction.sqlite").unlink()
    for name in ("REPRODUCTION.md", "REPRODUCTION.html"):
        (results / name).unlink()

    done = run("report", "--ledger")  # from the tables alone
    assert done.returncode == 0, done.stderr
    assert (results / "REPRODUCTION.md").read_bytes() == page
    assert (results / "REPRODUCTION.html").read_bytes() == html

    done = run("reproduce", "tiny/harm", "--check", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("tiny/harm: published ")
    assert "agrees; claims agree if their verdicts are the same" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reproduce", "tabel1"], "item: expected the beginning of a row's id"),
        (["reproduce", "table1", "--model", "cnn_s", "--dataset", "mnist"], "item: expected at least one row"),
        (["reproduce", "--budget", "-1"], "--budget: expected a positive number, got -1"),
        (["reproduce", "--epochs", "0"], "--epochs: expected a whole number of at least 1, got 0"),
        (["reproduce", "--jobs", "-1"], "--jobs: expected a whole number of at least 0, got -1"),
        (["reproduce", "table1", "--check"], "item: expected --check of at most 8 rows"),
        (["reproduce", "grid/table1", "--check", "--results", "none"], "expected one with published runs, got grid/"),
        (
            ["reproduce", "grid/table1", "--check", "--first-seed", "0"],
            "--first-seed: expected a whole number of at least 1",
        ),
        (["report", "--ledger", "--results", "none"], "--results: expected published tables in none, got none"),
        (
            ["figure", "2", "--published", "--results", "none"],
            "figure 2: expected published runs, got none; run",
        ),
        (["figure", "7", "--published", "--results", "none"], "NUMBER: expected one of 1, 2, 3, 5, 6, 8, 9, 10, 11"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, run, tmp_path):
    done = run(*arguments)
    assert_one_line_error(done, message)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_keeps_what_ended(run, tiny, tmp_path, monkeypatch):
    def interrupted(self, *_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("wn_ref.ledger.evidence.Evidence.located", interrupted)
    done = run("reproduce", "tiny/late", "--jobs", "1")
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1].startswith(
        "wn-ref: interrupted; every run that ended is in reproduction.sqlite"
    )
    assert (tmp_path / "reproduction" / "REPRODUCTION.md").exists()


def test_a_broken_table_is_said_in_one_line(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mnist-mlp.csv").write_text("dataset,model\nmnist,mlp\n")
    for arguments in (["report", "--ledger"], ["reproduce", "grid", "--dry-run"]):
        done = run(*arguments, "--results", "mine")
        assert done.returncode == 2
        assert "--results: expected a table of runs, got no column 'batchnorm' in mine/mnist-mlp.csv" in done.stderr


def test_results_that_cannot_be_written_are_said_before_anything_runs(run, tiny, tmp_path):
    (tmp_path / "file").write_text("")
    for where in ("file/x/results", "/proc/nope/results"):
        done = run("reproduce", "tiny/late", "--results", where)
        assert_one_line_error(done, f"wn-ref: --results: expected a folder to write to, got {where}")
        assert not (tmp_path / "reproduction.sqlite").exists()


def test_a_ledger_is_where_its_tables_are(run):
    done = run("report", "--ledger", "--output", "elsewhere")
    assert_one_line_error(done, "wn-ref: --output: expected none with --ledger, got elsewhere")

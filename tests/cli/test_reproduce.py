"""`wn-ref reproduce`, `report --ledger` and `figure --published` as a person meets them."""

import math
from dataclasses import replace

import pytest

from tests.cli.command_line import assert_one_line_error
from tests.ledger.tiny import ROWS
from wn_ref import RunError
from wn_ref.ledger import checking
from wn_ref.ledger.row import NOT, Judgement

NO_FOLDER = "--results: expected a folder of published tables, got"


@pytest.fixture
def tiny(monkeypatch):
    """The ledger has rows that take seconds."""
    for module in ("html", "page", "catalog"):  # the last one last: the others import from it
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


def test_a_check_says_its_cost_and_each_result_and_when_it_is_not_finished(run, tiny, tmp_path):
    assert run("reproduce", "tiny/late", "tiny/harm", "--jobs", "1").returncode == 0

    done = run("reproduce", "tiny/late", "--check", "--dry-run", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.splitlines()
    assert first.startswith("a  tiny/late: 7 networks, ")  # as if nothing were published
    assert last.startswith("1 row, 0 of them done; about 7 networks to train, ")
    assert not (tmp_path / "reproduction-check.sqlite").exists()

    done = run("reproduce", "tiny/late", "--check", "--epochs", "2", "--jobs", "1")
    assert_one_line_error(done, "--epochs: expected none for a check, which has those of the published row, got 2")

    done = run("reproduce", "tiny/harm", "tiny/early", "--check", "--jobs", "1")  # the second is not published
    assert_one_line_error(done, "row: expected one with published runs, got tiny/early")
    assert not (tmp_path / "reproduction-check.sqlite").exists()

    done = run("reproduce", "tiny/late", "--check", "--budget", "1e-9", "--jobs", "1")
    assert done.returncode == 1
    assert "tiny/late: not finished, no run so far" in done.stdout
    assert "agree" not in done.stdout
    assert "check: expected all rows to be run again, got some that are not finished" in done.stderr


def test_rows_are_checked_one_by_one_within_the_same_hours(run, tiny, tmp_path, monkeypatch):
    assert run("reproduce", "tiny/late", "tiny/harm", "--jobs", "1").returncode == 0
    begun, real = [], checking.check

    def failing(row, campaign, first_seed):
        begun.append(campaign.start)
        if row.id == "tiny/late":
            raise RunError("row: expected all runs to end, got 1 run that failed")
        return real(row, campaign, first_seed)

    monkeypatch.setattr(checking, "check", failing)
    done = run("reproduce", "tiny/late", "tiny/harm", "--check", "--jobs", "1")
    assert done.returncode == 1
    assert "tiny/late: not finished, row: expected all runs to end, got 1 run that failed" in done.stdout
    assert "tiny/harm: published " in done.stdout
    assert len(set(begun)) == 1
    monkeypatch.setattr(checking, "check", real)
    assert run("reproduce", "tiny/late", "--check", "--jobs", "1").returncode == 0
    done = run("reproduce", "tiny/late", "--check", "--dry-run", "--jobs", "1")  # all new networks are there
    assert done.stdout.splitlines()[0] == "a  tiny/late: done"


def test_the_cost_is_that_of_what_neither_the_tables_nor_the_store_has(run, tiny, tmp_path):
    assert run("reproduce", "tiny/late", "--jobs", "1").returncode == 0
    done = run("reproduce", "tiny/late", "--dry-run", "--results", "elsewhere/results", "--jobs", "1")
    assert done.stdout.splitlines()[0] == "a  tiny/late: done", done.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_the_list_has_a_line_a_row_and_nothing_else(run, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("wn_ref.sweeps.forecast.forecast", None)  # nothing is measured
    done = run("reproduce", "--list")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"{row.campaign}  {row.id}  {row.claim}" for row in ROWS]
    assert run("reproduce", "tiny/harm", "--list").stdout == "c  tiny/harm  noise harms\n"
    assert list(tmp_path.iterdir()) == []


def test_rows_with_epochs_of_their_own_are_left_out_and_this_is_said(run, tiny):
    done = run("reproduce", "--epochs", "2", "--list")
    assert done.stdout.splitlines() == ["c  tiny/harm  noise harms"]
    assert done.stderr == "--epochs leaves out 2 rows with epochs of their own: tiny/late, tiny/early\n"
    done = run("reproduce", "--epochs", "2", "--dry-run", "--jobs", "1")
    assert [line.split(":")[0] for line in done.stdout.splitlines()][:-1] == ["c  tiny/harm"]
    done = run("reproduce", "tiny/late", "--epochs", "2", "--jobs", "1")
    assert_one_line_error(done, "--epochs: expected none, got 2 for rows that have epochs of their own (tiny/late)")
    assert len(run("reproduce", "--epochs", "1", "--list").stdout.splitlines()) == len(ROWS)  # they are their own
    assert "epochs of their own are left out" in " ".join(run("reproduce", "--help").stdout.split())


def test_a_page_of_somebody_else_is_not_replaced(run, tiny, tmp_path):
    page = tmp_path / "mine" / "REPRODUCTION.html"
    page.parent.mkdir()
    page.write_text("<h1>My thesis</h1>\n")
    for arguments in (["reproduce", "tiny/late", "--jobs", "1"], ["reproduce", "tiny/harm", "--jobs", "1"]):
        done = run(*arguments, "--results", "mine/results")
        assert done.returncode == 2, done.stdout
        assert "REPRODUCTION.html to be an earlier ledger, got '<h1>My thesis</h1>'; move it away" in done.stderr
    assert page.read_text() == "<h1>My thesis</h1>\n"
    assert not (tmp_path / "reproduction.sqlite").exists()
    page.unlink()
    assert run("reproduce", "tiny/late", "--jobs", "1", "--results", "mine/results").returncode == 0
    page.write_text("<h1>My thesis</h1>\n")
    assert_one_line_error(run("report", "--ledger", "--results", "mine/results"), "to be an earlier ledger")
    assert page.read_text() == "<h1>My thesis</h1>\n"


def test_the_page_of_another_folder_is_not_replaced(run, tiny, tmp_path):
    (tmp_path / "tutorials").mkdir()  # as in a clone
    assert run("reproduce", "tiny/harm", "--jobs", "1").returncode == 0
    pages = {path: path.read_bytes() for path in (tmp_path / "tutorials").glob("REPRODUCTION.*")}
    assert len(pages) == 2
    stores = [*tmp_path.glob("*.sqlite*")]
    for row in ("tiny/late", "tiny/harm"):  # the second one has all runs in the store
        done = run("reproduce", row, "--jobs", "1", "--results", "tutorials/scratch")
        assert_one_line_error(done, "to be the page of tutorials/scratch, got that of tutorials/results; choose a fold")
    assert {path: path.read_bytes() for path in (tmp_path / "tutorials").glob("REPRODUCTION.*")} == pages
    assert not (tmp_path / "tutorials" / "scratch").exists()
    assert [*tmp_path.glob("*.sqlite*")] == stores
    assert run("reproduce", "tiny/harm", "--jobs", "1", "--results", "elsewhere/scratch").returncode == 0


def test_a_check_that_does_not_tell_is_no_success(run, tiny, monkeypatch):
    assert run("reproduce", "tiny/harm", "tiny/late", "--jobs", "1").returncode == 0
    unknown = Judgement(math.nan, 0.0, math.inf, NOT, "midpoint unknown")

    def made(row, campaign, first_seed):
        published = campaign.evidence().result(row)
        return checking.Check(published, replace(published, finding=unknown) if row.id == "tiny/late" else published)

    monkeypatch.setattr(checking, "check", made)
    done = run("reproduce", "tiny/harm", "tiny/late", "--check", "--jobs", "1")
    assert done.returncode == 1
    assert "again midpoint unknown, not: does not tell" in done.stdout
    assert "expected rows to agree with what is published, got some that do not tell; see above" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reproduce", "table1", "--first-seed", "5"], "--first-seed: expected none without --check, got 5"),
        (["report", "--ledger", "--dataset", "mnist"], "--dataset: expected none with --ledger"),
        (["report", "--ledger", "--store", "mine.sqlite"], "--store: expected none with --ledger"),
        (["figure", "5", "--published", "--epochs", "7"], "--epochs: expected none with --published, got 7"),
        (["figure", "5", "--published", "--store", "mine.sqlite"], "--store: expected none with --published"),
        (["figure", "6", "--published", "--dataset", "mist"], "--dataset: expected one of "),
        (["reproduce", "tabel1"], "item: expected the beginning of a row's id"),
        (["reproduce", "table1", "--model", "cnn_s", "--dataset", "mnist"], "item: expected at least one row"),
        (["reproduce", "--budget", "-1"], "--budget: expected a positive number, got -1"),
        (["reproduce", "--epochs", "0"], "--epochs: expected a whole number of at least 1, got 0"),
        (["reproduce", "--jobs", "-1"], "--jobs: expected a whole number of at least 0, got -1"),
        (["reproduce", "table1", "--check"], "item: expected --check of at most 8 rows"),
        (["reproduce", "grid/table1", "--check", "--results", "none"], f"{NO_FOLDER} none, which does not exist"),
        (["reproduce", "grid/table1", "--check", "--results", "."], "expected one with published runs, got grid/"),
        (
            ["reproduce", "grid/table1", "--check", "--first-seed", "0"],
            "--first-seed: expected a whole number of at least 1",
        ),
        (["report", "--ledger", "--results", "none"], f"{NO_FOLDER} none, which does not exist"),
        (["report", "--ledger", "--results", "."], "--results: expected published tables in ., got none"),
        (["figure", "2", "--published", "--results", "none"], f"{NO_FOLDER} none, which does not exist"),
        (["figure", "2", "--published", "--results", "."], "figure 2: expected published runs, got none; run"),
        (["figure", "7", "--published", "--results", "."], "NUMBER: expected one of 1, 2, 3, 5, 6, 8, 9, 10, 11"),
        (["figure", "12", "--published", "--results", "."], "got 12; choose one of them"),
        (["reproduce", "Table1"], "did you mean 'table1'? wn-ref reproduce --list prints all"),
        (["reproduce", "table1", "--dataset", "minst"], "--dataset: expected one of mnist, "),
        (
            ["reproduce", "table1/gsc/mlp/bn/additive/steps", "--epochs", "3"],
            "--epochs: expected none, got 3 for rows that have epochs of their own (table1/gsc/mlp/bn/additive/steps)",
        ),
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

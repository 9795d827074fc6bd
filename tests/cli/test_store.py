"""`wn-ref store`: copy, merge, delete, shrink; and `wn-ref status` of a store in any state."""

import io
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.test_store import FAILED, path, write  # noqa: F401  # a fixture
from wn_ref import Experiment, open_store
from wn_ref.store.writer import writing
from wn_ref.version import ALGORITHM


def test_one_command_after_the_other(run, tmp_path):
    write("a.sqlite", [Experiment(seed=seed) for seed in (1, 2)])
    write("b.sqlite", [Experiment(seed=seed) for seed in (2, 3)])
    assert run("store", "backup", "a.sqlite", "copy.sqlite").stdout == "2 runs in copy.sqlite\n"
    assert run("store", "merge", "copy.sqlite", "b.sqlite").stdout.splitlines() == [
        "1 runs and 0 networks added to copy.sqlite",
        "in several stores: 1 result with the same outcome, 0 with another",
    ]
    deleted = run("store", "delete", "copy.sqlite", "seed=1,2", "phase=training", "train_size=none", "--yes")
    assert deleted.stdout == "2 runs deleted from copy.sqlite; wn-ref store vacuum makes the file smaller\n"
    assert run("store", "vacuum", "copy.sqlite").stdout.startswith("copy.sqlite: ")
    with open_store("copy.sqlite") as store:
        assert store.runs()["seed"].tolist() == [3]
    assert "wn-ref store backup" in run("store", "backup", "--help").stdout
    assert "thin out" in run("--help").stdout
    assert "backup  Copy a store, also while" in run("store").stdout


@pytest.mark.parametrize(("answer", "left"), [("y\n", 1), ("n\n", 2), ("\n", 2)])
def test_deleting_asks_first(run, monkeypatch, answer, left):
    write("a.sqlite", [Experiment(seed=1), Experiment(seed=2, clamp=True)])

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert "Delete 1 runs from a.sqlite?" in run("store", "delete", "a.sqlite", "clamp=true").stdout
    with open_store("a.sqlite") as store:
        assert len(store.runs()) == left


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["delete", "a.sqlite"], "COLUMN=VALUE: expected what to delete, got nothing"),
        (
            ["delete", "a.sqlite", "epochs=5"],
            "--yes: expected an answer, got no terminal to ask whether to delete 2 runs",
        ),
        (["delete", "a.sqlite", "--yes"], "COLUMN=VALUE: expected what to delete, got nothing"),
        (
            ["delete", "a.sqlite", "seed", "--yes"],
            "COLUMN=VALUE: expected COLUMN=VALUE, got 'seed'; try dataset=digits",
        ),
        (["delete", "a.sqlite", "seed=x", "--yes"], "seed: expected a whole number"),
        (["delete", "a.sqlite", "executions=abc", "--yes"], "executions: expected a whole number of at least 1"),
        (["delete", "a.sqlite", "executions=1e400", "--yes"], "executions: expected a whole number of at least 1"),
        (["merge", "", "a.sqlite"], "STORE: expected a file, got ., which is a folder"),
        (["delete", "a.sqlite", "sede=1", "--yes"], "column: expected one of "),
        (["backup", "a.sqlite", "a.sqlite"], "COPY: expected another file than the store itself"),
        (["backup", "a.sqlite", "taken"], "output: expected a new name, got taken, which exists"),
        (["backup", "absent", "b.sqlite"], "STORE: expected a file, got absent, which does not exist"),
        (["merge", "a.sqlite", "taken"], "STORE: expected to use taken, got file is not a database"),
        (["vacuum", "absent"], "STORE: expected a file, got absent, which does not exist"),
    ],
)
def test_bad_input(run, tmp_path, arguments, message):
    write("a.sqlite", [Experiment(seed=1), Experiment(seed=2)])
    Path("taken").write_text("something else")
    done = run("store", *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done
    assert message in done.stderr
    assert not Path("absent").exists()
    with open_store("a.sqlite") as store:
        assert len(store.runs()) == 2


def test_runs_that_are_not_there(run):
    write("a.sqlite", [Experiment(seed=1)])
    write("a.sqlite", [Experiment(seed=2)], FAILED)
    done = run("store", "delete", "a.sqlite", "seed=7")
    assert (done.returncode, done.stdout) == (0, "a.sqlite has no such runs\n")
    assert "runs: none has seed=[7]; there are 1, 2" in done.stderr
    assert run("store", "delete", "a.sqlite", "--failed", "--yes").stdout.startswith("1 runs deleted")


def test_the_state_of_a_sweep(run):
    with writing("a.sqlite") as store:
        store.start_sweep(5, 5)
        assert "is running: 5 of 5 runs remaining" in run("status", "a.sqlite").stdout
        Path("link.sqlite").symlink_to("a.sqlite")
        assert "is running: 5 of 5 runs remaining" in run("status", "link.sqlite").stdout
    assert "was stopped: 5 of 5 runs remaining" in run("status", "a.sqlite").stdout
    Path("a.sqlite-lock").unlink()
    Path("a.sqlite-lock").mkdir()  # may not be looked at
    assert "is running, was stopped or ended (its lock cannot be read): 5 of 5" in run("status", "a.sqlite").stdout


def test_commands_that_read_say_that_runs_are_of_an_older_version(run):
    write("a.sqlite", [Experiment(seed=1)])
    said = f"these runs are of version 2 of the algorithm; this wn_ref computes version {ALGORITHM}\n"
    reading = {
        "--store": (["table", "1", "--store", "a.sqlite"], ["figure", "2", "--store", "a.sqlite"]),
        "STORE": (["status", "a.sqlite"], ["export", "a.sqlite", "-"]),
    }
    reading["--store"] += (["report", "--store", "a.sqlite", "--force"],)
    for arguments in (*reading["--store"], *reading["STORE"]):
        assert "algorithm;" not in run(*arguments).stderr
    with sqlite3.connect("a.sqlite") as connection:
        connection.execute("UPDATE runs SET algorithm = 2")
    connection.close()
    for typed, commands in reading.items():
        for arguments in commands:
            assert run(*arguments).stderr.startswith(f"wn-ref: warning: {typed}: {said}")


def test_a_clock_that_was_set_back(run, path):  # noqa: F811
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE sweeps SET started = (SELECT max(finished) FROM runs)")
    connection.close()
    assert run("status", path).stdout.startswith("3 runs done, 0 failed\nthe latest sweep started 0")


def test_runs_without_executions_can_be_chosen_and_numbers_beyond_those_of_sqlite_are_none(run):
    write("a.sqlite", [Experiment(seed=1), Experiment(seed=2)])
    assert "no such runs" in run("store", "delete", "a.sqlite", "tested=-99999999999999999999").stdout
    assert run("store", "delete", "a.sqlite", "executions=none", "--yes").stdout.startswith("2 runs deleted")


def test_a_copy_to_standard_output_is_the_copy_alone(run, tmp_path):
    write("a.sqlite", [Experiment(seed=1)])
    done = subprocess.run(
        [sys.executable, "-m", "wn_ref", "store", "backup", "a.sqlite", "-"], capture_output=True, check=True
    )
    Path("b.sqlite").write_bytes(done.stdout)
    assert done.stderr == b"1 runs in -\n"
    with open_store("b.sqlite") as store:
        assert len(store.runs()) == 1
    assert not Path("--networks").exists()


def test_a_store_that_is_a_folder_is_said_in_one_line(run):
    for name in ("", ".", "/"):
        done = run("sweep", "walking", "--dataset", "digits", "--store", name)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "which is a folder" in done.stderr

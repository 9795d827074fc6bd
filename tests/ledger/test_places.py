"""Whose a place is: a page belongs to one folder of tables, and one process at a time publishes there."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.ledger.made_up import runs_of
from wn_ref import InputError
from wn_ref.ledger import places
from wn_ref.ledger.catalog import chosen_rows
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.html import html_beside, write_html
from wn_ref.ledger.page import page_beside, write_ledger
from wn_ref.ledger.places import alone

ROWS = chosen_rows(["figure8/mnist"])


@pytest.mark.parametrize(("write", "beside"), [(write_ledger, page_beside), (write_html, html_beside)])
@pytest.mark.parametrize("name", ["results", "my results (2)", "R&D"])
def test_a_page_belongs_to_the_folder_that_it_links_to(write, beside, name, tmp_path, monkeypatch):
    monkeypatch.setattr("wn_ref.ledger.html.FIGURES", ())
    ours, other = tmp_path / name, tmp_path / "scratch"
    beside(ours)  # there is none
    made = write(Evidence([]), ours, ROWS)
    beside(other)  # nobody's: there are no runs
    write(Evidence(runs_of(ROWS)), ours, ROWS)
    assert beside(ours) == made
    (tmp_path / "latest").symlink_to(ours)
    assert beside(tmp_path / "latest") == made  # the same folder
    if write is write_html and "(" in name:  # the Markdown beside it says whose it is
        return
    message = rf"expected {made} to be the page of {other}, got that of .*; choose .* if {name} is now called scratch, "
    message = message.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(InputError, match=f"{message}move REPRODUCTION.md and REPRODUCTION.html away$"):
        write(Evidence(runs_of(ROWS)), other, ROWS)


@pytest.mark.skipif(places.fcntl is None, reason="has no such locks")
def test_one_at_a_time_and_nothing_is_left(tmp_path):
    folder, held = tmp_path / "results", []

    def other():
        with alone(folder):
            held.append("other")

    thread = threading.Thread(target=other)
    with alone(folder):
        thread.start()
        thread.join(0.3)
        held.append("first")
    thread.join()
    assert held == ["first", "other"]
    assert [*tmp_path.rglob("*")] == [folder]


def test_a_killed_process_keeps_nobody_waiting(tmp_path):
    code = f"from wn_ref.ledger.places import *\nwith alone(Path({str(tmp_path)!r})): print(flush=True), input()"
    command, pipe = [sys.executable, "-c", code], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[2]) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    with alone(tmp_path):
        pass


def test_where_a_folder_cannot_be_locked_the_writing_says_what_is_wrong(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("wn_ref.ledger.places.os.open", refused)
    entered = []
    with alone(tmp_path):
        entered.append(True)
    assert entered
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="results: expected a folder to write to, got"), alone(tmp_path / "file" / "x"):
        pass


def test_without_such_locks_everybody_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "fcntl", None)
    with alone(tmp_path), alone(tmp_path):
        assert tmp_path.is_dir()

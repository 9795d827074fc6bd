"""Backups: whole while a sweep writes, complete or absent, and never in place of something unasked."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.store.test_store import DONE, NETWORK, SOURCE, TRAINED, one_line, path, write  # noqa: F401  # a fixture
from wn_ref import Experiment, StorageError, open_store
from wn_ref.store import backup
from wn_ref.store.writer import writing
from wn_ref.weights import to_arrays


def soundness(file):
    connection = sqlite3.connect(file)
    (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    return verdict


def test_copies_made_during_a_sweep_are_whole_and_hold_what_was_stored_before(tmp_path):
    file, counts = tmp_path / "results.sqlite", []
    stored, stop = [0], threading.Event()

    def copy():
        while not stop.is_set():
            before = stored[0]
            to = tmp_path / f"copy{len(counts)}.sqlite"
            counts.append((before, backup(file, to)))
            assert soundness(to) == "ok"
            with open_store(to) as store:
                assert store.runs()["seed"].tolist() == list(range(counts[-1][1]))

    with writing(file) as store:
        store.start_sweep(200, 200)
        thread = threading.Thread(target=copy)
        thread.start()
        for seed in range(200):
            store.add(Experiment(seed=seed), TRAINED, {Experiment(seed=seed): DONE})
            stored[0] += 1
        stop.set()
        thread.join()
    assert len(counts) > 2
    assert all(before <= copied for before, copied in counts)


def test_networks_come_along(tmp_path):
    with writing(tmp_path / "a.sqlite") as store:
        store.add(NETWORK, TRAINED, {NETWORK: DONE}, SOURCE)
        store.networks.save(NETWORK, SOURCE.data, to_arrays(NETWORK.network()))
    assert backup(tmp_path / "a.sqlite", tmp_path / "b.sqlite") == 1
    with open_store(tmp_path / "b.sqlite") as store:
        assert store.network(NETWORK) is not None
    write(tmp_path / "b.sqlite", [Experiment(seed=4)])  # the copy is a store like any other
    assert not any("wal" in file.name or "part" in file.name for file in tmp_path.iterdir())


def test_a_copy_never_takes_a_name_unasked(path, tmp_path):  # noqa: F811
    (tmp_path / "taken").write_text("something else")
    one_line(lambda: backup(path, tmp_path / "taken"), "output: expected a new name, got .*taken, which exists")
    assert backup(path, tmp_path / "taken", force=True) == 3
    one_line(lambda: backup(path, path, force=True), "copy: expected another file than the store itself")
    (tmp_path / "link").symlink_to(path)
    one_line(lambda: backup(tmp_path / "link", path, force=True), "copy: expected another file than the store itself")
    with writing(tmp_path / "used.sqlite") as store:
        store.start_sweep(1, 1)
        one_line(lambda: backup(path, tmp_path / "used.sqlite", force=True), "copy: expected a file that nobody uses")
    one_line(lambda: backup(tmp_path / "none.sqlite", tmp_path / "new"), "which does not exist")
    one_line(lambda: backup(path, tmp_path / "nowhere" / "new"), "output: expected a folder to write to")


def test_a_copy_that_fails_leaves_the_older_one(path, tmp_path, monkeypatch):  # noqa: F811
    backup(path, tmp_path / "copy.sqlite")
    before = (tmp_path / "copy.sqlite").read_bytes()
    write(path, [Experiment(seed=8)])

    def fail(_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("wn_ref.store.copying.close_sweeps", fail)
    with pytest.raises((StorageError, ValueError), match="disk is full"):
        backup(path, tmp_path / "copy.sqlite", force=True)
    assert (tmp_path / "copy.sqlite").read_bytes() == before
    assert not list(tmp_path.glob(".*part*"))


def test_a_link_to_a_store_that_is_written_to_is_no_place_for_a_copy(path, tmp_path):  # noqa: F811
    """The log and the lock are beside the file, and not beside the link."""
    (tmp_path / "link").symlink_to(tmp_path / "used.sqlite")
    with writing(tmp_path / "used.sqlite") as store:
        store.start_sweep(1, 1)
        one_line(lambda: backup(path, tmp_path / "link", force=True), "copy: expected a file that nobody uses")
    assert backup(path, tmp_path / "link", force=True) == 3
    assert (tmp_path / "link").is_symlink()


def test_a_copy_needs_a_name(path, tmp_path):  # noqa: F811
    for name in (Path(), Path(".."), Path("/")):
        one_line(lambda name=name: backup(path, name), "store: expected a file, got .*, which is a folder")
    one_line(lambda: backup(path, tmp_path / f"{'a' * 245}.sqlite"), "output: expected the name of a file")


def test_the_name_of_standard_output_is_a_stream_although_it_is_a_link(path, tmp_path):  # noqa: F811
    code = f"from wn_ref.store import backup; backup({str(path)!r}, '/dev/stdout')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=tmp_path)
    (tmp_path / "copy.sqlite").write_bytes(done.stdout)
    with open_store(tmp_path / "copy.sqlite") as store:
        assert len(store.runs()) == 3

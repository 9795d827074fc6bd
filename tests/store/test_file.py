"""The file of a store: copies of it, links to it, locks on it, and what processes left that were killed."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from tests.store.test_store import DONE, NETWORK, SOURCE, TRAINED, one_line, path, write  # noqa: F401  # a fixture
from wn_ref import Experiment, StorageError, open_store
from wn_ref import files as wn_files
from wn_ref.store import sqlite_errors, writer
from wn_ref.store.lock import is_written_to
from wn_ref.store.sqlite_errors import LockedWarning
from wn_ref.store.writer import writing
from wn_ref.weights import to_arrays

SWEPT = [Experiment(seed=seed) for seed in range(1, 40)]


def copied(path, to):  # noqa: F811
    """Copy a file without its log, as cp does."""
    shutil.copyfile(path, to)
    return to


def seeds(path):  # noqa: F811
    with open_store(path) as store:
        return store.runs()["seed"].tolist()


def test_a_plain_copy_has_what_is_older_than_a_checkpoint(tmp_path, monkeypatch):
    file = tmp_path / "results.sqlite"
    with writing(file) as store:
        store.start_sweep(10, 10)
        assert seeds(copied(file, tmp_path / "first.sqlite")) == []  # a store with tables, which says that it is empty
        for seed in range(5):
            store.add(Experiment(seed=seed), TRAINED, {Experiment(seed=seed): DONE})
        assert seeds(copied(file, tmp_path / "second.sqlite")) == []
        monkeypatch.setattr(writer, "CHECKPOINT", 0.0)
        store.add(Experiment(seed=5), TRAINED, {Experiment(seed=5): DONE})
        assert seeds(copied(file, tmp_path / "third.sqlite")) == list(range(6))
    write(tmp_path / "third.sqlite", [Experiment(seed=6)])  # a copy can be gone on with
    assert seeds(tmp_path / "third.sqlite") == list(range(7))


def test_a_copy_without_any_table_is_recognised(tmp_path):
    """What a plain copy of a first sweep was in version 0.1: a header, and all rows in a log that is not there."""
    with sqlite3.connect(tmp_path / "copy.sqlite") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    for action in (open_store, write):
        message = "store: expected results of wn-ref, got .*copy.sqlite without any table; if it is a copy, its rows"
        one_line(lambda action=action: action(tmp_path / "copy.sqlite"), message)


def test_a_copy_torn_by_a_checkpoint_is_recognised(tmp_path):
    """From some page on a copy is older than before it, or the reverse: it was read while the file was written."""
    file, whole = tmp_path / "results.sqlite", []
    with writing(file) as store:
        store.start_sweep(100, 100)
        for experiments in (SWEPT[:8], SWEPT[8:]):
            for experiment in experiments:
                store.add(experiment, TRAINED, {experiment: DONE})
            store.connection.execute("PRAGMA wal_checkpoint")
            whole.append(file.read_bytes())
    older, newer = whole
    refused = 0
    for first, then in ((older, newer), (newer, older)):
        for end in range(4096, len(older), 4096):
            content = first[:end] + then[end:]
            if content not in whole:
                torn = tmp_path / f"torn{refused}.sqlite"
                torn.write_bytes(content)
                for action in (open_store, write):
                    one_line(lambda action=action, torn=torn: action(torn), "store: expected .* wn-ref store backup")
                refused += 1
    assert refused > 5
    assert len(seeds(copied(file, tmp_path / "copy.sqlite"))) == len(SWEPT)


def test_a_link_is_the_file_that_it_points_to(path, tmp_path):  # noqa: F811
    link = tmp_path / "elsewhere" / "link.sqlite"
    link.parent.mkdir()
    link.symlink_to(path)
    with writing(path):
        assert is_written_to(path)
        one_line(lambda: write(link), "for this process alone, got another process that is writing to it", StorageError)
    write(link, [Experiment(seed=8)])
    assert seeds(path)[-1] == 8
    assert [file.name for file in link.parent.iterdir()] == ["link.sqlite"]
    (tmp_path / "elsewhere" / "new.sqlite").symlink_to(tmp_path / "made.sqlite")
    write(tmp_path / "elsewhere" / "new.sqlite", [Experiment(seed=8)])
    assert seeds(tmp_path / "made.sqlite") == [8]


def test_a_file_with_two_names_has_one_writer_at_most(path, tmp_path):  # noqa: F811
    os.link(path, tmp_path / "second.sqlite")
    one_line(lambda: write(path, [Experiment(seed=8)]), "store: expected a file with one name, .* with 2 hard links")
    assert len(seeds(tmp_path / "second.sqlite")) == 3
    (tmp_path / "second.sqlite").unlink()
    write(path, [Experiment(seed=8)])


@pytest.mark.parametrize("name", [":memory:"])
def test_a_name_that_sqlite_takes_for_something_else(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for action in (open_store, write):
        one_line(lambda action=action: action(name), "store: expected the path of a file, got ':memory:'; try .*leave")
    assert list(tmp_path.iterdir()) == []


def lock(path, seconds):  # noqa: F811
    """Let another process lock a file for some seconds; return when it has the lock."""
    code = (
        "import sqlite3, sys, time\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN EXCLUSIVE'); print(flush=True); time.sleep(float(sys.argv[2]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, path, str(seconds)], stdout=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    return process


@pytest.fixture
def impatient(monkeypatch):
    """SQLite itself waits for a moment only, as it waits for five seconds otherwise."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **({"timeout": 0.05} | k)))


def test_a_lock_of_another_program_is_waited_for(path, impatient):  # noqa: F811
    process = lock(path, 1.0)
    start = time.monotonic()
    with pytest.warns(LockedWarning, match="store: .* is locked by another program; waiting for it"):
        write(path, [Experiment(seed=8)])
    assert time.monotonic() - start > 0.5
    process.wait()
    assert seeds(path)[-1] == 8


def test_a_lock_in_the_middle_of_a_sweep_is_waited_for(path, impatient):  # noqa: F811
    with writing(path) as store:
        store.add(Experiment(seed=8), TRAINED, {Experiment(seed=8): DONE})
        process = lock(path, 1.0)
        with pytest.warns(LockedWarning):
            store.add(Experiment(seed=9), TRAINED, {Experiment(seed=9): DONE})
    process.wait()
    assert seeds(path)[-2:] == [8, 9]


def test_patience_ends(path, impatient, monkeypatch):  # noqa: F811
    monkeypatch.setattr(sqlite_errors, "PATIENCE", 0.2)
    process = lock(path, 20.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LockedWarning)
        one_line(lambda: write(path, [Experiment(seed=8)]), "database is locked; another process", StorageError)
    process.kill()
    process.wait()


def test_who_looks_for_a_writer_stops_none(path):  # noqa: F811
    stop = threading.Event()

    def look():
        while not stop.is_set():
            is_written_to(path)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for seed in range(10, 20):
            write(path, [Experiment(seed=seed)])
    finally:
        stop.set()
        thread.join()
    assert len(seeds(path)) == 13


def test_a_sweep_says_whether_it_closed_the_file(path):  # noqa: F811
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM sweeps WHERE closed >= started").fetchone() == (1,)
    connection.close()
    with writing(path) as store:
        store.start_sweep(1, 1)
        assert store.read("SELECT count(*) FROM sweeps WHERE closed IS NULL") == [(1,)]


def test_a_sweep_without_duration_has_no_rate(path):  # noqa: F811
    for started in ("finished", "finished + 5"):  # in the same moment, and with a clock that was set back
        with sqlite3.connect(path) as connection:
            connection.execute(f"UPDATE sweeps SET started = (SELECT max({started}) FROM runs)")
        connection.close()
        with open_store(path) as store:
            assert store.status()["rate"] is None
            assert store.status()["done"] == 3


def test_what_killed_processes_left_is_deleted(tmp_path):
    folder = tmp_path / "results.sqlite-networks"
    with writing(tmp_path / "results.sqlite") as store:
        store.networks.save(NETWORK, SOURCE.data, to_arrays(NETWORK.network()))
        part = folder / f".{'0' * 32}.4711.part.npz"
        part.write_bytes(b"half a network")
    write(tmp_path / "results.sqlite", [Experiment(seed=8)])
    assert not part.exists()
    assert len(list(folder.iterdir())) == 1


def test_old_parts_of_a_file_are_deleted_and_new_ones_stay(tmp_path, monkeypatch):
    old, new, other = (tmp_path / name for name in (".walk.1.part.png", ".walk.2.part.png", ".wall.1.part.png"))
    for part in (old, new, other):
        part.write_bytes(b"half a figure")
    for part in (old, other):
        os.utime(part, (time.time() - 2 * wn_files.ABANDONED,) * 2)
    wn_files.write_atomically(tmp_path / "walk.png", lambda part: part.write_bytes(b"all of it"))
    assert not old.exists()
    assert new.exists()
    assert other.exists()


def test_networks_of_other_folders_are_copied_whole(tmp_path):
    arrays = to_arrays(NETWORK.network())
    with writing(tmp_path / "a.sqlite") as a, writing(tmp_path / "b.sqlite") as b:
        a.networks.save(NETWORK, SOURCE.data, arrays)
        assert b.networks.copy_from(a.networks) == 1
        assert b.networks.copy_from(a.networks) == 0
        (file,) = b.networks.files()
        whole = file.read_bytes()
        file.write_bytes(whole[:-100])  # which counts as absent
        assert b.networks.copy_from(a.networks) == 1
        file.write_bytes(whole[:-100])
        file.with_name("another.npz").write_bytes(whole)
        assert b.networks.copy_from(a.networks, anew=True) == 1
        assert b.networks.files() == [file]
        loaded = b.networks.load(NETWORK, SOURCE.data)
    assert all(np.array_equal(loaded[name], arrays[name]) for name in arrays)

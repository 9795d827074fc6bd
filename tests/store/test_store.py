"""The store: what goes in comes out, filters, clear errors, and stored results stay readable."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys

import numpy as np
import pandas
import pytest

from wn_ref import Experiment, InputError, StorageError, additive, multiplicative, open_store, sweep
from wn_ref.store import networks
from wn_ref.store.canonical import key, keys
from wn_ref.store.filters import NothingFoundWarning
from wn_ref.store.lock import is_written_to
from wn_ref.store.records import Outcome, Source, TrainingRecord
from wn_ref.store.tables import FIELDS
from wn_ref.store.writer import writing
from wn_ref.train import Epoch
from wn_ref.version import ALGORITHM
from wn_ref.weights import to_arrays

TRAINED = TrainingRecord((Epoch(0.5, 0.8), Epoch(0.25, 0.9)), {"dense1": 0.1}, 2.5)
DONE = Outcome(0.1 + 0.2, "", 0.125, '{"host":"a"}')
FAILED = Outcome(None, "ZeroDivisionError: division by zero (conv.py, line 3)", 0.5, '{"host":"b"}')
RUNS = [
    Experiment(noise=additive(0.5), phase="inference", point=3),
    Experiment(noise=multiplicative(1e10, "exact"), seed=2**64 - 1, clamp=True),
    Experiment(noise=additive(0.3), point="all", phase="inference", executions=(2,) * 11),
]


def write(path, experiments=RUNS, outcome=DONE):
    with writing(path) as store:
        store.start_sweep(10, 5)
        for experiment in experiments:
            store.add(experiment.training_experiment(), None if outcome.error else TRAINED, {experiment: outcome})


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "results.sqlite")
    return tmp_path / "results.sqlite"


def test_what_goes_in_comes_out(path):
    with open_store(path) as store:
        runs = store.runs(history=True)
    for experiment, (_, row) in zip(RUNS, runs.iterrows()):
        assert {name: row[name] for name in FIELDS if name != "executions"} == {
            name: value for name, value in experiment.row().items() if name != "executions"
        }
    assert runs["executions"].tolist()[2] == (2,) * 11
    assert runs["accuracy"].tolist() == [0.1 + 0.2] * 3
    assert runs["training_loss"].tolist() == [0.25] * 3
    assert runs["name"].tolist() == ["relu1", "global", "all"]
    assert runs["history"].tolist() == [TRAINED.history] * 3
    assert runs["weight_magnitudes"].tolist() == [{"dense1": 0.1}] * 3
    assert runs["key"].tolist() == [key(experiment) for experiment in RUNS]
    assert runs["machine"].tolist() == [DONE.machine] * 3
    assert runs["clamp"].dtype == bool
    assert (pandas.Timestamp.now("UTC") - runs["finished"]).dt.total_seconds().between(0, 60).all()


def test_filters(path):
    with open_store(path) as store:
        assert store.runs(phase="inference")["point"].tolist() == [3, "all"]
        assert store.runs(["sigma_add"], point=[3, np.int64(4)])["sigma_add"].tolist() == [0.5]
        assert store.runs(clamp=True, error="")["seed"].tolist() == [2**64 - 1]
        with pytest.warns(NothingFoundWarning, match="runs: none has model='lenet5'; there are 'mlp'"):
            assert store.runs(["name"], model="lenet5").empty
        with pytest.raises(InputError, match=r"column: expected one of key, .*did you mean 'phase'"):
            store.runs(phases="inference")
        with pytest.raises(InputError, match=r"point: expected a number or a text, got Noise"):
            store.runs(point=additive(0.5))


def test_a_table_has_the_order_asked_for(path):
    with open_store(path) as store:
        table = store.table([RUNS[2], Experiment(seed=77), RUNS[0], RUNS[2]])
    assert table["sigma_add"].tolist() == [0.3, 0.5, 0.3]


def test_a_stored_result_is_never_written_over_but_a_failure_is(path):
    with pytest.raises(sqlite3.IntegrityError):
        write(path, RUNS[:1])
    new = [Experiment(seed=1)]
    write(path, new, FAILED)
    with open_store(path) as store:
        assert store.failures() == [(1, FAILED.error)]
        assert np.isnan(store.runs(error=FAILED.error)["accuracy"].item())
        assert store.runs(error=FAILED.error, history=True)["history"].tolist() == [None]
        assert store.unfinished(keys(RUNS + new)) == {}
        assert list(store.unfinished(keys(RUNS + new), retry_failed=True).values()) == new
        assert list(store.unfinished(keys([*new, Experiment(seed=2)])).values()) == [Experiment(seed=2)]
    write(path, new)
    with open_store(path) as store:
        assert store.failures() == []
        assert len(store.runs()) == 4


def test_status(path, tmp_path):
    with open_store(path) as store:
        status = store.status()
    assert {name: status[name] for name in ("done", "failed", "planned", "remaining")} == {
        "done": 3,
        "failed": 0,
        "planned": 10,
        "remaining": 2,
    }
    assert status["started"] <= status["last"]
    with writing(tmp_path / "new.sqlite") as store:
        assert store.status()["started"] is None


NETWORK = Experiment(dataset="digits")
SOURCE = Source("0123456789abcdef", 360, 10)


@pytest.fixture
def kept(tmp_path):
    """A store with a kept network; the store, the network's arrays and its file."""
    arrays = to_arrays(NETWORK.network())
    with writing(tmp_path / "results.sqlite") as store:
        store.add(NETWORK, TRAINED, {}, SOURCE)
        store.networks.save(NETWORK, SOURCE.data, arrays)
        (file,) = (tmp_path / "results.sqlite-networks").iterdir()
        yield store, arrays, file


def test_networks_are_whole_or_absent(kept):
    store, arrays, file = kept
    again = store.network(NETWORK)
    assert again.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(again[name], array)
    content = file.read_bytes()
    for broken in (b"", content[:100], content[:-30], b"\x80\x04N." * 30):
        file.write_bytes(broken)
        assert store.network(NETWORK) is None
    file.unlink()
    assert store.network(NETWORK) is None
    assert store.network(Experiment()) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays.pop("dense3.weight"),
        lambda arrays: arrays.pop("bn2.running_mean"),
        lambda arrays: arrays.update({"dense1.weight": np.zeros((64, 63), np.float32)}),
        lambda arrays: arrays.update({"dense1.bias": np.zeros(64, np.float64)}),
        lambda arrays: arrays.update({"dense9.bias": np.zeros(64, np.float32)}),
    ],
)
def test_a_network_without_one_of_its_arrays_is_absent(kept, change):
    store, arrays, _ = kept
    change(arrays)
    store.networks.save(NETWORK, SOURCE.data, arrays)
    assert store.network(NETWORK) is None


def test_a_file_of_another_network_is_absent_whatever_its_name_says(kept, monkeypatch):
    store, arrays, file = kept
    other = Experiment(dataset="digits", seed=1)
    store.networks.save(other, SOURCE.data, arrays)
    os.replace(file.with_name(f"{key(other)}.npz"), file)
    assert store.network(NETWORK) is None
    store.networks.save(NETWORK, "fedcba9876543210", arrays)
    assert store.network(NETWORK) is None
    store.networks.save(NETWORK, SOURCE.data, arrays)
    assert store.network(NETWORK) is not None
    monkeypatch.setattr(networks, "ALGORITHM", ALGORITHM + 1)
    assert store.network(NETWORK) is None


def test_a_file_that_does_not_say_what_it_is_is_absent(kept):
    store, arrays, file = kept
    np.savez(file, **arrays)
    assert store.network(NETWORK) is None
    np.savez(file, identity=np.array(key(NETWORK)), **arrays)
    assert store.network(NETWORK) is None


def test_a_folder_of_networks_that_cannot_be_made(tmp_path):
    (tmp_path / "results.sqlite-networks").write_text("no folder")
    with writing(tmp_path / "results.sqlite") as store:
        message = "output: expected to write .*[.]npz, got File"
        one_line(lambda: store.networks.save(NETWORK, "", {"w": np.eye(3)}), message)


def test_each_run_says_where_it_comes_from(path):
    with writing(path) as store:
        store.add(NETWORK, TRAINED, {NETWORK: DONE}, Source("abc", 100, 7))
        for table in (store.runs(dataset="digits"), store.table([NETWORK])):
            (row,) = table.to_dict("records")
            assert (row["algorithm"], row["data"], row["machine"]) == (ALGORITHM, "abc", DONE.machine)
            assert (row["tested"], row["classes"]) == (100, 7)  # of the data, not of the catalogue
        assert set(store.runs(dataset="mnist_sample")["data"]) == {""}
        assert store.runs(data=["abc"], algorithm=ALGORITHM)["dataset"].tolist() == ["digits"]


def test_an_older_file_is_read_as_what_it_is(path):
    with sqlite3.connect(path) as connection:
        for name in ("algorithm", "data"):
            connection.execute(f"ALTER TABLE runs DROP COLUMN {name}")
            connection.execute(f"ALTER TABLE trainings DROP COLUMN {name}")
        connection.execute("ALTER TABLE runs DROP COLUMN own_noise")
    before = path.read_bytes()
    with open_store(path) as store:
        assert set(store.runs()["algorithm"]) == {1}
        assert set(store.table(RUNS)["data"]) == {""}
        assert len(store.runs(own_noise="", algorithm=1, history=True)) == 3
        one_line(
            lambda: store.unfinished(keys(RUNS)), "store: expected results of version 3 of the algorithm, got vers"
        )
    assert path.read_bytes() == before
    with writing(path) as store:
        assert {origin.algorithm for origin in store.origins} == {1}
        assert store.runs()["machine"].tolist() == [DONE.machine] * 3


@pytest.mark.parametrize("bad", [5, None, 1.5, b"results.sqlite", ["results.sqlite"], ""])
def test_what_is_no_path(bad):
    one_line(lambda: open_store(bad), "store: expected the path of a file, got .*; try 'results.sqlite'")
    if bad is not None:
        one_line(lambda: sweep([Experiment()], store=bad), "store: expected the path of a file, got")


def test_a_file_from_before_a_field_was_added(path):
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE runs DROP COLUMN executions")
        connection.execute("ALTER TABLE runs DROP COLUMN schedule")
    write(path, [Experiment(seed=9)])
    with open_store(path) as store:
        assert store.runs()["schedule"].tolist() == ["cosine"] * 4
        assert store.runs(seed=9)["executions"].isna().all()


def test_a_field_that_came_later_does_no_harm(path):
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE runs ADD COLUMN label_smoothing DEFAULT 0.0")
    write(path, [Experiment(seed=9)])
    with open_store(path) as store:
        assert store.runs()["label_smoothing"].tolist() == [0.0] * 4


@pytest.mark.parametrize("other", ["0.5", "NULL"])
def test_runs_that_a_field_of_a_newer_version_tells_apart_are_not_mixed(path, other):
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE runs ADD COLUMN label_smoothing DEFAULT 0.0")
        connection.execute(f"UPDATE runs SET label_smoothing = {other} WHERE seed = (SELECT max(seed) FROM runs)")
    for action in (open_store, write):
        one_line(lambda action=action: action(path), "got label_smoothing in .*; update wn_ref to use it")


def one_line(action, message, kind=InputError):
    with pytest.raises(kind, match=message) as caught:
        action()
    assert "\n" not in str(caught.value)


def test_no_file_a_newer_version_something_else(path, tmp_path):
    one_line(lambda: open_store(tmp_path / "none.sqlite"), "got .*which does not exist; make one with wn-ref sweep")
    (tmp_path / "empty.sqlite").touch()
    one_line(lambda: open_store(tmp_path / "empty.sqlite"), "got .*which is empty; make one with wn-ref sweep")
    one_line(lambda: open_store(tmp_path), "store: expected a file, got .*, which is a folder; make one with")
    one_line(lambda: write(tmp_path / "nowhere" / "a.sqlite"), "store: expected to use .*lock, got unable to open")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    for action in (open_store, write):
        one_line(lambda action=action: action(path), "store: expected version 1, got 2 in .*; update wn_ref")
    with sqlite3.connect(tmp_path / "other.sqlite") as connection:
        connection.execute("CREATE TABLE letters (id)")
    for action in (open_store, write):
        one_line(lambda action=action: action(tmp_path / "other.sqlite"), "got another program's database")


def test_a_broken_file(path, tmp_path):
    content = path.read_bytes()
    path.write_bytes(b"not a database at all" * 500)
    for action in (open_store, write):
        one_line(lambda action=action: action(path), "got file is not a database; choose another file")
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    one_line(lambda: open_store(path).runs(), "malformed; if it was .*; else sqlite3 FILE .recover prints what is left")


def test_one_writer_at_a_time_and_any_number_of_readers(path):
    with writing(path) as store:
        message = "for this process alone, got another process that is writing to it; wait for it to end, or choose"
        one_line(lambda: write(path), message, StorageError)
        assert is_written_to(path)
        store.add(Experiment(seed=1), TRAINED, {Experiment(seed=1): DONE})
        with open_store(path) as reader:
            assert len(reader.runs()) == 4
    assert not is_written_to(path)
    write(path, [Experiment(seed=2)])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a limit on the size of files")
def test_a_full_disk(path, tmp_path):
    """The system refuses to let files grow; what was stored before is readable."""
    code = f"""
import resource
from tests.store.test_store import *
path = {str(path)!r}
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
stored = 0
try:
    with writing(path) as store:
        for seed in range(1, 1000):
            store.add(Experiment(seed=seed), TRAINED, {{Experiment(seed=seed): DONE}})
            stored = seed
except StorageError as error:
    print(stored, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=os.getcwd())
    stored, message = done.stdout.split(" ", 1)
    assert "; see whether the disk is full or broken, and start it again; what was written is kept" in message
    with open_store(path) as store:
        assert len(store.runs()) == 3 + int(stored) > 5
    write(path, [Experiment(seed=1000)])


@pytest.mark.skipif(not hasattr(os, "geteuid") or not hasattr(resource, "RLIMIT_FSIZE"), reason="needs permissions")
def test_a_store_that_may_only_be_read(path):
    folder = path.parent
    code = f"""
import os
from tests.store.test_store import *
if os.geteuid() == 0:
    os.seteuid(65534)
path = {str(path)!r}
with open_store(path) as store:
    print(len(store.runs()))
try:
    write(path, [Experiment(seed=1)])
except InputError as error:
    print(error)
"""
    (folder / "results.sqlite-lock").unlink(missing_ok=True)
    pytests = [parent for parent in folder.parents if "pytest" in parent.name or "popen" in parent.name]
    for place, mode in ((path, 0o444), (folder, 0o555), *((parent, 0o755) for parent in pytests)):
        os.chmod(place, mode)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=os.getcwd())
    folder.chmod(0o755)
    count, message = done.stdout.splitlines()
    assert count == "3"
    assert message.startswith("store: expected to use")
    assert message.endswith("; make the folder and the file accessible, or choose another")


def test_copies_are_whole(path, tmp_path):
    """After a sweep has ended, the file alone is the store: nothing is left in the log."""
    shutil.copy(path, tmp_path / "copy.sqlite")
    with open_store(tmp_path / "copy.sqlite") as store:
        assert len(store.runs()) == 3
    assert not path.with_name("results.sqlite-wal").exists()

"""Merges: the runs of both, each once, compared; and nothing at all of what does not belong together."""

import dataclasses
import json
import sqlite3
import warnings

import pytest

from tests.store.test_store import DONE, FAILED, NETWORK, SOURCE, TRAINED, one_line, write
from wn_ref import Experiment, StorageError, open_store
from wn_ref.machine import describe
from wn_ref.store import Merged, merge
from wn_ref.store.merging import DifferentResultsWarning
from wn_ref.store.writer import writing
from wn_ref.version import ALGORITHM
from wn_ref.weights import to_arrays


def stored(path, seeds, outcome=DONE, source=SOURCE, dataset="digits"):
    """Write runs with some seeds to a store."""
    with writing(path) as store:
        store.start_sweep(len(seeds), len(seeds))
        for seed in seeds:
            experiment = Experiment(dataset=dataset, seed=seed)
            record = None if outcome.error else TRAINED
            store.add(experiment, record, {experiment: outcome}, source)
    return path


def content(path):
    with open_store(path) as store:
        return store.runs(history=True).drop(columns=["finished", "sweep"]).astype(str).to_dict("records")


@pytest.fixture
def a(tmp_path):
    return stored(tmp_path / "a.sqlite", [0, 1, 2])


@pytest.fixture
def b(tmp_path):
    return stored(tmp_path / "b.sqlite", [2, 3])


def test_the_runs_of_both_each_once(a, b, tmp_path):
    everything = {row["key"]: row for row in content(a) + content(b)}
    others = a.read_bytes(), b.read_bytes()
    assert merge(tmp_path / "all.sqlite", a, b) == Merged(added=4, equal=1)
    assert {row["key"]: row for row in content(tmp_path / "all.sqlite")} == everything
    assert (a.read_bytes(), b.read_bytes()) == others
    assert merge(tmp_path / "all.sqlite", a, b) == Merged(equal=5)  # again: nothing changes
    with open_store(tmp_path / "all.sqlite") as store:
        assert store.status()["planned"] == 0  # no sweep of this store's own
        assert store.read("SELECT count(*), sum(closed IS NULL) FROM sweeps") == [(2, 0)]  # but a copy would have known


def test_two_machines_with_other_versions_merge(a, tmp_path):
    other = json.dumps(json.loads(describe()) | {"numpy": "1.0", "host": "laptop"})
    b = stored(tmp_path / "b.sqlite", [2, 3], dataclasses.replace(DONE, accuracy=0.3, machine=other))
    with pytest.warns(DifferentResultsWarning, match="merge: 1 result not the same in the stores, by up to 5.5"):
        assert dataclasses.replace(merge(a, b), largest=0) == Merged(added=1, different=1)
    rows = content(a)
    assert [row["accuracy"] for row in rows] == [str(DONE.accuracy)] * 3 + ["0.3"]  # the first is kept
    assert [row["machine"] for row in rows] == [DONE.machine] * 3 + [other]


def test_an_overflow_in_one_of_them_is_a_difference(tmp_path):
    """It is what came of the noise, and no failure that another store makes good."""
    overflow = dataclasses.replace(DONE, accuracy=None, error="overflow in epoch 1, step 3: the loss is not finite")
    failed = dataclasses.replace(DONE, accuracy=None, error="MemoryError: no room")
    done, over = stored(tmp_path / "a", [1]), stored(tmp_path / "b", [1], overflow)
    for first, second in ((done, over), (over, done)):
        before = [row["accuracy"] for row in content(first)]
        with pytest.warns(DifferentResultsWarning, match="merge: 1 result not the same in the stores"):
            assert merge(first, second) == Merged(different=1)
        assert [row["accuracy"] for row in content(first)] == before
    assert merge(over, over) == Merged(equal=1)
    for result in (done, over):
        assert merge(stored(tmp_path / f"c-{result.name}", [1], failed), result) == Merged(added=1)
        assert merge(result, stored(tmp_path / f"d-{result.name}", [1], failed)) == Merged()


def test_columns_of_a_newer_version_are_not_dropped(a, b):
    with sqlite3.connect(b) as connection:
        connection.execute("ALTER TABLE runs ADD COLUMN label_smoothing DEFAULT 0.0")
    connection.close()
    message = "got label_smoothing in .*b.sqlite, too; update wn_ref to merge them"
    one_line(lambda: merge(a, b), message)
    one_line(lambda: merge(a.with_name("new.sqlite"), b), message)
    assert not list(a.parent.glob("new*"))


def test_a_difference_names_what_differs_between_the_machines(tmp_path):
    facts = json.loads(describe())
    for name, numpy, accuracy in (("a", "2.0", 0.5), ("b", "2.4", 0.25)):
        machine = json.dumps(facts | {"numpy": numpy})
        stored(tmp_path / name, [1], dataclasses.replace(DONE, accuracy=accuracy, machine=machine))
    with pytest.warns(DifferentResultsWarning, match="come from machines that differ in numpy$"):
        merge(tmp_path / "a", tmp_path / "b")
    stored(tmp_path / "c", [1], dataclasses.replace(DONE, accuracy=0.125, machine=json.dumps(facts | {"numpy": "2.0"})))
    with pytest.warns(DifferentResultsWarning, match="; look for the reason$"):
        merge(tmp_path / "a", tmp_path / "c")


@pytest.mark.parametrize("first", [True, False])
def test_other_data_under_the_same_name_do_not_merge(a, tmp_path, first):
    b = stored(tmp_path / "b.sqlite", [7], source=SOURCE._replace(data="fedcba9876543210"))
    c = stored(tmp_path / "c.sqlite", [8])
    target, others = (a, (c, b)) if first else (tmp_path / "new.sqlite", (a, b))
    before = content(a)
    message = r"store: expected results of the data set digits of .* \(0123456789abcdef\), got other data under this"
    one_line(lambda: merge(target, *others), message)
    assert content(a) == before
    assert target == a or {path.name for path in tmp_path.glob("new*")} == set()  # nor a lock
    stored(tmp_path / "d.sqlite", [9], source=SOURCE._replace(data="fedcba9876543210"), dataset="mnist_sample")
    assert merge(a, tmp_path / "d.sqlite").added == 1  # another data set


def test_another_algorithm_does_not_merge(a, tmp_path):
    b = stored(tmp_path / "b.sqlite", [7], source=SOURCE._replace(algorithm=ALGORITHM + 1))
    message = f"expected results of version {ALGORITHM} .*, got version {ALGORITHM + 1} in .*apart"
    one_line(lambda: merge(a, b), message)
    one_line(lambda: merge(tmp_path / "new.sqlite", a, b), message)
    assert not list(tmp_path.glob("new*"))
    (tmp_path / "new.sqlite").touch()  # an empty file is as good as none
    assert merge(tmp_path / "new.sqlite", a).added == 3


def test_a_result_replaces_a_failure_and_no_failure_a_result(a, tmp_path):
    b = stored(tmp_path / "b.sqlite", [2, 5], FAILED)
    assert merge(a, b) == Merged(added=1)
    assert [row["error"] for row in content(a)] == ["", "", "", FAILED.error]
    c = stored(tmp_path / "c.sqlite", [5])
    assert merge(a, c) == Merged(added=1)
    assert [row["error"] for row in content(a)] == [""] * 4


def test_networks_are_merged(a, tmp_path):
    b = tmp_path / "b.sqlite"
    with writing(b) as store:
        store.add(NETWORK, TRAINED, {}, SOURCE)
        store.networks.save(NETWORK, SOURCE.data, to_arrays(NETWORK.network()))
    assert merge(a, b).networks == 1
    with open_store(a) as store:
        assert store.network(NETWORK) is not None


def test_an_older_store_and_what_is_none(a, b, tmp_path):
    with sqlite3.connect(b) as connection:
        connection.execute("ALTER TABLE runs DROP COLUMN executions")
        connection.execute("ALTER TABLE sweeps DROP COLUMN closed")
    connection.close()
    assert merge(a, b).added == 1
    before = content(a)
    one_line(lambda: merge(a, tmp_path / "none.sqlite"), "none.sqlite, which does not exist")
    (tmp_path / "text").write_text("no store" * 100)
    one_line(lambda: merge(a, b, tmp_path / "text"), "file is not a database")
    assert content(a) == before
    with writing(a):
        one_line(lambda: merge(a, b), "for this process alone, got another process", StorageError)


def test_a_merge_that_fails_half_way_has_done_nothing(a, b, monkeypatch):
    """The second of two stores has a row that cannot be written."""
    before = content(a)
    with sqlite3.connect(b) as connection:
        connection.execute("UPDATE runs SET machine = 77 WHERE rowid = 2")
    connection.close()
    with pytest.raises(KeyError):
        merge(a, b)
    assert content(a) == before


def test_a_store_is_not_merged_with_itself(a):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert merge(a, a) == Merged(equal=3)
    write(a, [Experiment(seed=4)])

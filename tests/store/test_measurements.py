"""What functions measured: in the file at once, and carried along by copies, merges and whatever tidies up."""

import sqlite3
import warnings

import pytest

from tests.store.test_store import DONE, TRAINED, one_line, path, write  # noqa: F401  # a fixture
from wn_ref import Experiment, open_store
from wn_ref.store import Merged, backup, delete, merge, vacuum
from wn_ref.store.measurements import Measurement, Measurements
from wn_ref.store.merging import DifferentResultsWarning
from wn_ref.store.writer import writing


def measured(path, accuracies, name="chip", code="0123", point="layer1"):  # noqa: F811
    """Write accuracies, or errors, for seeds 0, 1, 2 ..."""
    with writing(path) as store:
        kept = Measurements(store, name, code)
        for seed, value in enumerate(accuracies):
            row = Measurement(None, value, 0.5) if isinstance(value, str) else Measurement(value, "", 0.5)
            kept.add(point, 0.1 + 0.2, seed, row)
    return path


def content(path, name=None):  # noqa: F811
    with open_store(path) as store:
        return store.measurements(name).drop(columns="finished").astype(object).fillna("none").to_numpy().tolist()


def rows(accuracies, name="chip", seeds=None):
    return [
        [name, "layer1", 0.1 + 0.2, seed, *(("none", y) if isinstance(y, str) else (y, "")), 0.5]
        for seed, y in zip(seeds or range(9), accuracies)
    ]


def test_what_goes_in_comes_out(tmp_path):
    store = measured(tmp_path / "s.sqlite", [0.3, "OverflowError: ...", 1 / 3])
    assert content(store) == content(store, "chip") == rows([0.3, "OverflowError: ...", 1 / 3])
    assert content(store, "another") == []
    with writing(store) as opened:
        kept = Measurements(opened, "chip", "0123")
        assert kept.get("layer1", 0.3, 0) is None
        assert kept.get("layer1", 0.1 + 0.2, 2) == Measurement(1 / 3, "", 0.5)
        assert kept.get("layer1", 0.1 + 0.2, 1).accuracy is None
        with pytest.raises(sqlite3.IntegrityError):  # what is measured is never written over
            kept.add("layer1", 0.1 + 0.2, 2, Measurement(0.5, "", 0.5))
        assert Measurements(opened, "another", "0123").get("layer1", 0.1 + 0.2, 2) is None


def test_every_measurement_is_in_the_file_at_once(tmp_path):
    with writing(tmp_path / "s.sqlite") as store:
        kept = Measurements(store, "chip", "0123")
        for seed in range(3):
            kept.add("", 0.0, seed, Measurement(0.5, "", 1.0))
            assert len(content(tmp_path / "s.sqlite")) == seed + 1
        assert store.read("SELECT count(*) FROM sweeps WHERE closed IS NULL") == [(1,)]  # a plain copy may be torn


def test_other_code(tmp_path):
    store = measured(tmp_path / "s.sqlite", [0.5])
    message = "name: expected the function that measured 'chip' in .*s.sqlite, got one with other code"
    one_line(lambda: measured(store, [0.5], code="4567"), message)
    with writing(store) as opened:
        assert Measurements(opened, "chip", "0123").code == "0123"
        nobody_knows = Measurements(opened, "chip", "")
        nobody_knows.add("layer2", 1.0, 0, Measurement(0.5, "", 0.5))
        assert Measurements(opened, "chip", "0123").code == ""  # from now on
        assert Measurements(opened, "another", "4567").code == "4567"


def test_the_status_is_that_of_the_latest_sweep(path):  # noqa: F811
    with open_store(path) as store:
        before = store.status()
    measured(path, [0.5])
    with open_store(path) as store:
        assert store.status() == before


def without_table(path):  # noqa: F811
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE measurements")
    connection.close()
    return path


def test_an_older_file_gets_the_table_when_it_is_opened_for_writing(path):  # noqa: F811
    without_table(path)
    with open_store(path) as store:
        assert len(store.runs()) == 3
    assert content(path) == []
    write(path, [Experiment(seed=8)])
    measured(path, [0.5])
    assert content(path) == rows([0.5])
    with open_store(path) as store:
        assert len(store.runs()) == 4


def test_an_older_file_that_is_merged_or_copied(path, tmp_path):  # noqa: F811
    without_table(path)
    target = measured(tmp_path / "all.sqlite", [0.5])
    assert merge(target, path) == Merged(added=3)
    assert backup(path, tmp_path / "copy.sqlite") == 3
    assert content(tmp_path / "copy.sqlite") == []
    assert merge(path, target) == Merged(equal=3, measurements=1)
    assert content(path) == content(target) == rows([0.5])


def test_a_merge_adds_what_is_missing(tmp_path):
    a = measured(tmp_path / "a.sqlite", [0.5, "OverflowError: ..."])
    b = measured(tmp_path / "b.sqlite", [0.4, 0.3, 0.2])
    measured(b, [0.1], name="another", code="4567")
    for target, others, count in ((a, [b], 2), (a, [b], 0), (tmp_path / "all.sqlite", [a, b], 4)):
        with pytest.warns(DifferentResultsWarning, match="merge: 2 results not the same in the stores, by up to 0.1"):
            merged = merge(target, *others)
        assert (merged.measurements, merged.different) == (count, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert merge(a, a).measurements == 0
    expected = rows([0.5, "OverflowError: ...", 0.2])
    assert content(a, "chip") == content(tmp_path / "all.sqlite", "chip") == expected
    assert content(a, "another") == rows([0.1], "another")


@pytest.mark.filterwarnings("ignore::wn_ref.store.merging.DifferentResultsWarning")
@pytest.mark.parametrize("first", [True, False])
def test_other_code_under_the_same_name_does_not_merge(tmp_path, first):
    a = measured(tmp_path / "a.sqlite", [0.5])
    b = measured(tmp_path / "b.sqlite", [0.4, 0.3], code="4567")
    target, others = (a, [b]) if first else (tmp_path / "new.sqlite", [a, b])
    message = "store: expected measurements of the function that is called 'chip' in .*, got those of other code under"
    one_line(lambda: merge(target, *others), message)
    assert content(a) == rows([0.5])
    unknown = measured(tmp_path / "c.sqlite", [0.4, 0.3], code="")
    assert merge(a, unknown).measurements == 1  # nobody knows whether it is the same: the name says so


def test_copies_and_tidying_keep_them(path, tmp_path):  # noqa: F811
    measured(path, [0.5, 0.4])
    assert backup(path, tmp_path / "copy.sqlite") == 3
    delete(path, point=["relu1", "all"])
    vacuum(path)
    assert content(path) == content(tmp_path / "copy.sqlite") == rows([0.5, 0.4])
    with writing(path) as store:
        store.add(Experiment(seed=8), TRAINED, {Experiment(seed=8): DONE})
    assert content(path) == rows([0.5, 0.4])

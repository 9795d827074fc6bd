"""Where results come from: other data or another algorithm are refused, and other libraries are said."""

import json
import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from wn_ref import Dataset, Experiment, InputError, additive, load_dataset, open_store, sweep
from wn_ref import experiment as experiment_module
from wn_ref.datasets.fingerprint import fingerprint
from wn_ref.machine import describe
from wn_ref.store import store as store_module
from wn_ref.store.records import Source
from wn_ref.sweeps import origin
from wn_ref.sweeps.origin import OriginWarning, own_data
from wn_ref.sweeps.tasks import evaluate_all, train_one
from wn_ref.version import ALGORITHM

TRAINED = Experiment(dataset="digits", epochs=1)
EVALUATED = replace(TRAINED, noise=additive(0.5), phase="inference")
REAL = load_dataset


def shuffled(name, train_size=None, test_size=None):
    """Other data under the same name: the same images with other labels."""
    data = REAL(name, train_size, test_size)
    labels = np.random.default_rng(0).permutation(data.train_labels)
    arrays = (data.train_images[:500], labels[:500], data.test_images[:100], data.test_labels[:100])
    return Dataset(name, *arrays, data.classes, data.mean, data.std)


@pytest.fixture
def store(tmp_path):
    sweep([EVALUATED], store=tmp_path / "results.sqlite")
    return tmp_path / "results.sqlite"


@pytest.fixture
def other_data(monkeypatch):
    monkeypatch.setattr(experiment_module, "load_dataset", shuffled)


def test_each_row_says_where_it_comes_from(store):
    with open_store(store) as opened:
        (row,) = opened.runs().to_dict("records")
    assert row["data"] == fingerprint(load_dataset("digits"))
    assert (row["algorithm"], row["machine"]) == (ALGORITHM, describe())


@pytest.mark.parametrize(
    "new",
    [
        replace(EVALUATED, noise=additive(0.6)),  # a kept network would be evaluated on other data
        replace(TRAINED, seed=1),
        replace(TRAINED, model="mlp", batchnorm=False, noise=additive(1.0)),
        replace(TRAINED, epochs=2),
    ],
)
def test_other_data_under_the_same_name_are_refused(store, other_data, new):
    with pytest.raises(
        InputError, match=r"store: expected results of the data set digits that is here .*; choose ano"
    ) as caught:
        sweep([EVALUATED, new], store=store)
    assert "\n" not in str(caught.value)
    with open_store(store) as opened:
        assert len(opened.runs()) == 1
        assert opened.status()["planned"] == 1  # nothing was started


def test_a_network_that_was_kept_before_the_first_row(store, other_data):
    """A sweep that was killed after a training: there is a network, and no row yet."""
    with sqlite3.connect(store) as connection:
        connection.execute("DELETE FROM runs")
    with pytest.raises(InputError, match="got results of other data under this name"):
        sweep([EVALUATED], store=store)


def test_other_data_are_no_obstacle_in_another_store_or_of_another_name(store, other_data, tmp_path):
    table = sweep([EVALUATED], store=tmp_path / "other.sqlite")
    assert table["tested"].tolist() == [100]  # of the data, not of the catalogue
    small = replace(TRAINED, train_size=100)
    assert len(sweep([small], store=store)) == 1


def test_another_algorithm_is_refused_before_anything_runs(store, monkeypatch):
    monkeypatch.setattr(store_module, "ALGORITHM", ALGORITHM + 1)
    for plan in ([EVALUATED], [replace(TRAINED, seed=1)]):
        with pytest.raises(
            InputError, match=r"store: expected results of version 4 of the algorithm, got version 3 in .*res"
        ):
            sweep(plan, store=store)
    with open_store(store) as opened:
        assert len(opened.runs()) == 1  # reading is allowed


def test_a_store_without_versions_is_of_the_first_one(store):
    with sqlite3.connect(store) as connection:
        for table in ("runs", "trainings"):
            for name in ("algorithm", "data"):
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    with pytest.raises(InputError, match="got version 1 in"):
        sweep([EVALUATED], store=store)


@pytest.mark.parametrize("fact", ["numpy", "numba", "blas", "processor", "kernels"])
def test_other_libraries_are_said_in_one_line(store, fact):
    facts = json.loads(describe())
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE machines SET description = ?", [json.dumps(facts | {fact: "another"})])
    with pytest.warns(OriginWarning) as caught:
        table = sweep([EVALUATED, replace(TRAINED, seed=1)], store=store)
    (warning,) = caught
    expected = (
        f"store: it has results of other machines or libraries, whose last bits may differ: {fact} {facts[fact]} "
    )
    assert str(warning.message) == f"{expected}here, another there"
    assert [json.loads(machine)[fact] for machine in table["machine"]] == ["another", facts[fact]]


def test_another_host_alone_is_not_worth_a_word(store):
    facts = json.loads(describe())
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE machines SET description = ?", [json.dumps(facts | {"host": "another", "cores": 1})])
    sweep([replace(TRAINED, seed=1)], store=store)


def test_a_worker_of_another_kind_is_said_once(monkeypatch):
    facts = json.loads(describe())
    machines = iter([json.dumps(facts | {"processor": "another"})] * 2 + [describe()])
    monkeypatch.setattr("wn_ref.sweeps.tasks.describe", lambda: next(machines))
    with pytest.warns(OriginWarning, match=r"processor .* here, another there") as caught:
        sweep([replace(TRAINED, seed=seed) for seed in range(3)])
    assert len(caught) == 1


def test_a_worker_loads_its_own_data_and_checks_them(monkeypatch):
    source = Source.of(load_dataset("digits"))
    assert own_data(TRAINED, source) is load_dataset("digits")
    _, outcome, arrays = train_one(TRAINED, source)
    assert outcome.error == ""
    (evaluated,) = evaluate_all(TRAINED, [EVALUATED], arrays, source)
    assert evaluated.error == ""
    monkeypatch.setattr(experiment_module, "load_dataset", shuffled)
    for action in (lambda: train_one(TRAINED, source), lambda: evaluate_all(TRAINED, [EVALUATED], arrays, source)):
        with pytest.raises(
            InputError, match=r"^worker .*: expected the data set digits of the sweep .*; give all"
        ) as caught:
            action()
        assert "\n" not in str(caught.value)


def test_a_worker_without_data_or_with_another_version(monkeypatch):
    source = Source.of(load_dataset("digits"))
    monkeypatch.setattr(origin, "ALGORITHM", ALGORITHM + 1)
    with pytest.raises(
        InputError, match=r"^worker .*: expected version 3 of the algorithm, .*, got 4; install the same wn"
    ):
        train_one(TRAINED, source)
    monkeypatch.undo()

    def absent(*_):
        raise InputError("digits: expected files, got none; fetch them")

    monkeypatch.setattr(experiment_module, "load_dataset", absent)
    with pytest.raises(InputError, match=r"^worker .*: digits: expected files, got none; fetch them"):
        train_one(TRAINED, source)


def test_a_sweep_on_workers_with_other_data_stores_nothing(monkeypatch, tmp_path):
    """Workers that load their own data, here threads of this process, find other files than the parent."""
    calls = []

    def first_real(*arguments):
        calls.append(arguments)
        return (REAL if len(calls) == 1 else shuffled)(*arguments)

    monkeypatch.setattr(experiment_module, "load_dataset", first_real)
    with pytest.raises(InputError, match=r"^worker .*: expected the data set digits of the sweep"):
        sweep([TRAINED, EVALUATED], store=tmp_path / "results.sqlite", backend="threading", jobs=2)
    with open_store(tmp_path / "results.sqlite") as opened:
        assert len(opened.runs()) == 0


@pytest.mark.cluster
@pytest.mark.filterwarnings("ignore")  # of dask's own, as it ends
def test_a_dask_worker_with_other_files_ends_the_sweep_before_it_begins(tmp_path):
    distributed = pytest.importorskip("distributed", reason="pip install -e '.[cluster]' brings dask")

    def use_other_data():
        from tests.sweeps import test_origin
        from wn_ref import experiment

        experiment.load_dataset = test_origin.shuffled

    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster:
        with distributed.Client(cluster) as client:
            (first, _) = client.scheduler_info()["workers"]
            client.run(use_other_data, workers=[first])  # the other worker could run all of it
        with pytest.raises(InputError, match=r"^worker .*: expected the data set digits of the sweep") as caught:
            sweep([TRAINED], store=tmp_path / "results.sqlite", backend="dask", scheduler=cluster.scheduler_address)
    assert "\n" not in str(caught.value)
    with open_store(tmp_path / "results.sqlite") as opened:
        assert len(opened.runs()) == 0

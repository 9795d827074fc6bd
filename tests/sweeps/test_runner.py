"""Sweeps: what is run, how often networks are trained, what failures cost, and the same bits for any workers."""

import math
import os
import signal
import sqlite3
import sys
import time
import warnings
from dataclasses import replace

import numpy as np
import pandas
import pytest

from tests.benchmarks import kill
from wn_ref import (
    Experiment,
    InputError,
    OverflowStop,
    StorageError,
    additive,
    multiplicative,
    open_store,
    run,
    running,
    sweep,
    walking,
)
from wn_ref.store.canonical import key
from wn_ref.store.records import Outcome, TrainingRecord
from wn_ref.store.writer import writing
from wn_ref.sweeps import runner
from wn_ref.train import Epoch


def test_one_and_two_workers_give_the_same_table():
    plan = walking(additive, [0.3, 3.0], range(2), batchnorm=True, epochs=1)[::7]
    plan += [Experiment(noise=multiplicative(1.0, "exact"), epochs=1)]
    one, two = sweep(plan), sweep(plan, jobs=2)
    pandas.testing.assert_frame_equal(one, two, check_exact=True)
    assert one["point"].tolist() == [e.point for e in plan]
    assert one["name"].tolist() == [e.points[e.point] if isinstance(e.point, int) else "global" for e in plan]
    assert set(one["error"]) == {""}
    assert {"accuracy", "training_loss", "sigma_add", "sigma_mul", "seed", "tested", "classes"} <= set(one.columns)


@pytest.fixture
def calls(monkeypatch):
    """What this process trains and evaluates: seeds of trainings, and sigmas of evaluations after them."""
    calls = {"train": [], "evaluate": []}
    train, evaluate_each = running.train, running.evaluate_each

    def counted_train(*arguments, **options):
        calls["train"].append(options["seed"])
        return train(*arguments, **options)

    def counted_evaluate(network, data, injections, *arguments):
        calls["evaluate"] += [injection.noise.sigma_add for injection in injections]
        return evaluate_each(network, data, injections, *arguments)

    monkeypatch.setattr(running, "train", counted_train)
    monkeypatch.setattr(running, "evaluate_each", counted_evaluate)
    return calls


def test_inference_is_one_training_and_an_evaluation_a_sigma(calls, tmp_path):
    """17 sigmas: one training and 17 evaluations; other sigmas later, in the same store: no training at all."""
    sigmas = np.geomspace(0.01, 100, 17)
    plan = [Experiment(noise=additive(sigma), phase="inference", batchnorm=False, epochs=1) for sigma in sigmas]
    sweep(plan, store=tmp_path / "results.sqlite")
    assert calls["train"] == [0]
    assert sorted(calls["evaluate"]) == sorted(sigmas)
    later = [replace(plan[0], noise=additive(0.7)), replace(plan[0], noise=None, phase="training")]
    table = sweep(plan + later, store=tmp_path / "results.sqlite")
    assert calls["train"] == [0]
    assert calls["evaluate"][17:] == [0.7]
    assert [table["accuracy"].iloc[i] for i in (5, 17, 18)] == [run(e).accuracy for e in (plan[5], *later)]


def test_a_kept_network_that_is_broken_is_trained_again(calls, tmp_path):
    plan = [Experiment(noise=additive(0.5), phase="inference", epochs=1)]
    (first,) = sweep(plan, store=tmp_path / "results.sqlite")["accuracy"]
    (network,) = (tmp_path / "results.sqlite-networks").iterdir()
    network.write_bytes(network.read_bytes()[:1000])
    sweep([replace(plan[0], noise=additive(0.6))], store=tmp_path / "results.sqlite")
    assert calls["train"] == [0, 0]
    assert sweep(plan, store=tmp_path / "results.sqlite")["accuracy"].tolist() == [first]


def test_a_sweep_goes_on_where_it_ended(monkeypatch, tmp_path):
    plan = walking(additive, [0.3, 3.0], [0], batchnorm=False, epochs=1)[::3]
    real, seen = runner.train_one, []

    def interrupted(training_experiment, data):
        seen.append(key(training_experiment))
        if len(seen) == 4:
            raise KeyboardInterrupt
        return real(training_experiment, data)

    monkeypatch.setattr(runner, "train_one", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep(plan, store=tmp_path / "results.sqlite")
    with open_store(tmp_path / "results.sqlite") as store:
        assert store.status()["planned"] - store.status()["remaining"] == len(store.runs()) in (2, 3)
    table = sweep(plan, store=tmp_path / "results.sqlite")
    assert len(seen) == len(set(seen)) + 1
    pandas.testing.assert_frame_equal(table, sweep(plan), check_exact=True)


def test_a_run_that_overflows_is_recorded_and_stops_nothing(monkeypatch):
    real = running.train

    def fails_at_seed_1(*arguments, **options):
        if options["seed"] == 1:
            raise OverflowStop("overflow in epoch 1, step 3: somewhere")
        return real(*arguments, **options)

    monkeypatch.setattr(running, "train", fails_at_seed_1)
    table = sweep([Experiment(epochs=1, seed=seed) for seed in range(3)])
    assert table["error"].tolist() == ["", "overflow in epoch 1, step 3: somewhere", ""]
    assert [math.isnan(accuracy) for accuracy in table["accuracy"]] == [False, True, False]


def test_any_exception_costs_its_run_and_is_retried_on_request_only(monkeypatch, tmp_path):
    real, tries = running.train, []

    def fails(*arguments, **options):
        tries.append(options["seed"])
        if options["seed"] == 1:
            raise MemoryError("no room\nat all")
        return real(*arguments, **options)

    monkeypatch.setattr(running, "train", fails)
    plan = [Experiment(noise=additive(0.1), phase="inference", epochs=1, seed=seed) for seed in range(2)]
    table = sweep(plan, store=tmp_path / "results.sqlite")
    assert table["error"][1].startswith("MemoryError: no room at all (test_runner.py, line ")
    sweep(plan, store=tmp_path / "results.sqlite")
    assert tries == [0, 1]
    monkeypatch.setattr(running, "train", real)
    table = sweep(plan, store=tmp_path / "results.sqlite", retry_failed=True)
    assert table["error"].tolist() == ["", ""]
    assert table["accuracy"].notna().all()


def test_an_experiment_that_kills_its_worker_is_named_and_the_others_go_on(monkeypatch, tmp_path):
    monkeypatch.setattr(runner, "train_one", _killer(runner.train_one))
    plan = [Experiment(noise=additive(0.1), epochs=1, seed=seed) for seed in range(5)]
    table = sweep(plan, store=tmp_path / "results.sqlite", jobs=2)
    assert table["error"].tolist() == ["", "", "its worker was killed 3 times; is there enough memory?", "", ""]
    assert table["accuracy"].isna().sum() == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_code_of_the_users_that_exits_costs_its_run(jobs, tmp_path):
    """It would end the sweep as if it were done, and again at every start."""
    file = tmp_path / "exits.py"
    file.write_text(EXITS)
    plan = [Experiment(dataset="digits", model=f"{file}:build", epochs=1, seed=seed) for seed in range(3)]
    table = sweep(plan, jobs=jobs)
    assert [bool(error) for error in table["error"]] == [False, True, False]
    assert table["error"][1].startswith("SystemExit: 0 (")


EXITS = """
import sys
from wn_ref.models import mlp

def build(input_shape, classes, batchnorm, seed, dtype):
    if seed == 1:
        sys.exit(0)
    return mlp(input_shape, classes, batchnorm, seed, dtype)
"""


def test_a_store_that_is_moved_during_a_sweep_is_missed(monkeypatch, tmp_path):
    """Its results would be in a file that nobody names."""
    store = tmp_path / "results.sqlite"

    def moved(*arguments, **options):
        if store.exists():
            store.rename(tmp_path / "elsewhere.sqlite")
        return learn(*arguments, **options)

    learn = running.learn
    monkeypatch.setattr("wn_ref.sweeps.tasks.learn", moved)
    with pytest.raises(
        StorageError, match=r"store: expected .*results.sqlite to stay where it is .*; move it back, bes"
    ):
        sweep([Experiment(dataset="digits", epochs=1)], store=store)
    (tmp_path / "elsewhere.sqlite").rename(store)
    with open_store(store) as opened:
        assert opened.status()["done"] == 1


def test_a_run_that_another_machine_trained_is_not_this_ones(tmp_path):
    noisy = Experiment(dataset="digits", epochs=1, noise=additive(1.0), phase="inference")
    sweep([noisy], store=tmp_path / "a.sqlite")
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("UPDATE machines SET description = '{}'")
    connection.close()
    with warnings.catch_warnings(action="ignore"):
        table = sweep([noisy.training_experiment()], store=tmp_path / "a.sqlite")
    assert table["machine"].tolist() == ["{}"]


def test_data_are_mapped_into_the_workers_and_not_copied(monkeypatch):
    monkeypatch.setattr(runner, "train_one", _looker(runner.train_one))
    table = sweep([Experiment(epochs=1, seed=seed) for seed in range(2)], jobs=2)
    assert table["accuracy"].notna().all()


def _looker(real):
    def train_one(training_experiment, data):
        import numpy

        assert isinstance(data.train_images, numpy.memmap)
        return real(training_experiment, data)

    train_one.__module__ = "__main__"
    return train_one


def _killer(real):
    def train_one(training_experiment, data):
        if training_experiment.seed == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(training_experiment, data)

    train_one.__module__ = "__main__"  # so that it is sent to the workers as it is
    return train_one


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the workers in /proc")
def test_nothing_is_lost_whoever_is_killed():
    """The short form of tests/benchmarks/kill.py, which see."""
    counts = kill.campaign(kills=3, seed=5, latest=2.0)
    assert counts["parent"] + counts["worker"] + counts["both"] + counts["backup"] == 3
    assert counts["backups"] > 0 < counts["copies"]


def test_the_campaign_would_notice(tmp_path):
    """Planted: a run that starts after its row was written, and a row that is missing."""
    outcome = Outcome(0.5, "", 0.02, "{}")
    trained = TrainingRecord((Epoch(1.0, 0.5),), {}, 0.02)
    with writing(tmp_path / "results.sqlite") as store:
        for experiment in kill.PLAN[:-1]:
            store.add(experiment.training_experiment(), trained, {experiment: outcome})
        with pytest.raises(AssertionError):
            kill.check(tmp_path)
        store.add(kill.PLAN[-1].training_experiment(), trained, {kill.PLAN[-1]: outcome})
    started = tmp_path / "started"
    started.write_text(f"{key(kill.PLAN[0])} {time.time() - 60}\n")
    kill.check(tmp_path)
    started.write_text(f"{key(kill.PLAN[0])} {time.time() + 60}\n")
    with pytest.raises(AssertionError, match="ran again after it was stored"):
        kill.check(tmp_path)
    started.write_text("")
    (tmp_path / "results.sqlite-networks").mkdir()
    (tmp_path / "results.sqlite-networks" / ".0.1.part.npz").touch()
    with pytest.raises(AssertionError):
        kill.check(tmp_path)


def test_the_campaign_would_notice_copies_that_are_not_whole(tmp_path):
    """Planted: a copy without its first row, and a backup that is no store."""
    outcome, trained = Outcome(0.5, "", 0.02, "{}"), TrainingRecord((Epoch(1.0, 0.5),), {}, 0.02)
    for name, plan in (("results", kill.PLAN[:3]), ("copy1", kill.PLAN[:2]), ("copy2", kill.PLAN[1:2])):
        with writing(tmp_path / f"{name}.sqlite") as store:
            for experiment in plan:
                store.add(experiment.training_experiment(), trained, {experiment: outcome})
    with pytest.raises(AssertionError, match=r"copy2\.sqlite has other runs than those that ended first"):
        kill.check_copies(tmp_path)
    (tmp_path / "copy2.sqlite").write_bytes(b"torn" * 1000)
    assert kill.check_copies(tmp_path) == {"copies": 2, "refused": 1}
    (tmp_path / "copy2.sqlite").rename(tmp_path / "backup2.sqlite")
    with pytest.raises(AssertionError, match=r"backup2\.sqlite cannot be opened"):
        kill.check_copies(tmp_path)


@pytest.mark.cluster
@pytest.mark.filterwarnings("ignore")  # of dask's own, as it ends
def test_dask_gives_the_same_bits(tmp_path):
    distributed = pytest.importorskip("distributed", reason="pip install -e '.[cluster]' brings dask")
    plan = walking(additive, [0.3, 3.0], range(2), batchnorm=True, epochs=1)[::9]
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster:
        options = {"backend": "dask", "scheduler": cluster.scheduler_address}
        table = sweep(plan, store=tmp_path / "results.sqlite", **options)
    pandas.testing.assert_frame_equal(table, sweep(plan), check_exact=True)
    assert set(table["error"]) == {""}


def test_bad_workers_are_refused_before_a_store_is_made(tmp_path):
    with pytest.raises(InputError, match="jobs: expected a whole number of at least 0, got -2"):
        sweep([Experiment()], store=tmp_path / "results.sqlite", jobs=-2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("experiments", "message"),
    [
        (Experiment(), "experiments: expected a list of them, got a single one; put it in brackets"),
        ([1], "experiments: expected an object of the class Experiment, got 1; wn_ref.walking returns a list of such"),
        ([Experiment(), None], "experiments: expected an object of the class Experiment, got None"),
        ("digits", "experiments: expected a list of Experiment, got 'digits'"),
        (5, "experiments: expected a list of Experiment, got 5"),
        (None, "experiments: expected a list of Experiment, got None"),
        ({"dataset": "digits"}, "experiments: expected an object of the class Experiment, got 'dataset'"),
        ([[Experiment()]], "experiments: expected an object of the class Experiment, got "),
    ],
)
def test_what_are_no_experiments(experiments, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        sweep(experiments, store=tmp_path / "results.sqlite")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_generator_of_experiments():
    plan = [Experiment(dataset="digits", epochs=1, seed=seed) for seed in range(2)]
    assert sweep(experiment for experiment in plan)["seed"].tolist() == [0, 1]


def test_no_experiments():
    assert sweep([]).empty


def test_a_network_that_disappears_during_a_sweep(monkeypatch, tmp_path):
    monkeypatch.setattr("wn_ref.store.networks.Networks.save", lambda *_: None)
    with pytest.raises(
        StorageError, match=r"networks: expected the trained network .*, got none that is whole; do not"
    ):
        sweep([Experiment(dataset="digits", epochs=1, noise=additive(1.0), phase="inference")])

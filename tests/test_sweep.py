"""Plans and sweeps: what is run, how often networks are trained, same bits on any number of workers."""

import math

import pandas
import pytest

from wn_ref import Experiment, InputError, OverflowStop, additive, multiplicative, sweep, walking
from wn_ref import experiment as experiment_module


def test_a_walk_visits_every_point():
    plan = walking(additive, [0.1, 1.0], range(3), batchnorm=False, epochs=1)
    assert len(plan) == len(set(plan)) == 2 * 8 * 2 * 3
    assert {e.point for e in plan} == set(range(8))
    assert {e.noise for e in plan} == {additive(0.1), additive(1.0)}
    assert {e.phase for e in plan} == {"training", "inference"}


def test_one_and_two_workers_give_the_same_table():
    plan = walking(additive, [0.3, 3.0], range(2), batchnorm=True, epochs=1)[::7]
    plan += [Experiment(noise=multiplicative(1.0, "exact"), epochs=1)]
    one, two = sweep(plan), sweep(plan, jobs=2)
    pandas.testing.assert_frame_equal(one, two, check_exact=True)
    assert one["point"].tolist() == [e.point for e in plan]
    assert one["name"].tolist() == [e.points[e.point] if isinstance(e.point, int) else "global" for e in plan]
    assert set(one["error"]) == {""}
    assert {"accuracy", "training_loss", "sigma_add", "sigma_mul", "seed", "test_size", "classes"} <= set(one.columns)


def test_inference_trains_a_network_once(monkeypatch):
    trained = []
    real = experiment_module.train
    monkeypatch.setattr(experiment_module, "train", lambda *a, **k: trained.append(k["seed"]) or real(*a, **k))
    sweep(walking(additive, [0.1, 1.0, 10.0], range(2), phases=["inference"], batchnorm=False, epochs=1))
    assert sorted(trained) == [0, 1]


def test_a_run_that_overflows_is_recorded_and_stops_nothing(monkeypatch):
    real = experiment_module.train

    def fails_at_seed_1(*arguments, **options):
        if options["seed"] == 1:
            raise OverflowStop("overflow in epoch 1, step 3: somewhere")
        return real(*arguments, **options)

    monkeypatch.setattr(experiment_module, "train", fails_at_seed_1)
    table = sweep([Experiment(epochs=1, seed=seed) for seed in range(3)])
    assert table["error"].tolist() == ["", "overflow in epoch 1, step 3: somewhere", ""]
    assert [math.isnan(accuracy) for accuracy in table["accuracy"]] == [False, True, False]


def test_bad_jobs():
    with pytest.raises(InputError, match="jobs: expected a whole number of at least 1, got 0"):
        sweep([Experiment()], jobs=0)

"""Networks of one's own in experiments: the same everywhere, and told apart by their code."""

from functools import partial

import numpy as np
import pytest

from tests.own import Uniform, bars, small_cnn
from wn_ref import (
    Experiment,
    InputError,
    Network,
    build_model,
    locate_midpoint,
    midpoints,
    open_store,
    run,
    sweep,
    walking,
)
from wn_ref.layers import Dense, Flatten
from wn_ref.models import MODELS, mlp, model_name
from wn_ref.own_model import describe_own_model, place_of
from wn_ref.store.canonical import key
from wn_ref.sweeps.origin import OriginWarning

DATA = bars()
OWN = {"model": small_cnn, "dataset": DATA, "epochs": 10, "batch_size": 32, "learning_rate": 0.02}
PLAN = walking(lambda sigma: Uniform(sigma=sigma), np.geomspace(0.03, 100, 8), range(3), **OWN)


def test_points_follow_from_the_layers():
    assert Experiment(**OWN).points == ("input", "conv1", "bn1", "relu1", "dense1")
    assert Experiment(**OWN, batchnorm=False, point="relu1").point == 2
    assert max(e.point for e in PLAN) == 4


def test_the_networks_of_the_paper_have_no_privileges():
    for name, function in MODELS.items():
        assert Experiment(model=function, dataset="gsc_sample" if name == "cnn_s" else "mnist_sample").model == name
    again = Experiment(model=lambda *arguments: mlp(*arguments), dataset="digits")
    ours, theirs = again.network(), Experiment(dataset="digits").network()
    np.testing.assert_array_equal(ours.theta, theirs.theta)
    assert again.cost == Experiment(dataset="digits").cost == 64 * 64 + 2 * 64 * 64 + 64 * 10
    assert key(again) != key(Experiment(dataset="digits"))


def test_one_and_two_workers_give_the_same_bits(tmp_path):
    alone = sweep(PLAN)
    together = sweep(PLAN, store=tmp_path / "results.sqlite", jobs=2)
    assert alone.drop(columns="machine").equals(together.drop(columns="machine"))
    assert set(alone["model"]) == {"small_cnn"}
    assert set(alone["dataset"]) == {"bars"}
    table = midpoints(alone)
    assert len(table) == 2 * 5
    assert (table["kind"] == "measured").sum() >= 6
    with open_store(tmp_path / "results.sqlite") as store:
        assert len(store.runs(model="small_cnn", dataset="bars", point="conv1")) == 2 * 3 * 8


def test_a_search():
    location = locate_midpoint(lambda sigma: Uniform(sigma=sigma), **OWN, phase="inference", point="conv1", width=0.5)
    assert str(location).startswith("bars, small_cnn with batch norm, 10 epochs, Uniform noise at conv1 in inference")
    assert location.kind == "measured"


def wide(factor):
    """Return a model that reads a number from around it."""

    def model(input_shape, classes, batchnorm, seed, dtype):
        return small_cnn(input_shape, classes, batchnorm, seed, dtype, width=2 * factor)

    return model


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (small_cnn, partial(small_cnn, width=4)),
        (partial(small_cnn, width=3), partial(small_cnn, width=4)),
        (wide(1), wide(2)),
        (lambda *a: small_cnn(*a, 3), lambda *a: small_cnn(*a, 4)),
    ],
)
def test_other_code_is_another_experiment(one, other):
    assert key(Experiment(**OWN | {"model": one})) != key(Experiment(**OWN | {"model": other}))
    assert describe_own_model(one) != describe_own_model(other)


def test_the_same_code_is_the_same_experiment():
    assert key(Experiment(**OWN | {"model": wide(2)})) == key(Experiment(**OWN | {"model": wide(2)}))
    assert model_name(partial(small_cnn, width=4)) == "small_cnn"


def test_changed_code_is_said_when_a_sweep_goes_on(tmp_path):
    store = tmp_path / "results.sqlite"
    first, second = (Experiment(**OWN | {"model": wide(factor)}) for factor in (1, 2))
    sweep([first], store=store)
    with pytest.warns(OriginWarning, match=r"model: .*has results of model with other code .*they stay, and the"):
        table = sweep([first, second], store=store)
    assert table["own_model"].nunique() == 2
    assert table["model"].tolist() == ["model", "model"]


def test_an_experiment_of_a_row_is_made_again_by_hand():
    with pytest.raises(InputError, match=r"model: expected that of this package, got .*small_cnn.*; make the"):
        Experiment.from_row(Experiment(**OWN).row())


def test_where_the_command_line_finds_it():
    assert place_of(describe_own_model(small_cnn)) == "tests.own:small_cnn"
    assert describe_own_model("mlp") == ""


def returns(network):
    return lambda *_: network


def wrong_logits(input_shape, classes, batchnorm, seed, dtype):
    return Network([Flatten(), Dense(36, classes + 1, seed, 0, dtype)], dtype, input_shape)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (returns(None), "model: expected .*lambda.* to return a Network, got None; return one"),
        (
            wrong_logits,
            r"model: expected one that can take .* bars, got 'wrong_logits'; network: expected 2 logits, .* \(3,\)",
        ),
        (
            lambda s, k, b, seed, _: small_cnn(s, k, b, seed, "float64"),
            "expected a network of float32 .* hand dtype",
        ),
        (Network, "model: expected one of mlp, lenet5, cnn_s, got .*, or give a function that builds a network"),
        (5, "model: expected one of mlp, lenet5, cnn_s, got 5; "),
        ("resnet", "model: expected one of mlp, lenet5, cnn_s, got 'resnet'"),
    ],
)
def test_bad_input(model, message):
    with pytest.raises(InputError, match=message) as caught:
        Experiment(**OWN | {"model": model})
    assert "\n" not in str(caught.value)


def test_build_model_takes_functions():
    assert build_model(small_cnn, (1, 6, 6), 2).points == ["input", "conv1", "bn1", "relu1", "dense1"]
    assert build_model("tests.own:small_cnn", (1, 6, 6), 2, batchnorm=False).theta.size == 3 * 9 + 3 + 2 * 48 + 2


LAYERS = 1


def deep(input_shape, classes, batchnorm, seed, dtype):
    layers = [Flatten(), *(Dense(36, 36, seed, index, dtype) for index in range(LAYERS))]
    return Network([*layers, Dense(36, classes, seed, LAYERS, dtype)], dtype, input_shape)


def test_what_a_model_reads_may_change_and_it_is_another_model(monkeypatch):
    """In a notebook the function stays the same object when a cell changes a number that it reads."""
    before = Experiment(**OWN | {"model": deep})
    monkeypatch.setattr("tests.test_own_model.LAYERS", 2)
    after = Experiment(**OWN | {"model": deep})
    assert key(before) != key(after)
    assert after.points == ("input", "dense1", "dense2", "dense3")


def test_workers_that_run_other_code_are_refused(monkeypatch):
    """As if the module had been edited since this process imported it: workers would import the new one."""
    from wn_ref.sweeps import origin, tasks

    experiment = Experiment(**OWN)
    origin.require_same_code(experiment)
    object.__setattr__(experiment, "own_model", experiment.own_model.replace("small_cnn", "small"))
    for action in (
        lambda: tasks.train_one(experiment, DATA),
        lambda: tasks.evaluate_all(experiment, [experiment], {}, DATA),
    ):
        with pytest.raises(InputError, match="expected the code of the model with which the sweep was started"):
            action()
    noisy = Experiment(**OWN, noise=Uniform(sigma=1.0))
    object.__setattr__(noisy, "own_noise", "{}")
    with pytest.raises(InputError, match="expected the code of the noise with"):
        origin.require_same_code(noisy)


SMALL = """
import wn_ref as wn
from wn_ref.layers import Dense, Flatten, ReLU

def small(input_shape, classes, batchnorm, seed, dtype):
    layers = [Flatten(), Dense(64, WIDTH, seed, 0, dtype), ReLU(), Dense(WIDTH, classes, seed, 1, dtype)]
    return wn.Network(layers, dtype, input_shape)
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_code_that_has_changed_since_does_not_run_under_its_old_name(jobs, tmp_path):
    """In a notebook a constant has another value by the time the sweep starts; results would be those of the last."""
    space = {"__name__": "__main__"}
    exec(SMALL, space)
    plan = []
    for width in (2, 64):
        space["WIDTH"] = width
        plan.append(Experiment(dataset="digits", model=space["small"], epochs=1))
    assert plan[0].own_model != plan[1].own_model
    for start in (lambda: sweep(plan, tmp_path / "s.sqlite", jobs), lambda: run(plan[0])):
        with pytest.raises(InputError, match="model: expected the code, and what it reads"):
            start()
    assert run(plan[1]).accuracy > 0.2
    stored = sweep([plan[1]], tmp_path / "s.sqlite", jobs)["accuracy"].item()
    space["WIDTH"] = 2
    anew = Experiment(dataset="digits", model=space["small"], epochs=1)
    with pytest.warns(OriginWarning, match="results of small with other code"):
        assert sweep([anew], tmp_path / "s.sqlite", jobs)["accuracy"].item() != stored


def test_a_model_that_keeps_something_may_run(tmp_path):
    """A cache that the first network fills, and a counter that each of them moves."""
    space = {"__name__": "__main__", "WIDTH": 8, "CACHE": {}, "calls": 0}
    exec(SMALL, space)
    exec("""
def cached(input_shape, classes, batchnorm, seed, dtype):
    CACHE.setdefault(input_shape, 1)
    return small(input_shape, classes, batchnorm, seed, dtype)

def counting(input_shape, classes, batchnorm, seed, dtype):
    global calls
    calls += 1
    return small(input_shape, classes, batchnorm, seed, dtype)
""", space)  # fmt: skip
    for name in ("cached", "counting"):
        experiment = Experiment(dataset="digits", model=space[name], epochs=1)
        alone = run(experiment).accuracy
        assert sweep([experiment], tmp_path / f"{name}.sqlite")["accuracy"].item() == alone
    one, other = (Experiment(dataset="digits", model=space["cached"]) for _ in range(2))
    assert key(one) == key(other)

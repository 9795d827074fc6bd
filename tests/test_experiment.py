"""An experiment is data: what it refuses, what it shares, and that the same experiment gives the same bits."""

from dataclasses import replace

import numpy as np
import pytest

from wn_ref import Experiment, InputError, additive, build_model, evaluate, load_dataset, multiplicative, run, train
from wn_ref.experiment import learn, measure


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"dataset": "mnist_smaple"}, "dataset: expected one of .* got 'mnist_smaple'; did you mean 'mnist_sample'"),
        ({"model": "lenet"}, "model: expected one of"),
        ({"phase": "train"}, "phase: expected one of training, inference, got 'train'"),
        ({"point": 11}, r"point: expected 'global', 'all' or 0 to 10 \(0 input, .*\), got 11"),
        ({"point": 8, "batchnorm": False}, "0 to 7"),
        ({"epochs": 0}, "epochs: expected a whole number of at least 1, got 0"),
        ({"epochs": 2.5}, "epochs: expected a whole number"),
        ({"seed": -1}, "seed: expected a whole number of at least 0"),
        ({"seed": 2**64}, "seed: expected a whole number of at most"),
        ({"batchnorm": "no"}, "batchnorm: expected True or False, got 'no'"),
        ({"momentum": 1.0}, "momentum: expected 0 <= momentum < 1"),
        ({"batch_size": 0}, "batch_size: expected"),
        ({"learning_rate": 0}, "learning_rate: expected a positive number, got 0"),
        ({"optimizer": "rmsprop"}, "optimizer: expected one of adam, sgd"),
        ({"schedule": "step"}, "schedule: expected one of"),
        ({"noise": 0.5}, "noise: expected what wn_ref.additive and its like return, got 0.5"),
    ],
)
def test_bad_input(field, message):
    with pytest.raises(InputError, match=message) as caught:
        Experiment(**field)
    assert "\n" not in str(caught.value)


def test_training_is_shared_by_inference_only():
    quiet = Experiment(batchnorm=False)
    noisy = replace(quiet, noise=additive(0.5), point=3)
    assert replace(noisy, phase="inference").training_experiment() == quiet
    assert noisy.training_experiment() == noisy
    assert len({noisy, replace(noisy), replace(noisy, seed=1)}) == 2


def test_same_experiment_same_bits():
    experiment = Experiment(noise=multiplicative(0.3, "exact"), point="global", epochs=2, seed=3)
    first, second = run(experiment), run(experiment)
    assert first == second
    assert run(replace(experiment, seed=4)).accuracy != first.accuracy


def test_run_is_train_and_evaluate():
    data = load_dataset("mnist_sample")
    experiment = Experiment(noise=additive(1.0), point=2, phase="inference", epochs=1, seed=5)
    seen = []
    result = run(experiment, seen.append)
    net = build_model("mlp", data.shape, 10, batchnorm=True, seed=5)
    history = train(net, data, epochs=1, seed=5)
    assert result.accuracy == evaluate(net, data, additive(1.0), 2, seed=5)
    assert list(result.history) == history == seen
    assert list(result.weight_magnitudes) == ["dense1", "dense2", "dense3", "dense4"]
    assert result.weight_magnitudes["dense1"] == pytest.approx(np.abs(net.parameters["dense1.weight"]).mean())


def test_executions_reach_the_evaluation():
    once = Experiment(noise=additive(0.6), point="all", phase="inference", epochs=1)
    often = replace(once, executions=[6, 1, 3, 3, 2, 1, 2, 1, 1, 1, 1])
    assert often.executions == (6, 1, 3, 3, 2, 1, 2, 1, 1, 1, 1)
    assert often.training_experiment() == once.training_experiment() == Experiment(epochs=1)
    assert often.row()["executions"] == often.executions
    network, _ = learn(once.training_experiment())
    plain, ones, better = (measure(e, network) for e in (once, replace(once, executions=(1,) * 11), often))
    assert plain == ones
    assert better > plain + 0.05


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"executions": (2, 2)}, "executions: expected 11 numbers, one for each noisy point, got"),
        ({"executions": (2,) * 8, "point": "global", "noise": None}, "executions: expected noise in the phase"),
        ({"executions": (2,) * 11, "phase": "training"}, "executions: expected noise in the phase 'inference', got"),
    ],
)
def test_bad_executions(field, message):
    with pytest.raises(InputError, match=message) as caught:
        Experiment(**{"noise": additive(0.3), "point": "all", "phase": "inference"} | field)
    assert "\n" not in str(caught.value)

"""Grids by name: the small ones are small, and the paper's are as published."""

from collections import Counter

import numpy as np
import pytest

from wn_ref import InputError, additive, multiplicative
from wn_ref import experiment as experiment_module
from wn_ref.sweeps.grids import EXECUTIONS, PLANS, plan, sigmas


@pytest.fixture
def all_data(monkeypatch):
    """Plans of the paper's data sets can be listed without loading data, which may not be on this machine."""
    monkeypatch.setattr(experiment_module, "load_dataset", None)


@pytest.mark.parametrize("name", PLANS)
def test_small_grids_are_small(name):
    experiments = plan(name)
    assert 10 <= len(experiments) == len(set(experiments)) <= 440
    assert {e.epochs for e in experiments} == {5}


@pytest.mark.parametrize(
    ("options", "runs", "levels", "low", "high"),
    [
        ({"name": "global", "dataset": "mnist"}, 2 * 17 * 10, 17, 1e-2, 1e2),
        ({"name": "global", "dataset": "cifar10", "model": "lenet5"}, 2 * 17 * 10, 17, 1e-2, 1e2),
        ({"name": "global", "dataset": "svhn", "noise": "multiplicative"}, 2 * 21 * 5, 21, 0, 2),
        ({"name": "global", "dataset": "gsc", "model": "cnn_s", "noise": "multiplicative"}, 2 * 31 * 5, 31, 0, 3),
        ({"name": "walking", "dataset": "mnist"}, 11 * 2 * 41 * 5, 41, 1e-2, 1e8),
        ({"name": "clamped", "dataset": "mnist", "batchnorm": False}, 8 * 2 * 41 * 5, 41, 1e-2, 1e8),
        ({"name": "walking", "dataset": "mnist", "noise": "multiplicative"}, 11 * 2 * 61 * 5, 61, 0, 1e10),
        ({"name": "maximum", "dataset": "cifar10", "model": "lenet5"}, 17 * 6, 2, 0, 1e10),
        ({"name": "multi", "dataset": "cifar10"}, 2 * 100, 1, 0.333, 0.333),
    ],
)
def test_the_papers_grids(all_data, options, runs, levels, low, high):
    experiments = plan(grid="paper", **options)
    assert len(experiments) == len(set(experiments)) == runs
    used = {e.noise.sigma_mul + e.noise.sigma_add if e.noise else 0.0 for e in experiments}
    assert len(used) == levels
    assert (min(used), max(used)) == (low, high)
    assert {e.noise.gradient for e in experiments if e.noise and e.noise.sigma_mul} <= {"exact"}


@pytest.mark.parametrize(
    ("dataset", "model", "epochs"),
    [("mnist", "mlp", 100), ("mnist_sample", "lenet5", 50), ("fashion_mnist", "mlp", 250), ("cifar10", "lenet5", 300)],
)
def test_the_papers_epochs(all_data, dataset, model, epochs):
    (experiment, *_) = plan("global", "paper", dataset=dataset, model=model)
    assert (experiment.epochs, experiment.batch_size, experiment.learning_rate) == (epochs, 128, 1e-3)


def test_speech_trains_as_published(all_data):
    (experiment, *_) = plan("global", "paper", dataset="gsc", model="cnn_s")
    assert (experiment.epochs, experiment.batch_size, experiment.learning_rate) == (150, 512, 5e-4)


def test_figure_6(all_data):
    experiments = plan("mixed", "paper", dataset="cifar10", model="lenet5")
    assert {e.point for e in experiments} == {5}
    zoom = [e for e in experiments if max(e.noise.sigma_mul, e.noise.sigma_add) <= 2.5 and e.noise.sigma_mul >= 0.1]
    zoom = [e for e in zoom if e.noise.sigma_add >= 0.1]
    assert Counter(e.noise.first for e in zoom) == {"multiplicative": 25 * 25 * 5, "additive": 25 * 25 * 5}
    assert max(e.noise.sigma_mul for e in experiments) == 1e13


def test_multiplicative_noise_has_the_exact_gradient():
    assert plan("global")[0].noise == additive(0.1)
    assert plan("global", noise="multiplicative")[0].noise == multiplicative(0.2, gradient="exact")


@pytest.mark.parametrize(("model", "name"), [("mlp", "dense2"), ("lenet5", "conv2"), ("cnn_s", "conv2")])
def test_mixed_noise_is_at_the_second_layer_with_weights(model, name):
    dataset = "gsc_sample" if model == "cnn_s" else "mnist_sample"
    assert {e.points[e.point] for e in plan("mixed", dataset=dataset, model=model)} == {name}


def test_guided_counts_conserve_the_sum():
    for _, counts in EXECUTIONS.values():
        assert sum(counts) == 2 * len(counts)


def test_levels_are_written_as_people_write_them():
    assert sigmas("global", "multiplicative", True, "mnist", "mlp")[:5] == [0.0, 0.1, 0.2, 0.3, 0.4]
    np.testing.assert_allclose(np.diff(np.log10(sigmas("walking", "additive", True, "mnist", "mlp"))), 0.25)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "walk"}, "plan: expected one of global, walking.*did you mean 'walking'"),
        ({"name": "global", "grid": "large"}, "grid: expected one of small, paper"),
        ({"name": "global", "noise": "mixed"}, "noise: expected one of additive, multiplicative"),
        ({"name": "multi", "model": "lenet5"}, "multi: expected a network of Table 3"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(InputError, match=message):
        plan(**options)

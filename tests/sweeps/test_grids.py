"""Grids by name: the small ones are small, and the paper's are as published."""

from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from wn_ref import Experiment, InputError, additive, multiplicative
from wn_ref import experiment as experiment_module
from wn_ref.datasets import DATASETS
from wn_ref.models import MODELS
from wn_ref.sweeps import plans
from wn_ref.sweeps.grids import EXECUTIONS, GRIDS, NOISE_KINDS, PLANS, Own, plan, sigmas
from wn_ref.sweeps.progress import cost


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


@pytest.fixture
def extremes(monkeypatch):
    """Plans with only the first and the last level, and the first seed: the same kinds of experiments, and fewer."""
    real, mixed = plans.global_noise, plans.mixed

    def ends(levels):
        return [levels[0], levels[-1]]

    def short_global(noise, sigmas, seeds, *rest, **settings):
        return real(noise, ends(sigmas), seeds[:1], *rest, **settings)

    def short_mixed(sigma_mul, sigma_add, seeds, *rest, **settings):
        return mixed(ends(sigma_mul), ends(sigma_add), seeds[:1], *rest, **settings)

    monkeypatch.setattr(plans, "global_noise", short_global)
    monkeypatch.setattr(plans, "mixed", short_mixed)


COMBINATIONS = list(product(PLANS, GRIDS, DATASETS, MODELS, (True, False), NOISE_KINDS))
NEED_MORE_PIXELS = {("digits", "lenet5"), ("digits", "cnn_s")}
NEED_MORE_PIXELS |= {(dataset, "lenet5") for dataset in ("gsc", "gsc_sample", "gsc_test_set")}


def refusal(name, grid, dataset, model, batchnorm):
    """What is expected to be said of a combination that does not work."""
    original = {"gsc_test_set": "gsc"}.get(dataset, dataset.removesuffix("_sample"))
    if grid == "paper" and original == "digits":
        return "grid: expected a data set of the paper (mnist_sample, "
    if name == "multi" and (original, model, batchnorm) not in EXECUTIONS:
        return "multi: expected a network of Table 3 ("
    if (dataset, model) in NEED_MORE_PIXELS:
        return f"model: expected one that can take the images of {dataset}, got '{model}'; "
    return None


@pytest.mark.usefixtures("all_data", "extremes")
def test_every_combination_works_or_says_why_not():
    worked = 0
    for name, grid, dataset, model, batchnorm, noise in COMBINATIONS:
        expected = refusal(name, grid, dataset, model, batchnorm)
        if expected is not None:
            with pytest.raises(InputError) as caught:
                plan(name, grid, noise, dataset, model, batchnorm)
            assert str(caught.value).startswith(expected)
            assert "\n" not in str(caught.value)
            continue
        worked += 1
        experiments = plan(name, grid, noise, dataset, model, batchnorm)
        assert len(experiments) == len(set(experiments)) > 1
        for experiment in experiments:
            assert (experiment.dataset, experiment.model, experiment.batchnorm) == (dataset, model, batchnorm)
            assert cost(experiment) > 0
            assert Experiment.from_row(experiment.row()) == experiment
    assert (len(COMBINATIONS), worked) == (1440, 1012)


def without_noise(experiment):
    return experiment.noise is not None and not experiment.noise.sigma_add and not experiment.noise.sigma_mul


@pytest.mark.parametrize("name", ["global", "walking", "clamped", "maximum", "mixed"])
@pytest.mark.usefixtures("all_data", "extremes")
def test_the_gradient_is_one_rule_for_all_plans(name):
    for gradient, options in (("exact", {}), ("straight_through", {"own": Own(gradient="straight_through")})):
        experiments = plan(name, noise="multiplicative", **options)
        assert {e.noise.gradient for e in experiments if e.noise and e.noise.sigma_mul} == {gradient}


@pytest.mark.usefixtures("all_data")
def test_parts_of_a_data_set_are_trained_as_the_whole():
    for part, whole in (("gsc_test_set", "gsc"), ("gsc_sample", "gsc"), ("mnist_sample", "mnist")):
        one, other = (plan("global", "paper", dataset=name, model="cnn_s")[0] for name in (part, whole))
        assert replace(one, dataset=whole) == other


def test_multiplicative_noise_has_the_exact_gradient():
    assert plan("global")[0].noise == additive(0.1)
    assert plan("global", noise="multiplicative")[0].noise == multiplicative(0.2, gradient="exact")


@pytest.mark.parametrize(("model", "name"), [("mlp", "dense2"), ("lenet5", "conv2"), ("cnn_s", "conv2")])
def test_mixed_noise_is_at_the_second_layer_with_weights(model, name):
    dataset = "gsc_sample" if model == "cnn_s" else "mnist_sample"
    assert {e.points[e.point] for e in plan("mixed", dataset=dataset, model=model)} == {name}


def test_levels_and_seeds_may_be_arrays():
    own = Own(sigmas=np.array([0.5, 1.0]), seeds=np.arange(3))
    for name in ("global", "mixed", "maximum"):
        given = own if name != "maximum" else own._replace(sigmas=own.sigmas[:1])
        made = plan(name, own=given)
        assert {e.seed for e in made} == {0, 1, 2}
        assert {max(e.noise.sigma_add, e.noise.sigma_mul) for e in made if e.noise} == set(given.sigmas.tolist())


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
        ({"name": "global", "own": Own(sigmas=[])}, r"sigmas: expected a list, got \[\]; try"),
        ({"name": "maximum", "own": Own(seeds=[])}, r"seeds: expected a list, got \[\]; try"),
        ({"name": "multi", "model": "lenet5"}, "multi: expected a network of Table 3"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(InputError, match=message):
        plan(**options)

"""Rules to spend executions by, on a network of two inputs whose best allocation is known, and on digits."""

import numpy as np
import pytest
from scipy import stats

from wn_ref import InputError, additive, build_model, evaluate, load_dataset, train
from wn_ref.datasets import Dataset
from wn_ref.findings.comparison import differences, pareto
from wn_ref.findings.multi_execution import accuracies, allocations, compare, held_out, optimise, walking_midpoints
from wn_ref.layers import Dense, Flatten
from wn_ref.network import Network


@pytest.fixture(scope="module")
def digits():
    return load_dataset("mnist_sample")


@pytest.fixture(scope="module")
def brightness():
    """Two classes, bright and dark; two dense layers tell them apart, and the second multiplies by 4.

    logit = 4 (x + n_0 + n_1) + n_2: the margin of 1 is 4 at the end, so noise at the first two points counts 4 times as
    much as at the last, sigma_effective^2 = sigma^2 (16 / n_0 + 16 / n_1 + 1 / n_2), and mu_2 = 4 mu_0 = 4 mu_1.
    """
    images = np.r_[np.zeros(1000), np.full(1000, 255)].astype(np.uint8).reshape(-1, 1, 1, 1)
    labels = np.repeat([0, 1], 1000)
    data = Dataset("brightness", images, labels, images, labels, ("dark", "bright"), (0.5,), (0.5,))
    net = Network([Flatten(), Dense(1, 1, 0, 0, "float32"), Dense(1, 2, 0, 1, "float32")], input_shape=(1, 1, 1))
    for name, value in {"dense1.weight": 1, "dense1.bias": 0, "dense2.weight": [[0], [4]], "dense2.bias": 0}.items():
        net.parameters[name][...] = value
    return net, data


def test_accuracy_is_that_of_the_closed_form(brightness):
    """Correct if 4 (x + n_0 + n_1) + n_2 - n_2' has the sign of x = +-1: both logits of the last point are noisy."""
    net, data = brightness
    for counts in ([1, 1, 1], [4, 2, 1], [1, 1, 6]):
        spread = 0.8 * np.sqrt(16 / counts[0] + 16 / counts[1] + 2 / counts[2])
        measured = accuracies(net, data, 0.8, counts, repetitions=20)
        expected = stats.norm.cdf(4 / spread)
        assert abs(measured.mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / 40_000)


def test_midpoints_are_those_of_the_closed_form(brightness):
    """Phi(1 / sigma) = 3/4 at sigma = 1.48 ahead of the factor of 4; behind it two noises of sigma against 4: 4.19."""
    net, data = brightness
    midpoints = walking_midpoints(net, data, np.geomspace(0.1, 1000, 25), repetitions=2)
    half = stats.norm.ppf(0.75)
    np.testing.assert_allclose(midpoints, [1 / half, 1 / half, 4 / half / np.sqrt(2)], rtol=0.25)


def test_optimise_finds_the_best_allocation_from_a_bad_one(brightness):
    """12 executions: 16 / n_0 + 16 / n_1 + 2 / n_2 is least at 5, 5, 2; the end may be 5 % more expensive."""
    net, data = brightness

    def cost(n):
        return 16 / n[0] + 16 / n[1] + 2 / n[2]

    with pytest.raises(InputError, match=r"executions: expected a whole number of at least 1, got 1\.7"):
        optimise(net, data, 2.0, [1.7, 4, 6], repetitions=10)
    best = optimise(net, data, 2.0, [2, 4, 6], repetitions=10)
    assert best.sum() == 12
    assert cost([5, 5, 2]) <= cost(best) < 1.05 * cost([5, 5, 2]) < 0.75 * cost([2, 4, 6])
    rules = allocations(net, data, 2.0, [1.48, 1.48, 4.19], 12, repetitions=10)
    assert list(rules) == ["uniform", "guided", "predicted", "optimised"]
    assert all(n.sum() == 12 for n in rules.values())
    assert rules["uniform"].tolist() == [4, 4, 4]
    assert rules["predicted"].tolist() == [5, 5, 2]


def test_on_digits_guided_beats_uniform(digits):
    """Ten repetitions of one network, 22 executions: 5 points and more, with an interval far from 0."""
    inner = held_out(digits, 500)
    net = build_model("mlp", digits.shape, 10, batchnorm=True)
    train(net, inner, epochs=4)
    midpoints = walking_midpoints(net, inner, np.geomspace(0.1, 30, 7), repetitions=1)
    rules = allocations(net, inner, 0.35, midpoints, 22, rounds=0)
    runs = compare(net, digits, 0.35, rules, repetitions=10).assign(seed=0)
    gap = differences(runs, "guided", "uniform").iloc[0]
    assert gap["low"] > 0.02
    assert gap["units"] == 10
    table = pareto(runs).set_index("rule")
    assert table.loc["guided", "accuracy"] - table.loc["uniform", "accuracy"] == pytest.approx(gap["difference"])
    assert not table.loc["uniform", "efficient"]


def test_accuracies_are_repetitions_of_evaluate(digits):
    net = build_model("mlp", digits.shape, 10, batchnorm=False)
    received = accuracies(net, digits, 0.5, [2, 1, 1, 1, 1, 1, 1, 1], repetitions=2, seed=3)
    settings = {"seed": 3, "batch_size": 1000, "executions": [2, 1, 1, 1, 1, 1, 1, 1]}
    assert received.tolist() == [evaluate(net, digits, additive(0.5), "all", repetition=k, **settings) for k in (0, 1)]


def test_held_out_is_a_part_of_training(digits):
    inner = held_out(digits, 1000, seed=4)
    assert len(inner.train_labels) == 7000
    assert len(inner.test_labels) == 1000
    images = np.concatenate([inner.train_images, inner.test_images]).reshape(8000, -1)
    assert np.array_equal(np.unique(images, axis=0), np.unique(digits.train_images.reshape(8000, -1), axis=0))
    assert np.all(np.abs(np.bincount(inner.test_labels) - np.bincount(digits.train_labels) / 8) <= 1)
    with pytest.raises(
        InputError, match="size: expected fewer than all 8000 images, got 8000; leave some to train with"
    ):
        held_out(digits, 8000)


def test_bad_input(brightness):
    net, data = brightness
    with pytest.raises(InputError, match="repetitions: expected a whole number of at least 1, got 0"):
        walking_midpoints(net, data, [0.1, 1, 10, 100], repetitions=0)
    with pytest.raises(InputError, match=r"rounds: expected a whole number of at least 0, got 1.5"):
        optimise(net, data, 1.0, [1, 1, 1], rounds=1.5)
    for midpoints in (np.ma.masked_array([1.0, 1.0, 4.0], [True, False, False]), ["x", "y", "z"]):
        with pytest.raises(InputError, match="midpoints: expected an array, got"):
            allocations(net, data, 1.0, midpoints, 12)

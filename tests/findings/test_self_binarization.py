"""Peaks: closed forms of the index, quantisation by hand, and the finding itself on a small scale."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from threadpoolctl import threadpool_info, threadpool_limits

from wn_ref import InputError, build_model, load_dataset, multiplicative, train
from wn_ref.findings import self_binarization
from wn_ref.findings.self_binarization import binary_index, by_layer, quantise, quantised_accuracy, quantised_logits
from wn_ref.random import EVALUATION

N = 20_000
HALVES = (np.arange(N) + 0.5) / N  # an even sample of the uniform distribution


@pytest.mark.parametrize(
    ("values", "two", "three"),
    [
        ([0, 0, 5, 5, 5], 1, 1),
        ([-3, 0, 0, 3], 2 / 3, 1),  # two peaks: {-3}, {0, 0, 3}: within 6 of 18
        ([7.0] * 4, 1, 1),
        (HALVES, 3 / 4, 8 / 9),
        (stats.norm.ppf(HALVES), 2 / np.pi, 0.8098),  # Lloyd and Max's quantisers of two and three levels
        (stats.expon.ppf(HALVES), 0.6476, 0.8203),
        (stats.halfnorm.ppf(HALVES), 0.6767, 0.8404),
    ],
    ids=["two peaks", "three peaks", "constant", "uniform", "normal", "exponential", "half-normal"],
)
def test_index_in_closed_form(values, two, three):
    for scale in (1, -1e10, 1e-20):
        assert binary_index(scale * np.array(values), 2) == pytest.approx(two, abs=2e-3)
        assert binary_index(scale * np.array(values), 3) == pytest.approx(three, abs=2e-3)


def test_index_is_the_best_of_all_splits(rng):
    for _ in range(20):
        v = np.sort(rng.standard_normal(9) ** 3)
        splits = [(v[:i], v[i:j], v[j:]) for i in range(1, 9) for j in range(i, 9)]
        within = [sum(part.var() * len(part) for part in parts if len(part)) for parts in splits]
        assert binary_index(rng.permutation(v).reshape(3, 3), 3) == pytest.approx(1 - min(within) / v.var() / 9)
        within = [v[:i].var() * i + v[i:].var() * (9 - i) for i in range(1, 9)]
        assert binary_index(v, 2) == pytest.approx(1 - min(within) / v.var() / 9)


def test_quantise_by_hand():
    """Standard deviation 4.27: everything within 2.13 is 0, 4 and 8 become 6, -5 and -7 become -6."""
    y = np.array([[0.0, 1, -1, 2], [4, 8, -5, -7]])
    assert y.std() == pytest.approx(4.4651, abs=1e-3)
    quantise(y, 0.5)
    assert y.tolist() == [[0, 0, 0, 0], [6, 6, -6, -6]]
    y = np.array([0.0, 0, 0, 1e30], np.float32)
    quantise(y, 0.5)
    assert y.tolist() == [0, 0, 0, np.float32(1e30)]


@pytest.fixture(scope="module")
def digits():
    return load_dataset("mnist_sample")


def trained(data, gradient, point, epochs=5):
    net, noise = build_model("mlp", data.shape, 10, batchnorm=True), multiplicative(1e10, gradient)
    train(net, data, epochs=epochs, noise=noise, point=point)
    return net, noise


def test_a_network_trained_with_the_exact_gradient_needs_peaks_only(digits):
    """Behind dense3: within 2 points, on either side of the noise; shuffled signs of zero and large would not do."""
    net, noise = trained(digits, "exact", point=7)
    for side in ("after", "before"):
        found = quantised_accuracy(net, digits, 7, noise, 7, side, repetitions=1, calibration=1000)
        assert found["accuracy"] > 0.85
        assert found["quantised"] > found["accuracy"] - 0.02
    quiet = build_model("mlp", digits.shape, 10, batchnorm=True)
    train(quiet, digits, epochs=5)
    x = digits.batch(digits.test_images, np.arange(1000))
    indices = [binary_index(np.abs(dict(network.activations(x))["dense3"])) for network in (net, quiet)]
    assert indices[0] > indices[1] + 0.05


def test_straight_through_does_not_get_there(digits):
    net, noise = trained(digits, "straight_through", point=7)
    found = quantised_accuracy(net, digits, 7, noise, 7, repetitions=1, calibration=1000)
    assert max(found["accuracy"], found["quantised"]) < 0.7


def test_quantised_logits_are_the_forward_pass_with_one_array_replaced(digits, rng):
    net = build_model("mlp", digits.shape, 10, batchnorm=True)
    noise, x = multiplicative(0.5), digits.batch(digits.test_images, np.arange(50))
    kept, settings = x.copy(), {"noise": noise, "point": 4, "seed": 3, "step": 9}
    assert np.array_equal(quantised_logits(net, x, 4, None, **settings), net.forward(x, **settings))
    assert np.array_equal(
        quantised_logits(net, x, 4, None, side="before", **settings), net.forward(x, False, **settings)
    )
    code = dict(net.activations(x))["dense2"].copy()
    quantise(code, 0.5)
    noise.inject(code, 3, 4, 9)
    for name, y in net.activations(x):
        if name == "dense2":
            y[...] = code
    y = y.copy()
    assert np.array_equal(quantised_logits(net, x, 4, 0.5, side="before", **settings), y)
    assert not np.array_equal(quantised_logits(net, x, 4, 0.5, side="after", **settings), y)
    quantised_logits(net, x, 0, 0.5)
    assert np.array_equal(x, kept)


def test_accuracy_is_that_of_a_forward_pass_and_every_layer_has_a_row(digits):
    few = replace(digits, test_images=digits.test_images[::7], test_labels=digits.test_labels[::7])
    net, noise = trained(digits, "exact", point=7, epochs=2)
    table = by_layer(net, few, noise, 7, repetitions=1, calibration=100)
    assert table["name"].tolist() == net.points
    assert table.index[table["noisy"]].tolist() == [7]
    x = few.batch(few.test_images, np.arange(286))
    correct = net.forward(x, False, noise, 7, step=EVALUATION).argmax(axis=0) == few.test_labels
    assert np.all(table["accuracy"] == correct.mean())
    assert table["index"].between(0.5, 1).all()
    two = by_layer(net, few, noise, 7, layers=[6, 7], repetitions=1, calibration=100)
    assert two.equals(table.iloc[6:8].reset_index(drop=True))


def test_thresholds_are_chosen_on_training_images(digits):
    """With the test labels in disorder the threshold stays the same."""
    net, noise = trained(digits, "exact", point=7, epochs=2)
    few = replace(digits, test_images=digits.test_images[::20], test_labels=digits.test_labels[::20])
    other = replace(few, test_labels=(few.test_labels + 1) % 10)
    found = [quantised_accuracy(net, data, 7, noise, 7, repetitions=1, calibration=500) for data in (few, other)]
    assert found[0]["threshold"] == found[1]["threshold"]
    assert found[0]["quantised"] > 2 * found[1]["quantised"]


def test_blas_has_one_thread(digits, monkeypatch):
    """Two threads that wait for each other on a busy machine took four times as long."""
    seen = []

    def watched(activation, threshold):
        seen.extend(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")
        quantise(activation, threshold)

    monkeypatch.setattr(self_binarization, "quantise", watched)
    few = replace(digits, test_images=digits.test_images[:9], test_labels=digits.test_labels[:9])
    net = build_model("mlp", digits.shape, 10, batchnorm=True)
    with threadpool_limits(2, "blas"):
        quantised_accuracy(net, few, 7, repetitions=1, calibration=9)
    assert set(seen) == {1}


def test_bad_input():
    for threshold in (0, -1, np.nan):
        with pytest.raises(InputError, match="threshold: expected a positive number"):
            quantise(np.ones(3), threshold)
    with pytest.raises(InputError, match="peaks: expected 2 or 3, got 4"):
        binary_index(np.ones(3), 4)
    with pytest.raises(InputError, match="activation: expected finite numbers"):
        binary_index(np.array([1, np.inf]))
    net = build_model("mlp", (1, 4, 4), 3)
    with pytest.raises(InputError, match="layer: expected 0 to 10, got 11"):
        quantised_logits(net, np.zeros((1, 4, 4, 2), np.float32), 11, 0.5)
    with pytest.raises(InputError, match="side: expected one of after, before"):
        quantised_logits(net, np.zeros((1, 4, 4, 2), np.float32), 1, 0.5, side="behind")

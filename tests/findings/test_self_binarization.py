"""Networks with one activation quantised: against the forward pass, and the finding itself on a small scale."""

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from wn_ref import InputError, OverflowStop, additive, build_model, evaluate, load_dataset, multiplicative, train
from wn_ref.findings import self_binarization
from wn_ref.findings.peaks import binary_index, quantise
from wn_ref.findings.self_binarization import by_layer, quantised_accuracy, quantised_logits
from wn_ref.injection import Injection
from wn_ref.random import CALIBRATION, EVALUATION, Stream


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
        found = quantised_accuracy(net, digits, 7, Injection(noise, 7), side, repetitions=3, calibration=1000)
        assert found["accuracy"] > 0.85
        assert found["quantised"] > found["accuracy"] - 0.02
    quiet = build_model("mlp", digits.shape, 10, batchnorm=True)
    train(quiet, digits, epochs=5)
    x = digits.batch(digits.test_images, np.arange(1000))
    indices = [binary_index(np.abs(dict(network.activations(x))["dense3"])) for network in (net, quiet)]
    assert indices[0] > indices[1] + 0.05


def test_straight_through_does_not_get_there(digits):
    net, noise = trained(digits, "straight_through", point=7)
    found = quantised_accuracy(net, digits, 7, Injection(noise, 7), repetitions=1, calibration=1000)
    assert max(found["accuracy"], found["quantised"]) < 0.7


def test_quantised_logits_are_the_forward_pass_with_one_array_replaced(digits, rng):
    net = build_model("mlp", digits.shape, 10, batchnorm=True)
    noise, x = multiplicative(0.5), digits.batch(digits.test_images, np.arange(50))
    kept, injection = x.copy(), Injection(noise, 4, seed=3, step=9)
    plain = net.forward(x, noise=noise, point=4, seed=3, step=9)
    assert np.array_equal(quantised_logits(net, x, 4, None, injection), plain)
    assert np.array_equal(quantised_logits(net, x, 4, None, injection, side="before"), plain)
    twice = replace(injection, executions=[2])
    for side in ("after", "before"):
        expected = net.forward(x, noise=noise, point=4, seed=3, step=9, executions=[2])
        assert np.array_equal(quantised_logits(net, x, 4, None, twice, side), expected)
    code = dict(net.activations(x))["dense2"].copy()
    quantise(code, 0.5)
    noise.inject(code, Stream(3, 4, 9))
    for name, y in net.activations(x):
        if name == "dense2":
            y[...] = code
    y = y.copy()
    assert np.array_equal(quantised_logits(net, x, 4, 0.5, injection, "before"), y)
    assert not np.array_equal(quantised_logits(net, x, 4, 0.5, injection, "after"), y)
    quantised_logits(net, x, 0, 0.5)
    assert np.array_equal(x, kept)


def test_accuracy_is_that_of_a_forward_pass_and_every_layer_has_a_row(digits):
    few = replace(digits, test_images=digits.test_images[::7], test_labels=digits.test_labels[::7])
    net, noise = trained(digits, "exact", point=7, epochs=2)
    table = by_layer(net, few, Injection(noise, 7), repetitions=1, calibration=100)
    assert table["name"].tolist() == net.points
    assert table.index[table["noisy"]].tolist() == [7]
    x = few.batch(few.test_images, np.arange(286))
    correct = net.forward(x, False, noise, 7, step=EVALUATION).argmax(axis=0) == few.test_labels
    assert np.all(table["accuracy"] == correct.mean())
    assert table["index"].between(0.5, 1).all()
    two = by_layer(net, few, Injection(noise, 7), layers=[6, 7], repetitions=1, calibration=100)
    assert two.equals(table.iloc[6:8].reset_index(drop=True))


def test_thresholds_are_chosen_on_training_images(digits):
    """With the test labels in disorder the threshold stays the same."""
    net, noise = trained(digits, "exact", point=7, epochs=2)
    few = replace(digits, test_images=digits.test_images[::20], test_labels=digits.test_labels[::20])
    other = replace(few, test_labels=(few.test_labels + 1) % 10)
    found = [
        quantised_accuracy(net, data, 7, Injection(noise, 7), repetitions=1, calibration=500) for data in (few, other)
    ]
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
    net = build_model("mlp", (1, 4, 4), 3)
    with pytest.raises(InputError, match="layer: expected 0 to 10, got 11"):
        quantised_logits(net, np.zeros((1, 4, 4, 2), np.float32), 11, 0.5)
    with pytest.raises(InputError, match="side: expected one of after, before"):
        quantised_logits(net, np.zeros((1, 4, 4, 2), np.float32), 1, 0.5, side="behind")
    with pytest.raises(InputError, match="point: expected the number of one injection point, got 'global'"):
        quantised_logits(net, np.zeros((1, 4, 4, 2), np.float32), 1, 0.5, Injection(multiplicative(1.0)), "before")


def test_accuracy_needs_images_to_choose_a_threshold_with(digits):
    with pytest.raises(InputError, match="calibration: expected a whole number of at least 1, got 0"):
        quantised_accuracy(build_model("mlp", digits.shape, 10), digits, 7, calibration=0)


def test_by_layer_says_which_layers_there_are(digits):
    net = build_model("mlp", digits.shape, 10)
    few = replace(digits, test_images=digits.test_images[:9], test_labels=digits.test_labels[:9])
    with pytest.raises(InputError, match="layer: expected 0 to 10, got 11; choose an injection point"):
        by_layer(net, few, Injection(multiplicative(1.0), 7), layers=[11], repetitions=1, calibration=9)


def test_the_threshold_is_chosen_under_noise_that_no_accuracy_is_measured_with(digits, monkeypatch):
    """Two batches of test images, one of calibration: each has steps of its own, and the test those of `evaluate`."""
    steps = {"train": [], "test": []}

    def watched(network, x, layer, threshold, injection, side):
        steps["test" if x.shape[-1] == 1000 else "train"].append(injection.step)
        return np.zeros((10, x.shape[-1]), np.float32)

    monkeypatch.setattr(self_binarization, "quantised_logits", watched)
    quantised_accuracy(
        build_model("mlp", digits.shape, 10), digits, 7, Injection(multiplicative(1.0), 7), repetitions=3, calibration=9
    )
    assert steps["test"] == 2 * list(range(EVALUATION, EVALUATION + 6))
    assert set(steps["train"]) == {CALIBRATION}


def test_logits_that_are_not_finite_are_no_answer(digits):
    """As of `evaluate`, whether the layer quantised is in front of the overflow or behind it."""
    few = replace(digits, test_images=digits.test_images[:9], test_labels=digits.test_labels[:9])
    net, noise = build_model("mlp", digits.shape, 10, batchnorm=False), additive(3e38)
    settings = {"repetitions": 1, "calibration": 9}
    with pytest.raises(OverflowStop, match="overflow in evaluation, batch 0: dense3 is not finite; try less noise"):
        evaluate(net, few, noise, "dense3")
    injection = Injection(noise, "dense3")
    for call in (
        lambda: quantised_accuracy(net, few, 1, injection, **settings),
        lambda: quantised_accuracy(net, few, 5, injection, side="before", **settings),
        lambda: by_layer(net, few, injection, layers=[1], **settings),
    ):
        with pytest.raises(
            OverflowStop, match=r"overflow in evaluation, batch 0: dense[34] is not finite; try less noise"
        ):
            call()
    behind = "overflow in the activation that is to be quantised: dense4 is not finite; try less noise"
    with pytest.raises(OverflowStop, match=behind):
        quantised_accuracy(net, few, 7, injection, **settings)
    net.parameters["dense4.bias"][0] = np.nan
    with pytest.raises(OverflowStop, match="batch 0: dense4 is not finite; try a smaller learning rate"):
        quantised_accuracy(net, few, 1, **settings)


def test_as_many_logits_as_classes(digits):
    few = replace(digits, test_images=digits.test_images[:9], test_labels=digits.test_labels[:9])
    with pytest.raises(InputError, match="logits: expected those of 10 classes for 9 images"):
        quantised_accuracy(build_model("mlp", digits.shape, 12), few, 7, repetitions=1, calibration=9)


@pytest.mark.parametrize("layer", [-1, 1.5, "dense1", None])
def test_a_layer_is_a_whole_number(digits, layer):
    net = build_model("mlp", digits.shape, 10)
    with pytest.raises(InputError, match="layer: expected a whole number of at least 0, got"):
        quantised_logits(net, digits.batch(digits.test_images, [0]), layer, 0.5)

"""Training: that it learns, what its steps are, and that it stops where numbers end."""

import re
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from wn_ref import InputError, OverflowStop, additive, build_model, cross_entropy, load_dataset, multiplicative
from wn_ref.datasets import Dataset
from wn_ref.optim import Adam, cosine
from wn_ref.random import EVALUATION, SHUFFLE, permutation
from wn_ref.train import evaluate, train


@pytest.fixture
def tiny() -> Dataset:
    """300 training and 100 test images of the sample."""
    full = load_dataset("mnist_sample")
    parts = (full.train_images[:300], full.train_labels[:300], full.test_images[::20], full.test_labels[::20])
    return Dataset("tiny", *parts, full.classes, full.mean, full.std)


def test_the_mlp_reaches_93_percent():
    data = load_dataset("mnist_sample")
    net = build_model("mlp", data.shape, 10, batchnorm=True)
    history = train(net, data, epochs=5)
    assert history[-1].accuracy >= 0.93
    assert history[-1].loss < history[0].loss
    assert evaluate(net, data) == history[-1].accuracy


def test_training_is_what_it_says(tiny):
    """The loop written out once more: order, batches with a short last one, rates, noise of each step."""
    noise = additive(0.3)
    net, twin = (build_model("mlp", tiny.shape, 10, batchnorm=True, seed=2) for _ in range(2))
    told = []
    history = train(net, tiny, epochs=3, noise=noise, point=4, seed=8, on_step=told.append)
    threads = threadpool_limits(1, "blas")
    adam, step, losses = Adam(twin.theta), 0, []
    for epoch in range(3):
        order = permutation(300, 8, SHUFFLE, epoch)
        for batch in (order[:128], order[128:256], order[256:]):
            x = np.moveaxis(tiny.train_images[batch], 0, -1).astype(np.float32) * np.float32(1 / 255)
            loss, dlogits = cross_entropy(twin.forward(x, True, noise, 4, seed=8, step=step), tiny.train_labels[batch])
            twin.backward(dlogits)
            adam.step(twin.dtheta, cosine(1e-3, epoch, 3))
            losses.append(loss)
            step += 1
    threads.restore_original_limits()
    np.testing.assert_allclose(net.theta, twin.theta, atol=1e-6)
    assert history[-1].loss == pytest.approx(np.mean(losses[-3:]), rel=1e-5)
    assert told == pytest.approx(losses, rel=1e-5)
    x = np.moveaxis(tiny.test_images, 0, -1) / 255
    correct = twin.forward(x, False, noise, 4, seed=8, step=EVALUATION + 2).argmax(axis=0) == tiny.test_labels
    assert history[-1].accuracy == pytest.approx(correct.mean(), abs=0.011)  # one image may sit on the fence


def test_who_listens_to_steps_changes_nothing(tiny):
    """The weights have moved when a step is told, and an epoch is told after its steps."""
    quiet, heard = (build_model("mlp", tiny.shape, 10) for _ in range(2))
    told, moved = [], [heard.theta.copy()]

    def on_step(loss):
        told.append(loss)
        moved.append(heard.theta.copy())

    history = train(quiet, tiny, epochs=2, noise=additive(0.3))
    assert train(heard, tiny, 2, additive(0.3), on_step=on_step, on_epoch=told.append) == history
    np.testing.assert_array_equal(heard.theta, quiet.theta)
    assert [told[3], told[7]] == history
    for epoch, losses in zip(history, (told[:3], told[4:7])):
        assert all(type(loss) is float for loss in losses)
        assert epoch.loss == np.mean(losses)
    assert all((before != after).any() for before, after in pairwise(moved))
    np.testing.assert_array_equal(moved[-1], heard.theta)


def test_options_take_effect(tiny):
    def weights(**options):
        net = build_model("mlp", tiny.shape, 10, batchnorm=False)
        train(net, tiny, epochs=2, **options)
        return net.theta.copy()

    plain = weights()
    assert np.array_equal(plain, weights())
    for options in (
        {"seed": 1}, {"optimizer": "sgd"}, {"learning_rate": 1e-2}, {"schedule": "constant"}, {"batch_size": 100},
        {"noise": additive(0.1)},
    ):  # fmt: skip
        assert not np.array_equal(plain, weights(**options)), options
    assert not np.array_equal(weights(optimizer="sgd"), weights(optimizer="sgd", momentum=0.9))
    fast = {"learning_rate": 0.5, "schedule": "constant"}
    assert abs(weights(**fast)).max() > 1.5
    net = build_model("mlp", tiny.shape, 10, batchnorm=False)
    train(net, tiny, epochs=2, clamp=True, **fast)
    assert max(abs(w).max() for name, w in net.parameters.items() if name.endswith("weight")) == 1
    assert max(abs(b).max() for name, b in net.parameters.items() if name.endswith("bias")) > 1


def test_evaluation_noise_is_its_own(tiny):
    net = build_model("mlp", tiny.shape, 10, batchnorm=True)
    train(net, tiny, epochs=20)
    noisy = [evaluate(net, tiny, additive(2.0), repetition=repetition) for repetition in range(5)]
    assert len(set(noisy)) > 1
    assert max(noisy) < evaluate(net, tiny)
    assert noisy[2] == evaluate(net, tiny, additive(2.0), repetition=2)


@pytest.mark.parametrize("sigma", [1e10, 1e16])
@pytest.mark.parametrize("gradient", ["straight_through", "exact"])
@pytest.mark.parametrize("batchnorm", [False, True])
def test_enormous_noise_stays_finite_or_says_where_it_ended(tiny, sigma, gradient, batchnorm):
    overflows = {}
    points = range(11 if batchnorm else 8)
    for noise in (additive(sigma), multiplicative(sigma, gradient)):
        for point in [*points, "global", "all"]:
            net = build_model("mlp", tiny.shape, 10, batchnorm)
            try:
                history = train(net, tiny, epochs=2, noise=noise, point=point)
            except OverflowStop as stop:
                overflows[noise, point] = str(stop)
            else:
                assert np.isfinite(net.theta).all()
                assert np.isfinite(history[-1].loss)
    assert {point for _, point in overflows} <= {"global", "all"}  # one noisy point never overflows
    for message in overflows.values():
        assert re.match(
            r"overflow in (epoch 1, step \d|evaluation, batch 0).*: .* is not finite; try less noise", message
        )


def test_an_overflow_in_evaluation_is_found_too(tiny):
    net = build_model("mlp", tiny.shape, 10, batchnorm=False)
    with pytest.raises(OverflowStop, match=r"overflow in evaluation, batch 0: \w+ is not finite"):
        evaluate(net, tiny, multiplicative(1e16))


def test_an_overflow_is_found_at_its_point(tiny):
    net = build_model("mlp", tiny.shape, 10, batchnorm=False)
    net.parameters["dense2.weight"] *= 1e30
    net.parameters["dense3.weight"] *= 1e30
    with pytest.raises(OverflowStop, match="overflow in epoch 1, step 0: dense3 is not finite"):
        train(net, tiny, epochs=1)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"epochs": 0}, "epochs: expected a whole number of at least 1, got 0"),
        ({"epochs": 1, "batch_size": 0}, "batch_size: expected"),
        ({"epochs": 1, "optimizer": "adamw"}, "did you mean 'adam'"),
        ({"epochs": 1, "schedule": "linear"}, "schedule: expected one of cosine, constant"),
        ({"epochs": 1, "noise": additive(1), "point": 99}, "point: expected"),
    ],
)
def test_bad_input(tiny, option, message):
    with pytest.raises(InputError, match=message):
        train(build_model("mlp", tiny.shape), tiny, **option)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            {"data": "digits"},
            "data: expected an object of the class Dataset, got 'digits'; wn_ref.load_dataset returns one",
        ),
        ({"data": np.zeros((3, 3))}, "data: expected an object of the class Dataset, got array"),
        (
            {"network": "mlp"},
            "network: expected an object of the class Network, got 'mlp'; wn_ref.build_model returns one",
        ),
        ({"epochs": "5"}, "epochs: expected a whole number of at least 1, got '5'"),
        ({"epochs": 2.0}, "epochs: expected a whole number of at least 1, got 2.0"),
        ({"seed": -1}, "seed: expected a whole number of at least 0, got -1"),
        ({"seed": None}, "seed: expected a whole number of at least 0, got None"),
        ({"learning_rate": "x"}, "learning_rate: expected a positive number, got 'x'"),
        ({"learning_rate": np.nan}, "learning_rate: expected a positive number, got nan"),
        ({"momentum": "x"}, "momentum: expected 0 <= momentum < 1, got 'x'"),
        ({"momentum": np.nan, "optimizer": "sgd"}, "momentum: expected 0 <= momentum < 1, got nan"),
        ({"momentum": 2}, "momentum: expected 0 <= momentum < 1, got 2"),
        ({"clamp": "no"}, "clamp: expected True or False, got 'no'"),
        ({"augment": 2}, "augment: expected True or False, got 2"),
        ({"optimizer": None}, "optimizer: expected one of adam, sgd, got None"),
        ({"noise": 0.5}, "noise: expected what wn_ref.additive and its like return, got 0.5"),
        ({"noise": additive(1.0), "point": "dense9"}, "point: expected 'global', 'all' or 0 to 10"),
        ({"on_epoch": 5}, "on_epoch: expected a function or None, got 5"),
        ({"on_step": []}, r"on_step: expected a function or None, got \[\]; leave it out"),
    ],
)
def test_objects_of_other_kinds_are_refused_before_the_first_step(tiny, option, message):
    net = build_model("mlp", tiny.shape)
    before = net.theta.copy()
    with pytest.raises(InputError, match=message) as caught:
        train(**{"network": net, "data": tiny} | option)
    assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(net.theta, before)


def test_the_literal_call_of_somebody_who_forgot_to_load():
    with pytest.raises(InputError, match="data: expected an object of the class Dataset, got 'digits'"):
        train(build_model("mlp", (1, 8, 8)), "digits")
    with pytest.raises(InputError, match="data: expected an object of the class Dataset, got 'digits'"):
        evaluate(build_model("mlp", (1, 8, 8)), "digits")


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_number_of_numpy_trains_as_that_of_python(tiny, kind):
    nets = [build_model("mlp", tiny.shape) for _ in range(2)]
    for net, rate in zip(nets, (kind(1e-3), float(kind(1e-3)))):
        train(net, tiny, epochs=np.int64(1), learning_rate=rate, seed=np.uint8(3), batch_size=np.int16(64))
    np.testing.assert_array_equal(nets[0].theta, nets[1].theta)


def test_a_point_by_its_name(tiny):
    assert evaluate(build_model("mlp", tiny.shape), tiny, additive(5.0), "dense2") == evaluate(
        build_model("mlp", tiny.shape), tiny, additive(5.0), 4
    )


def test_no_step_of_training_reaches_the_noise_of_evaluations(tiny, monkeypatch):
    """300 images are 3 steps an epoch."""
    net = build_model("mlp", tiny.shape, 10)
    most = EVALUATION // 3
    with pytest.raises(InputError, match=f"^epochs: expected at most {most}, so that .* got {most + 1}; ") as caught:
        train(net, tiny, epochs=most + 1)
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(sys.modules["wn_ref.train"], "EVALUATION", 6)
    assert len(train(net, tiny, epochs=2)) == 2
    with pytest.raises(InputError, match="epochs: expected at most 2, "):
        train(net, tiny, epochs=3)
    with pytest.raises(InputError, match="epochs: expected at most 6, "):
        train(net, tiny, epochs=7, batch_size=10**9)


def test_classes_are_weighted_in_training():
    """The loss of the first step is the weighted one, and differs from the plain one."""
    weights = (10.0,) + (0.1,) * 9
    data = replace(load_dataset("digits"), class_weights=weights)
    size = len(data.train_labels)
    net, losses = build_model("mlp", data.shape), []
    z = net.forward(data.batch(data.train_images, np.arange(size)), True).astype(np.float64)
    train(build_model("mlp", data.shape), data, 1, batch_size=size, augment=False, on_step=losses.append)
    surprise = -np.log(np.exp(z - z.max(axis=0)) / np.exp(z - z.max(axis=0)).sum(axis=0))
    each, w = surprise[data.train_labels, np.arange(size)], np.array(weights)[data.train_labels]
    assert losses[0] == pytest.approx((w @ each) / w.sum(), rel=1e-4)
    assert abs(losses[0] - each.mean()) > 1e-3

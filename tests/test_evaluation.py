"""Evaluations that share what is the same: to the bit the numbers of evaluations one by one."""

from itertools import product

import numpy as np
import pytest
from examples.resnet8 import resnet8

import wn_ref as wn
from tests.own import Uniform, bars
from wn_ref import Experiment, additive, multiplicative
from wn_ref.errors import CallOrderError
from wn_ref.evaluation import evaluate_each, logits_of_each
from wn_ref.injection import Injection
from wn_ref.layers import Conv, Dense, Flatten, Layer
from wn_ref.sweeps import tasks

DATA = wn.load_dataset("mnist_sample", train_size=500, test_size=300)
NOISES = (additive(0.5), multiplicative(0.5), wn.mixed(0.3, 0.4), Uniform(sigma=0.7))


def trained(model, batchnorm, data=DATA):
    network = wn.build_model(model, data.shape, len(data.classes), batchnorm)
    wn.train(network, data, 1)
    return network


def one_by_one(network, data, injections):
    return [wn.evaluate(network, data, i.noise, i.point, i.seed, executions=i.executions) for i in injections]


@pytest.mark.parametrize(("model", "batchnorm"), [("mlp", True), ("mlp", False), ("lenet5", True)])
def test_every_point_and_noise_has_the_numbers_of_its_own_evaluation(model, batchnorm):
    network = trained(model, batchnorm)
    places = [*range(len(network.points)), "global", "all", 2]
    injections = [Injection(noise, point, seed=3) for point, noise in product(places, NOISES)]
    injections.append(Injection(additive(0.5), "all", 1, executions=[2] * len(network.points)))
    assert evaluate_each(network, DATA, injections, 128) == one_by_one(network, DATA, injections)


def test_inside_and_behind_residual_blocks():
    data = bars(images=60)
    big = wn.Dataset(
        "big", *(np.repeat(np.repeat(a, 6, 2), 6, 3) if a.ndim == 4 else a for a in (
            data.train_images, data.train_labels, data.test_images, data.test_labels)),
        classes=data.classes, mean=data.mean, std=data.std,
    )  # fmt: skip
    network = wn.build_model(resnet8, big.shape, 2)
    injections = [Injection(additive(1.0), point) for point in range(len(network.points))]
    assert evaluate_each(network, big, injections, 16) == [
        wn.evaluate(network, big, additive(1.0), point, batch_size=16) for point in range(len(network.points))
    ]


def test_logits_to_the_bit_in_any_order():
    network = trained("mlp", True)
    x = DATA.batch(DATA.test_images, np.arange(64))
    injections = [Injection(additive(sigma), point, 5, 9) for point, sigma in product((7, 0, 3, 3), (0.1, 1.0))]
    logits = {number: y.copy() for number, y in logits_of_each(network, x, injections)}
    for number, i in enumerate(injections):
        np.testing.assert_array_equal(logits[number], network.forward(x, False, i.noise, i.point, i.seed, i.step))
    np.testing.assert_array_equal(x, DATA.batch(DATA.test_images, np.arange(64)))  # nothing was written into it


def test_nobody_takes_it_for_a_forward_pass():
    network = trained("mlp", True)
    x = DATA.batch(DATA.test_images, np.arange(8))
    logits = network.forward(x)
    list(logits_of_each(network, x, [Injection(additive(1.0), 3)]))
    with pytest.raises(CallOrderError):
        network.backward(logits)


PLAN = [
    Experiment(dataset="digits", epochs=1, phase="inference", noise=noise, point=point)
    for point in (0, 3, "global")
    for noise in (additive(0.5), multiplicative(1e30), multiplicative(0.5))
]


class Fails(wn.Noise):
    def inject(self, x, stream, executions=1):
        raise ZeroDivisionError("as planted")


@pytest.mark.parametrize(
    "more", [[], [Experiment(dataset="digits", epochs=1, phase="inference", noise=Fails(), point=3)]]
)
def test_what_overflows_or_fails_says_why_and_does_no_harm_to_others(more, monkeypatch):
    network, _ = wn.running.learn(PLAN[0].training_experiment())
    arguments = PLAN[0].training_experiment(), PLAN + more, wn.weights.to_arrays(network), PLAN[0].data()
    together = tasks.evaluate_all(*arguments)
    monkeypatch.setattr(tasks, "measure_each", lambda experiments, *_: [None] * len(experiments))
    alone = tasks.evaluate_all(*arguments)
    assert [(o.accuracy, o.error) for o in together] == [(o.accuracy, o.error) for o in alone]
    assert any("overflow" in o.error or "finite" in o.error for o in together)
    failed = [outcome.error for outcome in together[len(PLAN) :]]
    assert all(error.startswith("ZeroDivisionError: as planted (test_evaluation.py, ") for error in failed)
    assert len(failed) == len(more)


class Transposed(Layer):
    """Returns columns first in memory, and the next layer does not mind."""

    kind = "transposed"

    def output_shape(self, shape):
        return shape

    def forward(self, x, training=False):
        return np.asfortranarray(self.take_input(x))


class InPlace(Layer):
    """Breaks a promise of layers: it writes into what it is given."""

    kind = "inplace"

    def output_shape(self, shape):
        return shape

    def forward(self, x, training=False):
        return np.maximum(x, 0, out=x)


class Columns(Transposed):
    kind = "columns"

    def forward(self, x, training=False):
        return np.multiply(x, x.sum(axis=0, keepdims=True, dtype=x.dtype))  # the order of the sum is that of the memory


@pytest.mark.parametrize("own", [(Transposed(), Columns()), (InPlace(),)], ids=["memory layout", "in place"])
def test_layers_of_ones_own_that_are_not_like_ours(own):
    layers = [Flatten(), Dense(784, 40, index=0), *own, Dense(40, 10, index=1)]
    network = wn.Network(layers, input_shape=(1, 28, 28))
    injections = [Injection(additive(0.5), point) for point in range(len(network.points))]
    assert evaluate_each(network, DATA, injections, 128) == one_by_one(network, DATA, injections)


@pytest.mark.parametrize("classes", [2, 12])
def test_a_network_for_other_classes_than_the_datas_is_refused(classes):
    network = wn.build_model("mlp", DATA.shape, classes)
    for measure in (
        lambda: wn.evaluate(network, DATA),
        lambda: evaluate_each(network, DATA, [Injection(additive(0.5), 1)], 128),
    ):
        with pytest.raises(
            wn.InputError, match=rf"logits: expected those of 10 classes .*, got \({classes}, 128\); match network"
        ):
            measure()


def test_a_network_that_ends_in_images_has_no_accuracy():
    network = wn.Network([Conv(1, 10, (5, 5))], input_shape=DATA.shape)
    for measure in (
        lambda: wn.evaluate(network, DATA),
        lambda: evaluate_each(network, DATA, [Injection(additive(0.5), 1)], 128),
    ):
        with pytest.raises(
            wn.InputError, match=r"those of 10 classes for 128 images, \(10, 128\), got \(10, 24, 24, 128\)"
        ):
            measure()

"""ResNet-8 of tutorials/examples/resnet8.py: shapes, points, gradients, learning, and its layers' promises."""

import copy
import pickle

import numpy as np
import pytest
from examples.resnet8 import GlobalAvgPool, Pad, resnet8

import wn_ref as wn
from wn_ref import InputError, check_layer, cross_entropy

CIFAR = (3, 32, 32)


@pytest.mark.parametrize(("layer", "shape"), [(Pad(1), (2, 3, 4)), (Pad(2), (1, 1, 1)), (GlobalAvgPool(), (3, 2, 4))])
def test_every_promise_is_kept(layer, shape):
    check_layer(layer, shape)
    with pytest.raises(InputError, match=r"x: expected \(channels, height, width, batch\)"):
        check_layer(layer, (4,))


def test_padding_is_that_of_numpy(rng):
    x = rng.standard_normal((2, 3, 4, 5))
    np.testing.assert_array_equal(Pad(2).forward(x), np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0))))


def test_points_and_parameters():
    net = resnet8(CIFAR, 10, True, 0, "float32")
    assert net.points == [
        "input", "conv1", "bn1", "relu1",
        "conv2", "bn2", "relu2", "conv3", "bn3", "add1", "relu3",
        "conv4", "bn4", "relu4", "conv5", "bn5", "add2", "relu5",
        "conv6", "bn6", "relu6", "conv7", "bn7", "add3", "relu7",
        "avgpool1", "dense1",
    ]  # fmt: skip
    convolutions = [(3, 16), (16, 16), (16, 16), (16, 32), (32, 32), (32, 64), (64, 64)]
    expected = sum(9 * i * o + o + 2 * o for i, o in convolutions) + 16 * 32 + 32 + 32 * 64 + 64 + 64 * 10 + 10
    assert net.theta.size == expected == 78_186
    assert net.parameters["add2.weight"].shape == (32, 16, 1, 1)
    assert "add1.weight" not in net.parameters
    shapes = {name: y.shape for name, y in net.activations(np.zeros((*CIFAR, 2), np.float32))}
    assert [shapes[name] for name in ("add1", "add2", "add3", "avgpool1", "dense1")] == [
        (16, 32, 32, 2), (32, 16, 16, 2), (64, 8, 8, 2), (64, 2), (10, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("shape", [(1, 7, 9), (3, 1, 1)])
def test_images_of_any_size(shape, rng):
    net = resnet8(shape, 4, True, 0, "float32")
    assert net.forward(rng.standard_normal((*shape, 3)).astype(np.float32), True).shape == (4, 3)


@pytest.mark.parametrize("batchnorm", [True, False])
@pytest.mark.parametrize(
    ("noise", "point"), [(None, "global"), (wn.additive(0.5), "conv4"), (wn.multiplicative(0.3, "exact"), "all")]
)
def test_gradient_along_a_random_direction(batchnorm, noise, point, rng):
    net = resnet8((3, 8, 8), 5, batchnorm, 1, "float64")
    x, dy = rng.standard_normal((3, 8, 8, 4)), rng.standard_normal((5, 4))
    net.forward(x, True, noise, point, 3, 7)
    dx = net.backward(dy, input_gradient=True)
    u, v, theta = rng.standard_normal(x.shape), rng.standard_normal(net.theta.size), net.theta.copy()
    received = np.sum(dx * u) + net.dtheta @ v

    def loss(h):
        net.theta[:] = theta + h * v
        return np.sum(dy * net.forward(x + h * u, True, noise, point, 3, 7))

    slopes = [(loss(h) - loss(-h)) / (2 * h) for h in (1e-6, 1e-7, 1e-8)]  # ReLU's kinks lie within the larger steps
    assert min(abs(slope - received) for slope in slopes) < 1e-5 * abs(received)


@pytest.mark.parametrize("batchnorm", [True, False])
def test_one_training_step_lowers_the_loss(batchnorm, rng):
    """Along the negative gradient, on images of CIFAR-10's shape, under the same noise."""
    net = resnet8(CIFAR, 10, batchnorm, 0, "float32")
    x, labels = rng.standard_normal((*CIFAR, 16)).astype(np.float32), rng.integers(0, 10, 16)
    noise = wn.additive(0.1)
    before, dlogits = cross_entropy(net.forward(x, True, noise, seed=1), labels)
    net.backward(dlogits)
    net.theta -= 0.02 * net.dtheta
    after, _ = cross_entropy(net.forward(x, True, noise, seed=1), labels)
    assert after < before


def test_copies(rng):
    net = resnet8((3, 8, 8), 5, True, 1, "float32")
    x = rng.standard_normal((3, 8, 8, 4)).astype(np.float32)
    expected = net.forward(x, True, wn.additive(0.5), "add2")
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(twin.forward(x, True, wn.additive(0.5), "add2"), expected)


def test_it_learns_on_digits():
    data = wn.load_dataset("digits")
    net = resnet8(data.shape, len(data.classes), True, 0, "float32")
    assert wn.train(net, data, epochs=2)[-1].accuracy > 0.6

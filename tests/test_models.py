"""The networks of the paper: their points, shapes and sizes; bad input to build_model."""

import numpy as np
import pytest

from wn_ref import InputError, build_model

MLP = "dense1 relu1 dense2 relu2 dense3 relu3 dense4"
LENET5 = "conv1 relu1 pool1 conv2 relu2 pool2 dense1 relu3 dense2 relu4 dense3"
CNN_S = "conv1 relu1 conv2 relu2 dense1 relu3 dense2"


@pytest.mark.parametrize(
    ("name", "shape", "classes", "names", "points", "points_with_batchnorm", "size"),
    [
        ("mlp", (1, 28, 28), 10, MLP, 8, 11, 784 * 64 + 64 + 2 * (64 * 64 + 64) + 64 * 10 + 10),
        ("lenet5", (1, 28, 28), 10, LENET5, 12, 16, 44_426),
        ("lenet5", (3, 32, 32), 10, LENET5, 12, 16, 62_006),
        ("cnn_s", (1, 10, 49), 12, CNN_S, 8, 11, 28 * 40 + 28 + 30 * 28 * 40 + 30 + 1320 * 128 + 128 + 128 * 12 + 12),
    ],
)
def test_points_and_sizes(name, shape, classes, names, points, points_with_batchnorm, size):
    net = build_model(name, shape, classes, batchnorm=False)
    assert net.points == ["input", *names.split()]
    assert len(net.points) == points
    assert net.theta.size == size  # 44,426 and 62,006 are LeNet-5's known counts
    assert net.forward(np.zeros((*shape, 3))).shape == (classes, 3)
    normed = build_model(name, shape, classes, batchnorm=True)
    assert len(normed.points) == points_with_batchnorm
    assert [point for point in normed.points if not point.startswith("bn")] == net.points
    for point, following in zip(normed.points, normed.points[1:]):
        assert (following.startswith("bn")) == (point.startswith(("conv", "dense")))


def test_point_5_of_lenet5_with_batch_norm_is_its_second_convolution():
    assert build_model("lenet5").points[5] == "conv2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "mpl"}, "model: expected one of mlp.* got 'mpl'; did you mean 'mlp'"),
        (
            {"name": "mlp", "input_shape": (28, 28)},
            r"input_shape: expected \(channels, height, width\), all >= 1, got \(28, 28\)",
        ),
        ({"name": "mlp", "input_shape": (1, 28.9, 28)}, "input_shape: each size: expected a whole number .*, got 28.9"),
        ({"name": "mlp", "input_shape": (True, 28, 28)}, "input_shape: each size: expected a whole number"),
        ({"name": "mlp", "input_shape": (1, 0, 28)}, "input_shape: each size: expected a whole number of at least 1"),
        ({"name": "lenet5", "input_shape": (1, 28, 12)}, "at least 16 x 16 for lenet5, got 28 x 12; choose another"),
        ({"name": "cnn_s", "input_shape": (1, 10, 20)}, "at least 7 x 28 for cnn_s, got 10 x 20"),
        ({"name": "mlp", "classes": 1}, "classes: expected a whole number of at least 2, got 1"),
        ({"name": "mlp", "dtype": "int8"}, "dtype: expected one of float32, float64"),
        ({"name": "mlp", "seed": -1}, "seed: expected 0 <= seed"),
        ({"name": "mlp", "batchnorm": "no"}, "batchnorm: expected True or False, got 'no'"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InputError, match=message):
        build_model(**arguments)


@pytest.mark.parametrize(("name", "shape"), [("lenet5", (1, 16, 16)), ("cnn_s", (1, 7, 28))])
def test_the_smallest_images_work(name, shape):
    net = build_model(name, shape)
    assert net.forward(np.ones((*shape, 2)), training=True).shape == (10, 2)
    net.backward(np.ones((10, 2)))

"""What a layer takes and what it refuses: shapes, types, memory layouts, the order of calls, memory."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wn_ref import CallOrderError, InputError, check_layer
from wn_ref.layers import BatchNorm, Conv, Dense, Flatten, MaxPool, ReLU

LAYERS = {  # a layer, and the shape of an x that it takes, in float64
    "dense": (lambda: Dense(6, 4, dtype=np.float64), (6, 5)),
    "conv": (lambda: Conv(2, 3, (3, 2), (1, 2), dtype=np.float64), (2, 6, 7, 5)),
    "bn of features": (lambda: BatchNorm(6, np.float64), (6, 5)),
    "bn of images": (lambda: BatchNorm(2, np.float64), (2, 3, 4, 5)),
    "relu": (ReLU, (2, 3, 4, 5)),
    "pool": (lambda: MaxPool(2), (2, 6, 7, 5)),
    "flatten": (Flatten, (2, 3, 4, 5)),
}
every_layer = pytest.mark.parametrize(("make", "shape"), LAYERS.values(), ids=LAYERS)


@every_layer
@pytest.mark.parametrize("training", [True, False])
def test_every_promise_is_kept(make, shape, training):
    check_layer(make(), shape[:-1], training)


@every_layer
def test_what_is_no_array_of_the_layers_type_is_refused(make, shape):
    layer = make()
    masked = np.ma.masked_array(np.zeros(shape), mask=True)
    for x in (np.zeros(shape, np.int64), np.zeros(shape, np.float16), np.zeros(shape).tolist(), masked, None):
        with pytest.raises(InputError, match=r"^x: expected an array of .*float64.*; convert it$"):
            layer.forward(x)
    if layer.parameters:
        with pytest.raises(InputError, match="x: expected an array of float64"):
            layer.forward(np.zeros(shape, np.float32))


@every_layer
def test_an_empty_batch_is_refused(make, shape):
    with pytest.raises(InputError, match="with at least one sample"):
        make().forward(np.zeros((*shape[:-1], 0)))


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Dense(6, 4), (5, 3), r"expected \(6, batch\) for this dense layer, got \(5, 'batch'\)"),
        (Dense(6, 4), (6, 1, 3), r"expected \(6, batch\)"),
        (Conv(2, 3, (3, 2)), (1, 6, 6, 4), r"expected \(2, >= 3, >= 2, batch\) for this convolution"),
        (Conv(2, 3, (3, 2)), (2, 2, 6, 4), r"expected \(2, >= 3, >= 2, batch\)"),
        (Conv(2, 3, (3, 2)), (2, 6, 4), r"expected \(2, >= 3, >= 2, batch\)"),
        (BatchNorm(31), (32, 4), r"expected \(31, \[height, width,\] batch\) for this batch norm"),
        (BatchNorm(32), (64, 16), r"expected \(32,"),
        (MaxPool(3), (1, 2, 2, 4), r"expected \(channels, >= 3, >= 3, batch\) for this max pooling"),
        (MaxPool(2), (4, 4), r"expected \(channels, >= 2, >= 2, batch\)"),
    ],
)
def test_wrong_shapes_are_refused_before_the_loop(layer, shape, message):
    with pytest.raises(InputError, match=message) as caught:
        layer.forward(np.zeros(shape, np.float32))
    assert "\n" not in str(caught.value)


@every_layer
def test_a_gradient_of_another_shape_or_type_is_refused(make, shape, rng):
    layer = make()
    y = layer.forward(rng.standard_normal(shape), training=True)
    for dy in (y[..., :-1], y[:1], y.astype(np.float32), y[None]):
        with pytest.raises(InputError, match=r"^dy: expected float64 of shape"):
            layer.backward(dy)


@every_layer
def test_backward_needs_a_forward_that_was_not_refused(make, shape, rng):
    layer = make()
    dy = np.zeros_like(layer.forward(rng.standard_normal(shape), training=True))
    layer.backward(dy)
    for fresh in (make(), copy.deepcopy(layer)):
        with pytest.raises(CallOrderError, match="call forward first"):
            fresh.backward(dy)
    with pytest.raises(InputError):
        layer.forward(np.zeros((*shape[:-1], 0)))
    with pytest.raises(CallOrderError, match="call forward first"):
        layer.backward(dy)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Dense(64, 64), (64, 32)),
        (Conv(16, 16, (1, 1)), (16, 4, 4, 32)),
        (BatchNorm(16), (16, 32)),
    ],
)
def test_a_layer_may_be_given_its_own_output_and_gradient(layer, shape, rng):
    x, dy = rng.standard_normal((2, *shape)).astype(np.float32)
    once = layer.forward(x, True).copy()
    expected = layer.forward(once.copy(), True).copy()
    dx = layer.backward(dy).copy()
    dx_twice = layer.backward(dx.copy()).copy()
    np.testing.assert_array_equal(layer.forward(layer.forward(x, True), True), expected)
    np.testing.assert_array_equal(layer.backward(dy), dx)
    np.testing.assert_array_equal(layer.backward(layer.backward(dy)), dx_twice)


def test_an_overflow_in_batch_norm_stays_one(rng):
    """Squares of float64 overflow; 1 / sqrt(inf) would make every output beta, and nobody would see it."""
    layer = BatchNorm(2, np.float64)
    y = layer.forward(rng.standard_normal((2, 8)) * [[1.0], [1e200]], training=True)
    assert np.isfinite(y[0]).all()
    assert np.isnan(y[1]).all()
    later = layer.forward(rng.standard_normal((2, 8)))
    assert np.isfinite(later[0]).all()
    assert np.isnan(later[1]).all()


def test_batch_norm_does_not_train_on_a_single_value(rng):
    """As in PyTorch; a single image has as many values as pixels, and evaluation needs no variance."""
    layer = BatchNorm(3)
    with pytest.raises(InputError, match="expected two samples or more to train batch norm, got one"):
        layer.forward(np.ones((3, 1), np.float32), training=True)
    assert np.all(layer.statistics["running_var"] == 1)
    layer.forward(np.ones((3, 1), np.float32))
    layer.forward(rng.random((3, 2, 2, 1), np.float32), training=True)


@pytest.mark.parametrize("size", [16, 17, 28, 300])
def test_large_windows_have_the_right_gradient(size):
    """The place of the maximum does not fit into a byte from 17 x 17 on."""
    for place in (0, size * size - 1, size * size // 2 + 3):
        x = np.zeros(size * size)
        x[place] = 1
        layer = MaxPool(size)
        assert layer.forward(x.reshape(1, size, size, 1)).item() == 1
        dx = layer.backward(np.full((1, 1, 1, 1), 2.0)).ravel()
        assert dx[place] == 2
        assert dx.sum() == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: Dense(0, 4), lambda: Dense(2, 1.5), lambda: Conv(1, 2, (0, 3)), lambda: Conv(1, 2, (3, 3), (0, 1)),
        lambda: BatchNorm(0), lambda: MaxPool(0), lambda: MaxPool(2, 0), lambda: MaxPool(True),
    ],
)  # fmt: skip
def test_sizes_are_whole_numbers_of_at_least_one(make):
    with pytest.raises(InputError, match="expected a whole number of at least 1"):
        make()


@pytest.mark.parametrize("size", [5, (5,), (5, 5, 5), "55", None])
def test_a_kernel_has_rows_and_columns(size):
    for arguments in ({"size": size}, {"size": (5, 5), "stride": size}):
        with pytest.raises(
            InputError, match=r"expected two whole numbers, of rows and of columns, got .*; write \(5, 5"
        ):
            Conv(1, 6, **arguments)


def test_what_numpy_takes_for_two_numbers_or_for_a_type_is_taken():
    conv = Conv(1, 6, np.array([5, 4]), [2, 1], dtype="f8")
    assert conv.parameters["weight"].shape == (6, 1, 5, 4)
    assert (conv.stride, conv.parameters["weight"].dtype) == ((2, 1), np.float64)
    assert Dense(2, 3, dtype=float).parameters["bias"].dtype == np.float64


@pytest.mark.parametrize("dtype", [int, "float16", complex, None, 0.1])
def test_weights_are_float32_or_float64(dtype):
    for make in (
        lambda: Dense(2, 3, dtype=dtype),
        lambda: Conv(1, 2, (3, 3), dtype=dtype),
        lambda: BatchNorm(4, dtype),
    ):
        with pytest.raises(InputError, match="dtype: expected one of float32, float64, got "):
            make()


@settings(max_examples=20, deadline=None)
@given(batches=st.lists(st.integers(1, 40), min_size=3, max_size=12))
def test_memory_is_that_of_the_largest_batch(batches):
    layer = Conv(2, 3, (3, 3))
    for batch in batches:
        layer.backward(np.ones_like(layer.forward(np.ones((2, 8, 8, batch), np.float32))))
    held = sum(block.nbytes for block in layer.memory._blocks.values())
    largest = max(batches)
    assert held <= 4 * largest * (3 * 6 * 6 + 2 * 8 * 8) + 2 * 64

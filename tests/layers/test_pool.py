"""Max pooling against the maxima of windows, central differences, and PyTorch's rules for ties and NaN."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wn_ref import LayerError, check_layer
from wn_ref.layers import MaxPool


@settings(max_examples=40, deadline=None)
@given(
    size=st.integers(1, 4),
    stride=st.integers(1, 5),
    more=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    batch=st.sampled_from([1, 2, 17]),
    seed=st.integers(0, 99),
)
def test_maxima_and_gradients_of_odd_shapes(size, stride, more, batch, seed):
    rng = np.random.default_rng(seed)
    x = rng.permutation(2 * (size + more[0]) * (size + more[1]) * batch) / 10.0  # no two closer than a step
    x = x.reshape(2, size + more[0], size + more[1], batch)
    layer = MaxPool(size, stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    assert np.array_equal(layer.forward(x), windows.max(axis=(-2, -1)))
    check_layer(layer, x.shape[:-1], seed=seed)


def test_by_hand():
    layer = MaxPool(2)
    x = np.array([[1, 3, 9], [2, 0, 9], [9, 9, 9]], np.float32).reshape(1, 3, 3, 1)
    assert layer.forward(x).ravel().tolist() == [3]
    assert layer.backward(np.full((1, 1, 1, 1), 5, np.float32)).ravel().tolist() == [0, 5, 0, 0, 0, 0, 0, 0, 0]


def test_the_first_of_equals_wins_and_nan_beats_all():
    layer = MaxPool(2)
    x = np.array([[[1, 1], [1, 1]], [[1, np.nan], [np.inf, 2]], [[-np.inf] * 2] * 2], np.float32)[..., None]
    np.testing.assert_array_equal(layer.forward(x).ravel(), [1, np.nan, -np.inf])
    dx = layer.backward(np.ones((3, 1, 1, 1), np.float32))
    assert dx.reshape(3, 4).tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0]]


class PoolThatSharesTies(MaxPool):
    """dy to every place of the window."""

    def backward(self, dy, input_gradient=True):
        _, dy = self.take_gradient(dy)
        return np.repeat(np.repeat(dy, 2, axis=1), 2, axis=2)


def test_a_wrong_gradient_fails_the_same_check():
    with pytest.raises(LayerError, match=r"central differences.*: dx\["):
        check_layer(PoolThatSharesTies(2), (2, 4, 4))

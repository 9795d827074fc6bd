"""Convolution against its equation written as a sum over windows, central differences, and planted mistakes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wn_ref import LayerError, check_layer
from wn_ref.layers import Conv


@st.composite
def cases(draw, batch):
    """(layer, x): odd shapes, kernels as large as the image, strides larger than the kernel, rows left over."""
    inputs, outputs = draw(st.integers(1, 3)), draw(st.integers(1, 7))
    size = draw(st.integers(1, 4)), draw(st.integers(1, 11))
    stride = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    height, width = size[0] + draw(st.integers(0, 5)), size[1] + draw(st.integers(0, 5))
    seed = draw(st.integers(0, 99))
    layer = Conv(inputs, outputs, size, stride, seed, dtype=np.float64)
    x = np.random.default_rng(seed).standard_normal((inputs, height, width, draw(batch)))
    return layer, x


def oracle(layer, x):
    """The equation at the head of conv.py: a window for each output, one einsum over c, p, q."""
    weight, (down, across) = layer.parameters["weight"], layer.stride
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(1, 2))[:, ::down, ::across]
    return np.einsum("ocpq,cijnpq->oijn", weight, windows) + layer.parameters["bias"][:, None, None, None]


@settings(max_examples=60, deadline=None)
@given(cases(st.sampled_from([1, 2, 3, 17, 64])))
def test_forward_is_its_equation(case):
    layer, x = case
    np.testing.assert_allclose(layer.forward(x), oracle(layer, x), rtol=1e-12, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(cases(st.just(1)))
def test_gradients(case):
    layer, x = case
    check_layer(layer, x.shape[:-1], batches=(1, 2))


@pytest.mark.parametrize("shape", [(1, 28, 28, 6, (5, 5), (1, 1)), (28, 7, 20, 30, (4, 10), (1, 1))])
@pytest.mark.parametrize("batch", [128, 96])
def test_float32_on_the_papers_shapes(shape, batch, rng):
    """All three kernels in float32 against float64: within the rounding of sums of that length."""
    inputs, height, width, outputs, size, stride = shape
    x = rng.standard_normal((inputs, height, width, batch))
    pair = [Conv(inputs, outputs, size, stride, seed=1, dtype=dtype) for dtype in (np.float32, np.float64)]
    y32, y64 = (layer.forward(x.astype(dtype)) for layer, dtype in zip(pair, (np.float32, np.float64), strict=True))
    np.testing.assert_allclose(y32, y64, atol=2e-5)
    dy = rng.standard_normal(y64.shape)
    dx32, dx64 = pair[0].backward(dy.astype(np.float32)), pair[1].backward(dy)
    np.testing.assert_allclose(dx32, dx64, atol=2e-5)
    for name, gradient in pair[1].gradients.items():
        np.testing.assert_allclose(pair[0].gradients[name], gradient, atol=2e-5 * abs(gradient).max())


def test_by_hand():
    layer = Conv(1, 1, (2, 2))
    layer.parameters["weight"][:] = [[[[1, 2], [3, 4]]]]
    layer.parameters["bias"][:] = 10
    x = np.arange(6, dtype=np.float32).reshape(1, 2, 3, 1)  # 0 1 2 / 3 4 5
    assert layer.forward(x).ravel().tolist() == [10 + 2 + 9 + 16, 10 + 1 + 4 + 12 + 20]
    dx = layer.backward(np.array([1, 10], np.float32).reshape(1, 1, 2, 1))
    assert dx.ravel().tolist() == [1, 12, 20, 3, 34, 40]
    assert layer.gradients["weight"].ravel().tolist() == [10, 21, 43, 54]
    assert layer.gradients["bias"].tolist() == [11]


def test_nan_stays_where_it_is(rng):
    x = rng.standard_normal((2, 6, 6, 3))
    x[0, 0, 0, 1] = np.nan
    y = Conv(2, 3, (3, 3), dtype=np.float64).forward(x)
    assert np.isnan(y[:, 0, 0, 1]).all()
    assert np.isnan(y).sum() == 3


class ConvWithoutFlip(Conv):
    """dx with the kernel turned by half a turn."""

    def backward(self, dy, input_gradient=True):
        weight = self.parameters["weight"]
        kept = weight.copy()
        weight[:] = kept[:, :, ::-1, ::-1]
        dx = super().backward(dy, input_gradient)
        weight[:] = kept
        return dx


class ConvOneRowOff(Conv):
    """dW from x one row too low."""

    def backward(self, dy, input_gradient=True):
        kept, _ = self.take_gradient(dy)
        self.x = np.ascontiguousarray(np.roll(kept, 1, axis=1))
        dx = super().backward(dy, input_gradient)
        self.x = kept
        return dx


@pytest.mark.parametrize("mistaken", [ConvWithoutFlip, ConvOneRowOff])
def test_a_wrong_gradient_fails_the_same_check(mistaken):
    with pytest.raises(LayerError, match="central differences"):
        check_layer(mistaken(2, 3, (3, 2)), (2, 5, 4))

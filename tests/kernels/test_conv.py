"""The blocked convolution gives what the plain loops give, on odd shapes and in both types."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wn_ref.layers import conv as plain

fast = pytest.importorskip("wn_ref.kernels.conv", exc_type=ImportError)
TOLERANCE = {"float32": 2e-6, "float64": 1e-14}


@settings(max_examples=60, deadline=None)
@given(
    channels=st.tuples(st.integers(1, 8), st.integers(1, 14)),
    size=st.tuples(st.integers(1, 5), st.integers(1, 11)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    more=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    batch=st.sampled_from([1, 2, 7, 8, 31, 32, 33, 64, 100]),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 99),
)
def test_both_forms_agree(channels, size, stride, more, batch, dtype, seed):
    rng = np.random.default_rng(seed)
    (inputs, outputs), (rows, columns) = channels, size
    x = rng.standard_normal((inputs, rows + more[0], columns + more[1], batch)).astype(dtype)
    weight, bias = (
        rng.standard_normal((outputs, inputs, *size)).astype(dtype),
        rng.standard_normal(outputs).astype(dtype),
    )
    shape = (outputs, more[0] // stride[0] + 1, more[1] // stride[1] + 1, batch)
    dy = rng.standard_normal(shape).astype(dtype)
    results = []
    for forward, weight_gradient, input_gradient in (
        (plain._forward.plain, plain._weight_gradient.plain, plain._input_gradient.plain),
        (fast.forward, fast.weight_gradient, fast.input_gradient),
    ):
        y, dx, dw, db = (np.full(a.shape, np.nan, dtype) for a in (dy, x, weight, bias))
        forward(x, weight, bias, stride, y)
        weight_gradient(x, dy, stride, dw, db)
        input_gradient(weight, dy, stride, dx)
        results.append((y, dx, dw, db))
    for one, other in zip(*results, strict=True):
        terms = max(inputs * rows * columns, outputs * rows * columns, dy.size)
        np.testing.assert_allclose(one, other, rtol=0, atol=TOLERANCE[dtype] * max(terms, 16) ** 0.5 * 8)

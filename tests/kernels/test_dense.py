"""The blocked products give what BLAS gives, on odd shapes and in both types."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wn_ref.layers import dense as plain

fast = pytest.importorskip("wn_ref.kernels.dense", exc_type=ImportError)
TOLERANCE = {"float32": 2e-6, "float64": 1e-14}


@settings(max_examples=80, deadline=None)
@given(
    inputs=st.sampled_from([1, 2, 7, 8, 9, 63, 111, 112, 113, 250]),
    outputs=st.sampled_from([1, 2, 7, 8, 9, 10, 31, 32, 33, 64, 84]),
    batch=st.sampled_from([1, 2, 7, 8, 31, 32, 33, 64, 100]),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 99),
)
def test_both_forms_agree(inputs, outputs, batch, dtype, seed):
    rng = np.random.default_rng(seed)
    x, weight, bias, dy = (
        rng.standard_normal(shape).astype(dtype)
        for shape in ((inputs, batch), (outputs, inputs), outputs, (outputs, batch))
    )
    results = []
    for forward, weight_gradient, input_gradient in (
        (plain._forward.plain, plain._weight_gradient.plain, plain._input_gradient.plain),
        (fast.forward, fast.weight_gradient, fast.input_gradient),
    ):
        y, dx, dw, db = (np.full(a.shape, np.nan, dtype) for a in (dy, x, weight, bias))
        forward(x, weight, bias, y)
        weight_gradient(x, dy, dw, db)
        input_gradient(weight, dy, dx)
        results.append((y, dx, dw, db))
    for one, other in zip(*results, strict=True):
        terms = max(inputs, outputs, batch, 16)
        np.testing.assert_allclose(one, other, rtol=0, atol=TOLERANCE[dtype] * terms**0.5 * 8)

"""What is injected: the equations with the generator's own draws, their moments, and both backward passes."""

import numpy as np
import pytest
from scipy import stats

from wn_ref import InputError, additive, mixed, multiplicative, normal
from wn_ref.noise import Noise
from wn_ref.random import Stream

SHAPE, STREAM = (6, 5, 7), Stream(seed=11, point=3, step=42)


def m(sigma, draw):
    return 1 + sigma * normal(SHAPE, *STREAM, draw=draw).astype(np.float64)


def a(sigma, draw):
    return sigma * normal(SHAPE, *STREAM, draw=draw).astype(np.float64)


@pytest.mark.parametrize(
    ("noise", "equation"),
    [
        (additive(0.5), lambda x: x + a(0.5, 0)),
        (multiplicative(0.5), lambda x: x * m(0.5, 0)),
        (mixed(0.5, 2.0, "multiplicative"), lambda x: x * m(0.5, 0) + a(2.0, 1)),
        (mixed(0.5, 2.0, "additive"), lambda x: (x + a(2.0, 0)) * m(0.5, 1)),
        (mixed(0.0, 2.0, "multiplicative"), lambda x: x + a(2.0, 0)),
        (additive(0.0), lambda x: x),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_injection_is_its_equation(noise, equation, dtype, rng):
    x = rng.standard_normal(SHAPE).astype(dtype)
    expected = equation(x.astype(np.float64))
    noise.inject(x, STREAM)
    np.testing.assert_allclose(x, expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize(
    ("noise", "factor"),
    [
        (additive(0.5), 1.0),
        (multiplicative(0.5), 1.0),
        (mixed(0.5, 2.0, "additive"), 1.0),
        (multiplicative(0.5, "exact"), m(0.5, 0)),
        (mixed(0.5, 2.0, "multiplicative", "exact"), m(0.5, 0)),
        (mixed(0.5, 2.0, "additive", "exact"), m(0.5, 1)),
    ],
)
def test_backward(noise, factor, rng):
    """Straight-through hands dy on; exact multiplies it by the factor of the forward pass."""
    dy = rng.standard_normal(SHAPE)
    np.testing.assert_allclose(noise.backward(dy.copy(), STREAM), dy * factor, rtol=1e-12)


@pytest.mark.parametrize("noise", [multiplicative(0.7, "exact"), mixed(0.7, 0.3, "additive", "exact")])
def test_exact_gradient_is_the_derivative(noise, rng):
    x, dy, h = rng.standard_normal(SHAPE), rng.standard_normal(SHAPE), 1e-6
    up, down = x + h, x - h
    for shifted in (up, down):
        noise.inject(shifted, STREAM)
    np.testing.assert_allclose(noise.backward(dy.copy(), STREAM), dy * (up - down) / (2 * h), rtol=1e-7, atol=1e-9)


def test_moments_of_what_is_injected():
    """N(0, sigma^2) added, N(1, sigma^2) multiplied: within 4 standard errors, false alarm 1 in 4,000."""
    size = 1_000_000
    for noise, mean, std in ((additive(0.5), 3.0, 0.5), (multiplicative(0.5), 3.0, 1.5)):
        y = np.full(size, 3.0)
        noise.inject(y, Stream(1))
        assert abs(y.mean() - mean) < 4 * std / size**0.5
        assert abs(y.std() - std) < 4 * std / (2 * size) ** 0.5


@pytest.mark.parametrize("sigma", [-1, float("nan"), float("inf"), "much", None])
def test_bad_sigma(sigma):
    with pytest.raises(InputError, match="expected a finite standard deviation >= 0"):
        additive(sigma)


def test_bad_names():
    with pytest.raises(InputError, match="gradient: expected one of straight_through, exact, got 'exactly'; did you"):
        multiplicative(1, "exactly")
    with pytest.raises(InputError, match="first: expected"):
        Noise(1, 1, first="both")


@pytest.mark.parametrize(
    "noise", [additive(0.5), multiplicative(0.5, "exact"), mixed(0.5, 2.0, "additive", "exact")], ids=repr
)
def test_multi_execution_averages_independent_draws(noise, rng):
    """Copy k has draws 2 k and 2 k + 1; the backward pass multiplies by the mean of the factors."""
    x = rng.standard_normal(SHAPE)
    if noise.sigma_add == 0:
        copies = [x * m(0.5, 2 * k) for k in range(3)]
        factor = np.mean([m(0.5, 2 * k) for k in range(3)], axis=0)
    elif noise.sigma_mul == 0:
        copies, factor = [x + a(0.5, 2 * k) for k in range(3)], 1.0
    else:
        copies = [(x + a(2.0, 2 * k)) * m(0.5, 2 * k + 1) for k in range(3)]
        factor = np.mean([m(0.5, 2 * k + 1) for k in range(3)], axis=0)
    once, thrice = x.copy(), x.copy()
    noise.inject(once, STREAM, executions=1)
    noise.inject(thrice, STREAM, executions=3)
    expected = x.copy()
    noise.inject(expected, STREAM)
    assert np.array_equal(once, expected)
    np.testing.assert_allclose(thrice, np.mean(copies, axis=0), rtol=2e-6, atol=2e-6)
    dy = rng.standard_normal(SHAPE)
    np.testing.assert_allclose(noise.backward(dy.copy(), STREAM, executions=3), dy * factor, rtol=1e-12)


def test_executions_divide_sigma_by_the_root_of_their_number():
    """Normal with sigma / 2 for four executions: Kolmogorov-Smirnov at 1 in 1,000, which sigma and sigma / 4 fail."""
    x = np.zeros(100_000)
    additive(3.0).inject(x, Stream(5), executions=4)
    assert stats.kstest(x, "norm", (0, 1.5)).pvalue > 1e-3
    for wrong in (3.0, 0.75):
        assert stats.kstest(x, "norm", (0, wrong)).pvalue < 1e-6


@pytest.mark.parametrize(
    "bad", ["0.5", None, np.nan, np.inf, -1e-300, 1j, np.array(0.5), [0.5], True, 10**400, np.str_("1")]
)
def test_a_sigma_that_is_no_number(bad):
    for noise, name in ((additive, "sigma_add"), (multiplicative, "sigma_mul")):
        with pytest.raises(InputError, match=f"{name}: expected a finite standard deviation >= 0, got ") as caught:
            noise(bad)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("sigma", [np.float32(0.1), np.int8(3), 2, -0.0])
def test_a_sigma_becomes_a_number_of_python(sigma):
    assert repr(additive(sigma)) == repr(additive(float(sigma) or 0.0))
    assert type(multiplicative(0.5, np.str_("exact")).gradient) is str


EXACT = multiplicative(0.5, "exact")


@pytest.mark.parametrize("count", [0, -3, 1.5])
def test_executions_are_counted_in_whole_numbers(count):
    for call in (EXACT.inject, EXACT.backward):
        with pytest.raises(InputError, match="executions: expected a whole number of at least 1"):
            call(np.ones(SHAPE), STREAM, count)


def test_arrays_that_kernels_cannot_use_are_refused_and_not_left_without_noise():
    fortran = np.ones(SHAPE, order="F")
    with pytest.raises(InputError, match="dy: expected a writable array of float32 or float64 in C order, got int64"):
        EXACT.backward(np.ones(3, int), STREAM)
    with pytest.raises(InputError, match=r"out: expected a writable array .* in C order, got float64 \(6, 5, 7\)"):
        EXACT.backward(np.ones(SHAPE), STREAM, out=fortran)
    with pytest.raises(InputError, match=r"out: expected float64 \(6, 5, 7\) as dy, got float32 \(6, 5, 7\)"):
        EXACT.backward(np.ones(SHAPE), STREAM, out=np.empty(SHAPE, np.float32))
    with pytest.raises(InputError, match="x: expected a writable array"):
        EXACT.inject_and_keep(fortran, STREAM, np.empty(SHAPE))
    with pytest.raises(InputError, match="factors: expected a writable array"):
        EXACT.inject_and_keep(np.ones(SHAPE), STREAM, fortran)
    with pytest.raises(InputError, match=r"factors: expected float64 \(6, 5, 7\) as x, got float64 \(7,\)"):
        EXACT.inject_and_keep(np.ones(SHAPE), STREAM, np.empty(7))
    dy = np.asfortranarray(np.ones(SHAPE))
    np.testing.assert_array_equal(EXACT.backward(dy, STREAM), EXACT.backward(np.ones(SHAPE), STREAM))


def test_factors_need_memory_of_their_own():
    x = np.ones(SHAPE)
    for factors in (x, x[:]):
        with pytest.raises(InputError, match="factors: expected memory of its own"):
            EXACT.inject_and_keep(x, STREAM, factors)
    assert (x == 1).all()

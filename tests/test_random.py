"""The generator: published known answers, the distribution of its normals, independence of its streams.

The seeds are fixed, so a test passes or fails for good; its false-alarm rate over seeds stands beside each bound.
"""

import numpy as np
import pytest
from scipy import stats

from wn_ref import InputError
from wn_ref import generator as kernels
from wn_ref.generator import CHUNK
from wn_ref.random import normal, permutation, philox, uniform

N = 10_000_000


@pytest.fixture(scope="module")
def draws() -> np.ndarray:
    return normal(N, seed=1)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # kat_vectors of the Random123 library, philox4x32 with 10 rounds
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_known_answers(counter, key, expected):
    assert philox(counter, key) == expected


def reference(size: int, seed: int, point: int, step: int, draw: int) -> np.ndarray:
    """The module's equations, element by element, with the library's logarithm and sine in float64."""
    out = np.empty(size)
    for element in range(size):
        chunk, rest = divmod(element, 256)
        word, i = divmod(rest, 64)
        words = philox((64 * chunk + i, step, point, draw), (seed & 0xFFFFFFFF, seed >> 32))
        a, b = words[word // 2 * 2], words[word // 2 * 2 + 1]
        u = float((np.float32(a) + np.float32(0.5)) * np.float32(2**-32))
        t = (b - 2**32 if b >= 2**31 else b) / 2**31
        out[element] = np.sqrt(-2 * np.log(u)) * (np.sin if word % 2 else np.cos)(np.pi * t)
    return out


@pytest.mark.parametrize("stream", [(0, 0, 0, 0), (2**64 - 1, 7, 2**32 - 1, 1), (123456789012345, 3, 5, 0)])
def test_normals_are_the_equations_of_the_module(stream):
    np.testing.assert_allclose(normal(700, *stream), reference(700, *stream), atol=2e-6)


def test_polynomials_are_as_good_as_they_say():
    f = np.linspace(0.5**0.5 - 1, 2**0.5 - 1, 100_001)
    p, q = (np.polynomial.Polynomial(np.array(c, np.float64)) for c in (kernels._P, kernels._Q))
    assert abs(f - f**2 / 2 + f**3 * p(f) - np.log1p(f)).max() < 7e-8
    x = np.linspace(-0.5, 0.5, 100_001)
    assert abs(x * q(x**2) - np.sin(np.pi * x)).max() < 4e-8


def test_known_answers_of_the_normals():
    """The first draws for good: a stored result or another framework's noise depends on them."""
    expected = [0.5715806, -0.94108914, -0.07520373, -0.41464845]
    received = normal(CHUNK, seed=2024, point=3, step=17)[[0, 1, 64, 255]]
    np.testing.assert_allclose(received, expected, atol=2e-6)


def test_moments(draws):
    """Four moments within 4 standard errors: false alarm 1 in 4,000."""
    x = draws.astype(np.float64)
    for moment, spread in ((x.mean(), 1), (x.var() - 1, 2**0.5), (stats.skew(x), 6**0.5), (stats.kurtosis(x), 24**0.5)):
        assert abs(moment) < 4 * spread / np.sqrt(N)


def test_kolmogorov_smirnov(draws):
    assert stats.kstest(draws, "norm").pvalue > 1e-4


def test_tails(draws):
    """As many beyond 3, 4 and 5 standard deviations on either side as there should be: false alarm 1 in 5,000."""
    for bound in (3, 4, 5):
        expected = N * stats.norm.sf(bound)
        for count in (np.sum(draws > bound), np.sum(draws < -bound)):
            assert stats.poisson.cdf(count, expected) > 1e-5
            assert stats.poisson.sf(count - 1, expected) > 1e-5
    assert abs(draws).max() < 6.77


def test_neighbours_and_pairs_are_independent(draws):
    """Correlations of x and of |x| at lags within and across blocks, below 4.5 standard errors: 1 in 10,000."""
    x = draws[: N // 10].astype(np.float64)
    for values in (x, abs(x) - np.sqrt(2 / np.pi)):
        for lag in (1, 2, 63, 64, 128, 192, 256):
            correlation = np.mean(values[:-lag] * values[lag:]) / values.var()
            assert abs(correlation) < 4.5 / np.sqrt(len(x) - lag), lag


def test_streams_are_uncorrelated():
    """All pairs of streams that differ in one argument: below 4.5 standard errors, false alarm 1 in 1,000."""
    size = 200_000
    streams = [(5, 0, 0, 0), (6, 0, 0, 0), (5 + 2**32, 0, 0, 0), (5, 1, 0, 0), (5, 2, 0, 0), (5, 0, 1, 0), (5, 0, 2, 0)]
    streams += [(5, 0, 0, 1), (5, 1, 1, 0)]
    x = np.array([normal(size, *stream) for stream in streams], np.float64)
    for values in (x, x**2 - 1):
        correlation = np.corrcoef(values) - np.eye(len(streams))
        assert abs(correlation).max() < 4.5 / np.sqrt(size)


def test_a_draw_is_a_function_of_its_arguments():
    assert np.array_equal(normal((40, 30), 9, 1, 2), normal(1200, 9, 1, 2).reshape(40, 30))
    assert np.array_equal(normal(5, 9, 1, 2), normal(1200, 9, 1, 2)[:5])
    assert normal((2, 3), 0).dtype == np.float32
    assert normal(0, 0).shape == (0,)


def test_uniform_and_permutation():
    u = uniform(1_000_000, seed=3, point=0)
    assert u.min() > 0
    assert u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > 1e-4
    order = permutation(10_000, seed=3, point=0)
    assert np.array_equal(np.sort(order), np.arange(10_000))
    assert abs(np.corrcoef(order, np.arange(10_000))[0, 1]) < 0.04
    assert not np.array_equal(order, permutation(10_000, seed=3, point=0, step=1))


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"seed": 2**64}, {"point": -1}, {"step": 2**32}])
def test_numbers_out_of_range(wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))}: expected 0 <="):
        normal(4, **({"seed": 0} | wrong))


def test_numbers_that_are_not_whole():
    with pytest.raises(InputError, match=r"stream: expected whole numbers, got seed 0, point 0, step 0\.5, draw 0"):
        normal(4, seed=0, step=0.5)

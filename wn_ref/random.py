"""Where noise comes from: a counter-based generator of standard normals.

A draw is a pure function of five numbers::

    n = normal(seed, point, step, draw, element)

so that a run gives the same bits in any process, in any order and on any number of workers, and so that any other
framework can be handed the very same noise. Nothing is kept between two draws; there is no state to seed or save.
(The words are the same everywhere. Between two kinds of processor a normal may differ in its last bit, by 5e-7 at most,
because one fuses a product and a sum that the other rounds twice.)

1. **Bits**: Philox4x32-10 [1]_ turns the counter (block, step, point, draw) under the key ``seed`` into four
   32-bit words. It is ten rounds of two 32 x 32 -> 64-bit products, each round's key a constant further.
2. **Normals**: Box and Muller's transform [2]_ turns two words a, b into two normals::

       u = (a + 1/2) / 2^32,   t = b / 2^31 as a signed word, so -1 <= t < 1
       n_0 = sqrt(-2 ln u) cos(pi t),   n_1 = sqrt(-2 ln u) sin(pi t)

   in float32, with short polynomials for ln and sin that the compiler can spread over a SIMD register. The
   smallest u, 2^-33, puts the end of the tails at 6.76 standard deviations.

Elements are numbered in C order. Sixty-four blocks make one chunk of 256 elements, laid out word by word, so that the
inner loops read and write neighbours: element 256 c + 64 w + i of an array is normal w of block 64 c + i.

References
----------
.. [1] J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
.. [2] G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29, 1958.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index

import numpy as np

from wn_ref.errors import InputError
from wn_ref.kernel import kernel

WEIGHTS = 0xFFFFFFFF
"""The `point` of initial weights. Injection points count from 0 up, the generator's other users from the top down."""
SHUFFLE = 0xFFFFFFFE
"""The `point` of the order in which an epoch visits the training images."""
AUGMENT = 0xFFFFFFFD
"""The `point` of random crops, flips and background noise."""
EVALUATION = 0x80000000
"""Evaluation takes its noise from `step` = EVALUATION + batch, so that no training step shares it."""

BLOCKS = 64  # Philox blocks a chunk
CHUNK = 4 * BLOCKS  # elements a chunk

Shape = int | Sequence[int]


def normal(shape: Shape, seed: int, point: int = 0, step: int = 0, draw: int = 0) -> np.ndarray:
    """Draw standard normals, a function of the arguments alone.

    Parameters
    ----------
    shape : int or sequence of int
        Shape of the result; elements are numbered in C order.
    seed : int
        Key of the generator, 0 <= seed < 2^64.
    point, step, draw : int
        The stream: injection point, training step (batch), and the how manieth draw there (mixed noise makes two);
        each 0 <= value < 2^32. Different streams are independent.

    Returns
    -------
    np.ndarray
        float32 array of `shape`, mean 0, standard deviation 1.

    Raises
    ------
    InputError
        If a number is out of its range.
    """
    out = np.zeros(shape, np.float32)
    add_normals(out.reshape(-1), np.float32(1), *stream(seed, point, step, draw))
    return out


def uniform(shape: Shape, seed: int, point: int = 0, step: int = 0) -> np.ndarray:
    """Draw numbers uniform on the open interval (0, 1): u of the module's equation 2, one for each word.

    Parameters and errors are those of `normal`; the result is float64 with steps of 2^-32.
    """
    return (words(shape, seed, point, step) + 0.5) / 2.0**32


def words(shape: Shape, seed: int, point: int = 0, step: int = 0) -> np.ndarray:
    """Draw random 32-bit words, uint32; parameters and errors are those of `normal`."""
    out = np.empty(shape, np.uint32)
    _fill_words(out.reshape(-1), *stream(seed, point, step, 0))
    return out


def permutation(size: int, seed: int, point: int = 0, step: int = 0) -> np.ndarray:
    """Draw a random order of 0 ... size - 1 (int64) by sorting one uniform number for each of them."""
    return np.argsort(uniform(size, seed, point, step), kind="stable")


def philox(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]:
    """Philox4x32-10 of four 32-bit counter words under two 32-bit key words: four random 32-bit words."""
    return tuple(int(word) for word in _philox(*(np.uint64(word) for word in (*counter, *key))))


def stream(seed: int, point: int, step: int, draw: int) -> tuple[int, int, int, int, int]:
    """Check the arguments of `normal` and return them as the kernels take them: (key 0, key 1, step, point, draw)."""
    try:
        seed, point, step, draw = index(seed), index(point), index(step), index(draw)
    except TypeError:
        what = f"seed {seed!r}, point {point!r}, step {step!r}, draw {draw!r}"
        raise InputError(f"stream: expected whole numbers, got {what}; correct it") from None
    if seed >> 64 or point >> 32 or step >> 32 or draw >> 32:  # -1 for a negative number
        for name, value, bits in (("seed", seed, 64), ("point", point, 32), ("step", step, 32), ("draw", draw, 32)):
            if value >> bits:
                raise InputError(f"{name}: expected 0 <= {name} < 2^{bits}, got {value}; choose a number there")
    return seed & 0xFFFFFFFF, seed >> 32, step, point, draw


# ---- kernels -------------------------------------------------------------------------------------------------
# Words travel in 64-bit lanes: the product of two 32-bit words is then one SIMD instruction.

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)  # Philox's multipliers
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)  # and key increments: golden ratio, sqrt(3) - 1


@kernel
def _philox(c0, c1, c2, c3, k0, k1):
    """Ten rounds of (c0, c1, c2, c3) <- (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0))."""
    for _ in range(10):
        product0 = _M0 * c0
        product1 = _M1 * c2
        c0 = (product1 >> _HALF) ^ c1 ^ k0
        c1 = product1 & _LOW
        c2 = (product0 >> _HALF) ^ c3 ^ k1
        c3 = product0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@kernel
def _chunk_of_words(words, chunk, key0, key1, step, point, draw):
    """words (4, BLOCKS) uint32 <- Philox of blocks BLOCKS * chunk ... BLOCKS * (chunk + 1) - 1."""
    k0, k1 = np.uint64(key0), np.uint64(key1)
    c1, c2, c3 = np.uint64(step), np.uint64(point), np.uint64(draw)
    for i in range(BLOCKS):
        w0, w1, w2, w3 = _philox(np.uint64(chunk * BLOCKS + i) & _LOW, c1, c2, c3, k0, k1)
        words[0, i] = np.uint32(w0)
        words[1, i] = np.uint32(w1)
        words[2, i] = np.uint32(w2)
        words[3, i] = np.uint32(w3)


# Minimax polynomials (Remez): ln(1 + f) = f - f^2/2 + f^3 P(f) on sqrt(1/2) - 1 <= f <= sqrt(2) - 1, error < 7e-8;
# sin(pi x) = x Q(x^2) on |x| <= 1/2, error < 4e-8.
_P = tuple(
    np.float32(c) for c in (0.33333403, -0.25001129, 0.19986237, -0.16583453, 0.14646122, -0.14201833, 0.09501198)
)
_Q = tuple(np.float32(c) for c in (3.14159264, -5.16771009, 2.55007766, -0.59829216, 0.07765941))
_P0, _P1, _P2, _P3, _P4, _P5, _P6 = _P
_Q0, _Q1, _Q2, _Q3, _Q4 = _Q
_LN2 = np.float32(math.log(2))
_SQRT_HALF_BITS = np.int32(0x3F3504F3)
_MANTISSA = np.int32(23)
_ZERO, _HALF_F, _ONE, _MINUS_TWO = (np.float32(c) for c in (0, 0.5, 1, -2))
_TO_UNIT, _TO_HALF_TURNS = np.float32(2.0**-32), np.float32(2.0**-31)


@kernel
def _ln(u):
    """ln u = e ln 2 + ln m, with u = 2^e m and sqrt(1/2) <= m < sqrt(2) read off the bits of the float."""
    bits = np.float32(u).view(np.int32)
    e = np.int32(np.int32(bits - _SQRT_HALF_BITS) >> _MANTISSA)
    f = np.int32(bits - np.int32(e << _MANTISSA)).view(np.float32) - _ONE
    p = _P0 + f * (_P1 + f * (_P2 + f * (_P3 + f * (_P4 + f * (_P5 + f * _P6)))))
    return np.float32(e) * _LN2 + (f + f * f * (f * p - _HALF_F))


@kernel
def _sin_pi(x):
    y = x * x
    return x * (_Q0 + y * (_Q1 + y * (_Q2 + y * (_Q3 + y * _Q4))))


@kernel
def _box_muller(words, normals):
    """normals (4, BLOCKS) <- words (4, BLOCKS), rows in pairs: u from the first of a pair, t from the second."""
    for first in range(0, 4, 2):
        for i in range(BLOCKS):
            u = (np.float32(words[first, i]) + _HALF_F) * _TO_UNIT
            t = np.float32(np.int32(words[first + 1, i])) * _TO_HALF_TURNS
            radius = np.sqrt(_MINUS_TWO * _ln(u))
            turn = abs(t)  # cos(pi t) = sin(pi (1/2 - |t|)); sin(pi |t|) = sin(pi (1 - |t|))
            sine = _sin_pi(min(turn, _ONE - turn))
            normals[first, i] = radius * _sin_pi(_HALF_F - turn)
            normals[first + 1, i] = radius * (-sine if t < _ZERO else sine)


@kernel
def _fill_words(out, key0, key1, step, point, draw):
    words = np.empty((4, BLOCKS), np.uint32)
    flat = words.reshape(-1)
    for start in range(0, out.size, CHUNK):
        _chunk_of_words(words, start // CHUNK, key0, key1, step, point, draw)
        part = out[start : start + CHUNK]
        for i in range(part.size):
            part[i] = flat[i]


# Drawing and using in one pass: a chunk of normals never leaves the first-level cache. `x` is flat and changed in
# place: with a second array the compiler would have to ask at every chunk whether the two overlap.


@kernel
def add_normals(x, sigma, key0, key1, step, point, draw):
    """x <- x + sigma n, with sigma of x's dtype."""
    words = np.empty((4, BLOCKS), np.uint32)
    normals = np.empty((4, BLOCKS), np.float32)
    n = normals.reshape(-1)
    for start in range(0, x.size, CHUNK):
        _chunk_of_words(words, start // CHUNK, key0, key1, step, point, draw)
        _box_muller(words, normals)
        part = x[start : start + CHUNK]
        for i in range(part.size):
            part[i] += sigma * n[i]


@kernel
def multiply_by_normals(x, sigma, key0, key1, step, point, draw):
    """x <- x (1 + sigma n), with sigma of x's dtype."""
    words = np.empty((4, BLOCKS), np.uint32)
    normals = np.empty((4, BLOCKS), np.float32)
    n = normals.reshape(-1)
    one = x.dtype.type(1)
    for start in range(0, x.size, CHUNK):
        _chunk_of_words(words, start // CHUNK, key0, key1, step, point, draw)
        _box_muller(words, normals)
        part = x[start : start + CHUNK]
        for i in range(part.size):
            part[i] *= one + sigma * n[i]

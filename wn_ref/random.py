"""Where noise comes from: a counter-based generator of standard normals.

Every normal is a pure function of five numbers::

    n = normal(seed, point, step, draw, element)

Therefore a run gives the same bits in any process, in any order and on any number of workers, and another framework can
be given exactly the same noise. Nothing is kept between two draws: there is no state to seed or to save.
(The random words are the same on every machine. A normal may differ in its last bit, by 5e-7 at most, between two kinds
of processor, because one of them rounds a product and a sum together and the other one after the other.)

1. **Bits**: Philox4x32-10 [1]_ turns the counter (block, step, point, draw) under the key ``seed`` into four
   32-bit words. It is ten rounds of two 32 x 32 -> 64-bit products, each round's key a constant further.
2. **Normals**: Box and Muller's transform [2]_ turns two words a, b into two normals::

       u = (a + 1/2) / 2^32,   t = b / 2^31 as a signed word, so -1 <= t < 1
       n_0 = sqrt(-2 ln u) cos(pi t),   n_1 = sqrt(-2 ln u) sin(pi t)

   in float32, with short polynomials for ln and sin that the compiler can spread over a SIMD register. The
   smallest u is 2^-33, so no normal is further from 0 than 6.76 standard deviations.

Elements are numbered in C order. 64 blocks make one chunk of 256 elements, stored word by word, so that the inner loops
read and write neighbours: element 256 c + 64 w + i of an array is normal w of block 64 c + i. The counter of blocks has
32 bits, so one stream has 2^34 elements; an array that needs more is refused.

Who draws what? Every user of the generator has streams of its own: injection points count up from 0, and all others
have a `point` from the top down::

    point          step                                                      what is drawn
    0, 1, 2, ...   step of training, EVALUATION + batch,                     noise at this injection point
                   or CALIBRATION + batch
    LAYERS + number                the same steps                            what a layer of your own draws, as dropout
    WEIGHTS        2 x number of the layer, + 1 for its bias                 initial weights
    SHUFFLE        epoch                                                     order of the training images
    AUGMENT        epoch                                                     crops and flips
    SUBSET         CHOICE, SPLIT, TRAIN_SUBSET, TEST_SUBSET or HELD_OUT      images that form a part of a data set
    BACKGROUND     CRC-32 of the clip's name                                 background noise in a clip of speech
    CASES          see `wn_ref.ports.record`                                 images, labels and weights of a test case

References
----------
.. [1] J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
.. [2] G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29, 1958.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import index
from typing import NamedTuple

import numpy as np

from wn_ref.compiled import kernel
from wn_ref.errors import InputError

WEIGHTS, SHUFFLE, AUGMENT, SUBSET, BACKGROUND, CASES = RESERVED = range(2**32 - 1, 2**32 - 7, -1)
"""The `point` of everybody who is not an injection point; see the table above."""
LAYERS = 0x80000000
"""The first `point` of layers that draw something; no injection point has a number as large."""
EVALUATION = 0x80000000
"""The first `step` of an evaluation; those below are steps of training."""
CALIBRATION = 0xC0000000
"""The first `step` at which something is chosen under noise that evaluations are then to judge."""
CHOICE, SPLIT, TRAIN_SUBSET, TEST_SUBSET, HELD_OUT = CHOICES = range(5)
"""The `step` of a choice of images at the point SUBSET; CHOICE is for those who call `wn_ref.datasets.stratified`."""

BLOCKS = 64  # Philox blocks in a chunk
CHUNK = 4 * BLOCKS  # elements in a chunk
LONGEST = 1 << 34  # elements of one stream, before its 32-bit counter of blocks starts again

Shape = int | Sequence[int]


class Stream(NamedTuple):
    """Which random numbers: those of one injection point in one training step of one run.

    Attributes
    ----------
    seed : int
        The key of the generator, 0 <= seed < 2^64.
    point, step : int
        The injection point and the training step, each 0 <= value < 2^32.
    """

    seed: int
    point: int = 0
    step: int = 0

    def words(self, draw: int = 0) -> tuple[int, int, int, int, int]:
        """Return what the kernels take, (key 0, key 1, step, point, draw), after a check.

        Raises
        ------
        InputError
            If a number is not whole or out of its range.
        """
        try:
            seed, point, step, draw = index(self.seed), index(self.point), index(self.step), index(draw)
        except TypeError:
            what = f"seed {self.seed!r}, point {self.point!r}, step {self.step!r}, draw {draw!r}"
            raise InputError(f"stream: expected whole numbers, got {what}; correct it") from None
        if seed >> 64 or point >> 32 or step >> 32 or draw >> 32:  # -1 for a negative number
            for name, value, bits in (("seed", seed, 64), ("point", point, 32), ("step", step, 32), ("draw", draw, 32)):
                if value >> bits:
                    raise InputError(f"{name}: expected 0 <= {name} < 2^{bits}, got {value}; choose a number there")
        return seed & 0xFFFFFFFF, seed >> 32, step, point, draw


def normal(shape: Shape, seed: int, point: int = 0, step: int = 0, draw: int = 0) -> np.ndarray:
    """Draw standard normals, which are a function of the arguments alone.

    Parameters
    ----------
    shape : int or sequence of int
        Shape of the result; elements are numbered in C order.
    seed : int
        The key of the generator, 0 <= seed < 2^64.
    point, step : int
        The injection point and the training step, each 0 <= value < 2^32.
    draw : int
        The number of the draw at that point and step, 0 <= draw < 2^32: mixed noise draws twice.

    Returns
    -------
    np.ndarray
        float32 array of `shape`, with mean 0 and standard deviation 1. Different (seed, point, step, draw) are
        independent of each other.

    Raises
    ------
    InputError
        If a number is out of its range, or more than 2^34 elements are asked for.

    Examples
    --------
    >>> import wn_ref as wn
    >>> n = wn.normal((3, 1000), seed=0, point=4)
    >>> n.shape, n.dtype.name, bool(abs(n.std() - 1) < 0.05)
    ((3, 1000), 'float32', True)
    >>> bool((n == wn.normal((3, 1000), seed=0, point=4)).all())
    True
    """
    words = Stream(seed, point, step).words(draw)
    out = np.zeros(_checked(shape), np.float32)
    add_normals(out.reshape(-1), np.float32(1), *words)
    return out


def uniform(shape: Shape, seed: int, point: int, step: int = 0) -> np.ndarray:
    """Draw numbers uniform on the open interval (0, 1): u of the second equation above, one for each random word.

    Parameters and errors are those of `normal`, but `point` has to be given: it says who draws (see the table above).
    The result is float64, in steps of 2^-32.
    """
    return (words(shape, seed, point, step) + 0.5) / 2.0**32


def words(shape: Shape, seed: int, point: int, step: int = 0) -> np.ndarray:
    """Draw random 32-bit words, uint32; parameters and errors are those of `uniform`."""
    key = Stream(seed, point, step).words()
    out = np.empty(_checked(shape), np.uint32)
    _fill_words(out.reshape(-1), *key)
    return out


def permutation(size: int, seed: int, point: int, step: int = 0) -> np.ndarray:
    """Draw a random order of 0 ... size - 1 (int64) by sorting one uniform number for each of them."""
    return np.argsort(uniform(size, seed, point, step), kind="stable")


def philox(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]:
    """Philox4x32-10 of four 32-bit counter words under two 32-bit key words: four random 32-bit words."""
    w0, w1, w2, w3 = _philox(*(np.uint64(word) for word in (*counter, *key)))
    return int(w0), int(w1), int(w2), int(w3)


def _checked(shape: Shape) -> tuple[int, ...]:
    """Return a shape as a tuple, after a check that one stream has enough elements for it."""
    try:
        sizes = tuple(map(index, shape if isinstance(shape, Iterable) else (shape,)))
    except TypeError:
        sizes = (-1,)
    if any(size < 0 for size in sizes):
        raise InputError(f"shape: expected a whole number >= 0, or several of them, got {shape!r}; correct it")
    if math.prod(sizes) > LONGEST:
        got = f"{math.prod(sizes)} in the shape {shape}"
        raise InputError(f"shape: expected at most 2^34 elements, got {got}; draw them in parts, with other steps")
    return sizes


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
    """Fill words, (4, BLOCKS) uint32, with Philox of the blocks BLOCKS * chunk ... BLOCKS * (chunk + 1) - 1."""
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
    """Turn words, (4, BLOCKS), into normals: of each pair of rows the first gives u and the second t."""
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

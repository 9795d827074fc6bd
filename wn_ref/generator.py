"""The kernels of the generator: from counters to random words, from words to normals, and from normals to noise.

What they compute is written in `wn_ref.random`. Words travel in 64-bit lanes: the product of two 32-bit words is then
one SIMD instruction. A chunk of normals is drawn and used before the next one, so that it never leaves the first-level
cache.
"""

from __future__ import annotations

import math

import numpy as np

from wn_ref.compiled import kernel

BLOCKS = 64  # Philox blocks in a chunk
CHUNK = 4 * BLOCKS  # elements in a chunk

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)  # Philox's multipliers
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)  # and key increments: golden ratio, sqrt(3) - 1


@kernel
def philox(c0, c1, c2, c3, k0, k1):
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
        w0, w1, w2, w3 = philox(np.uint64(chunk * BLOCKS + i) & _LOW, c1, c2, c3, k0, k1)
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
def fill_words(out, key0, key1, step, point, draw):
    """Fill a flat array of uint32 with random words."""
    words = np.empty((4, BLOCKS), np.uint32)
    flat = words.reshape(-1)
    for start in range(0, out.size, CHUNK):
        _chunk_of_words(words, start // CHUNK, key0, key1, step, point, draw)
        part = out[start : start + CHUNK]
        for i in range(part.size):
            part[i] = flat[i]


# `x` is flat and changed in place: with a second array the compiler would have to ask at every chunk whether the two
# overlap.


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


@kernel
def multiply_by_normals_and_keep(x, factors, sigma, key0, key1, step, point, draw):
    """x <- x (1 + sigma n) with the same bits, and factors <- 1 + sigma n."""
    words = np.empty((4, BLOCKS), np.uint32)
    normals = np.empty((4, BLOCKS), np.float32)
    n = normals.reshape(-1)
    one = x.dtype.type(1)
    for start in range(0, x.size, CHUNK):
        _chunk_of_words(words, start // CHUNK, key0, key1, step, point, draw)
        _box_muller(words, normals)
        kept, part = factors[start : start + CHUNK], x[start : start + CHUNK]
        for i in range(kept.size):
            kept[i] = one + sigma * n[i]
        for i in range(part.size):
            part[i] *= one + sigma * n[i]

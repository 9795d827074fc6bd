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

from wn_ref import generator
from wn_ref.errors import InputError
from wn_ref.generator import add_normals, fill_words

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
    fill_words(out.reshape(-1), *key)
    return out


def permutation(size: int, seed: int, point: int, step: int = 0) -> np.ndarray:
    """Draw a random order of 0 ... size - 1 (int64) by sorting one uniform number for each of them."""
    return np.argsort(uniform(size, seed, point, step), kind="stable")


def philox(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]:
    """Philox4x32-10 of four 32-bit counter words under two 32-bit key words: four random 32-bit words."""
    w0, w1, w2, w3 = generator.philox(*(np.uint64(word) for word in (*counter, *key)))
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

"""Initial weights, and how to tell that two layers began with the same ones."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from wn_ref.arrays import real_type
from wn_ref.random import WEIGHTS, uniform


def fan_in_uniform(shape: tuple[int, ...], fan_in: int, seed: int, step: int, dtype: npt.DTypeLike) -> np.ndarray:
    """Draw weights uniform in +-1/sqrt(fan_in), the default of PyTorch 1.11, with which the paper's networks began.

    Raises
    ------
    InputError
        If the type is not float32 or float64.
    """
    return ((2 * uniform(shape, seed, WEIGHTS, step) - 1) / math.sqrt(fan_in)).astype(real_type(dtype))


class WeightsWarning(UserWarning):
    """Layers of one network have the same random weights."""


def layers_alike(weights: Mapping[str, np.ndarray]) -> list[str]:
    """Return the names of the layers whose weights were drawn from the stream of an earlier layer, and of that layer.

    Parameters
    ----------
    weights : mapping of str to np.ndarray
        The weight of each layer that has one, by the layer's name. Layers of other sizes are compared, too: another
        fan-in only scales the numbers of a stream, and a smaller array is the beginning of a larger one.

    Examples
    --------
    >>> drawn = {name: fan_in_uniform((3, n), n, 0, step, "float32") for name, n, step in (("a", 4, 0), ("b", 5, 2))}
    >>> layers_alike(drawn)
    []
    >>> layers_alike(drawn | {"c": fan_in_uniform((2, 9), 9, 0, 0, "float32")})
    ['a', 'c']
    """
    found: dict[str, None] = {}
    names = list(weights)
    for number, name in enumerate(names):
        for other in names[:number]:
            if _multiples(weights[other].reshape(-1), weights[name].reshape(-1)):
                found |= {other: None, name: None}
                break
    return list(found)


def _multiples(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the first numbers of two vectors are the same but for a factor; constants do not count."""
    count = min(len(a), len(b), 16)
    a, b = a[:count].astype(np.float64), b[:count].astype(np.float64)
    if count < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return False
    largest = np.abs(a).argmax()
    return np.allclose(a * b[largest], b * a[largest], rtol=1e-6, atol=0)  # float32 rounds to 6e-8

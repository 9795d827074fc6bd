"""Initial weights."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from wn_ref.random import WEIGHTS, uniform


def fan_in_uniform(shape: tuple[int, ...], fan_in: int, seed: int, step: int, dtype: npt.DTypeLike) -> np.ndarray:
    """Draw weights uniform in +-1/sqrt(fan_in), the default of PyTorch 1.11, with which the paper's networks began."""
    return ((2 * uniform(shape, seed, WEIGHTS, step) - 1) / math.sqrt(fan_in)).astype(dtype)

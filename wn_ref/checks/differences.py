"""Central differences: the yardstick of every backward pass.

    dL/dv_i = (L(v + h e_i) - L(v - h e_i)) / 2h        for L = sum(dy y(v)), in float64

The upstream gradient dy is random on purpose: with all ones batch norm's dx is 0 whatever its code computes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

STEPS = (1e-5, 1e-6, 1e-7)
"""Steps h; the smaller ones are for an element that disagrees, which may be at a kink."""


def numerical_gradient(
    function: Callable[[], npt.ArrayLike], value: np.ndarray, dy: npt.ArrayLike = 1.0, step: float = STEPS[0]
) -> np.ndarray:
    """Return dL/dvalue of L = sum(dy function()) by central differences; `value` is changed in place and restored.

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> numerical_gradient(lambda: x**2, x).round(6).tolist()
    [2.0, 4.0]
    """
    gradient = np.empty_like(value)
    for index in np.ndindex(value.shape):
        gradient[index] = slope_at(function, value, index, dy, step)[0]
    return gradient


def slope_at(
    function: Callable[[], npt.ArrayLike], value: np.ndarray, index: tuple[int, ...], dy: npt.ArrayLike, step: float
) -> tuple[float, float]:
    """Return the derivative of sum(dy function()) by one element, and how much of it may be rounding."""
    kept = value[index]
    value[index] = kept + step
    above = np.array(function(), np.float64)
    value[index] = kept - step
    below = np.array(function(), np.float64)
    value[index] = kept
    dy = np.asarray(dy)
    changed = np.abs(dy) * np.where(above == below, 0, np.abs(above) + np.abs(below))
    rounding = 8 * np.finfo(np.float64).eps * float(changed.sum()) / (2 * step)
    return float(np.sum(dy * (above - below))) / (2 * step), rounding

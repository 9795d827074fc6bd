"""What is injected: additive, multiplicative and mixed Gaussian noise (sections 3 and 7, equation 3).

    additive               y = x + a                 a = sigma_add n ~ N(0, sigma_add^2)
    multiplicative         y = x m                   m = 1 + sigma_mul n' ~ N(1, sigma_mul^2)
    multiplicative first   y = x m + a
    additive first         y = (x + a) m

with a new n for every element of every batch (`wn_ref.random`). Multi-execution (section 8) repeats the operator on the
same x, each time with new draws, and averages what comes out.

Which gradient? "We only inject noise in the forward path, not the backward path" (section 3.1): the backward pass is
that of a straight-through estimator, dx = dy, whatever was injected. The code published with the paper multiplies by
m inside automatic differentiation instead, dx = dy m. For additive noise both are the same; for multiplicative and
mixed noise they are different algorithms, and the paper's numbers belong to the second. Hence ``gradient="exact"``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wn_ref.errors import InputError, require_choice
from wn_ref.random import add_normals, multiply_by_normals, stream

GRADIENTS = ("straight_through", "exact")
ORDERS = ("multiplicative", "additive")


@dataclass(frozen=True)
class Noise:
    """How one injection point changes what passes through; made by `additive`, `multiplicative` and `mixed`.

    Attributes
    ----------
    sigma_mul, sigma_add : float
        Standard deviations of the factor m and of the summand a (in units of the activation); 0 is none.
    first : "multiplicative" or "additive"
        Which of the two is applied first, if there are two.
    gradient : "straight_through" or "exact"
        The backward pass: dx = dy, or dx = dy m.
    """

    sigma_mul: float = 0.0
    sigma_add: float = 0.0
    first: str = "multiplicative"
    gradient: str = "straight_through"

    def __post_init__(self) -> None:
        for name in ("sigma_mul", "sigma_add"):
            sigma = getattr(self, name)
            if not (isinstance(sigma, (int, float, np.number)) and 0 <= sigma < math.inf):
                raise InputError(f"{name}: expected a finite standard deviation >= 0, got {sigma!r}; correct it")
            object.__setattr__(self, name, float(sigma))
        require_choice("first", self.first, ORDERS)
        require_choice("gradient", self.gradient, GRADIENTS)

    def inject(self, x: np.ndarray, seed: int, point: int, step: int, executions: int = 1) -> None:
        """Make x, a C-contiguous array, noisy in place.

        The noise applied first, or alone, is ``normal(x.shape, seed, point, step, draw=0)``; the second has draw=1.
        With several `executions`, x becomes the mean of so many noisy copies; copy k has draws 2 k and 2 k + 1.
        """
        if executions > 1:
            _average(x, executions, lambda y, k: self._apply(y, seed, point, step, 2 * k))
        else:
            self._apply(x, seed, point, step)

    def backward(self, dy: np.ndarray, seed: int, point: int, step: int, executions: int = 1) -> np.ndarray:
        """Return dx, given dy: dy itself, unless the gradient is exact; then dy m, written over dy.

        With several `executions`, m is the mean of their factors.
        """
        if self.gradient == "exact" and executions > 1:
            _average(dy, executions, lambda y, k: self._multiply(y, seed, point, step, 2 * k))
        elif self.gradient == "exact":
            self._multiply(dy, seed, point, step)
        return dy

    def _apply(self, x: np.ndarray, seed: int, point: int, step: int, first_draw: int = 0) -> None:
        for draw, kind in enumerate(self._in_order(), start=first_draw):
            kernel, sigma = _KERNELS[kind], self._sigma(kind)
            kernel(x.reshape(-1), x.dtype.type(sigma), *stream(seed, point, step, draw))

    def _multiply(self, dy: np.ndarray, seed: int, point: int, step: int, first_draw: int = 0) -> None:
        """dy <- dy m; the m of the forward pass is not kept, but drawn again."""
        for draw, kind in enumerate(self._in_order(), start=first_draw):
            if kind == "multiplicative":
                multiply_by_normals(dy.reshape(-1), dy.dtype.type(self.sigma_mul), *stream(seed, point, step, draw))

    def _sigma(self, kind: str) -> float:
        return self.sigma_mul if kind == "multiplicative" else self.sigma_add

    def _in_order(self) -> list[str]:
        order = ORDERS if self.first == "multiplicative" else ORDERS[::-1]
        return [kind for kind in order if self._sigma(kind) > 0]


_KERNELS = {"multiplicative": multiply_by_normals, "additive": add_normals}


def _average(x: np.ndarray, executions: int, apply: Callable[[np.ndarray, int], None]) -> None:
    """x <- the mean of what apply(y, k) makes of copies y of x, k = 0 ... executions - 1."""
    total, copy = np.zeros_like(x), np.empty_like(x)
    for k in range(executions):
        copy[...] = x
        apply(copy, k)
        total += copy
    np.divide(total, executions, out=x)


def additive(sigma: float) -> Noise:
    """Additive noise, y = x + N(0, sigma^2); its exact and its straight-through gradient are the same.

    Raises
    ------
    InputError
        If sigma is negative or not finite.
    """
    return Noise(sigma_add=sigma)


def multiplicative(sigma: float, gradient: str = "straight_through") -> Noise:
    """Multiplicative noise, y = x N(1, sigma^2).

    Parameters
    ----------
    sigma : float
        Relative standard deviation, >= 0.
    gradient : "straight_through" or "exact"
        dx = dy as the paper says, or dx = dy m as its published code computes (see the module's head).

    Raises
    ------
    InputError
        If sigma is negative or not finite, or the gradient is neither of the two.
    """
    return Noise(sigma_mul=sigma, gradient=gradient)


def mixed(
    multiplicative: float, additive: float, first: str = "multiplicative", gradient: str = "straight_through"
) -> Noise:
    """Mixed noise (equation 3): y = x N(1, mul^2) + N(0, add^2), or y = (x + N(0, add^2)) N(1, mul^2).

    Parameters
    ----------
    multiplicative, additive : float
        The two standard deviations, >= 0.
    first : "multiplicative" or "additive"
        Which one is applied first.
    gradient : "straight_through" or "exact"
        dx = dy as the paper says, or dx = dy m as its published code computes.

    Raises
    ------
    InputError
        If a sigma is negative or not finite, or a name is none of those above.
    """
    return Noise(sigma_mul=multiplicative, sigma_add=additive, first=first, gradient=gradient)

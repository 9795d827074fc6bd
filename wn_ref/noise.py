"""What is injected: additive, multiplicative and mixed Gaussian noise (sections 3 and 7, equation 3).

    additive               y = x + a                 a = sigma_add n ~ N(0, sigma_add^2)
    multiplicative         y = x m                   m = 1 + sigma_mul n' ~ N(1, sigma_mul^2)
    multiplicative first   y = x m + a
    additive first         y = (x + a) m

with a new n for every element of every batch (`wn_ref.random`). Multi-execution (section 8) applies the operator to the
same x several times, each time with new draws, and averages the results.

Which gradient? "We only inject noise in the forward path, not the backward path" (section 3.1): the backward pass is
that of a straight-through estimator, dx = dy, whatever was injected. The code published with the paper multiplies by
m inside automatic differentiation instead, so that dx = dy m. For additive noise both are the same. For multiplicative
and mixed noise they are different algorithms, and the paper's numbers belong to the second: ``gradient="exact"``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from wn_ref.arrays import REAL, unmasked
from wn_ref.errors import InputError, require_choice, require_number, require_whole
from wn_ref.generator import add_normals, multiply_by_normals, multiply_by_normals_and_keep
from wn_ref.random import LONGEST, Stream

GRADIENTS = ("straight_through", "exact")
ORDERS = ("multiplicative", "additive")


@dataclass(frozen=True)
class Noise:
    """What an injection point does to the activation; made by `additive`, `multiplicative` and `mixed`.

    Attributes
    ----------
    sigma_mul, sigma_add : float
        Standard deviations of the factor m and of the summand a (in units of the activation); 0 is no noise.
    first : "multiplicative" or "additive"
        Which of the two is applied first, if there are two.
    gradient : "straight_through" or "exact"
        The backward pass: dx = dy, or dx = dy m. A subclass with another `inject` has the second only with a `backward`
        that fits.

    Raises
    ------
    InputError
        If a field cannot be used, or the gradient of a subclass is "exact" and nobody knows it.

    Examples
    --------
    >>> import wn_ref as wn
    >>> noise = wn.additive(0.5)
    >>> noise
    Noise(sigma_mul=0.0, sigma_add=0.5, first='multiplicative', gradient='straight_through')
    >>> from wn_ref.random import Stream
    >>> x = np.zeros(4, np.float32)
    >>> noise.inject(x, Stream(seed=0, point=4, step=7))
    >>> bool((x == 0.5 * wn.normal(4, seed=0, point=4, step=7)).all())
    True
    """

    sigma_mul: float = 0.0
    sigma_add: float = 0.0
    first: str = "multiplicative"
    gradient: str = "straight_through"

    def __post_init__(self) -> None:
        for name in ("sigma_mul", "sigma_add"):
            sigma = require_number(name, getattr(self, name), "a finite standard deviation >= 0", least=0)
            object.__setattr__(self, name, sigma)
        object.__setattr__(self, "first", require_choice("first", self.first, ORDERS))
        object.__setattr__(self, "gradient", require_choice("gradient", self.gradient, GRADIENTS))
        kind = type(self)
        if self.gradient == "exact" and kind.inject is not Noise.inject and kind.backward is Noise.backward:
            expected = f"a backward in {kind.__name__}, which has an inject of its own, for the exact gradient"
            raise InputError(f"gradient: expected {expected}, got none; write it (super().backward if that fits)")

    @property
    def has_factors(self) -> bool:
        """Whether the backward pass needs the factors m of the forward pass."""
        return self.gradient == "exact" and self.sigma_mul > 0

    def inject(self, x: np.ndarray, stream: Stream, executions: int = 1) -> None:
        """Make x noisy, in place.

        Parameters
        ----------
        x : np.ndarray
            float32 or float64, of any shape and memory layout.
        stream : Stream
            Which noise. The noise that is applied first, or alone, is ``normal(x.shape, *stream, draw=0)``; the second
            has ``draw=1``.
        executions : int
            With more than one, x becomes the mean of so many noisy copies; copy k has the draws 2 k and 2 k + 1.

        Raises
        ------
        InputError
            If x is not an array of floats that may be written to, or there is no execution.
        """
        if type(x) is not np.ndarray or x.dtype not in REAL or not x.flags.carray or x.size > LONGEST:
            self._inject_otherwise(x, stream, executions)
        elif executions != 1:
            _average(x, executions, lambda y, k: self._apply(y, stream, 2 * k))
        else:
            self._apply(x, stream)

    def inject_and_keep(self, x: np.ndarray, stream: Stream, factors: np.ndarray) -> None:
        """Make x noisy as `inject` does, and write the factors m to `factors`, an array like x, both in C order.

        Raises
        ------
        InputError
            If they are not of floats, in C order and writable, not alike, or share memory.
        """
        _require_dense("x", x)
        _require_dense("factors", factors)
        if factors.shape != x.shape or factors.dtype != x.dtype:
            got = f"{factors.dtype} {factors.shape}"
            raise InputError(f"factors: expected {x.dtype} {x.shape} as x, got {got}; make it with np.empty_like")
        if np.may_share_memory(x, factors):
            raise InputError("factors: expected memory of its own, got that of x; make it with np.empty_like")
        for draw, (kernel, sigma) in enumerate(self._operators(x.dtype)):
            if kernel is multiply_by_normals:
                multiply_by_normals_and_keep(x.reshape(-1), factors.reshape(-1), sigma, *stream.words(draw))
            else:
                kernel(x.reshape(-1), sigma, *stream.words(draw))

    def _inject_otherwise(self, x: np.ndarray, stream: Stream, executions: int) -> None:
        """Make noisy what is not an array of floats in C order, if it can be written to."""
        if not isinstance(x, np.ndarray) or x.dtype not in REAL or not x.flags.writeable:
            got = f"{x.dtype} that is {'' if x.flags.writeable else 'not '}writable" if isinstance(x, np.ndarray) else x
            raise InputError(f"x: expected a writable array of float32 or float64, got {got}; convert or copy it")
        if x.size > LONGEST:
            raise InputError(f"x: expected at most 2^34 elements, got {x.size}; inject noise in parts")
        dense = np.array(unmasked("x", x), order="C")
        self.inject(dense, stream, executions)
        x[...] = dense

    def backward(
        self, dy: np.ndarray, stream: Stream, executions: int = 1, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Return dx, given dy: dy itself, unless the gradient is exact; then dy m, with the m of `inject`.

        With several `executions`, m is the mean of their factors. dy m is written to `out`, an array in C order that
        may be dy; to a new array by default.

        Raises
        ------
        InputError
            If the gradient is exact, and dy is not of floats, `out` is not like dy and in C order, or there is no
            execution.
        """
        if not self.has_factors:
            return dy
        dy = unmasked("dy", dy)
        dx = np.empty(dy.shape, dy.dtype) if out is None else out
        _require_dense("dy" if out is None else "out", dx)
        if dx.shape != dy.shape or dx.dtype != dy.dtype:
            raise InputError(f"out: expected {dy.dtype} {dy.shape} as dy, got {dx.dtype} {dx.shape}; leave it out")
        if dx is not dy:
            dx[...] = dy
        if executions != 1:
            _average(dx, executions, lambda y, k: self._multiply(y, stream, 2 * k))
        else:
            self._multiply(dx, stream)
        return dx

    def _apply(self, x: np.ndarray, stream: Stream, first_draw: int = 0) -> None:
        flat, draw = x.reshape(-1), first_draw
        for kernel, sigma in self._operators(x.dtype):
            kernel(flat, sigma, *stream.words(draw))
            draw += 1

    def _operators(self, dtype: np.dtype) -> tuple[tuple[Callable[..., None], np.floating], ...]:
        return _operators(self.sigma_mul, self.sigma_add, self.first, dtype)

    def _multiply(self, dy: np.ndarray, stream: Stream, first_draw: int = 0) -> None:
        """Multiply dy by m, which is drawn again."""
        for draw, (kernel, sigma) in enumerate(self._operators(dy.dtype), start=first_draw):
            if kernel is multiply_by_normals:
                kernel(dy.reshape(-1), sigma, *stream.words(draw))


@lru_cache(maxsize=256)
def _operators(
    sigma_mul: float, sigma_add: float, first: str, dtype: np.dtype
) -> tuple[tuple[Callable[..., None], np.floating], ...]:
    """Return the kernels that apply a noise, in order, each with its sigma."""
    sigmas = {"multiplicative": sigma_mul, "additive": sigma_add}
    kernels = {"multiplicative": multiply_by_normals, "additive": add_normals}
    order = ORDERS if first == "multiplicative" else ORDERS[::-1]
    return tuple((kernels[kind], dtype.type(sigmas[kind])) for kind in order if sigmas[kind] > 0)


def _require_dense(what: str, x: np.ndarray) -> None:
    """Raise `InputError` unless x is an array of floats in C order that may be written to, as kernels need it."""
    if not isinstance(x, np.ndarray) or x.dtype not in REAL or not x.flags.carray:
        got = f"{x.dtype} {x.shape} with strides {x.strides}" if isinstance(x, np.ndarray) else repr(x)
        raise InputError(f"{what}: expected a writable array of float32 or float64 in C order, got {got}; copy it")


def _average(x: np.ndarray, executions: int, apply: Callable[[np.ndarray, int], None]) -> None:
    """Replace x by the mean of what apply(y, k) makes of copies y of x, k = 0 ... executions - 1."""
    require_whole("executions", executions, least=1)
    total, copy = np.zeros_like(x), np.empty_like(x)
    for k in range(executions):
        copy[...] = x
        apply(copy, k)
        total += copy
    np.divide(total, executions, out=x)


def additive(sigma: float) -> Noise:
    """Additive noise, y = x + N(0, sigma^2) (section 3); its exact and its straight-through gradient are the same.

    Raises
    ------
    InputError
        If sigma is negative or not finite.

    Examples
    --------
    >>> import wn_ref as wn
    >>> wn.additive(0.5).sigma_add
    0.5
    """
    return Noise(sigma_add=sigma)


def multiplicative(sigma: float, gradient: str = "straight_through") -> Noise:
    """Multiplicative noise, y = x N(1, sigma^2) (section 3).

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

    Examples
    --------
    >>> import wn_ref as wn
    >>> wn.multiplicative(0.5, gradient="exact").gradient
    'exact'
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
        If a sigma is negative or not finite, or a name is not one of those above.

    Examples
    --------
    >>> import wn_ref as wn
    >>> wn.mixed(multiplicative=0.5, additive=2.0, first="additive").first
    'additive'
    """
    return Noise(sigma_mul=multiplicative, sigma_add=additive, first=first, gradient=gradient)


KINDS = ("additive", "multiplicative", "multiplicative_first", "additive_first")
"""The kinds of noise by name; the last two are mixed noise with the same sigma for both."""


def of_kind(kind: str, sigma: float, gradient: str = "straight_through") -> Noise:
    """Return the noise of a kind that goes by name, as on the command line.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    sigma, gradient
        As for `multiplicative`.

    Raises
    ------
    InputError
        If there is no such kind, or a value cannot be used.
    """
    require_choice("noise", kind, KINDS)
    if kind == "additive":
        require_choice("gradient", gradient, GRADIENTS)
        return additive(sigma)
    if kind == "multiplicative":
        return multiplicative(sigma, gradient)
    return mixed(sigma, sigma, kind.removesuffix("_first"), gradient)

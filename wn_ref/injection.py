"""Where noise goes: injection points, and what "global", "all" and a number mean.

    point 0 = "input", then one behind each layer that computes something (all but Flatten and Fork), in order of
    execution: "dense1", "bn1", "relu1", ...

Global noise is injected at all of them except behind batch norm, "to keep the amount of overall injected noise constant
between experiments" with and without it (section 4.2). Walking noise is injected at one point alone, each in turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from wn_ref.arrays import REAL, Memory
from wn_ref.errors import InputError, require_whole
from wn_ref.noise import Noise
from wn_ref.random import Stream

GLOBAL, ALL = "global", "all"
INPUT = "input"
WEIGHTED = ("dense", "conv")
"""The kinds of layers that have weights."""


@dataclass(frozen=True, slots=True)
class Injection:
    """All that decides which noise a forward pass meets.

    Attributes
    ----------
    noise : Noise or None
        What is injected.
    point : int or str
        Where: at one point, by its number or its name; "global", at all points but those behind batch norm; "all", at
        every point.
    seed, step : int
        Which noise: what is injected at point p comes from ``normal(shape, seed, p, step)``.
    executions : sequence of int, optional
        How often the noise is applied at each noisy point, in their order, to be averaged (section 8). Once by default.
    """

    noise: Noise | None = None
    point: int | str = GLOBAL
    seed: int = 0
    step: int = 0
    executions: Sequence[int] | None = None


@dataclass(frozen=True)
class Points:
    """The injection points of a network.

    Attributes
    ----------
    names : tuple of str
        Their names in order: "input", "dense1", ...
    kinds : tuple of str
        The kind of layer that each one follows: "input", "dense", ...
    in_global : tuple of bool
        Whether global noise is injected there.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    in_global: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.names)

    def normalised(self, point: int | str) -> int | str:
        """Return "global", "all", or the number of the one point that `point` is the number or the name of.

        Raises
        ------
        InputError
            If there is no such point.
        """
        if isinstance(point, str):
            if point in (GLOBAL, ALL):
                return str(point)
            if point in self.names:
                return self.names.index(point)
        elif isinstance(point, (int, np.integer)) and not isinstance(point, bool) and 0 <= point < len(self):
            return int(point)
        names = ", ".join(f"{number} {name}" for number, name in enumerate(self.names))
        expected = f"'global', 'all' or 0 to {len(self) - 1} ({names})"
        raise InputError(f"point: expected {expected}, got {point!r}; choose one, by its number or its name")

    def numbers(self, point: int | str) -> tuple[int, ...]:
        """Return the numbers of the points that `point` means: a number, a name, "global" or "all".

        Raises
        ------
        InputError
            If there is no such point.
        """
        point = self.normalised(point)
        if point == ALL:
            return tuple(range(len(self)))
        if point == GLOBAL:
            return tuple(number for number, included in enumerate(self.in_global) if included)
        return (int(point),)

    def executions(self, point: int | str, executions: Sequence[int] | None) -> dict[int, int]:
        """Return how often the noise is applied at each of the points that `point` means, {number: executions}.

        Raises
        ------
        InputError
            If there is no such point, there are not as many `executions` as points, or one is not a whole number >= 1.
        """
        where = self.numbers(point)
        if executions is None:
            return dict.fromkeys(where, 1)
        if np.ndim(executions) != 1 or len(executions) != len(where):
            expected = f"{len(where)} numbers, one for each noisy point"
            raise InputError(f"executions: expected {expected}, got {executions!r}; correct them")
        for count in executions:
            require_whole("executions", count, least=1)
        return {number: int(count) for number, count in zip(where, executions)}


class Injector:
    """The noise of one pass: injects it on the way forward, and takes it into account on the way back.

    Parameters
    ----------
    injection : Injection
        What is injected, and where.
    points : Points
        The injection points of the network.
    memory : Memory, optional
        Where to keep the factors that the backward pass needs; without it they are drawn again. (Those at the input
        are not kept: hardly anybody asks for the derivative by the input.)

    Attributes
    ----------
    first : int
        The first point that is asked for.

    Raises
    ------
    InputError
        If there is no such point, or there are not as many executions as points.
    """

    def __init__(self, injection: Injection, points: Points, memory: Memory | None = None) -> None:
        self.noise, self._where = injection.noise, dict[int, tuple[Stream, int]]()
        counts = points.executions(injection.point, injection.executions)
        self.first = min(counts)
        if self.noise is not None:
            self._where = {
                point: (Stream(injection.seed, point, injection.step), count) for point, count in counts.items()
            }
        keeps = type(self.noise) is Noise and self.noise.has_factors  # a noise of one's own may have another `inject`
        self._memory, self._factors = memory if keeps else None, dict[int, np.ndarray]()

    def __contains__(self, point: object) -> bool:
        return point in self._where

    def inject(self, point: int, x: np.ndarray) -> None:
        """Make x noisy, in place."""
        stream, count = self._where[point]
        noise = cast(Noise, self.noise)
        if self._memory is not None and point > 0 and count == 1 and x.flags.carray and x.dtype in REAL:
            factors = self._factors[point] = self._memory(f"factors at {point}", x.shape, x.dtype)
            noise.inject_and_keep(x, stream, factors)
        else:
            write_noise(noise, x, stream, count)

    def backward(self, point: int, dx: np.ndarray) -> np.ndarray:
        """Return the derivative by what came in, given that by what went out; it may be written into dx."""
        stream, count = self._where[point]
        if not dx.flags.carray:  # noise writes into an array without gaps, and a layer may return any
            dx = np.array(dx, order="C")
        if point in self._factors:
            return np.multiply(dx, self._factors[point], out=dx)
        return cast(Noise, self.noise).backward(dx, stream, count, dx)


def write_noise(noise: Noise, x: np.ndarray, stream: Stream, executions: int = 1) -> None:
    """Make x noisy, in place; a noise of one's own that returns its result instead would be no noise at all.

    Raises
    ------
    InputError
        If its `inject` returns something.
    """
    if noise.inject(x, stream, executions) is not None:  # type: ignore[func-returns-value]
        expected = f"{type(noise).__name__}.inject to write into x, and to return nothing"
        raise InputError(f"noise: expected {expected}, got a result; use x[...] = result, without return")


def kind_of(name: str) -> str:
    """Return the kind of layer that a point's name stands for: "dense" for "dense2"."""
    return name.rstrip("0123456789")


def numbered(kinds: Sequence[str]) -> list[str]:
    """Name layers by kind and occurrence: conv, relu, conv -> conv1, relu1, conv2."""
    seen: Counter[str] = Counter()
    names = []
    for kind in kinds:
        seen[kind] += 1
        names.append(f"{kind}{seen[kind]}")
    return names

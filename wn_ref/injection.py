"""Where noise goes: injection points, and what "global", "all" and a number mean.

    point 0 = "input", then one behind every layer but Flatten, in order of execution: "dense1", "bn1", "relu1", ...

Global noise is injected at all of them except behind batch norm, "to keep the amount of overall injected noise constant
between experiments" with and without it (section 4.2). Walking noise is injected at one point alone, each in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wn_ref.errors import InputError, require_whole
from wn_ref.noise import Noise

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


def kind_of(name: str) -> str:
    """Return the kind of layer that a point's name stands for: "dense" for "dense2"."""
    return name.rstrip("0123456789")

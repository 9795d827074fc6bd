"""One quantity of a port beside what is expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wn_ref.ports.case import TOLERANCES
from wn_ref.ports.forms import is_weight
from wn_ref.ports.layout import activation_to, weight_to
from wn_ref.ports.run import Pass, Run


@dataclass(frozen=True)
class Comparison:
    """One quantity of a port beside what is expected.

    Attributes
    ----------
    quantity : str
        Such as "activation/conv1", "noise", "logits", "loss", "gradient/conv1.weight", "statistic/bn1.running_var",
        "first_moment/conv1.weight", "update/conv1.weight", "start/conv1.weight" or "raised".
    size, tolerance : float
        The largest deviation and what is allowed, in the units of `wn_ref.ports.case.TOLERANCES`.
    index : tuple of int
        Where it is, in the port's layout.
    got, expected : float
        The two numbers there.
    note : str
        What is wrong, if it is not numbers.
    """

    quantity: str
    size: float
    tolerance: float
    index: tuple[int, ...] = ()
    got: float = 0.0
    expected: float = 0.0
    note: str = ""

    @property
    def fails(self) -> bool:
        """Whether the deviation is larger than allowed, or no number."""
        return not self.size <= self.tolerance


def compare_values(
    run: Run, quantity: str, got: np.ndarray, expected: np.ndarray, scale: float = 0.0, tolerance: float = 0.0
) -> Comparison:
    """Compare two arrays; by default on the scale of the larger one of what is expected, with the case's tolerance."""
    scale = scale or float(np.abs(expected).max()) or 1.0
    tolerance = tolerance or TOLERANCES[run.case.dtype]["values"]
    with np.errstate(invalid="ignore"):
        apart = np.nan_to_num(np.abs(got - expected), nan=np.inf)
    to = weight_to if is_weight(quantity) else activation_to
    apart, got, expected = (to(run.layout, a) if a.ndim else a for a in (apart, got, expected))
    index = tuple(int(i) for i in np.unravel_index(np.argmax(apart), apart.shape))
    return Comparison(
        quantity, float(apart[index]) / scale, tolerance, index, float(got[index]), float(expected[index])
    )


def compare_noise(run: Run, one: Pass, expected: list[tuple[int, int]]) -> Comparison:
    """Compare who asked for noise; if the pass broke off, its questions have to be the first ones."""
    asked = one.draws.asked
    wanted = expected[: len(asked)] if one.raised else expected
    missing = [pair for pair in wanted if pair not in asked]
    surplus = [pair for pair in asked if pair not in wanted]
    names = run.case.points.names

    def words(pairs: list[tuple[int, int]]) -> str:
        shown = [f"{names[p] if p < len(names) else 'no such point'} ({p}), draw {draw}" for p, draw in pairs[:3]]
        return "; ".join(shown) + (f"; {len(pairs) - 3} more" if len(pairs) > 3 else "")

    notes = [f"never asked for: {words(missing)}"] if missing else []
    notes += [f"asked for where there is none: {words(surplus)}"] if surplus else []
    notes += [one.raised] if one.raised and notes else []
    odd = [*missing, *surplus]
    return Comparison("noise", float(len(odd)), 0.0, odd[0] if odd else (), note=", and ".join(notes))

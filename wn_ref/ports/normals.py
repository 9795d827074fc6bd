"""The noise of one pass, handed out to whoever asks, with a note of who did."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.ports.case import Case
from wn_ref.ports.layout import LAYOUTS, activation_to
from wn_ref.random import normal

Known = Mapping[tuple[int, int], np.ndarray]
"""Standard normals by (point, draw), with the batch last."""


class Draws:
    """Standard normals of one step: those of a file, or else those of the generator.

    Parameters
    ----------
    case : Case
        Whose points they are for.
    step : int
        The step of the generator; see `wn_ref.random` and `wn_ref.steps`.
    known : mapping, optional
        What a file has; it is used in place of the generator, whose normals differ in their last bit between machines.
    batch : int, optional
        Number of samples, if it is not that of the case: the last batch of an epoch may be smaller.

    Attributes
    ----------
    asked : list of (int, int)
        Point and draw of everything that was asked for, in order and each once.
    """

    def __init__(self, case: Case, step: int, known: Known | None = None, batch: int | None = None) -> None:
        self.case, self.step, self.known = case, step, known or {}
        self.batch = case.batch if batch is None else batch
        self.asked: list[tuple[int, int]] = []

    def __call__(self, point: int, draw: int = 0) -> np.ndarray:
        """Return float64 normals in the shape of a point's activation, the batch last.

        Raises
        ------
        InputError
            If there is no such point or draw.
        """
        if (point, draw) not in self.asked:
            self.asked.append((point, draw))
        if (point, draw) in self.known:
            return self.known[point, draw]
        require_whole("point", point, least=0, most=len(self.case.points) - 1)
        shape = (*self.case.shapes[point], self.batch)
        return normal(shape, self.case.seed, point, self.step, draw).astype(np.float64)


class Normals:
    """``normal(point, draw)`` as a port calls it: in the port's layout, and in the type of the case.

    Parameters
    ----------
    draws : Draws
        Where the normals come from.
    layout : str
        "NCHW", "NHWC" or "CHWN"; see `wn_ref.ports.layout`.

    Examples
    --------
    >>> from wn_ref.ports.case import case_of
    >>> normal = Normals(Draws(case_of("one", "lenet5"), step=0), "NHWC")
    >>> normal("conv1").shape, normal.draws.asked
    ((8, 24, 24, 6), [(1, 0)])
    """

    def __init__(self, draws: Draws, layout: str) -> None:
        self.draws, self.layout = draws, require_choice("layout", layout, LAYOUTS)

    def __call__(self, point: int | str, draw: int = 0) -> np.ndarray:
        """Return the standard normals n of a draw at a point, a new array.

        Parameters
        ----------
        point : int or str
            The number or the name of the injection point.
        draw : int
            0 for the first operator and 1 for the second; execution k has 2 k and 2 k + 1.

        Raises
        ------
        InputError
            If there is no such point or draw.
        """
        if not isinstance(point, str):  # also a number that no point has is worth a note
            number = require_whole("point", point, least=0)
        elif point in self.draws.case.points.names:
            number = self.draws.case.points.names.index(point)
        else:
            names = ", ".join(self.draws.case.points.names)
            raise InputError(f"normal: expected a point of {names}, got {point!r}; correct it")
        n = self.draws(number, require_whole("draw", draw, least=0, most=2**32 - 1))
        return np.array(activation_to(self.layout, n), self.draws.case.dtype, order="C")

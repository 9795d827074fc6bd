"""When a search looks again whether its interval is narrow enough."""

from __future__ import annotations

import math

LOOK = (1.15, 2.0)
"""The factor by which the number of runs grows until the interval is looked at again, at least and at most."""
LUCK = 0.05
"""The probability with which a scatter looks smaller than `evident` allows for."""


def next_look(runs: int, excess: float) -> int:
    """Return after how many runs to ask again whether the interval is narrow enough.

    That is when it should be, as its width shrinks like 1 / sqrt(runs). A search that asked after every run would stop
    when the scatter happens to look small.

    Parameters
    ----------
    runs : int
        How many there are now.
    excess : float
        The interval's width divided by the width that is asked for.
    """
    return math.ceil(runs * min(max(min(excess, LOOK[1]) ** 2, LOOK[0]), LOOK[1]))


def evident(width: float, dof: int, wanted: float) -> bool:
    """Return whether an interval is so narrow that it may count before its time.

    A handful of runs may agree by chance. So the interval has to be narrow enough even if their scatter were as large
    as it can be: the upper end of its own one-sided interval, sqrt(dof / chi2 quantile) times what it looks like.

    Parameters
    ----------
    width : float
        That of the interval.
    dof : int
        Degrees of freedom of the scatter from which it was computed.
    wanted : float
        The width that is asked for.
    """
    from scipy.special import gammaincinv  # not needed to import this package

    return width * math.sqrt(dof / (2 * float(gammaincinv(dof / 2, LUCK)))) <= wanted

"""When a search looks again whether its interval is narrow enough."""

from __future__ import annotations

import math

LOOK = (1.15, 2.0)
"""The factor by which the number of runs grows until the interval is looked at again, at least and at most."""


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

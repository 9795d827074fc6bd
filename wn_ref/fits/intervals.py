"""Confidence intervals by profile likelihood: how far can one parameter move before chi2 has risen too much?"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from wn_ref.errors import require_number, require_whole


def crossing(excess: Callable[[float], float], centre: float, step: float, limit: float) -> float | None:
    """Find where a function of one parameter becomes positive.

    The search walks from `centre` towards `limit` in steps that grow, until the function is positive. Then it narrows
    the last step down by the secant method and bisection in turn.

    Parameters
    ----------
    excess : callable
        A function of the parameter, negative at `centre`, that grows about linearly towards `limit`. The crossing is
        found to 1e-4 of its size at `centre`, whatever its unit.
    centre : float
        Where the search starts.
    step : float
        The first step; its sign points towards `limit`.
    limit : float
        Where the search gives up.

    Returns
    -------
    float or None
        The parameter at the crossing, or None if the function is not positive anywhere up to `limit`.
    """
    inside, f_inside = centre, excess(centre)
    if f_inside >= 0:
        return float(centre)
    close = 1e-4 * abs(f_inside)
    while True:
        outside = centre + step
        if abs(step) >= abs(limit - centre) or (limit - centre) * step <= 0:
            outside = limit
        f_outside = excess(outside)
        if f_outside > 0:
            break
        if outside == limit:
            return None
        inside, f_inside = outside, f_outside
        step *= 1.7
    bisect = False
    for _ in range(100):
        if abs(outside - inside) <= 1e-5 * abs(outside - centre):
            break
        share = 0.5 if bisect else f_inside / (f_inside - f_outside)  # the middle, or the secant's zero
        middle, bisect = inside + share * (outside - inside), not bisect
        f_middle = excess(middle)
        if abs(f_middle) < close:
            return float(middle)
        if f_middle > 0:
            outside, f_outside = middle, f_middle
        else:
            inside, f_inside = middle, f_middle
    return float(inside)


MANY = 10**6
"""From this many degrees of freedom on, Student's t is normal to 1e-5 (and its density too narrow for the grid)."""


@lru_cache
def student_quantile(probability: float, dof: int) -> float:
    """Quantile of Student's t distribution, by integrating its density.

    With t = sqrt(dof) tan(angle), the density is proportional to cos(angle)^(dof - 1).

    Parameters
    ----------
    probability : float
        From 1/2 to less than 1.
    dof : int
        Degrees of freedom, at least 1.

    Raises
    ------
    InputError
        If one of them is out of its range.
    """
    require_number("probability", probability, "1/2 <= probability < 1", least=0.5, below=1)
    require_whole("dof", dof, least=1)
    if dof >= MANY:
        return NormalDist().inv_cdf(probability)
    angle = np.linspace(0, np.pi / 2, 100_001)
    density = np.cos(angle) ** (dof - 1)
    area = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return math.sqrt(dof) * math.tan(np.interp((probability - 0.5) * 2 * area[-1], area, angle))

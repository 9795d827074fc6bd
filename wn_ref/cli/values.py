"""From the text of an option to the value that it stands for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from wn_ref.errors import InputError, require_whole


def point_of(text: str) -> int | str:
    """Return a point as `Experiment` takes it: a number as an int, a name as it is; `Experiment` checks it."""
    return int(text) if text.removeprefix("-").isdecimal() else text


def sigmas_of(text: str) -> list[float]:
    """Return the noise levels of LOW:HIGH:COUNT or of a list with commas, ascending.

    Raises
    ------
    InputError
        If the text is neither of the two, a level is negative or not finite, or one is there twice.
    """
    try:
        if ":" in text:
            low, high, count = text.split(":")
            usable = float(low) > 0 and int(count) <= 10_000 and (int(count) != 1 or float(low) == float(high))
            levels = np.geomspace(float(low), float(high), int(count)).tolist() if usable else []
        else:
            levels = [float(part) for part in text.split(",")]
    except ValueError:
        levels = []
    if len(levels) == 0 or not np.isfinite(levels).all() or min(levels) < 0:
        raise InputError(
            "sigmas: expected LOW:HIGH:COUNT with LOW > 0 and COUNT from 2 to 10000, or numbers >= 0 with commas "
            f"between them, got {text!r}; try 0.1:100:10"
        )
    rounded = sorted(float(f"{level:.12g}") for level in levels)  # 0.3, not 0.30000000000000004
    if repeated := [level for level, following in pairwise(rounded) if level == following]:
        raise InputError(f"sigmas: expected each level once, got {repeated[0]:g} twice in {text!r}; leave one out")
    return rounded


def numbers_of(what: str, text: str) -> list[float]:
    """Return the numbers of a list with commas, in its order.

    Raises
    ------
    InputError
        If the text is no such list.
    """
    try:
        values = [float(part) for part in text.split(",")]
        return [int(value) if value.is_integer() else value for value in values]
    except ValueError:
        raise InputError(f"{what}: expected numbers with commas between them, got {text!r}; correct it") from None


def require_levels(levels: list[float], least: int) -> list[float]:
    """Return noise levels; raise `InputError` if there are not as many as what is to be made of them needs."""
    if len(levels) < least:
        raise InputError(f"sigmas: expected at least {least} levels, got {len(levels)}; add some")
    return levels


def seeds_of(count: int) -> range:
    """Return the seeds 0, 1, ... of a number of networks.

    Raises
    ------
    InputError
        If the number is below 1 or above 10,000.
    """
    require_whole("seeds", count, least=1, most=10_000)
    return range(count)

"""Walk noise through anybody's network: from one injection point to the next, and find the midpoint of each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from wn_ref.counted import counted
from wn_ref.errors import InputError
from wn_ref.lazy import pandas
from wn_ref.search.functions import question_of
from wn_ref.search.measuring import measuring
from wn_ref.search.phases import SEARCHES
from wn_ref.search.question import Estimate

COLUMNS = ["point", "midpoint", "low", "high", "kind", "networks", "reason"]


def walk(
    measure: Callable[[str, float, int], Any],
    points: Iterable[str],
    *,
    classes: int | None = None,
    chance: float | None = None,
    phase: str = "training",
    floor_known: bool = True,
    width: float = 0.1,
    max_runs: int = 60,
    low: float = 1e-4,
    high: float = 1e10,
    start: float = 1.0,
    name: str | None = None,
    store: str | Path | None = None,
    progress: bool = False,
    show: Callable[[str, int, Estimate], None] | None = None,
) -> pandas.DataFrame:
    """Find the midpoint noise level at each of several injection points, with as few calls as possible.

    This is for functions of the user's. For networks of this package, `wn-ref walk` runs a grid: `wn_ref.walking` plans
    it, `wn_ref.sweep` runs it, and `wn_ref.midpoints` fits it.

    Accuracies without noise are the same for all points. They are measured once, with the first point.

    Parameters
    ----------
    measure : callable
        Called with point, a text, sigma, a float, and seed, an int; returns the accuracy, 0 to 1, with noise at this
        point alone.
    points : sequence of str
        The names of the points.
    classes, chance, phase, floor_known, width, max_runs, low, high, start, name, store
        As in `locate`, for each point.
    progress : bool
        Whether to print a line on standard error for each point.
    show : callable, optional
        Called with the point, the number of seeds used there so far, and the `Estimate`, after every step.

    Returns
    -------
    pandas.DataFrame
        One row for each point, in their order: point; midpoint (NaN while it is only bounded); low and high (95 %
        interval; an open end is 0 or inf); kind (see `Estimate`); networks, the number of seeds used; and reason, why
        there is only a bound, or nothing at all.

    Raises
    ------
    InputError, StorageError
        As in `locate`.

    Warns
    -----
    UnknownCodeWarning
        As in `locate`.

    Examples
    --------
    A network that withstands three times as much noise behind each layer:

    >>> import wn_ref as wn
    >>> MIDPOINTS = {"input": 1.0, "layer1": 3.0, "layer2": 9.0}
    >>> def measure(point, sigma, seed):
    ...     mu = MIDPOINTS[point] * np.exp(0.1 * np.random.default_rng(seed).standard_normal())
    ...     return 0.1 + 0.8 / (1 + (sigma / mu) ** 2)
    >>> found = wn.walk(measure, MIDPOINTS, classes=10)
    >>> found["kind"].tolist(), found["midpoint"].is_monotonic_increasing
    (['measured', 'measured', 'measured'], True)
    """
    question = question_of(classes, chance, phase, floor_known, width, max_runs, low, high, start, show)
    rows = []
    places = _checked(points)
    with measuring(measure, ("point", "sigma", "seed"), name, store) as asking:
        for point in places:

            def tell(networks: int, estimate: Estimate, point: str = point) -> None:
                if show:
                    show(point, networks, estimate)

            estimate = SEARCHES[phase](asking.at(point), question, tell if show else None)
            networks = asking.runs(point)["seed"].nunique()
            if progress:
                print(f"{point}: {estimate}; {counted(networks, 'network')}", file=sys.stderr, flush=True)
            rows.append((point, estimate.midpoint, *estimate.interval, estimate.kind, networks, estimate.reason))
    return pandas.DataFrame(rows, columns=COLUMNS)


def _checked(points: Any) -> list[str]:
    """Return the points as a list; raise `InputError` unless they are different names."""
    expected = "points: expected a list of different names"
    if isinstance(points, str) or not isinstance(points, Iterable):
        raise InputError(f"{expected}, got {points!r}; put it in brackets")
    places = list(points)
    for number, point in enumerate(places):
        if not isinstance(point, str) or not point or point in places[:number]:
            got = f"{point!r} twice" if point in places[:number] else repr(point)
            raise InputError(f"{expected}, got {got}; correct it")
    if not places:
        raise InputError(f"{expected}, got none; name at least one")
    return places

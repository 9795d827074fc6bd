"""Find one midpoint of anybody's function: a training in another framework, a simulator, a chip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from wn_ref.errors import InputError, require_choice, require_flag, require_number, require_whole
from wn_ref.search.location import Location
from wn_ref.search.measuring import measuring, name_of
from wn_ref.search.phases import SEARCHES
from wn_ref.search.question import Question, Show, settings_of_search


def locate(
    measure: Callable[[float, int], Any],
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
    show: Show | None = None,
) -> Location:
    """Find a midpoint noise level of a function that returns an accuracy, with as few calls as possible.

    The searches are those of `locate_midpoint`, which is for networks of this package, as `wn-ref locate` is. An
    ArithmeticError of the function, such as OverflowError or `OverflowStop`, counts as too much noise. Any other
    exception ends the search.

    Parameters
    ----------
    measure : callable
        Called with sigma, a float, and seed, an int; returns an accuracy from 0 to 1. Sigma = 0 means no noise.
    classes : int, optional
        Number of classes K: guessing has an accuracy of 1/K. Either this or `chance` must be given.
    chance : float, optional
        The accuracy of guessing, where that is not 1/K.
    phase : "training" or "inference"
        How the seed is to be understood. "training": every call is a network of its own, trained with this noise, and
        gets a seed of its own. "inference": the seed tells which trained network (or which chip) meets the noise. It
        is evaluated at many sigmas, about 60 for the first network and 15 for each of the others, so an evaluation
        should be cheap, and the function should keep the network of the latest seed.
    floor_known : bool
        Whether accuracy falls to that of guessing under infinite noise, as it does with additive noise. Otherwise, as
        with multiplicative noise, the accuracy at `high` is measured.
    width : float
        The search ends when the 95 % interval is narrower than this fraction of the midpoint; 0.1 means +-5 %.
    max_runs : int
        How many networks, that is seeds, are used at most; 12 or more. At inference the scan of the first one counts
        as one.
    low, high, start : float
        The smallest and the largest sigma of the search, and the first one.
    name : str, optional
        What is measured. It must be given with a store.
    store : str or Path, optional
        A file that keeps every accuracy as it is returned. What it has already under this name is not measured again,
        so a search that was stopped goes on where it was. It is refused if the code of the function has changed.
    show : callable, optional
        Called with the number of seeds used so far and the `Estimate`, after every step.

    Returns
    -------
    Location
        The midpoint, its interval, and all that was measured. It is the same for the same arguments, as long as
        `measure` returns the same.

    Raises
    ------
    InputError
        If an argument has a value that cannot be used, the function returns no accuracy, or the store has measurements
        of other code under this name.
    StorageError
        If another process is writing to the store, or the disk is full or fails.

    Warns
    -----
    UnknownCodeWarning
        If there is a store and the code of the function cannot be told from other code; then the name alone counts.

    Examples
    --------
    A curve with the midpoint 3, whose networks scatter by 10 %:

    >>> import wn_ref as wn
    >>> def measure(sigma, seed):
    ...     mu = 3 * np.exp(0.1 * np.random.default_rng(seed).standard_normal())
    ...     return 0.1 + 0.8 / (1 + (sigma / mu) ** 2)
    >>> location = wn.locate(measure, classes=10, name="made up")
    >>> low, high = location.interval
    >>> location.kind, low < 3 < high, high / low < 1.12
    ('measured', True, True)
    """
    question = question_of(classes, chance, phase, floor_known, width, max_runs, low, high, start, show)
    with measuring(measure, ("sigma", "seed"), name, store) as asking:
        estimate = SEARCHES[phase](asking.at(), question, show)
        runs = asking.runs()
    return Location(estimate, runs, runs["seed"].nunique(), name=name_of(measure, name))


def question_of(
    classes: object, chance: object, phase: object, floor_known: object,
    width: object, max_runs: object, low: object, high: object, start: object, show: object,
) -> Question:  # fmt: skip
    """Return what a search is asked, once it is sure that all arguments of `locate` can be used."""
    require_choice("phase", phase, SEARCHES)
    if (classes is None) == (chance is None):
        got = "neither" if chance is None else "both"
        raise InputError(f"classes: expected either the number of classes or chance, got {got}; try classes=10")
    if classes is not None:
        guessing = 1 / require_whole("classes", classes, least=2)
    else:
        guessing = require_number("chance", chance, "the accuracy of guessing, 0 <= chance < 1", least=0, below=1)
    settings = settings_of_search(width, low, high, start, max_runs, show)
    return Question(guessing, require_flag("floor_known", floor_known), **settings)

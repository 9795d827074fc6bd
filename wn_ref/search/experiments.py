"""Find one midpoint with few networks: the searches of this package, with real experiments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from wn_ref.errors import InputError, RunError, require_choice, require_whole
from wn_ref.experiment import Experiment
from wn_ref.lazy import pandas
from wn_ref.noise import Noise, additive
from wn_ref.overflow import is_overflow
from wn_ref.search.location import Location
from wn_ref.search.phases import SEARCHES
from wn_ref.search.question import Question, Show, settings_of_search
from wn_ref.store.writer import writing
from wn_ref.sweeps.runner import fill
from wn_ref.sweeps.workers import Workers

AT_ONCE = 2
"""How many runs a search places at the same time, whatever the number of workers."""


def locate_midpoint(
    noise: Callable[[float], Noise] = additive,
    *,
    width: float = 0.1,
    max_runs: int = 60,
    jobs: int = 1,
    store: str | Path | None = None,
    low: float = 1e-4,
    high: float = 1e10,
    start: float = 1.0,
    step: float = 10.0,
    show: Show | None = None,
    retry_failed: bool = False,
    at_once: int = AT_ONCE,
    first_seed: int = 0,
    **settings: Any,
) -> Location:
    """Find a midpoint noise level with as few networks as possible.

    `wn_ref.search.in_training` and `wn_ref.search.at_inference` describe how. A run that overflowed counts as one with
    too much noise.

    Parameters
    ----------
    noise : callable
        Returns the noise for a sigma, such as `wn_ref.additive`. The paper's numbers for multiplicative noise belong to
        ``lambda sigma: wn_ref.multiplicative(sigma, gradient="exact")``.
    width : float
        The search ends when the 95 % interval is narrower than this fraction of the midpoint; 0.1 means +-5 %.
    max_runs : int
        How many networks are trained at most; 12 or more. At inference, where the first one is scanned over all levels
        and then evaluated as the others are, the scan counts as one.
    jobs : int
        Number of worker processes; 0 is one for each core.
    store : str or Path, optional
        A file that keeps every run as it ends. Runs that have a result in it are not run again.
    low, high, start : float
        The smallest and the largest sigma of the search, and the first one.
    step : float
        The factor by which the second sigma is larger or smaller than the first.
    show : callable, optional
        Called with the number of networks trained so far and the `Estimate`, after every batch of runs.
    retry_failed : bool
        Whether to run experiments again that failed according to the store.
    at_once : int
        How many networks' noise levels are chosen at the same time. The answer depends on it, as it decides what is
        known when a run is placed, and not on `jobs`; more keep more workers busy.
    first_seed : int
        The seed of the first network; the others follow it.
    **settings
        The other fields of `Experiment` except seed: dataset, model, point, phase, epochs, ...

    Returns
    -------
    Location
        The same for the same arguments, whatever `jobs`.

    Raises
    ------
    InputError
        If an argument has a value that cannot be used.
    RunError
        If a run fails for another reason than an overflow.
    StorageError
        If another process is writing to the store, or the disk is full or fails.

    Examples
    --------
    The midpoint of networks that meet additive noise in evaluation only, with an interval of +-15 %:

    >>> import wn_ref as wn
    >>> location = wn.locate_midpoint(wn.additive, dataset="digits", epochs=3, phase="inference", width=0.3)
    >>> location.kind, location.estimate.width <= 0.3
    ('measured', True)
    """
    asked_for = settings_of_search(width, low, high, start, max_runs, show, step)
    workers = Workers(jobs)
    asked_for["at_once"] = require_whole("at_once", at_once, least=1)
    require_whole("first_seed", first_seed, least=0)
    template = Experiment(noise=_first_noise(noise, low, start, high), **_checked(settings))
    asked: dict[Experiment, None] = {}

    def measure(requests: Sequence[tuple[float, int]]) -> np.ndarray:
        plan = [asked_run(template, noise, sigma, first_seed + seed) for sigma, seed in requests]
        asked.update(dict.fromkeys(plan))
        fill(opened, plan, workers, retry_failed=retry_failed)
        return _accuracies(opened.table(plan), requests, store)

    question = question_about(template, **asked_for)
    with writing(store) as opened:
        estimate = SEARCHES[template.phase](measure, question, show)
        runs = opened.table(asked)
    return Location(estimate, runs, len({experiment.training_experiment() for experiment in asked}), template)


def question_about(template: Experiment, **asked_for: Any) -> Question:
    """Return what is asked of a search for experiments that are like one; other fields of `Question` are given."""
    return Question(1 / len(template.entry.classes), _ends_at_chance(template), **asked_for)


def asked_run(template: Experiment, noise: Callable[[float], Noise], sigma: float, seed: int) -> Experiment:
    """Return the experiment that a search means by a sigma and a seed; sigma = 0 is training without noise."""
    if sigma:
        return replace(template, noise=noise(sigma), seed=seed)
    return replace(replace(template, phase="inference").training_experiment(), seed=seed)


SEARCHED = ("noise", "seed")
"""The fields of `Experiment` that a search chooses itself."""


def _first_noise(noise: Callable[[float], Noise], low: float, start: float, high: float) -> Noise:
    """Return the noise at `start`, once it is sure that `noise` is a function from sigma to its noise."""
    expected = "noise: expected a function from sigma to its noise, such as wn_ref.additive"
    if not callable(noise):
        raise InputError(f"{expected}, got {noise!r}; give the function itself")
    try:
        made = [noise(sigma) for sigma in (start, low, high)]
    except TypeError as error:
        raise InputError(f"{expected}, got one that stops with {error}; let it take one number") from None
    if not all(isinstance(one, Noise) for one in made):
        raise InputError(f"{expected}, got one that returns {made[0]!r}; correct it")
    if low < high and made[1] == made[2]:
        raise InputError(f"{expected}, got one that returns {made[0]!r} for every sigma; correct it")
    return made[0]


def _checked(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings, once it is sure that all of them are fields of `Experiment` that a user may choose."""
    if taken := [name for name in SEARCHED if name in settings]:
        raise InputError(f"settings: expected neither noise nor seed, got {', '.join(taken)}; leave it out")
    allowed = [one.name for one in fields(Experiment) if one.init and one.name not in SEARCHED]
    for name in settings:
        require_choice("settings", name, allowed)
    return settings


def _ends_at_chance(template: Experiment) -> bool:
    """Return whether accuracy is that of guessing under infinite noise.

    Additive noise then is all that the layers behind it see. Of multiplicative noise (section 6), and of noise of a
    class of one's own, nobody knows.
    """
    return type(template.noise) is Noise and template.noise.sigma_mul == 0


def _accuracies(runs: pandas.DataFrame, requests: Sequence[tuple[float, int]], store: str | Path | None) -> np.ndarray:
    """Return the accuracies of runs, NaN where one overflowed.

    Raises
    ------
    RunError
        If one failed for another reason: it says nothing about the noise.
    """
    for (sigma, seed), error in zip(requests, runs["error"]):
        if error and not is_overflow(error):
            again = "start again" if store is None else "run it again with retry_failed (--retry-failed)"
            raise RunError(
                f"run: expected an accuracy, got {error} at sigma {sigma:g}, seed {seed}; correct its cause and {again}"
            )
    return runs["accuracy"].to_numpy()

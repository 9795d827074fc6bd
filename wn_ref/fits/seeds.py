"""Several seeds: the standard error of their mean accuracy, and the midpoint with an interval that holds for others.

All points of a curve share their seeds. A seed whose network is more robust has a higher accuracy at every noise level,
so the whole curve is shifted in ln sigma, and the errors of its points are not independent. The residuals about a fit
do not show this. Only the midpoints of single seeds do: they scatter as much as those of other seeds will.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from wn_ref.errors import InputError, require_whole
from wn_ref.fits.between_seeds import over_seeds, wider
from wn_ref.fits.inputs import is_real, numbers
from wn_ref.fits.leastsquares import levenberg_marquardt
from wn_ref.fits.levels import merge_levels
from wn_ref.fits.logistic import logistic, logistic_jacobian
from wn_ref.fits.midpoint import MidpointFit, fit_midpoint
from wn_ref.fits.problem import MidpointProblem
from wn_ref.fits.verdict import CONFIDENCE, is_flat


def accuracy_uncertainty(accuracies: npt.ArrayLike, test_size: int) -> np.ndarray:
    """Standard error Delta_y of the mean accuracy of several seeds on the same test images.

    It adds two parts in quadrature: the standard error over seeds, and the binomial standard error
    sqrt(a (1 - a) / n) of one evaluation on n images. The first can be 0 by accident, for example if two seeds agree or
    a network always answers the same class. The second does not shrink with more seeds, because all of them see the
    same images; to keep it positive at a = 0 and a = 1, one success and one failure are added to the count.

    What all points of a curve have in common is not included: the test images, and the seeds, whose noise at one sigma
    is their noise at another sigma, scaled. They may shift a whole curve; `wn_ref.fits.fit_seeds` takes the seeds into
    account.

    Parameters
    ----------
    accuracies : array_like
        From 0 to 1, (..., seeds).
    test_size : int
        n, the number of test images.

    Returns
    -------
    np.ndarray
        (...,). For a single seed it is the binomial part alone.

    Raises
    ------
    InputError
        If an accuracy is not a number from 0 to 1, there are none, or the test size is no whole number of at least 1.

    Examples
    --------
    Two noise levels, three seeds each:

    >>> import wn_ref as wn
    >>> wn.accuracy_uncertainty([[0.95, 0.96, 0.94], [0.41, 0.52, 0.45]], test_size=2000).round(3).tolist()
    [0.008, 0.034]
    """
    accuracies = np.atleast_1d(numbers("accuracies", accuracies))
    if not accuracies.size:
        raise InputError(f"accuracies: expected those of at least one seed, got shape {accuracies.shape}; add some")
    outside = accuracies[(accuracies < 0) | (accuracies > 1)]
    if outside.size:
        raise InputError(f"accuracies: expected shares from 0 to 1, got {outside[0]:g}; divide percentages by 100")
    require_whole("test_size", test_size, least=1)
    seeds = accuracies.shape[-1]
    a = (accuracies.mean(axis=-1) * test_size + 1) / (test_size + 2)
    spread = accuracies.std(axis=-1, ddof=1) / math.sqrt(seeds) if seeds > 1 else 0.0
    return np.sqrt(spread**2 + a * (1 - a) / test_size)


def fit_seeds(sigma: npt.ArrayLike, accuracies: npt.ArrayLike, test_size: int | None, **settings: Any) -> MidpointFit:
    """Fit equation 1 to the mean of several seeds, with an interval that holds for other seeds, too.

    The midpoint is that of `fit_midpoint` for the averages over seeds. Then its curve is shifted in ln sigma until it
    fits the accuracies of each seed, which gives a midpoint for each. The interval is the wider one, at each end, of
    two: that of the fit to the averages, and that of Student's t for the mean of ln mu over seeds. Bounds are moved in
    the same way. With a single seed, only the first is known, and it says nothing about other seeds.

    With two seeds, the second interval reaches from mu / r^6.4 to mu r^6.4, where r is the ratio of their midpoints:
    so little do two seeds tell. With five seeds, it is seven times as narrow.

    Parameters
    ----------
    sigma : array_like
        Noise levels, >= 0, (n,), each once.
    accuracies : array_like
        Of each seed at each level, from 0 to 1, (n, seeds); NaN where a run is missing.
    test_size : int or None
        The number of test images; if it is not known, all averages have equal weight.
    **settings
        As for `fit_midpoint`, but for `uncertainty`, which the seeds tell.

    Returns
    -------
    MidpointFit
        As of `fit_midpoint`, and `seed_midpoints`, the midpoints of the seeds that have runs right below and right
        above the midpoint. `midpoint_std` is the larger standard error of the two.

    Raises
    ------
    InputError
        As for `fit_midpoint` and `accuracy_uncertainty`; or if a level occurs twice, or has no run.

    Examples
    --------
    >>> from wn_ref.fits.logistic import logistic
    >>> sigma = np.geomspace(0.1, 100, 13)
    >>> curves = [logistic(np.log(sigma), np.log(mu), 0.5, 0.4, 0.1) for mu in (2.8, 3.0, 3.2)]
    >>> fit = fit_seeds(sigma, np.transpose(curves), test_size=10_000, scale="log")
    >>> print(fit, fit.seed_midpoints.round(2))
    midpoint 3 (95 %: 2.54 to 3.54) [2.8 3.  3.2]
    """
    for name in ("accuracy", "uncertainty"):
        if name in settings:
            raise InputError(f"{name}: expected none, as the accuracies of the seeds tell it, got one; leave it out")
    levels, table = numbers("sigma", sigma), _table(accuracies)
    if levels.ndim != 1 or len(levels) != len(table):
        expected = f"one row for each of {levels.size} levels of sigma"
        raise InputError(f"accuracies: expected {expected}, got shape {table.shape}; match them")
    if len(np.unique(merge_levels(levels))) < len(levels):
        raise InputError("sigma: expected each noise level once, got one of them twice; put its seeds into one row")
    there = np.isfinite(table)
    if not there.any(axis=1).all():
        missing = levels[~there.any(axis=1)][0]
        raise InputError(f"accuracies: expected those of at least one seed, got none at sigma {missing}; leave it out")
    mean = np.nanmean(table, axis=1)
    errors = None
    if test_size is not None:
        errors = [float(accuracy_uncertainty(row[known], test_size)) for row, known in zip(table, there, strict=True)]
    return _with_seeds(fit_midpoint(levels, mean, errors, **settings), table, test_size)


def _table(accuracies: npt.ArrayLike) -> np.ndarray:
    """The accuracies as an array, (n, seeds); missing ones stay NaN."""
    try:
        given: np.ma.MaskedArray = np.ma.asarray(accuracies)
        if not is_real(given.compressed()):
            raise TypeError
        table = np.ma.filled(given.astype(np.float64), math.nan)
    except (TypeError, ValueError):
        table = numbers("accuracies", accuracies)
    if table.ndim != 2:
        raise InputError(f"accuracies: expected a row for each level, got shape {table.shape}; see the documentation")
    numbers("accuracies", table[~np.isnan(table)])
    return table


def _with_seeds(fit: MidpointFit, table: np.ndarray, test_size: int | None) -> MidpointFit:
    """Widen the interval of a fit to averages by what single seeds, (n, seeds), tell."""
    problem, best = fit._profile.problem, fit._profile.best
    if fit.kind == "open" or 0 in problem.held or best[2] <= 0 or problem.sigma_at(best[0]) <= 0:
        return fit
    if test_size is None:  # errors that are all alike: those of the averages, times the root of the number of seeds
        one_seed = replace(problem, dy=problem.dy * math.sqrt(table.shape[1]))
    else:
        one_seed = replace(problem, dy=accuracy_uncertainty(np.clip(problem.y, 0, 1)[:, None], test_size))
    midpoints = _seed_midpoints(one_seed, best, table, only_falling=fit._flat)
    between = over_seeds(midpoints, CONFIDENCE)
    if between is None:
        return fit
    low, high = wider(fit.interval(), between)
    if fit.kind == "measured":
        std = fit.midpoint * float(np.std(np.log(midpoints), ddof=1)) / math.sqrt(len(midpoints))
        std = max(fit.midpoint_std, std)
        return replace(fit, seed_midpoints=midpoints, midpoint_std=std, _interval=(low, high))
    if fit.kind == "lower bound":
        return replace(fit, seed_midpoints=midpoints, bound=low, _interval=(low, math.inf))
    return replace(fit, seed_midpoints=midpoints, bound=high, _interval=(0.0, high))


def _seed_midpoints(problem: MidpointProblem, best: np.ndarray, table: np.ndarray, only_falling: bool) -> np.ndarray:
    """The midpoint of each seed: the fit to the averages, shifted in ln sigma until it fits the seed.

    `problem` has the standard errors of one seed. A seed does without its midpoint if runs next to that of the averages
    are missing, or, with `only_falling`, if its accuracy does not fall.
    """
    nearest = _around(problem.x, float(best[0]))
    found = []
    for y in table.T:
        known = np.isfinite(y)
        if not known[nearest].all():
            continue
        data = {name: getattr(problem, name)[known] for name in ("sigma", "x", "dy")}
        mine = replace(problem, **data, y=y[known])
        p = _shifted(mine, best)
        if not only_falling or not is_flat(mine, p):
            found.append(mine.sigma_at(p[0]))
    return np.array(found)


@np.errstate(all="ignore")  # a trial step may overflow; the least-squares method rejects it
def _shifted(problem: MidpointProblem, best: np.ndarray) -> np.ndarray:
    """The p of F(sigma / e^d) with the d that fits best: mu e^d and s e^d, or ln mu + d on the scale "log"."""
    linear = problem.scale == "linear"

    def at(d: float) -> np.ndarray:
        return np.r_[best[:2] * math.exp(min(d, 700)), best[2:]] if linear else best + [d, 0, 0, 0]

    def residuals(d: np.ndarray) -> np.ndarray:
        return (logistic(problem.x, *at(d[0])) - problem.y) / problem.dy

    def jacobian(d: np.ndarray) -> np.ndarray:
        by_mu, by_s = logistic_jacobian(problem.x, *at(d[0]))[:, :2].T
        by_d = by_mu * at(d[0])[0] + by_s * at(d[0])[1] if linear else by_mu
        return (by_d / problem.dy)[:, None]

    places = np.log(problem.levels[problem.levels > 0])
    grid = np.interp(np.arange(0, len(places) - 0.9, 0.2), np.arange(len(places)), places)
    shifts = np.append(grid - math.log(problem.sigma_at(best[0])), 0.0)
    start = min(shifts, key=lambda d: problem.chi2(at(d)))
    return at(float(levenberg_marquardt(residuals, jacobian, np.array([start]))[0]))


def _around(x: np.ndarray, mu: float) -> np.ndarray:
    """Positions of the levels next to mu on both sides, or of the last one if mu lies beyond it."""
    below, above = np.where(x <= mu, x, -np.inf), np.where(x > mu, x, np.inf)
    candidates = [int(np.argmax(below))] * bool((x <= mu).any()) + [int(np.argmin(above))] * bool((x > mu).any())
    return np.array(candidates)

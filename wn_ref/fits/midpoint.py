"""The midpoint noise level and its fit, from scratch (section 4.1).

    F(sigma; mu, s, delta_a, a_min) = 2 delta_a / (1 + exp((sigma - mu) / s)) + a_min                  (equation 1)
    mu = argmin sum ((F(sigma) - y(sigma)) / Delta_y(sigma))^2                                          (equation 2)

F(mu) = delta_a + a_min is half way from a_max = 2 delta_a + a_min down to a_min. F(0) is a little less than a_max
unless mu >> s, because equation 1 falls from the start.

Which scale? A few epochs of training with noise at all points give curves like equation 1, and both scales find the
same midpoint; the MLP without batch norm, after the paper's 100 epochs under additive noise, has a curve of ln sigma
(tutorial 03). So look at chi2. With noise at inference only, or at a single point, curves stay flat over decades of
sigma and end in a long tail. Equation 1 in ln sigma (scale="log") describes these, and its mu is where the curve is
half way down. In sigma itself the fit is far worse: it trades a_max for mu and loses the midpoint
(`tests/fits/test_midpoint.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wn_ref.arrays import unmasked
from wn_ref.errors import require_choice, require_flag, require_number
from wn_ref.fits.between_seeds import over_seeds, wider
from wn_ref.fits.inputs import noise_levels
from wn_ref.fits.logistic import logistic
from wn_ref.fits.problem import SCALES, MidpointProblem, abscissa
from wn_ref.fits.profile import Profile
from wn_ref.fits.verdict import CONFIDENCE, Verdict, verdict

RESTARTS = 20
"""How often a fit starts again because the profile of its midpoint has found better parameters."""


@dataclass(frozen=True, eq=False)
class MidpointFit:
    """A fitted curve of accuracy against noise; made by `fit_midpoint`.

    Call it to get the fitted accuracy at any sigma; print it to get the midpoint with its interval. Where data only
    bound the midpoint, or tell nothing, the fitted accuracies are those of the best fit, which other fits may rival.

    Attributes
    ----------
    midpoint : float
        mu, in units of sigma; NaN unless `kind` is "measured".
    midpoint_std : float
        Standard error of the midpoint, from `covariance`; inf if the whole fall lies between two neighbouring noise
        levels (see `interval`).
    slope, half_range, a_min, a_max : float
        s, delta_a, a_min and 2 delta_a + a_min; NaN unless `kind` is "measured".
    kind : "measured", "lower bound", "upper bound" or "open"
        What the data can tell about the midpoint; "open" means nothing.
    reason : str
        Why the data tell nothing: equation 1 misses a curve that falls (see `wn_ref.fits.misfit`), or the errors are so
        large that nobody knows whether it does; otherwise empty.
    bound : float
        The midpoint is greater (lower bound) or less (upper bound) than this; NaN for the other kinds.
    chi2 : float
        The minimum of the sum in equation 2; close to `dof` if the curve is a logistic function and the standard errors
        are right.
    dof : int
        Degrees of freedom: data points minus free parameters.
    covariance : np.ndarray
        Of (mu, s, delta_a, a_min), (4, 4); 0 for a parameter that was held fixed, inf if the data do not determine the
        parameters, NaN unless `kind` is "measured".
    scale : "linear" or "log"
        Whether equation 1 was fitted in sigma or in ln sigma; `slope` has the same units.
    seed_midpoints : np.ndarray
        The midpoint of each seed, in units of sigma; empty unless `wn_ref.fits.fit_seeds` made this fit.

    Examples
    --------
    >>> import wn_ref as wn
    >>> sigma = [0.1, 0.3, 1, 3, 10, 30, 100]
    >>> fit = wn.fit_midpoint(sigma, [0.90, 0.90, 0.88, 0.70, 0.25, 0.12, 0.10], [0.01] * 7)
    >>> print(f"{fit.midpoint:.2f} +- {fit.midpoint_std:.2f}, {fit.kind}")
    5.01 +- 0.15, measured
    >>> print("{:.2f} to {:.2f}".format(*fit.interval(0.68)))
    4.85 to 5.16
    >>> print(f"{fit(3.0):.2f}")
    0.70
    """

    midpoint: float
    midpoint_std: float
    slope: float
    half_range: float
    a_min: float
    kind: str
    bound: float
    chi2: float
    dof: int
    covariance: np.ndarray = field(repr=False)
    scale: str
    reason: str
    _profile: Profile = field(repr=False)
    _interval: tuple[float, float] = field(repr=False)  # at the level CONFIDENCE
    _flat: bool = field(repr=False)
    seed_midpoints: np.ndarray = field(repr=False, default_factory=lambda: np.empty(0))

    @property
    def a_max(self) -> float:
        """2 delta_a + a_min, the upper plateau; in sigma, F(0) is less than this unless mu >> s."""
        return 2 * self.half_range + self.a_min

    def __call__(self, sigma: npt.ArrayLike) -> np.ndarray:
        """The fitted accuracy at sigma, finite numbers >= 0; unless `kind` is "measured", only that of the best fit."""
        return logistic(abscissa(noise_levels(unmasked("sigma", sigma)), self.scale), *self._profile.best)

    @np.errstate(all="ignore")
    def interval(self, level: float = CONFIDENCE) -> tuple[float, float]:
        """Confidence interval of the midpoint by profile likelihood.

        It holds every mu for which chi2, with all other free parameters fitted again, exceeds the minimum by at most
        the `level` quantile of chi-squared with one degree of freedom (without standard errors, and with `rescale`, by
        what Student's t allows, if that is more). Unlike midpoint +- 2 standard errors, it need not be symmetric. If
        the whole fall may lie between two neighbouring noise levels, the data cannot tell where; the interval then
        holds all that is between them, and covers the truth more often than asked.

        What all noise levels have in common, such as the seeds, is not seen by this fit. If `fit_seeds` made it, the
        interval is at least as wide as the midpoints of the single seeds demand.

        Parameters
        ----------
        level : float
            Probability that the interval covers the true midpoint, 0 < level < 1. A midpoint that is only bounded has
            its bound, which is one of 95 % whatever the level.

        Returns
        -------
        low, high : float
            In units of sigma; an end that the data leave open is 0 or inf.

        Raises
        ------
        InputError
            If the level is not a probability between 0 and 1.
        """
        level = require_number("level", level, "a probability above 0 and below 1, such as 0.95", 1e-9, 1 - 1e-9)
        if self.kind != "measured" or level == CONFIDENCE:
            return self._interval
        return wider(self._profile.interval(level), over_seeds(self.seed_midpoints, level))

    def __str__(self) -> str:
        if self.kind == "open":
            return f"midpoint unknown{': ' * bool(self.reason)}{self.reason}"
        if self.kind != "measured":
            return f"midpoint {'>' if self.kind == 'lower bound' else '<'} {self.bound:.3g}"
        low, high = self.interval()
        return f"midpoint {self.midpoint:.3g} (95 %: {low:.3g} to {high:.3g})"


@np.errstate(all="ignore")  # a trial step may overflow; the least-squares method rejects it
def fit_midpoint(
    sigma: npt.ArrayLike,
    accuracy: npt.ArrayLike,
    uncertainty: npt.ArrayLike | None = None,
    *,
    mu: float | None = None,
    s: float | None = None,
    delta_a: float | None = None,
    a_min: float | None = None,
    chance: float = 0.1,
    scale: str = "log",
    rescale: bool = False,
) -> MidpointFit:
    """Fit equation 1 to a curve of accuracy against noise, by weighted least squares (equation 2).

    The result claims no more than the data support. The midpoint is "measured" if it lies among the noise levels and
    its 95 % interval is closed. There is only a "lower bound" if the curve never falls, or not far enough to show where
    its middle is, and only an "upper bound" if it is at chance from the start, or falls already at the smallest level.
    The midpoint is unknown ("open") if equation 1 misses the curve by far, for example if `a_min` is held where the
    curve does not end (see `wn_ref.fits.misfit`), or if nothing falls and the errors are large enough to hide a fall.

    Noise levels have to be independent. If each seed was measured at all levels, its whole curve may be shifted, which
    no fit to averages can see: with two or three seeds, 95 % intervals of such curves hold the midpoint of other seeds
    in 60 to 70 % of cases only. Use `wn_ref.midpoints`, or `wn_ref.fits.fit_seeds`, which look at the seeds one by one.

    Parameters
    ----------
    sigma : array_like
        Noise levels, 0 or from 1e-100 to 1e100, (n,), in any order; those that agree to 12 significant digits count as
        one level.
    accuracy : array_like
        y, from 0 to 1, (n,), or at most 0.1 beyond by its error; usually averages over seeds.
    uncertainty : array_like, optional
        Standard errors Delta_y of the accuracies, > 1e-12 and <= 0.5, (n,); see `accuracy_uncertainty`. Without them
        all points have equal weight, and the scatter about the fit estimates the standard error.
    mu, s, delta_a, a_min : float, optional
        A value at which this parameter of equation 1 is held fixed; by default all four are fitted. A `mu` that is held
        is the midpoint, "measured" with an interval of no width, unless equation 1 misses the curve with it. It is
        not tested whether it lies among the noise levels, or whether accuracy falls there.
    chance : float
        Accuracy of guessing, 1/K. If the curve is flat, it tells one that never falls from one that has fallen already;
        otherwise it is not used.
    scale : "linear" or "log"
        Fit equation 1 in ln sigma, which describes curves over decades, or in sigma, as printed in the paper (see the
        top of this module).
    rescale : bool
        If chi2 exceeds the degrees of freedom, the curve is not exactly logistic or the standard errors are too small.
        With True, the reported standard errors and intervals are then multiplied by sqrt(chi2 / dof), the scale factor
        of the Particle Data Group, and intervals take the quantile of Student's t, as the factor is only as certain as
        the degrees of freedom make it (`tests/benchmarks/fit_coverage.py` counts how often they hold the truth).

    Returns
    -------
    MidpointFit
        Parameters, covariance and intervals.

    Raises
    ------
    InputError
        If lengths do not match, a value is no finite number, a standard error is too small or too large, the largest is
        more than 1e5 times the smallest, there are too few noise levels, or an option cannot be used.

    Examples
    --------
    >>> import wn_ref as wn
    >>> sigma = [0.1, 0.3, 1, 3, 10, 30, 100]
    >>> print(wn.fit_midpoint(sigma, [0.90, 0.90, 0.88, 0.70, 0.25, 0.12, 0.10], [0.01] * 7))
    midpoint 5.01 (95 %: 4.71 to 5.32)
    >>> print(wn.fit_midpoint(sigma, [0.90, 0.90, 0.90, 0.89, 0.90, 0.91, 0.90], [0.01] * 7))
    midpoint > 100
    """
    require_choice("scale", scale, SCALES)
    chance = require_number("chance", chance, "0 <= chance < 1, usually 1 / number of classes", least=0, below=1)
    rescale = require_flag("rescale", rescale)
    held = {"mu": mu, "s": s, "delta_a": delta_a, "a_min": a_min}
    given = MidpointProblem.checked(sigma, accuracy, uncertainty, held, scale)
    best: np.ndarray | None = None
    for _ in range(RESTARTS):
        best = given.minimise(best)
        profile = Profile(given.scaled(best, rescale), best)
        told = verdict(profile, chance, given)
        if profile.better is None:
            break
        best = profile.better
    return _result(given, profile, told)


def _result(given: MidpointProblem, profile: Profile, told: Verdict) -> MidpointFit:
    """Collect what is reported; the standard errors of `given` are those of the user."""
    problem, best, kind, scale = profile.problem, profile.best, told.kind, profile.problem.scale
    known = kind == "measured"
    midpoint = problem.sigma_at(best[0]) if known else math.nan
    by_mu = np.array([midpoint if scale == "log" else 1.0, 1, 1, 1])  # d mu / d ln mu = mu
    cov = problem.covariance(best) * np.outer(by_mu, by_mu) if known else np.full((4, 4), math.nan)
    slope, half_range, lowest = map(float, best[1:] if known else [math.nan] * 3)
    return MidpointFit(
        midpoint=midpoint,
        midpoint_std=math.sqrt(cov[0, 0]),
        slope=slope,
        half_range=half_range,
        a_min=lowest,
        kind=kind,
        bound=told.bound,
        chi2=given.chi2(best),
        dof=problem.dof,
        covariance=cov,
        scale=scale,
        reason=told.reason,
        _profile=profile,
        _interval=told.interval,
        _flat=told.flat,
    )

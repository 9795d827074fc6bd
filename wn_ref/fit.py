"""The midpoint noise level and its fit, from scratch (section 4.1).

    F(sigma; mu, s, delta_a, a_min) = 2 delta_a / (1 + exp((sigma - mu) / s)) + a_min                  (equation 1)
    mu = argmin sum ((F(sigma) - y(sigma)) / Delta_y(sigma))^2                                          (equation 2)

What to use when: `fit_midpoint` for a curve of accuracy against sigma; `accuracy_uncertainty` for the Delta_y that
it wants; `wn_ref.leastsquares` for any other weighted least-squares problem.

F(mu) = delta_a + a_min, half way from a_max = 2 delta_a + a_min down to a_min. F(0) is a little less than a_max,
unless mu >> s: equation 1 falls from the start. Curves of noise at inference only, and of noise at one point, stay flat
over decades of sigma and end in a long tail. Equation 1 in ln sigma (scale="log") describes those, and its mu is where
the curve crosses half way; in sigma itself it fits far worse, trades a_max for mu and loses the midpoint
(`tests/test_fit.py` shows it). Training with noise at all points gives curves as in equation 1, of which both scales
find the same midpoint (tutorial 03).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from wn_ref.curve import CONFIDENCE, SCALES, Curve, abscissa
from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.logistic import logistic


@dataclass(frozen=True)
class MidpointFit:
    """A fitted curve; made by `fit_midpoint`.

    Attributes
    ----------
    midpoint : float
        mu, in units of sigma; NaN unless `kind` is "measured".
    midpoint_std : float
        Its standard error, from `covariance`; inf if the fall lies between two neighbouring sigmas (see `interval`).
    slope, half_range, a_min, a_max : float
        s, delta_a, a_min and 2 delta_a + a_min; NaN, too, unless `kind` is "measured".
    kind : "measured", "lower bound", "upper bound" or "open"
        What the data can tell about the midpoint; "open" is nothing.
    bound : float
        The midpoint is greater (or less) than this; NaN if it is measured or open.
    chi2 : float
        Of the best fit (equation 2); about `dof` if the curve is a logistic and the uncertainties are right.
    dof : int
        Degrees of freedom: points minus free parameters.
    covariance : np.ndarray
        (4, 4), of (mu, s, delta_a, a_min); 0 where a parameter was held fixed, inf where the data leave it open;
        NaN unless `kind` is "measured".
    scale : "linear" or "log"
        Whether equation 1 was taken in sigma or in ln sigma; `slope` is in units of the same.
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
    _curve: Curve = field(repr=False)
    _best: np.ndarray = field(repr=False)
    _interval: tuple[float, float] = field(repr=False)  # the one that is asked for most, at CONFIDENCE

    @property
    def a_max(self) -> float:
        """2 delta_a + a_min, the accuracy without noise."""
        return 2 * self.half_range + self.a_min

    def __call__(self, sigma: np.ndarray) -> np.ndarray:
        """The fitted accuracy at sigma."""
        return logistic(abscissa(sigma, self.scale), *self._best)

    @np.errstate(all="ignore")
    def interval(self, level: float = CONFIDENCE) -> tuple[float, float]:
        """Confidence interval of the midpoint by profile likelihood.

        It holds every mu that, with all other free parameters refitted, raises chi2 by no more than the `level`
        quantile of chi-squared with one degree of freedom. Unlike midpoint +- 2 standard errors, it need not be
        symmetric. An end that the data leave open is 0 or inf. If the whole fall lies between two neighbouring
        sigmas the data cannot tell where, and the interval covers more often than asked.

        Parameters
        ----------
        level : float
            Probability that the interval covers the truth, 0 < level < 1.
        """
        if not 0 < level < 1:
            raise InputError(f"level: expected a probability between 0 and 1, got {level}; 0.95 is usual")
        if self.kind != "measured" or level == CONFIDENCE:
            return self._interval
        return self._curve.interval(self._best, level)

    def __str__(self) -> str:
        if self.kind == "open":
            return "midpoint unknown"
        if self.kind != "measured":
            return f"midpoint {'>' if self.kind == 'lower bound' else '<'} {self.bound:.3g}"
        low, high = self.interval()
        return f"midpoint {self.midpoint:.3g} (95 %: {low:.3g} to {high:.3g})"


@np.errstate(all="ignore")  # a trial step may go anywhere; what is not finite is refused
def fit_midpoint(
    sigma: np.ndarray,
    accuracy: np.ndarray,
    uncertainty: np.ndarray | None = None,
    *,
    mu: float | None = None,
    s: float | None = None,
    delta_a: float | None = None,
    a_min: float | None = None,
    chance: float = 0.1,
    scale: str = "linear",
    rescale: bool = False,
) -> MidpointFit:
    """Fit equation 1 to a curve of accuracy against noise, by weighted least squares (equation 2).

    It says what the data support and no more. The midpoint is "measured" if it lies among the sigmas and its 95 %
    interval is closed. It has a "lower bound" if the curve never drops, or not far enough to tell where its middle
    is; an "upper bound" if it is at chance from the start, or already falling at the smallest sigma.

    Parameters
    ----------
    sigma : array_like
        Noise levels, >= 0, (n,), in any order.
    accuracy : array_like
        y, (n,), 0 to 1 (averages over seeds, say).
    uncertainty : array_like, optional
        Standard errors Delta_y > 1e-12 of the accuracies, (n,); see `accuracy_uncertainty`. Without them all points
        count the same and the scatter about the fit sets their size.
    mu, s, delta_a, a_min : float, optional
        Holds a parameter of equation 1 fixed at this value; all four are free by default.
    chance : float
        Accuracy of guessing, 1/K: tells a flat curve that never drops from one that has nowhere to drop. Not used if
        the curve is not flat.
    scale : "linear" or "log"
        Equation 1 in sigma, as printed, or with ln sigma and ln mu in place of sigma and mu.
    rescale : bool
        If chi2 exceeds its degrees of freedom, the curve is no exact logistic or the uncertainties are too small.
        True widens standard errors and intervals by sqrt(chi2 / dof) then (the Particle Data Group's scale factor).

    Returns
    -------
    MidpointFit
        Parameters, covariance and intervals.

    Raises
    ------
    InputError
        If lengths do not match, a value is not finite, an uncertainty is not positive, or there are too few points.
    """
    require_choice("scale", scale, SCALES)
    if not 0 <= chance < 1:
        raise InputError(f"chance: expected 0 <= chance < 1, got {chance}; 1 / number of classes is usual")
    curve = Curve.checked(sigma, accuracy, uncertainty, {"mu": mu, "s": s, "delta_a": delta_a, "a_min": a_min}, scale)
    best = curve.minimise()
    chi2 = curve.chi2(best)
    if rescale and curve.weighted and chi2 > curve.dof > 0:
        curve = replace(curve, dy=curve.dy * math.sqrt(chi2 / curve.dof))
    kind, bound, interval = curve.verdict(best, chance)
    known = kind == "measured"
    midpoint = curve.from_abscissa(best[0]) if known else math.nan
    by_mu = np.array([midpoint if scale == "log" else 1.0, 1, 1, 1])  # d mu / d ln mu = mu
    cov = curve.covariance(best) * np.outer(by_mu, by_mu) if known else np.full((4, 4), math.nan)
    slope, half_range, lowest = map(float, best[1:] if known else [math.nan] * 3)
    return MidpointFit(
        midpoint=midpoint,
        midpoint_std=math.sqrt(cov[0, 0]),
        slope=slope,
        half_range=half_range,
        a_min=lowest,
        kind=kind,
        bound=bound,
        chi2=chi2,
        dof=curve.dof,
        covariance=cov,
        scale=scale,
        _curve=curve,
        _best=best,
        _interval=interval,
    )


def accuracy_uncertainty(accuracies: np.ndarray, test_size: int) -> np.ndarray:
    """Delta_y of accuracies measured with several seeds on the same test images.

    The standard error over seeds, in quadrature with the binomial standard error sqrt(a (1 - a) / n) of one
    evaluation on n images. The first can be 0 by accident (two seeds that agree, a network that always answers the
    same class), the second is not averaged down by seeds, because all of them see the same images. To keep it
    positive at a = 0 and a = 1, a counts one success and one failure more.

    What all points of a curve share is not in it: the same test images, and the same seeds, whose noise at one sigma is
    that at another scaled. With few seeds it may shift a whole curve; more seeds make it smaller.

    Parameters
    ----------
    accuracies : array_like
        (..., seeds), 0 to 1.
    test_size : int
        n.

    Returns
    -------
    np.ndarray
        (...,). With a single seed it is the binomial part alone.
    """
    accuracies = np.atleast_1d(np.asarray(accuracies, np.float64))
    if not ((accuracies >= 0) & (accuracies <= 1)).all():
        raise InputError(
            f"accuracies: expected 0 to 1, got {accuracies.min()} to {accuracies.max()}; divide percentages"
        )
    require_whole("test_size", test_size, least=1)
    seeds = accuracies.shape[-1]
    a = (accuracies.mean(axis=-1) * test_size + 1) / (test_size + 2)
    spread = accuracies.std(axis=-1, ddof=1) / math.sqrt(seeds) if seeds > 1 else 0.0
    return np.sqrt(spread**2 + a * (1 - a) / test_size)

"""One logistic function or two stacked ones, and which of them the data support (section 6.2, Figure 8).

    F(x) = sum_j delta_j (1 - tanh((x - mu_j) / (2 s_j))) + a_min,    x = sigma or ln sigma,    j = 1, or j = 1, 2
    AICc = chi2 + 2 k + 2 k (k + 1) / (n - k - 1)

with k free parameters and n data points. Two steps, mu_1 < mu_2, have three parameters more than one step and never a
larger chi2. Akaike's criterion for small samples [1]_ adds a penalty for each parameter; the fit with the smaller AICc
would win. But the place of a second step is searched for among all noise levels, so chance lowers chi2 by more than
three parameters usually do, and with 41 to 81 points AICc finds a second step in 8 to 18 % of the curves with one.
Therefore two steps also have to lower chi2 by more than PRICE. Then they are found in less than 1 % of the curves with
a single step, for 21 to 81 points, with a_min held or free (`tests/benchmarks/fit_coverage.py`). Of two steps that are
30 standard errors high, none is missed (`tests/fits/test_stacked.py`).

References
----------
.. [1] C. M. Hurvich, C.-L. Tsai, "Regression and time series model selection in small samples", Biometrika 76, 1989.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wn_ref.arrays import unmasked
from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.fits.inputs import noise_levels
from wn_ref.fits.leastsquares import covariance
from wn_ref.fits.logistic import stacked, stacked_jacobian, stacked_slope
from wn_ref.fits.problem import SCALES, MidpointProblem, abscissa
from wn_ref.fits.step_search import best_steps, stacked_chi2
from wn_ref.fits.verdict import FLAT, chi2_of_constant

PRICE = 16.0
"""By how much two steps have to lower chi2, in addition to a smaller AICc."""
FALLS = (FLAT, 22.46)
"""By how much one step, or two, lower the chi2 of a constant if the curve falls: 99.9 % quantiles (3, 6 parameters)."""
PLATEAU = 0.1
"""Between two steps there is a plateau if the flatness is below this."""


@dataclass(frozen=True, eq=False)
class StackedFit:
    """A fitted curve with one or two steps; made by `fit_steps` and `fit_stacked`. Call it for the accuracy at sigma.

    Attributes
    ----------
    midpoints, slopes, half_ranges : np.ndarray
        mu_j in units of sigma, s_j in units of x, and delta_j, (steps,), in the order of ascending mu. Those of a curve
        that does not fall mean nothing: mu_j and s_j are NaN.
    falls : bool
        Whether the fit describes the curve clearly better than a constant (`FALLS`). It does not if the curve is flat
        or rises, or if a_min is held where the fit then misses the accuracies.
    a_min : float
        Accuracy behind the last step.
    chi2 : float
        The weighted sum of squares at the minimum.
    dof : int
        Degrees of freedom: data points minus free parameters.
    aicc : float
        chi2 plus the penalty for the parameters; only differences between fits of the same data have a meaning.
    covariance : np.ndarray
        Of (mu_1, s_1, delta_1, [mu_2, s_2, delta_2,] a_min), with ln mu in place of mu if the scale is "log". It is 0
        where a_min was held fixed, inf if the data do not determine the parameters, and NaN if the curve does not fall.
    scale : "linear" or "log"
        Whether x is sigma or ln sigma.
    """

    midpoints: np.ndarray
    slopes: np.ndarray
    half_ranges: np.ndarray
    falls: bool
    a_min: float
    chi2: float
    dof: int
    aicc: float
    covariance: np.ndarray = field(repr=False)
    scale: str
    _best: np.ndarray = field(repr=False)

    @property
    def steps(self) -> int:
        """The number of steps, 1 or 2."""
        return len(self.midpoints)

    @property
    def plateaus(self) -> np.ndarray:
        """Accuracy before the first step, [between the two,] and behind the last step, (steps + 1,)."""
        return self.a_min + 2 * np.append(np.cumsum(self.half_ranges[::-1])[::-1], 0.0)

    @property
    def flatness(self) -> float:
        """Smallest slope between two midpoints over the smaller of those at the midpoints; NaN without two.

        Two steps also describe one lopsided step better than one does. Only if the curve becomes flat between them
        (`PLATEAU`) is there a plateau.
        """
        if self.steps == 1:
            return float("nan")
        first, second = abscissa(self.midpoints, self.scale)
        fall = -stacked_slope(np.linspace(first, second, 201), self._best)
        return float(fall.min() / min(fall[0], fall[-1]))

    def __call__(self, sigma: npt.ArrayLike) -> np.ndarray:
        """The fitted accuracy at sigma, finite numbers >= 0."""
        return stacked(abscissa(noise_levels(unmasked("sigma", sigma)), self.scale), self._best)


def fit_stacked(
    sigma: npt.ArrayLike,
    accuracy: npt.ArrayLike,
    uncertainty: npt.ArrayLike,
    *,
    a_min: float | None = None,
    scale: str = "log",
) -> StackedFit:
    """Fit one step and two steps, and return the two if their AICc is smaller and chi2 falls by more than PRICE.

    Parameters and errors are those of `fit_steps`, except that there is no number of steps to give. A curve that does
    not fall has steps that mean nothing: look at `falls`.

    Examples
    --------
    >>> import numpy as np
    >>> sigma = np.geomspace(0.1, 1e4, 21)
    >>> accuracy = 0.1 + 0.3 / (1 + sigma / 2) + 0.4 / (1 + sigma / 300)  # two steps in ln sigma
    >>> fit = fit_stacked(sigma, accuracy, np.full(21, 0.01))
    >>> print(fit.steps, fit.midpoints.round(1), fit.plateaus.round(2))
    2 [  2. 300.] [0.8 0.5 0.1]
    """
    one = fit_steps(sigma, accuracy, uncertainty, 1, a_min=a_min, scale=scale)
    two = fit_steps(sigma, accuracy, uncertainty, 2, a_min=a_min, scale=scale)
    return two if two.aicc < one.aicc and two.chi2 < one.chi2 - PRICE else one


@np.errstate(all="ignore")  # a trial step may overflow; the least-squares method rejects it
def fit_steps(
    sigma: npt.ArrayLike,
    accuracy: npt.ArrayLike,
    uncertainty: npt.ArrayLike,
    steps: int,
    *,
    a_min: float | None = None,
    scale: str = "log",
) -> StackedFit:
    """Fit a curve of accuracy against noise that falls in one or two steps, by weighted least squares.

    A grid of mu and s, for which delta and a_min follow from linear algebra, gives starting points for
    Levenberg-Marquardt; for two steps, so does the best single step, so that chi2 is never larger with two. Every delta
    stays positive, and every mu stays between the smallest and the largest sigma.

    Parameters
    ----------
    sigma, accuracy, uncertainty : array_like
        Noise levels, accuracies and their standard errors, (n,); see `wn_ref.fits.midpoint.fit_midpoint`.
    steps : 1 or 2
        The number of steps.
    a_min : float, optional
        A value at which a_min is held fixed; by default it is fitted.
    scale : "linear" or "log"
        Whether x is sigma or ln sigma.

    Returns
    -------
    StackedFit
        The best fit with this number of steps.

    Raises
    ------
    InputError
        If there are fewer than k + 2 different noise levels for k free parameters, or a value cannot be used.
    """
    steps = require_whole("steps", steps, least=1, most=2)
    require_choice("scale", scale, SCALES)
    if uncertainty is None:
        raise InputError("uncertainty: expected standard errors, got None; see accuracy_uncertainty")
    held = {"mu": None, "s": None, "delta_a": None, "a_min": a_min}
    problem = MidpointProblem.checked(sigma, accuracy, uncertainty, held, scale)
    free = 3 * steps + (a_min is None)
    if len(problem.levels) < free + 2:
        expected = f"at least {free + 2} different noise levels to weigh {steps} steps"
        raise InputError(f"sigma: expected {expected}, got {len(problem.levels)}; add some")
    return _result(problem, best_steps(problem, steps, a_min), free)


def _result(problem: MidpointProblem, p: np.ndarray, free: int) -> StackedFit:
    """Sort the steps of the best p by mu and collect what is reported; the first `free` entries of p were fitted."""
    order = np.argsort(p[:-1:3])
    p = np.append(p[:-1].reshape(-1, 3)[order].reshape(-1), p[-1])
    n, steps, chi2 = len(problem.y), len(order), stacked_chi2(problem, p)
    falls = bool(np.ptp(problem.y) > 0 and chi2_of_constant(problem) - chi2 >= FALLS[steps - 1])
    cov = np.zeros((len(p), len(p)))
    cov[:free, :free] = covariance(stacked_jacobian(problem.x, p)[:, :free] / problem.dy[:, None])
    mu, s, delta = p[:-1].reshape(-1, 3).T
    unknown = np.full(steps, np.nan)
    return StackedFit(
        midpoints=unknown if not falls else mu if problem.scale == "linear" else np.exp(mu),
        slopes=s if falls else unknown,
        half_ranges=delta,
        falls=falls,
        a_min=float(p[-1]),
        chi2=chi2,
        dof=n - free,
        aicc=chi2 + 2 * free + 2 * free * (free + 1) / (n - free - 1),
        covariance=cov if falls else np.full_like(cov, np.nan),
        scale=problem.scale,
        _best=p,
    )

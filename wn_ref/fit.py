"""The midpoint noise level and its fit, from scratch (section 4.1).

    F(sigma; mu, s, delta_a, a_min) = 2 delta_a / (1 + exp((sigma - mu) / s)) + a_min                  (equation 1)
    mu = argmin sum ((F(sigma) - y(sigma)) / Delta_y(sigma))^2                                          (equation 2)

What to use when: `fit_midpoint` for a curve of accuracy against sigma; `accuracy_uncertainty` for the Delta_y that
it wants; `wn_ref.leastsquares` for any other weighted least-squares problem.

F(mu) = delta_a + a_min, half way from a_max = 2 delta_a + a_min down to a_min. F(0) is a little less than a_max,
unless mu >> s: equation 1 falls from the start. Curves measured over several decades of sigma stay flat first and end
in a long tail. Equation 1 in ln sigma (scale="log") describes those, and its mu is where the curve crosses half way;
in sigma itself it fits ten times worse, trades a_max for mu and loses the midpoint. `tests/test_fit.py` shows both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np

from wn_ref.errors import InputError, require_choice
from wn_ref.leastsquares import covariance, levenberg_marquardt
from wn_ref.profile import crossing, student_quantile

NAMES = ("mu", "s", "delta_a", "a_min")
SCALES = ("linear", "log")
FLAT = 16.27  # the 99.9 % point of chi-squared with 3 degrees of freedom: mu, s and delta_a against a constant
CONFIDENCE = 0.95  # of the interval that decides whether a midpoint is measured or only bounded


def logistic(sigma: np.ndarray, mu: float, s: float, delta_a: float, a_min: float) -> np.ndarray:
    """F of equation 1, by 2 / (1 + exp(z)) = 1 - tanh(z / 2), which cannot overflow."""
    return (1 - np.tanh((sigma - mu) / (2 * s))) * delta_a + a_min


def logistic_jacobian(sigma: np.ndarray, mu: float, s: float, delta_a: float, a_min: float) -> np.ndarray:  # noqa: ARG001
    """Derivatives of F by mu, s, delta_a and a_min, (n, 4). With z = (sigma - mu) / s and t = tanh(z / 2):

    dF/dmu = delta_a (1 - t^2) / (2 s),    dF/ds = z dF/dmu,    dF/ddelta_a = 1 - t,    dF/da_min = 1
    """
    z = np.clip((sigma - mu) / s, -700, 700)  # beyond, 1 - t^2 is 0 anyway
    t = np.tanh(z / 2)
    by_mu = delta_a * (1 - t * t) / (2 * s)
    return np.stack([by_mu, z * by_mu, 1 - t, np.ones_like(z)], axis=1)


@dataclass(frozen=True)
class MidpointFit:
    """A fitted curve; made by `fit_midpoint`.

    Attributes
    ----------
    midpoint : float
        mu, in units of sigma; NaN unless `kind` is "measured".
    midpoint_std : float
        Its standard error, from `covariance`.
    slope, half_range, a_min, a_max : float
        s, delta_a, a_min and 2 delta_a + a_min; NaN, too, unless `kind` is "measured".
    kind : "measured", "lower bound" or "upper bound"
        What the data can tell about the midpoint.
    bound : float
        The midpoint is greater (or less) than this; NaN if it is measured.
    chi2 : float
        Of the best fit (equation 2); about `dof` if the curve is a logistic and the uncertainties are right.
    dof : int
        Degrees of freedom: points minus free parameters.
    covariance : np.ndarray
        (4, 4), of (mu, s, delta_a, a_min); 0 where a parameter was held fixed, inf where the data leave it open.
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
    _curve: _Curve = field(repr=False)
    _best: np.ndarray = field(repr=False)

    @property
    def a_max(self) -> float:
        """2 delta_a + a_min, the accuracy without noise."""
        return 2 * self.half_range + self.a_min

    def __call__(self, sigma: np.ndarray) -> np.ndarray:
        """The fitted accuracy at sigma."""
        return logistic(_abscissa(sigma, self.scale), *self._best)

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
        if self.kind == "measured":
            return self._curve.interval(self._best, level)
        return (self.bound, math.inf) if self.kind == "lower bound" else (0.0, self.bound)

    def __str__(self) -> str:
        if self.kind != "measured":
            return f"midpoint {'>' if self.kind == 'lower bound' else '<'} {self.bound:.3g}"
        low, high = self.interval()
        return f"midpoint {self.midpoint:.3g} (95 %: {low:.3g} to {high:.3g})"


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
        Standard errors Delta_y > 0 of the accuracies, (n,); see `accuracy_uncertainty`. Without them all points
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
    curve = _Curve.checked(sigma, accuracy, uncertainty, {"mu": mu, "s": s, "delta_a": delta_a, "a_min": a_min}, scale)
    best = curve.minimise()
    chi2 = curve.chi2(best)
    if rescale and curve.weighted and chi2 > curve.dof > 0:
        curve = replace(curve, dy=curve.dy * math.sqrt(chi2 / curve.dof))
    kind, bound = curve.verdict(best, chance)
    cov = curve.covariance(best)
    numbers = [*best, math.sqrt(cov[0, 0])] if kind == "measured" else [math.nan] * 5
    midpoint, slope, half_range, lowest, std = map(float, numbers)
    return MidpointFit(
        midpoint=curve.from_abscissa(midpoint),
        midpoint_std=std,
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
    )


def accuracy_uncertainty(accuracies: np.ndarray, test_size: int) -> np.ndarray:
    """Delta_y of accuracies measured with several seeds on the same test images.

    The standard error over seeds, in quadrature with the binomial standard error sqrt(a (1 - a) / n) of one
    evaluation on n images. The first can be 0 by accident (two seeds that agree, a network that always answers the
    same class), the second is not averaged down by seeds, because all of them see the same images. To keep it
    positive at a = 0 and a = 1, a counts one success and one failure more.

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
    accuracies = np.asarray(accuracies, np.float64)
    seeds = accuracies.shape[-1]
    a = (accuracies.mean(axis=-1) * test_size + 1) / (test_size + 2)
    spread = accuracies.std(axis=-1, ddof=1) / math.sqrt(seeds) if seeds > 1 else 0.0
    return np.sqrt(spread**2 + a * (1 - a) / test_size)


def _abscissa(sigma: np.ndarray | float, scale: str) -> np.ndarray:
    """What equation 1 is taken in: sigma or ln sigma (-inf for 0)."""
    sigma = np.asarray(sigma, np.float64)
    with np.errstate(divide="ignore"):
        return sigma if scale == "linear" else np.log(sigma)


@dataclass(frozen=True)
class _Curve:
    """The data of one fit, which parameters are held fixed, and the weighted least-squares problem they make.

    Here sigma and mu are what equation 1 is taken in: their logarithms if the scale is "log".
    """

    sigma: np.ndarray
    y: np.ndarray
    dy: np.ndarray
    weighted: bool  # whether dy was given; if not, it is 1 and the scatter about the fit sets its size
    fixed: dict[int, float]  # parameter number -> value
    scale: str

    @classmethod
    def checked(cls, sigma, accuracy, uncertainty, fixed: dict[str, float | None], scale: str) -> _Curve:
        """Make a curve of arrays that have been checked."""
        weighted = uncertainty is not None
        arrays = {"sigma": sigma, "accuracy": accuracy}
        arrays["uncertainty"] = uncertainty if weighted else np.ones(np.shape(accuracy))
        arrays = {name: np.asarray(values, np.float64) for name, values in arrays.items()}
        for name, values in arrays.items():
            if values.ndim != 1 or len(values) != len(arrays["sigma"]):
                expected = f"{arrays['sigma'].size} values in one dimension, as many as of sigma"
                raise InputError(f"{name}: expected {expected}, got shape {values.shape}; match the lengths")
            if not np.isfinite(values).all():
                bad = int(np.flatnonzero(~np.isfinite(values))[0])
                raise InputError(f"{name}: expected finite numbers, got {values[bad]} at position {bad}; leave it out")
        if (arrays["sigma"] < 0).any():
            raise InputError(f"sigma: expected noise levels >= 0, got {arrays['sigma'].min()}; correct it")
        if (arrays["uncertainty"] <= 0).any():
            raise InputError(
                "uncertainty: expected standard errors > 0, got 0 or less; accuracy_uncertainty gives some"
            )
        held = {number: float(fixed[name]) for number, name in enumerate(NAMES) if fixed[name] is not None}
        if not all(map(math.isfinite, held.values())) or held.get(0, 1.0) <= 0 or held.get(1, 1.0) <= 0:
            raise InputError(f"fixed parameters: expected finite numbers, mu > 0 and s > 0, got {fixed}; correct them")
        if 0 in held:
            held[0] = float(_abscissa(held[0], scale))
        if len(held) == len(NAMES):
            raise InputError("fixed parameters: expected one to be free at least, got all four fixed; free one")
        least, distinct = len(NAMES) - len(held) + (not weighted), len(np.unique(arrays["sigma"]))
        if distinct < least:
            raise InputError(
                f"sigma: expected at least {least} different noise levels to fit {len(NAMES) - len(held)} parameters, "
                f"got {distinct}; add some, or hold a_min fixed"
            )
        return cls(_abscissa(arrays["sigma"], scale), *list(arrays.values())[1:], weighted, held, scale)

    def from_abscissa(self, mu: float) -> float:
        """The sigma that mu stands for."""
        return float(mu) if self.scale == "linear" else math.exp(mu)

    @property
    def dof(self) -> int:
        """Points minus free parameters."""
        return len(self.sigma) - len(NAMES) + len(self.fixed)

    def chi2(self, p: np.ndarray) -> float:
        """The sum of equation 2."""
        return float(np.sum(((logistic(self.sigma, *p) - self.y) / self.dy) ** 2))

    def minimise(self) -> np.ndarray:
        """The best (mu, s, delta_a, a_min), by Levenberg-Marquardt from the best points of a grid of (mu, s)."""
        free = [i for i in range(len(NAMES)) if i not in self.fixed]
        starts = self._starts()

        def full(q: np.ndarray) -> np.ndarray:
            p = starts[0].copy()
            p[free] = q
            return p

        def residuals(q: np.ndarray) -> np.ndarray:
            p = full(q)
            return (logistic(self.sigma, *p) - self.y) / self.dy if p[1] > 0 else np.full(len(self.y), np.inf)

        def jacobian(q: np.ndarray) -> np.ndarray:
            return logistic_jacobian(self.sigma, *full(q))[:, free] / self.dy[:, None]

        return min((full(levenberg_marquardt(residuals, jacobian, p[free])) for p in starts), key=self.chi2)

    def _starts(self, count: int = 3) -> np.ndarray:
        """Where to begin: the best (mu, s, delta_a, a_min) on a grid of mu for each s; the `count` best of these."""
        levels = self._levels()
        between = np.interp(np.arange(0, len(levels) - 0.9, 0.2), np.arange(len(levels)), levels)
        midpoints = np.array([self.fixed[0]]) if 0 in self.fixed else between
        best = []
        for slope in self._slopes(32):
            chi2, linear = self._project(midpoints, np.full(len(midpoints), slope))
            winner = int(np.argmin(chi2))
            best.append((chi2[winner], midpoints[winner], slope, *linear[winner]))
        return np.array(sorted(best)[:count])[:, 1:]

    def _levels(self) -> np.ndarray:
        levels = np.unique(self.sigma)
        return levels[np.isfinite(levels)]

    def _slopes(self, count: int) -> np.ndarray:
        """From a step between two neighbouring sigmas to nearly a straight line across all of them."""
        if 1 in self.fixed:
            return np.array([self.fixed[1]])
        levels = self._levels()
        span = max(levels[-1] - levels[0], 1e-300)
        gap = max(np.diff(levels).min(initial=span), 1e-6 * span)
        return np.geomspace(gap / 8, 4 * span, count)

    def _project(self, mu: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The best (delta_a, a_min) at each of several (mu, s), and its chi2: linear algebra, for equation 1 is
        linear in both (2 x 2 normal equations; the tiny ridge stands in where a column vanishes).
        """
        columns = np.empty((len(mu), len(self.sigma), 2))
        columns[..., 0] = logistic(self.sigma, mu[:, None], s[:, None], 1, 0) / self.dy
        columns[..., 1] = 1 / self.dy
        linear = np.tile([self.fixed.get(2, 0.0), self.fixed.get(3, 0.0)], (len(mu), 1))
        target = self.y / self.dy - (columns @ linear[..., None])[..., 0]
        free = [i for i in (0, 1) if i + 2 not in self.fixed]
        if free:
            basis = columns[..., free]
            transposed = np.swapaxes(basis, 1, 2)
            normal = transposed @ basis
            ridge = 1e-12 * np.trace(normal, axis1=1, axis2=2) + 1e-200
            normal += ridge[:, None, None] * np.eye(len(free))
            solution = np.linalg.solve(normal, transposed @ target[..., None])
            linear[:, free] = solution[..., 0]
            target = target - (basis @ solution)[..., 0]
        return np.sum(target**2, axis=1), linear

    def profile_chi2(self, mu: float) -> float:
        """The least chi2 with mu held: over s by a grid that is narrowed three times, over the rest by `_project`."""
        slopes = self._slopes(40)
        for _ in range(4):
            chi2, _ = self._project(np.full(len(slopes), mu), slopes)
            winner = int(np.argmin(chi2))
            around = slopes[max(winner - 1, 0)], slopes[min(winner + 1, len(slopes) - 1)]
            slopes = np.geomspace(*around, 9)
        return float(chi2[winner])

    def covariance(self, p: np.ndarray) -> np.ndarray:
        """(4, 4): of the free parameters, scaled by chi2 / dof if no uncertainties were given; else 0."""
        free = [i for i in range(len(NAMES)) if i not in self.fixed]
        J = logistic_jacobian(self.sigma, *p)[:, free] / self.dy[:, None]
        result = np.zeros((len(NAMES), len(NAMES)))
        result[np.ix_(free, free)] = covariance(J) * (1.0 if self.weighted else self.chi2(p) / self.dof)
        by_sigma = np.array([1.0 if self.scale == "linear" else math.exp(p[0]), 1, 1, 1])
        return result * np.outer(by_sigma, by_sigma)

    def verdict(self, best: np.ndarray, chance: float) -> tuple[str, float]:
        """What the data tell about mu: ("measured", NaN), or a kind of bound and its value."""
        levels = self._levels()
        smallest, largest = self.from_abscissa(levels[0]), self.from_abscissa(levels[-1])
        weights = 1 / self.dy**2
        level = float(np.sum(weights * self.y) / np.sum(weights))
        constant, chi2 = float(np.sum(weights * (self.y - level) ** 2)), self.chi2(best)
        noise = 1.0 if self.weighted and self.dof <= 0 else chi2 / max(self.dof, 1)
        noise = max(noise, 1.0) if self.weighted else max(noise, 1e-300)
        if 0 not in self.fixed and ((constant - chi2) / noise < FLAT or best[2] <= 0):
            at_chance = level - chance < max(0.05 * (1 - chance), 3 * math.sqrt(noise / np.sum(weights)))
            return ("upper bound", smallest) if at_chance else ("lower bound", largest)
        low, high = self.interval(best, CONFIDENCE)
        if best[0] > levels[-1] or math.isinf(high):
            return "lower bound", min(low, largest)
        if best[0] < levels[0] or low <= 0:
            return "upper bound", max(high, self._fallen())
        return "measured", math.nan

    def _fallen(self) -> float:
        """The smallest sigma from which on all accuracies are below the middle between the highest and the lowest."""
        above = self.sigma[self.y > (self.y.max() + self.y.min()) / 2].max()
        return self.from_abscissa(min(self.sigma[self.sigma > above], default=above))

    def interval(self, best: np.ndarray, level: float) -> tuple[float, float]:
        """All mu whose profile chi2 is within the quantile of the minimum; 0 or inf where it never leaves it."""
        if 0 in self.fixed:
            return self.from_abscissa(best[0]), self.from_abscissa(best[0])
        lowest = self.chi2(best)
        if self.weighted:
            allowed = NormalDist().inv_cdf((1 + level) / 2)
        else:
            allowed = student_quantile((1 + level) / 2, self.dof) * math.sqrt(lowest / self.dof)

        def excess(mu: float) -> float:  # grows about linearly with |mu - best|
            return math.sqrt(max(self.profile_chi2(mu) - lowest, 0.0)) - allowed

        levels = self._levels()
        std = math.sqrt(self.covariance(best)[0, 0]) / (1.0 if self.scale == "linear" else math.exp(best[0]))
        span = max(levels[-1] - levels[0], 1e-300)
        step = allowed * std if 0 < std < span else span / 20
        # how far to look: down to sigma = 0, or a hundredth of the smallest one; up to a hundred times the largest
        bottom, top = (0.0, 100 * levels[-1]) if self.scale == "linear" else (levels[0] - 4.6, levels[-1] + 4.6)
        low = crossing(excess, best[0], -step, limit=bottom)
        high = crossing(excess, best[0], step, limit=top)
        return (
            0.0 if low is None else self.from_abscissa(low),
            math.inf if high is None else self.from_abscissa(high),
        )

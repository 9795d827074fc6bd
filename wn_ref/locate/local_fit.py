"""How well a midpoint is known, and where the next run tells most about it: arrays only.

One network trained with noise sigma gives one accuracy y. Near the midpoint, with x = ln sigma,

    y = F(x; mu, s, delta_a, a_min) + e,    e ~ N(0, tau^2)                     (equation 1 in ln sigma, and scatter)

Every run has a seed of its own, so the e are independent. Their standard deviation tau is the scatter between networks
of different seeds, whatever its cause: initial weights, order of the images, noise. It is estimated from the runs, and
the intervals use Student's t accordingly. It cannot be computed from the number of test images, because all networks
are tested on the same images.

The midpoint is half way between two plateaus: the accuracy without noise, and that under infinite noise. They are
measured or known, and enter the fit as one point each, at ln sigma = -inf and +inf. Only runs within one slope s of mu
are fitted. There equation 1 serves as an interpolation and need not describe the whole curve: mu is where the accuracy
averaged over seeds is half way between the plateaus, F(mu) = a_min + delta_a.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wn_ref.fits.intervals import crossing, student_quantile
from wn_ref.fits.leastsquares import covariance, levenberg_marquardt
from wn_ref.fits.logistic import logistic, logistic_jacobian

WINDOW = 1.0
"""Runs with |ln sigma - mu| <= WINDOW s are fitted."""
FEWEST = 4
"""Runs that a fit needs: mu, s and two degrees of freedom for tau. If the window has fewer, the nearest runs count."""
KNOWN = 1e-6
"""Standard error of a plateau that is known, in units of tau."""
QUIET = 0.25
"""The scatter of accuracies on the plateaus relative to that near the midpoint, roughly as measured."""
SLOPES = (0.02, 3.0)
"""Values of s in ln sigma that are possible: a steeper curve is a step, and a gentler one does not fall."""
REACH = 0.5
"""Runs are placed within this many slopes of mu."""


@dataclass(frozen=True)
class Plateaus:
    """The two accuracies that the midpoint is half way between.

    Attributes
    ----------
    clean : float
        Accuracy without noise, the mean of `clean_runs` runs.
    floor : float
        Accuracy under infinite noise: that of guessing, or the mean of `floor_runs` runs.
    clean_runs, floor_runs : int
        How many runs measured each; floor_runs = 0 means that the floor is known.
    """

    clean: float
    floor: float
    clean_runs: int = 1
    floor_runs: int = 0

    def height(self, y: npt.ArrayLike) -> np.ndarray:
        """Return where accuracies lie between the plateaus: 1 at `clean`, 1/2 half way, 0 at `floor`."""
        return (np.asarray(y) - self.floor) / (self.clean - self.floor)


@dataclass(frozen=True)
class LocalFit:
    """Equation 1 in ln sigma, fitted to the runs around the midpoint; made by `fit_window`.

    Attributes
    ----------
    best : np.ndarray
        mu, s, delta_a and a_min, (4,); mu and s in ln sigma.
    wide : np.ndarray
        The same for a fit to all runs, which is biased where the curve is not a logistic, but always knows the slope.
    x, y, dy : np.ndarray
        ln sigma, accuracy, and its standard error in units of tau: of the runs in the window, then of the plateaus.
    dof : int
        Degrees of freedom for tau: the number of runs in the window, minus 2 for mu and s. (Each plateau adds one point
        and one parameter.)
    """

    best: np.ndarray
    wide: np.ndarray
    x: np.ndarray
    y: np.ndarray
    dy: np.ndarray
    dof: int

    @property
    def runs(self) -> int:
        """The number of runs in the window."""
        return self.dof + 2

    @property
    def tau(self) -> float:
        """Standard deviation of one run's accuracy near the midpoint."""
        return math.sqrt(_chi2(self.best, self) / self.dof)

    @property
    def seed_std(self) -> float:
        """The same as a standard deviation of ln sigma: tau divided by the steepness of the curve, delta_a / (2 s)."""
        return self.tau * 2 * self.best[1] / self.best[2]

    @property
    def midpoint_std(self) -> float:
        """Standard error of mu in ln sigma, from the linearised problem."""
        J = logistic_jacobian(self.x, *self.best) / self.dy[:, None]
        return self.tau * math.sqrt(covariance(J)[0, 0]) if self.tau > 0 else 0.0

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the profile likelihood interval of mu, in ln sigma.

        It contains every mu for which chi2, minimised over the other parameters, is at most (1 + t^2 / dof) times its
        minimum over all of them; t is Student's quantile. An end is infinite where the runs do not bound it.
        """
        lowest = _chi2(self.best, self)
        allowed = student_quantile((1 + level) / 2, self.dof) * math.sqrt(lowest / self.dof)
        if allowed == 0:
            return float(self.best[0]), float(self.best[0])

        def excess(mu: float) -> float:
            return math.sqrt(max(_chi2(_minimise(self, mu), self) - lowest, 0.0)) - allowed

        mu, reach = self.best[0], 10 * self.best[1]
        step = min(max(allowed / self.tau * self.midpoint_std, 1e-9), reach / 2)
        low, high = (crossing(excess, mu, sign * step, limit=mu + sign * reach) for sign in (-1, 1))
        return -math.inf if low is None else low, math.inf if high is None else high

    def next(self, count: int = 1) -> list[float]:
        """Return the `count` values of ln sigma that promise the smallest variance of mu (a c-optimal design).

        They are chosen one after the other. With J the Jacobian of the runs so far and j its new row, the variance
        after one more run is the element (mu, mu) of (J^T J + j j^T)^-1, by the formula of Sherman and Morrison. J
        depends on mu, which is not known exactly; therefore the variance is averaged over mu and mu +- its standard
        error, which places runs on both sides.
        """
        mu, s = self.wide[:2]
        shift = min(self.midpoint_std, REACH * s) * np.array([-1, 0, 1])
        candidates = mu + s * np.linspace(-REACH, REACH, 21)
        truths = [self.wide + [d, 0, 0, 0] for d in shift]
        information = [self._information(p) for p in truths]
        rows = [logistic_jacobian(candidates, *p) for p in truths]
        chosen = []
        for _ in range(count):
            variance = np.zeros(len(candidates))
            for M, J in zip(information, rows):
                C = np.linalg.inv(M)
                variance += C[0, 0] - (J @ C[0]) ** 2 / (1 + np.einsum("ij,jk,ik->i", J, C, J))
            winner = int(np.argmin(variance))
            chosen.append(float(candidates[winner]))
            for M, J in zip(information, rows):
                M += np.outer(J[winner], J[winner])
        return chosen

    def _information(self, p: np.ndarray) -> np.ndarray:
        """Return J^T J in units of 1 / tau^2, plus a tiny ridge for parameters that the runs do not determine."""
        J = logistic_jacobian(self.x, *p) / self.dy[:, None]
        return J.T @ J + 1e-9 * np.eye(len(p))


def fit_window(x: npt.ArrayLike, y: npt.ArrayLike, plateaus: Plateaus, mu: float, s: float) -> LocalFit | None:
    """Fit equation 1 to all runs, then only to those within one slope of the midpoint that this first fit finds.

    Parameters
    ----------
    x, y : array_like
        ln sigma and accuracy of all runs, (n,); finite.
    plateaus : Plateaus
        The accuracies that the midpoint is half way between.
    mu, s : float
        Where the fit starts, in ln sigma.

    Returns
    -------
    LocalFit or None
        None if there are fewer than FEWEST runs.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    start = np.array([mu, s, (plateaus.clean - plateaus.floor) / 2, plateaus.floor])
    if len(x) < FEWEST:
        return None
    wide = _minimise(_problem(x, y, plateaus, start))
    distance = np.abs(x - wide[0])
    inside = distance <= max(WINDOW * wide[1], np.sort(distance)[FEWEST - 1])
    fit = _problem(x[inside], y[inside], plateaus, wide)
    return replace(fit, best=_minimise(fit))


def _problem(x: np.ndarray, y: np.ndarray, plateaus: Plateaus, wide: np.ndarray) -> LocalFit:
    """Return runs and plateaus as a `LocalFit` that is not fitted yet."""
    clean_dy = QUIET / math.sqrt(plateaus.clean_runs)
    floor_dy = 1 / math.sqrt(plateaus.floor_runs) if plateaus.floor_runs else KNOWN
    dy = np.r_[np.ones(len(x)), clean_dy, floor_dy]
    return LocalFit(wide, wide, np.r_[x, -np.inf, np.inf], np.r_[y, plateaus.clean, plateaus.floor], dy, len(x) - 2)


def _chi2(p: np.ndarray, fit: LocalFit) -> float:
    """Return the sum of squared residuals, each divided by dy: tau^2 times what is usually called chi2."""
    return float(np.sum(((logistic(fit.x, *p) - fit.y) / fit.dy) ** 2))


def _minimise(fit: LocalFit, mu: float | None = None) -> np.ndarray:
    """Return the best (mu, s, delta_a, a_min), or the best with mu fixed."""
    first = np.array([] if mu is None else [mu])
    fixed = len(first)

    def residuals(q: np.ndarray) -> np.ndarray:
        if not SLOPES[0] / 10 < q[1 - fixed] < SLOPES[1]:
            return np.full(len(fit.x), np.inf)
        return (logistic(fit.x, *first, *q) - fit.y) / fit.dy

    def jacobian(q: np.ndarray) -> np.ndarray:
        return logistic_jacobian(fit.x, *first, *q)[:, fixed:] / fit.dy[:, None]

    with np.errstate(all="ignore"):  # a trial step may go anywhere; if the result is not finite, it is not taken
        return np.r_[first, levenberg_marquardt(residuals, jacobian, fit.best[fixed:], tolerance=1e-6)]

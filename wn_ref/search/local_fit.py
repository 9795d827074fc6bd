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
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wn_ref.fits.intervals import crossing, student_quantile
from wn_ref.fits.leastsquares import covariance, levenberg_marquardt
from wn_ref.fits.logistic import logistic, logistic_jacobian
from wn_ref.search.plateaus import Plateaus, bracket

WINDOW = 1.0
"""Runs with |ln sigma - mu| <= WINDOW s are fitted."""
FEWEST = 4
"""Runs that a fit needs: mu, s and two degrees of freedom for tau. If the window has fewer, the nearest runs count."""
EACH_SIDE = 2
"""Runs on each side of mu that are fitted, however far away they are: they bound mu where the curve is steep."""
KNOWN = 1e-6
"""Standard error of a plateau that is known, in units of tau."""
QUIET, LOUD = 0.25, 1.0
"""What is assumed of the scatter of accuracies without noise, and on the floor, relative to that near the midpoint."""
WEIGHT = 1
"""How many runs on a plateau this assumption counts as much as, once there are such runs."""
SLOPES = (1e-6, 30.0)
"""Values of s in ln sigma that a fit may find. A steeper curve is a step; a gentler one needs 50 decades to fall."""
FINEST = 1e-6
"""Scatter between runs below which accuracies are taken to be equal: less than one of a million images."""
STOPPED = 1.06
"""By how much an interval is wider because the search ended when it looked narrow enough."""
BEND = 0.05
"""b in logit = z + b z^2, with z = (ln sigma - mu) / s: measured curves have 0.03 to 0.09 on either side of mu."""
REACH = 0.5
"""Runs are placed within this many slopes of mu."""


@dataclass(frozen=True, eq=False)
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
    plateau_dy : tuple of float
        The scatter of a run without noise, and of one on the floor, in units of tau.
    spread : float
        How far around mu runs tell about it, in ln sigma: the slope of `wide`, unless that is too small to matter.
    """

    best: np.ndarray
    wide: np.ndarray
    x: np.ndarray
    y: np.ndarray
    dy: np.ndarray
    dof: int
    plateau_dy: tuple[float, float]
    spread: float

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
        tau = max(self.tau, FINEST)
        allowed = student_quantile((1 + level) / 2, self.dof) * tau

        def excess(mu: float) -> float:
            return math.sqrt(max(_chi2(_minimise(self, mu), self) - lowest, 0.0)) / allowed - 1

        mu = self.best[0]
        reach = 10 * self.best[1] + float(np.max(np.abs(self.x[:-2] - mu)))
        step = min(max(allowed / tau * self.midpoint_std, 1e-9), reach / 2)
        low, high = (crossing(excess, mu, sign * step, limit=mu + sign * reach) for sign in (-1, 1))
        return -math.inf if low is None else low, math.inf if high is None else high

    def cautious_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return an interval that is wider than `interval` by what that does not know.

        The search ended because the interval looked narrow, which a lucky one does sooner: STOPPED makes up for it. And
        measured curves bend: with z = (ln sigma - mu) / s their logit is z + b z^2. A fit without the bend is off by
        the average of b z^2 over its runs.
        """
        mu, s = self.best[:2]
        bent = BEND * s * float(np.mean(np.minimum(((self.x[:-2] - mu) / s) ** 2, 1.0)))
        low, high = (math.hypot(STOPPED * (end - mu), bent) for end in self.interval(level))
        return mu - low, mu + high

    def next(self, count: int = 1, limits: tuple[float, float] = (-math.inf, math.inf)) -> list[float]:
        """Return the `count` values of ln sigma that promise the smallest variance of mu (a c-optimal design).

        They are chosen one after the other, within `limits`, from values around mu and two others: -inf is one more run
        without noise, and inf, if the floor is not known, one on the floor. With J the Jacobian of the runs so far and
        j its new row, the variance after one more run is the element (mu, mu) of (J^T J + j j^T)^-1, by the formula of
        Sherman and Morrison. J depends on mu, which is not known exactly; therefore the variance is averaged over mu
        and mu +- its standard error, which places runs on both sides.
        """
        mu, s, heights = self.wide[0], self.spread, self.wide[2:]
        shift = min(self.midpoint_std, REACH * s) * np.array([-1, 0, 1])
        candidates = np.clip(mu + s * np.linspace(-REACH, REACH, 21), *limits)
        ends = [-np.inf, np.inf] if self.dy[-1] > KNOWN else [-np.inf]
        candidates, dy = np.r_[candidates, ends], np.r_[np.ones(len(candidates)), self.plateau_dy[: len(ends)]]
        truths = [np.array([mu + d, s, *heights]) for d in shift]
        information = [self._information(p) for p in truths]
        rows = [logistic_jacobian(candidates, *p) / dy[:, None] for p in truths]
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


def fit_window(
    x: npt.ArrayLike, y: npt.ArrayLike, plateaus: Plateaus, starts: Sequence[tuple[float, float]], least: float = 0.0
) -> LocalFit | None:
    """Fit equation 1 to all runs, then only to those within one slope of the midpoint that this first fit finds.

    If there are few of these, the nearest runs are fitted, some on each side. Where runs above and below half way are
    mixed, all of them are fitted.

    Parameters
    ----------
    x, y : array_like
        ln sigma and accuracy of all runs, (n,); finite.
    plateaus : Plateaus
        The accuracies that the midpoint is half way between.
    starts : sequence of (float, float)
        Values of mu and s that the fit starts from, in ln sigma; the best of its results counts.
    least : float
        The smallest `spread`.

    Returns
    -------
    LocalFit or None
        None if there are fewer than FEWEST runs.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if len(x) < FEWEST:
        return None
    heights = (plateaus.clean - plateaus.floor) / 2, plateaus.floor
    problems = [_problem(x, y, plateaus, np.array([*start, *heights])) for start in starts]
    wide = min(map(_minimise, problems), key=lambda p: _chi2(p, problems[0]))
    tau = math.sqrt(_chi2(wide, problems[0]) / problems[0].dof)
    distance, (above, below) = np.abs(x - wide[0]), bracket(x, plateaus.height(y))
    spread = max(wide[1], least)
    inside = distance <= max(WINDOW * spread, np.sort(distance)[FEWEST - 1])
    for side in (x < wide[0], x > wide[0]):
        nearest = np.argsort(np.where(side, distance, np.inf))[:EACH_SIDE]
        inside[nearest[side[nearest]]] = True
    inside |= (below <= x) & (x <= above)
    fit = _problem(x[inside], y[inside], plateaus, wide, tau)
    return replace(fit, best=_minimise(fit), spread=float(spread))


def _problem(x: np.ndarray, y: np.ndarray, plateaus: Plateaus, wide: np.ndarray, tau: float | None = None) -> LocalFit:
    """Return runs and plateaus as a `LocalFit` that is not fitted yet; tau is that of an earlier fit."""
    clean = _relative_scatter(QUIET, plateaus.clean_runs, plateaus.clean_squares, tau)
    floor = _relative_scatter(LOUD, plateaus.floor_runs, plateaus.floor_squares, tau)
    ends = (
        clean / math.sqrt(plateaus.clean_runs),
        floor / math.sqrt(plateaus.floor_runs) if plateaus.floor_runs else KNOWN,
    )
    dy = np.r_[np.ones(len(x)), ends]
    x, y = np.r_[x, -np.inf, np.inf], np.r_[y, plateaus.clean, plateaus.floor]
    return LocalFit(wide, wide, x, y, dy, len(x) - 4, (clean, floor), wide[1])


def _relative_scatter(assumed: float, runs: int, squares: float, tau: float | None) -> float:
    """Return the scatter of runs on a plateau in units of tau: between what is assumed and what `runs` of them show."""
    if runs < 2 or not tau:
        return assumed
    return math.sqrt((WEIGHT * assumed**2 + squares / tau**2) / (WEIGHT + runs - 1))


def _chi2(p: np.ndarray, fit: LocalFit) -> float:
    """Return the sum of squared residuals, each divided by dy: tau^2 times what is usually called chi2."""
    return float(np.sum(((logistic(fit.x, *p) - fit.y) / fit.dy) ** 2))


def _minimise(fit: LocalFit, mu: float | None = None) -> np.ndarray:
    """Return the best (mu, s, delta_a, a_min), or the best with mu fixed."""
    first = np.array([] if mu is None else [mu])
    fixed = len(first)

    def residuals(q: np.ndarray) -> np.ndarray:
        if not SLOPES[0] < q[1 - fixed] < SLOPES[1]:
            return np.full(len(fit.x), np.inf)
        return (logistic(fit.x, *first, *q) - fit.y) / fit.dy

    def jacobian(q: np.ndarray) -> np.ndarray:
        return logistic_jacobian(fit.x, *first, *q)[:, fixed:] / fit.dy[:, None]

    with np.errstate(all="ignore"):  # a trial step may go anywhere; if the result is not finite, it is not taken
        return np.r_[first, levenberg_marquardt(residuals, jacobian, fit.best[fixed:], tolerance=1e-6)]

"""Where to measure next to learn most about a midpoint, and how well it is known: arrays only.

One network trained with noise sigma tells one accuracy y. Near the midpoint, with x = ln sigma,

    y = F(x; mu, s, delta_a, a_min) + e,    e ~ N(0, tau^2)                     (equation 1 in ln sigma, and scatter)

Every run has a seed of its own, so the e are independent, and tau is what networks of different seeds scatter by,
whatever the reason: test images, initial weights, noise. It is estimated from the runs, with Student's t to match, and
never taken from the number of test images: those are the same for all networks, and no network is a copy of another.

Two plateaus fix what "half way" means: the accuracy without noise, and that of guessing. They are measured or known,
and enter as one point each, at ln sigma = -inf and +inf. Only runs within one slope s of mu are fitted. There,
equation 1 need not be the truth about the whole curve: it interpolates, and mu is where the accuracy averaged over
seeds is half way between the plateaus, F(mu) = a_min + delta_a.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wn_ref.leastsquares import covariance, levenberg_marquardt
from wn_ref.logistic import logistic, logistic_jacobian
from wn_ref.profile import crossing, student_quantile

WINDOW = 1.0  # runs with |ln sigma - mu| <= WINDOW s are fitted
FEWEST = (
    4  # runs that a fit needs, the nearest ones if the window holds fewer: mu, s and two degrees of freedom for tau
)
KNOWN = 1e-6  # standard error of a floor that is known, in units of tau
QUIET = 0.25  # scatter of accuracies on the plateaus over that near the midpoint, about as measured
SLOPES = (0.02, 3.0)  # s in ln sigma: steeper is a step, gentler is no fall
REACH = 0.5  # runs are placed within this many slopes of mu
TYPICAL_SLOPE = 0.5  # s in ln sigma, until the runs tell
STEP = math.log(10)  # the first step of the search
SEEN = (0.1, 0.9)  # heights from which the distance to the midpoint can be told


@dataclass(frozen=True)
class Plateaus:
    """What half way is half way between.

    Attributes
    ----------
    clean : float
        Accuracy without noise, the mean of `clean_runs` runs.
    floor : float
        Accuracy under noise without end: that of guessing, or the mean of `floor_runs` runs.
    clean_runs, floor_runs : int
        How many; floor_runs = 0 for one that is known.
    """

    clean: float
    floor: float
    clean_runs: int = 1
    floor_runs: int = 0

    def height(self, y: np.ndarray) -> np.ndarray:
        """Where accuracies lie between the two: 1 is clean, 0 the floor, 1/2 half way."""
        return (np.asarray(y) - self.floor) / (self.clean - self.floor)


@dataclass(frozen=True)
class LocalFit:
    """Equation 1 in ln sigma, fitted to the runs around the midpoint; made by `fit_window`.

    Attributes
    ----------
    best : np.ndarray
        mu, s, delta_a and a_min; mu in ln sigma.
    wide : np.ndarray
        The same of a fit to all runs, which is rougher but always knows the slope.
    x, y, dy : np.ndarray
        The runs in the window, then the plateaus: ln sigma, accuracy, and standard error in units of tau.
    dof : int
        Degrees of freedom for tau: runs in the window less 2, for mu and s. (A plateau costs what it brings.)
    """

    best: np.ndarray
    wide: np.ndarray
    x: np.ndarray
    y: np.ndarray
    dy: np.ndarray
    dof: int

    @property
    def runs(self) -> int:
        """How many runs are in the window."""
        return self.dof + 2

    @property
    def tau(self) -> float:
        """Standard deviation of one run's accuracy near the midpoint."""
        return math.sqrt(_chi2(self.best, self) / self.dof)

    @property
    def seed_std(self) -> float:
        """The same, as a standard deviation of ln mu: tau over the steepness of the curve, delta_a / (2 s)."""
        return self.tau * 2 * self.best[1] / self.best[2]

    @property
    def midpoint_std(self) -> float:
        """Standard error of mu, linearised."""
        J = logistic_jacobian(self.x, *self.best) / self.dy[:, None]
        return self.tau * math.sqrt(covariance(J)[0, 0]) if self.tau > 0 else 0.0

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Profile likelihood interval of mu, in ln sigma; an end is infinite where the runs leave it open.

        It holds every mu for which chi2, with s and the plateaus fitted anew, is at most (1 + t^2 / dof) times its
        minimum, t being Student's quantile.
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
        """The `count` values of ln sigma that promise the smallest variance of mu (c-optimal, one after the other).

        The variance after another run there is (J^T J + j j^T)^-1 at (mu, mu), by Sherman and Morrison's formula. As
        J depends on the unknown mu, it is averaged over mu and mu +- its standard error: runs end up on both sides.
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
        """J^T J, in units of 1 / tau^2, with a tiny ridge where the runs leave a parameter open."""
        J = logistic_jacobian(self.x, *p) / self.dy[:, None]
        return J.T @ J + 1e-9 * np.eye(len(p))


def fit_window(x: Sequence[float], y: Sequence[float], plateaus: Plateaus, mu: float, s: float) -> LocalFit | None:
    """Fit equation 1 to all runs, roughly, and then to those within one slope of its midpoint alone.

    Parameters
    ----------
    x, y : array_like
        ln sigma and accuracy of all runs, (n,).
    plateaus : Plateaus
        What half way is half way between.
    mu, s : float
        Where to begin.

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


def bracket(x: Sequence[float], height: Sequence[float]) -> tuple[float, float]:
    """The last run above half way and the first one below, in ln sigma; -inf or inf for none.

    Parameters
    ----------
    x, height : array_like
        ln sigma, and `Plateaus.height` (NaN for a run that overflowed: too much noise, so below).
    """
    x, above = np.asarray(x, np.float64), np.asarray(height, np.float64) > 0.5
    return max(x[above], default=-math.inf), min(x[~above], default=math.inf)


def guess(x: Sequence[float], height: Sequence[float]) -> tuple[float, float]:
    """Where the midpoint may be once it is bracketed, and the slope: (mu, s) in ln sigma.

    From runs that are part of the way down, mu = x + s ln(h / (1 - h)); else the middle of the bracket.
    """
    x, h = np.asarray(x, np.float64), np.asarray(height, np.float64)
    low, high = sorted(bracket(x, h))
    near = {side: (x == side) & (SEEN[0] < h) & (h < SEEN[1]) for side in (low, high)}
    logit = {side: float(np.mean(np.log(h[at] / (1 - h[at])))) for side, at in near.items() if at.any()}
    if not logit:
        return (low + high) / 2, TYPICAL_SLOPE
    if len(logit) == 1:
        ((side, z),) = logit.items()
        return min(max(side + TYPICAL_SLOPE * z, low), high), TYPICAL_SLOPE
    s = (high - low) / (logit[low] - logit[high]) if logit[low] > logit[high] else TYPICAL_SLOPE
    s = min(max(s, SLOPES[0]), 2 * TYPICAL_SLOPE)
    return min(max(low + s * logit[low], low), high), s


def approach(
    x: Sequence[float], height: Sequence[float], limits: tuple[float, float], start: float, count: int = 1
) -> list[float]:
    """Where to look, in ln sigma, before there are runs enough around the midpoint for `fit_window`.

    First in steps that double, until it is bracketed; then half way, or where `guess` has it, on the side that has
    fewer runs.

    Parameters
    ----------
    x, height : array_like
        As of `bracket`.
    limits : tuple of float
        The range of ln sigma to search.
    start : float
        The first ln sigma.
    count : int
        How many are wanted at once.

    Returns
    -------
    list of float
        Empty if there is nowhere left to look: no midpoint within the limits, or before runs overflow.
    """
    low, high = bracket(x, height)
    if math.isinf(low) or math.isinf(high):
        if len(x) == 0:
            wanted = start + STEP * np.arange(count)
        else:
            edge, away = (low, 1) if math.isinf(high) else (high, -1)
            wanted = edge + away * STEP * (2.0 ** (len(x) - 1 + np.arange(1, count + 1)) - 2.0 ** (len(x) - 1))
        inside = np.unique(np.clip(wanted, *limits))
        return [float(level) for level in inside if level not in x]
    if high - low < STEP / 4 and not np.any(np.asarray(height)[np.asarray(x) >= high] <= 0.5):
        return []  # up to where runs overflow
    low, high = min(low, high), max(low, high)
    mu, s = guess(x, height)
    if high - low > 4 * TYPICAL_SLOPE and count > 1:
        return [float(level) for level in np.linspace(low, high, count + 2)[1:-1]]
    if high - low > 4 * TYPICAL_SLOPE:
        return [mu]
    lighter = 1 if np.sum(np.asarray(x) > mu) <= np.sum(np.asarray(x) < mu) else -1
    away = REACH * s * np.array([(1 + k // 2) / (1 + (count - 1) // 2) * (-1) ** k for k in range(count)])
    return [float(level) for level in mu + lighter * away]


def _problem(x: np.ndarray, y: np.ndarray, plateaus: Plateaus, wide: np.ndarray) -> LocalFit:
    """Runs and plateaus, not fitted yet."""
    clean_dy = QUIET / math.sqrt(plateaus.clean_runs)
    floor_dy = 1 / math.sqrt(plateaus.floor_runs) if plateaus.floor_runs else KNOWN
    dy = np.r_[np.ones(len(x)), clean_dy, floor_dy]
    return LocalFit(wide, wide, np.r_[x, -np.inf, np.inf], np.r_[y, plateaus.clean, plateaus.floor], dy, len(x) - 2)


def _chi2(p: np.ndarray, fit: LocalFit) -> float:
    return float(np.sum(((logistic(fit.x, *p) - fit.y) / fit.dy) ** 2))


def _minimise(fit: LocalFit, mu: float | None = None) -> np.ndarray:
    """The best (mu, s, delta_a, a_min), or the best with mu held."""
    held = 0 if mu is None else 1
    first = np.array([] if mu is None else [mu])

    def residuals(q: np.ndarray) -> np.ndarray:
        if not SLOPES[0] / 10 < q[1 - held] < SLOPES[1]:
            return np.full(len(fit.x), np.inf)
        return (logistic(fit.x, *first, *q) - fit.y) / fit.dy

    def jacobian(q: np.ndarray) -> np.ndarray:
        return logistic_jacobian(fit.x, *first, *q)[:, held:] / fit.dy[:, None]

    with np.errstate(all="ignore"):  # a trial step may go anywhere; what is not finite is refused
        return np.r_[first, levenberg_marquardt(residuals, jacobian, fit.best[held:], tolerance=1e-6)]

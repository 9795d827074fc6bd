"""The least-squares problem behind a midpoint: the data of one curve, the best parameters and their uncertainty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from wn_ref.errors import InputError
from wn_ref.fits.intervals import crossing, student_quantile
from wn_ref.fits.leastsquares import covariance, levenberg_marquardt
from wn_ref.fits.logistic import logistic, logistic_jacobian

NAMES = ("mu", "s", "delta_a", "a_min")
SCALES = ("linear", "log")


def abscissa(sigma: npt.ArrayLike, scale: str) -> np.ndarray:
    """The variable x of the fitted function: sigma itself, or ln sigma (-inf for sigma = 0)."""
    sigma = np.asarray(sigma, np.float64)
    with np.errstate(divide="ignore"):
        return sigma if scale == "linear" else np.log(sigma)


@dataclass(frozen=True)
class MidpointProblem:
    """The data of one curve, the parameters held fixed, and the least-squares problem of equation 2.

    The fitted function is F(x; p) with p = (mu, s, delta_a, a_min). On the scale "linear" x is sigma; on the scale
    "log" x is ln sigma, and the first entry of p is ln mu.

    Attributes
    ----------
    sigma : np.ndarray
        Noise levels, (n,).
    x : np.ndarray
        sigma or ln sigma, (n,).
    y, dy : np.ndarray
        Accuracies and their standard errors, (n,).
    weighted : bool
        Whether standard errors were given. If not, dy is 1 and the scatter about the fit estimates their size.
    held : dict of int to float
        Parameters that are held fixed: position in p and value.
    scale : "linear" or "log"
        What x is.
    """

    sigma: np.ndarray
    x: np.ndarray
    y: np.ndarray
    dy: np.ndarray
    weighted: bool
    held: dict[int, float]
    scale: str

    @classmethod
    def checked(
        cls,
        sigma: npt.ArrayLike,
        accuracy: npt.ArrayLike,
        uncertainty: npt.ArrayLike | None,
        held: Mapping[str, float | None],
        scale: str,
    ) -> MidpointProblem:
        """Check a user's arrays and make the problem; `held` is a value for each of `NAMES`, None if it is free."""
        sigma, y, dy = _vectors(sigma, accuracy, np.ones(np.shape(accuracy)) if uncertainty is None else uncertainty)
        fixed = {i: float(value) for i, name in enumerate(NAMES) if (value := held[name]) is not None}
        if not all(map(math.isfinite, fixed.values())) or fixed.get(0, 1.0) <= 0 or fixed.get(1, 1.0) <= 0:
            raise InputError(
                f"fixed parameters: expected finite numbers, mu > 0 and s > 0, got {dict(held)}; correct them"
            )
        if len(fixed) == len(NAMES):
            raise InputError("fixed parameters: expected one to be free, got a value for all four; leave one out")
        if 0 in fixed:
            fixed[0] = float(abscissa(fixed[0], scale))
        free, levels = len(NAMES) - len(fixed), len(np.unique(sigma))
        least = free + (uncertainty is None)  # without standard errors, the scatter is one more unknown
        if levels < least:
            raise InputError(
                f"sigma: expected at least {least} different noise levels to fit {free} parameters, "
                f"got {levels}; add some, or hold a_min fixed"
            )
        return cls(sigma, abscissa(sigma, scale), y, dy, uncertainty is not None, fixed, scale)

    @property
    def levels(self) -> np.ndarray:
        """The different noise levels, ascending; without 0 on the scale "log"."""
        return np.unique(self.sigma[np.isfinite(self.x)])

    @property
    def x_levels(self) -> np.ndarray:
        """The same levels as values of x."""
        return abscissa(self.levels, self.scale)

    def sigma_at(self, x: float) -> float:
        """The noise level at x."""
        return float(x) if self.scale == "linear" else math.exp(min(x, 700))

    @property
    def free(self) -> list[int]:
        """Positions in p of the parameters that are fitted."""
        return [i for i in range(len(NAMES)) if i not in self.held]

    @property
    def dof(self) -> int:
        """Degrees of freedom: data points minus free parameters."""
        return len(self.x) - len(self.free)

    def chi2(self, p: np.ndarray) -> float:
        """The sum of equation 2."""
        return float(np.sum(((logistic(self.x, *p) - self.y) / self.dy) ** 2))

    def minimise(self) -> np.ndarray:
        """The best p, (4,): Levenberg-Marquardt from each of the best points of a grid of mu and s."""
        free, starts, gentlest = self.free, self._starts(), self._slopes()[-1]

        def full(q: np.ndarray) -> np.ndarray:
            p = starts[0].copy()
            p[free] = q
            return p

        def residuals(q: np.ndarray) -> np.ndarray:
            p = full(q)
            inside = 0 < p[1] <= gentlest  # the same slopes as `profile_chi2` looks at
            return (logistic(self.x, *p) - self.y) / self.dy if inside else np.full(len(self.y), np.inf)

        def jacobian(q: np.ndarray) -> np.ndarray:
            return logistic_jacobian(self.x, *full(q))[:, free] / self.dy[:, None]

        return min((full(levenberg_marquardt(residuals, jacobian, p[free])) for p in starts), key=self.chi2)

    def covariance(self, p: np.ndarray) -> np.ndarray:
        """Covariance of the parameters at the best p, (4, 4); rows and columns of fixed parameters are 0.

        Without standard errors, it is scaled by chi2 / dof.
        """
        J = logistic_jacobian(self.x, *p)[:, self.free] / self.dy[:, None]
        result = np.zeros((len(NAMES), len(NAMES)))
        part = covariance(J)
        if not self.weighted and np.isfinite(part).all():
            part *= self.chi2(p) / self.dof
        result[np.ix_(self.free, self.free)] = part
        return result

    def profile_chi2(self, mu: float) -> float:
        """The least chi2 for a given mu: s by a grid that narrows until chi2 is flat, the others by `_project`."""
        slopes = self._slopes()
        for _ in range(30):
            chi2, _ = self._project(np.full(len(slopes), mu), slopes)
            winner = int(np.argmin(chi2))
            left, right = max(winner - 1, 0), min(winner + 1, len(slopes) - 1)
            if max(chi2[left], chi2[right]) - chi2[winner] < 1e-5:
                break
            slopes = np.geomspace(slopes[left], slopes[right], 9)
        return float(chi2[winner])

    def interval(self, best: np.ndarray, level: float) -> tuple[float, float]:
        """Confidence interval of the midpoint in units of sigma; an end that the data leave open is 0 or inf.

        It holds all mu whose `profile_chi2` exceeds the minimum by no more than the quantile for `level`.
        """
        if 0 in self.held:
            return self.sigma_at(best[0]), self.sigma_at(best[0])
        lowest = self.chi2(best)
        if self.weighted:
            allowed = NormalDist().inv_cdf((1 + level) / 2)
        else:
            allowed = student_quantile((1 + level) / 2, self.dof) * math.sqrt(lowest / self.dof)

        def excess(mu: float) -> float:  # grows about linearly with |mu - best|
            return math.sqrt(max(self.profile_chi2(mu) - lowest, 0.0)) - allowed

        levels = self.x_levels
        std = math.sqrt(self.covariance(best)[0, 0])
        span = max(levels[-1] - levels[0], 1e-300)
        step = allowed * std if 1e-6 * span < allowed * std < span else span / 20
        # the search ends at sigma = 0, or a hundredth of the smallest level, and at a hundred times the largest level
        bottom, top = (0.0, 100 * levels[-1]) if self.scale == "linear" else (levels[0] - 4.6, levels[-1] + 4.6)
        low = crossing(excess, best[0], -step, limit=bottom)
        high = crossing(excess, best[0], step, limit=top)
        return 0.0 if low is None else self.sigma_at(low), math.inf if high is None else self.sigma_at(high)

    def _starts(self, count: int = 3) -> np.ndarray:
        """The best p on a grid, (count, 4): the best mu for each slope s, and the best `count` of these."""
        levels = self.x_levels
        between = np.interp(np.arange(0, len(levels) - 0.9, 0.2), np.arange(len(levels)), levels)
        midpoints = np.array([self.held[0]]) if 0 in self.held else between
        best = []
        for slope in self._slopes():
            chi2, linear = self._project(midpoints, np.full(len(midpoints), slope))
            winner = int(np.argmin(chi2))
            best.append((chi2[winner], midpoints[winner], slope, *linear[winner]))
        return np.array(sorted(best)[:count])[:, 1:]

    def _slopes(self, count: int = 60) -> np.ndarray:
        """Slopes s from a step between two neighbouring levels to nearly a straight line across all of them."""
        if 1 in self.held:
            return np.array([self.held[1]])
        levels = self.x_levels
        gap = np.diff(levels).min() if len(levels) > 1 else 1.0
        span = levels[-1] - levels[0] if len(levels) > 1 else 1.0
        return np.geomspace(gap / 1000, 4 * span, count)

    def _project(self, mu: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The least chi2 for each pair (mu, s), (m,), and the (delta_a, a_min) that give it, (m, 2).

        Equation 1 is linear in delta_a and a_min, so 2 x 2 normal equations give them. A tiny ridge keeps these
        solvable where a column vanishes.
        """
        columns = np.empty((len(mu), len(self.x), 2))
        columns[..., 0] = logistic(self.x, mu[:, None], s[:, None], 1, 0) / self.dy
        columns[..., 1] = 1 / self.dy
        linear = np.tile([self.held.get(2, 0.0), self.held.get(3, 0.0)], (len(mu), 1))
        target = self.y / self.dy - (columns @ linear[..., None])[..., 0]
        free = [i for i in (0, 1) if i + 2 not in self.held]
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


def _vectors(
    sigma: npt.ArrayLike, accuracy: npt.ArrayLike, uncertainty: npt.ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three as float64 arrays of one length; raise `InputError` if they cannot be."""
    x, y, dy = (np.asarray(values, np.float64) for values in (sigma, accuracy, uncertainty))
    for name, values in (("sigma", x), ("accuracy", y), ("uncertainty", dy)):
        if values.ndim != 1 or len(values) != len(x):
            expected = f"{x.size} values in one dimension, as many as of sigma"
            raise InputError(f"{name}: expected {expected}, got shape {values.shape}; match the lengths")
        if not np.isfinite(values).all():
            bad = int(np.flatnonzero(~np.isfinite(values))[0])
            raise InputError(f"{name}: expected finite numbers, got {values[bad]} at position {bad}; leave it out")
    if (x < 0).any():
        raise InputError(f"sigma: expected noise levels >= 0, got {x.min()}; correct it")
    if (dy < 1e-12).any():
        raise InputError(f"uncertainty: expected standard errors > 1e-12, got {dy.min()}; see accuracy_uncertainty")
    return x, y, dy

"""The least-squares problem behind a midpoint: the data of one curve, and the parameters that describe it best."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wn_ref.errors import InputError
from wn_ref.fits.inputs import curve_arrays, held_value
from wn_ref.fits.leastsquares import covariance, levenberg_marquardt
from wn_ref.fits.levels import merge_levels
from wn_ref.fits.logistic import logistic, logistic_jacobian

NAMES = ("mu", "s", "delta_a", "a_min")
SCALES = ("linear", "log")
ROUNDING = 1e-9
"""Accuracies are not more exact than this: without standard errors, the scatter is never taken to be smaller."""


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
        Whether standard errors were given. If not, dy is 1 until `scaled` estimates it from the scatter about the fit.
    by_scatter : bool
        Whether the size of dy is, or may be, what the scatter about the fit says: as certain as its degrees of freedom.
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
    by_scatter: bool = False

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
        sigma, y, dy = curve_arrays(sigma, accuracy, uncertainty)
        fixed = {i: held_value(name, value) for i, name in enumerate(NAMES) if (value := held[name]) is not None}
        if len(fixed) == len(NAMES):
            raise InputError("fixed parameters: expected one to be free, got a value for all four; leave one out")
        if 0 in fixed:
            fixed[0] = float(abscissa(fixed[0], scale))
        x = abscissa(sigma, scale)
        if sigma.size and not np.isfinite(x).any():
            raise InputError("sigma: expected a noise level > 0 to fit in ln sigma, got only 0; add some")
        free, levels = len(NAMES) - len(fixed), len(np.unique(merge_levels(sigma)))
        least = free + (uncertainty is None)  # without standard errors, the scatter is one more unknown
        if levels < least:
            raise InputError(
                f"sigma: expected at least {least} different noise levels to fit {free} parameters, "
                f"got {levels}; add some, or hold a_min fixed"
            )
        return cls(sigma, x, y, dy, uncertainty is not None, fixed, scale)

    @cached_property
    def levels(self) -> np.ndarray:
        """The different noise levels (see `wn_ref.fits.levels`), ascending; without 0 on the scale "log"."""
        return np.unique(merge_levels(self.sigma[np.isfinite(self.x)]))

    @cached_property
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

    def scaled(self, best: np.ndarray, rescale: bool) -> MidpointProblem:
        """Return the same problem with the standard errors that the scatter about the best fit suggests.

        Without standard errors, dy becomes sqrt(chi2 / dof), so that whatever is decided by chi2 afterwards does not
        depend on the size of the scatter. With standard errors and `rescale`, dy is multiplied by it if it exceeds 1.
        """
        if self.dof == 0 or (self.weighted and not rescale):
            return self
        factor = math.sqrt(self.chi2(best) / self.dof)
        return replace(self, dy=self.dy * max(factor, 1 if self.weighted else ROUNDING), by_scatter=True)

    def minimise(self, start: np.ndarray | None = None) -> np.ndarray:
        """The best p, (4,): Levenberg-Marquardt from `start`, or from each of the best points of a grid of mu and s."""
        starts = self._starts() if start is None else start[None]
        free, gentlest = self.free, self.slopes[-1]

        def full(q: np.ndarray) -> np.ndarray:
            p = starts[0].copy()
            p[free] = q
            return p

        def residuals(q: np.ndarray) -> np.ndarray:
            p = full(q)
            inside = 0 < p[1] <= gentlest  # the same slopes as a `Profile` looks at
            return (logistic(self.x, *p) - self.y) / self.dy if inside else np.full(len(self.y), np.inf)

        def jacobian(q: np.ndarray) -> np.ndarray:
            return logistic_jacobian(self.x, *full(q))[:, free] / self.dy[:, None]

        return min((full(levenberg_marquardt(residuals, jacobian, p[free])) for p in starts), key=self.chi2)

    def covariance(self, p: np.ndarray) -> np.ndarray:
        """Covariance of the parameters at the best p, (4, 4); rows and columns of fixed parameters are 0."""
        J = logistic_jacobian(self.x, *p)[:, self.free] / self.dy[:, None]
        result = np.zeros((len(NAMES), len(NAMES)))
        result[np.ix_(self.free, self.free)] = covariance(J)
        return result

    def _starts(self, count: int = 4) -> np.ndarray:
        """Points of a grid, (up to `count`, 4): the best mu for each s, if chi2 is lower than for the next s."""
        levels = self.x_levels
        between = np.interp(np.arange(0, len(levels) - 0.9, 0.2), np.arange(len(levels)), levels)
        midpoints = np.array([self.held[0]]) if 0 in self.held else between
        slopes = self.slopes
        chi2, linear = self.project(np.tile(midpoints, len(slopes)), np.repeat(slopes, len(midpoints)))
        each = np.arange(len(slopes)), chi2.reshape(len(slopes), -1).argmin(axis=1)  # the best mu for each s
        best = np.column_stack(
            [chi2.reshape(len(slopes), -1)[each], midpoints[each[1]], slopes, linear.reshape(len(slopes), -1, 2)[each]]
        )
        padded = np.r_[np.inf, best[:, 0], np.inf]
        lowest = best[(padded[1:-1] <= padded[:-2]) & (padded[1:-1] <= padded[2:])]
        return lowest[np.argsort(lowest[:, 0], kind="stable")][:count, 1:]

    @cached_property
    def slopes(self) -> np.ndarray:
        """60 slopes s from a step between two neighbouring levels to nearly a straight line across all of them."""
        if 1 in self.held:
            return np.array([self.held[1]])
        levels = self.x_levels
        gap = np.diff(levels).min() if len(levels) > 1 else 1.0
        span = levels[-1] - levels[0] if len(levels) > 1 else 1.0
        return np.geomspace(gap / 1000, 4 * span, 60)

    def project(self, mu: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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

"""The least-squares problem behind a midpoint: the data of one curve, its minimum, its profile, and its verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from wn_ref.errors import InputError
from wn_ref.leastsquares import covariance, levenberg_marquardt
from wn_ref.logistic import logistic, logistic_jacobian
from wn_ref.profile import crossing, student_quantile

NAMES = ("mu", "s", "delta_a", "a_min")
SCALES = ("linear", "log")
FLAT = 16.27  # the 99.9 % point of chi-squared with 3 degrees of freedom: mu, s and delta_a against a constant
CONFIDENCE = 0.95  # of the interval that decides whether a midpoint is measured or only bounded


def abscissa(sigma: np.ndarray | float, scale: str) -> np.ndarray:
    """What equation 1 is taken in: sigma or ln sigma (-inf for 0)."""
    sigma = np.asarray(sigma, np.float64)
    with np.errstate(divide="ignore"):
        return sigma if scale == "linear" else np.log(sigma)


@dataclass(frozen=True)
class Curve:
    """The data of one fit, which parameters are held fixed, and the weighted least-squares problem they make.

    Here sigma and mu are what equation 1 is taken in: their logarithms if the scale is "log".
    """

    sigma: np.ndarray
    y: np.ndarray
    dy: np.ndarray
    weighted: bool  # whether dy was given; if not, it is 1 and the scatter about the fit sets its size
    fixed: dict[int, float]  # parameter number -> value
    scale: str
    raw: np.ndarray  # sigma itself

    @classmethod
    def checked(cls, sigma, accuracy, uncertainty, fixed: dict[str, float | None], scale: str) -> Curve:
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
        if (least := arrays["uncertainty"].min()) < 1e-12:
            raise InputError(f"uncertainty: expected standard errors > 1e-12, got {least}; see accuracy_uncertainty")
        held = {number: float(fixed[name]) for number, name in enumerate(NAMES) if fixed[name] is not None}
        if not all(map(math.isfinite, held.values())) or held.get(0, 1.0) <= 0 or held.get(1, 1.0) <= 0:
            raise InputError(f"fixed parameters: expected finite numbers, mu > 0 and s > 0, got {fixed}; correct them")
        if 0 in held:
            held[0] = float(abscissa(held[0], scale))
        if len(held) == len(NAMES):
            raise InputError("fixed parameters: expected one to be free at least, got all four fixed; free one")
        least, distinct = len(NAMES) - len(held) + (not weighted), len(np.unique(arrays["sigma"]))
        if distinct < least:
            raise InputError(
                f"sigma: expected at least {least} different noise levels to fit {len(NAMES) - len(held)} parameters, "
                f"got {distinct}; add some, or hold a_min fixed"
            )
        x, y, dy = arrays.values()
        return cls(abscissa(x, scale), y, dy, weighted, held, scale, raw=x)

    @property
    def levels(self) -> np.ndarray:
        """The different sigmas, ascending, without 0 on a logarithmic scale."""
        return np.unique(self.raw[np.isfinite(self.sigma)])

    def from_abscissa(self, mu: float) -> float:
        """The sigma that mu stands for."""
        return float(mu) if self.scale == "linear" else math.exp(min(mu, 700))

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
        starts, gentlest = self._starts(), self._slopes()[-1]

        def full(q: np.ndarray) -> np.ndarray:
            p = starts[0].copy()
            p[free] = q
            return p

        def residuals(q: np.ndarray) -> np.ndarray:
            p = full(q)
            inside = 0 < p[1] <= gentlest  # where the profile looks, too
            return (logistic(self.sigma, *p) - self.y) / self.dy if inside else np.full(len(self.y), np.inf)

        def jacobian(q: np.ndarray) -> np.ndarray:
            return logistic_jacobian(self.sigma, *full(q))[:, free] / self.dy[:, None]

        return min((full(levenberg_marquardt(residuals, jacobian, p[free])) for p in starts), key=self.chi2)

    def _starts(self, count: int = 3) -> np.ndarray:
        """Where to begin: the best (mu, s, delta_a, a_min) on a grid of mu for each s; the `count` best of these."""
        levels = self._abscissae()
        between = np.interp(np.arange(0, len(levels) - 0.9, 0.2), np.arange(len(levels)), levels)
        midpoints = np.array([self.fixed[0]]) if 0 in self.fixed else between
        best = []
        for slope in self._slopes():
            chi2, linear = self._project(midpoints, np.full(len(midpoints), slope))
            winner = int(np.argmin(chi2))
            best.append((chi2[winner], midpoints[winner], slope, *linear[winner]))
        return np.array(sorted(best)[:count])[:, 1:]

    def _abscissae(self) -> np.ndarray:
        return abscissa(self.levels, self.scale)

    def _slopes(self, count: int = 60) -> np.ndarray:
        """From a step between two neighbouring sigmas to nearly a straight line across all of them."""
        if 1 in self.fixed:
            return np.array([self.fixed[1]])
        levels = self._abscissae()
        gap = np.diff(levels).min() if len(levels) > 1 else 1.0
        span = levels[-1] - levels[0] if len(levels) > 1 else 1.0
        return np.geomspace(gap / 1000, 4 * span, count)

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
        """The least chi2 with mu held: over s by narrowing a grid until it is flat, over the rest by `_project`."""
        slopes = self._slopes()
        for _ in range(30):
            chi2, _ = self._project(np.full(len(slopes), mu), slopes)
            winner = int(np.argmin(chi2))
            around = [max(winner - 1, 0), min(winner + 1, len(slopes) - 1)]
            if chi2[around].max() - chi2[winner] < 1e-5:
                break
            slopes = np.geomspace(*slopes[around], 9)
        return float(chi2[winner])

    def covariance(self, p: np.ndarray) -> np.ndarray:
        """(4, 4): of the free parameters, scaled by chi2 / dof if no uncertainties were given; else 0."""
        free = [i for i in range(len(NAMES)) if i not in self.fixed]
        J = logistic_jacobian(self.sigma, *p)[:, free] / self.dy[:, None]
        result = np.zeros((len(NAMES), len(NAMES)))
        part = covariance(J)
        if not self.weighted and np.isfinite(part).all():
            part *= self.chi2(p) / self.dof
        result[np.ix_(free, free)] = part
        return result

    def verdict(self, best: np.ndarray, chance: float) -> tuple[str, float, tuple[float, float]]:
        """What the data tell about mu: "measured" or a kind of bound, the bound or NaN, and the interval."""
        if 0 in self.fixed:
            return "measured", math.nan, self.interval(best, CONFIDENCE)
        if self._flat(best):
            level, error = self._mean()
            if level - chance < max(0.05 * (1 - chance), 3 * error):
                return self._upper(self.levels[0])
            return self._lower(self.levels[-1])
        low, high = self.interval(best, CONFIDENCE)
        top_seen, bottom_seen, below = self._plateaus(best)
        if not top_seen and not bottom_seen:
            return "open", math.nan, (0.0, math.inf)
        if best[0] > self._abscissae()[-1] or math.isinf(high) or not bottom_seen or len(below) == 0:
            return self._lower(min(low, self.levels[-1]))
        if best[0] < self._abscissae()[0] or low <= 0 or not top_seen:
            return self._upper(max(high, below[0]))
        return "measured", math.nan, (low, high)

    def _mean(self) -> tuple[float, float]:
        """The weighted mean of y, and its standard error."""
        weights = 1 / self.dy**2
        mean = float(np.sum(weights * self.y) / np.sum(weights))
        scatter = 1.0 if self.weighted else float(np.var(self.y)) ** 0.5
        return mean, scatter * float(np.sum(weights) ** -0.5)

    def _flat(self, best: np.ndarray) -> bool:
        """Whether a constant describes the data as well as equation 1 does, or better than a fall."""
        if np.ptp(self.y) == 0 or best[2] <= 0:
            return True
        constant, chi2 = float(np.sum(((self.y - self._mean()[0]) / self.dy) ** 2)), self.chi2(best)
        unit = 1.0 if self.weighted else max(chi2 / self.dof, 1e-300)
        return (constant - chi2) / unit < FLAT

    def _plateaus(self, best: np.ndarray) -> tuple[bool, bool, np.ndarray]:
        """Whether the upper and the lower plateau are seen (or held fixed), and the levels behind the fall.

        Else their height, and so mu, is a guess. A plateau is seen if two levels at least are on its side of the
        middle of the data, and if the fit does not put it beyond the data by more than half of their range.
        """
        middle, reach = (self.y.max() + self.y.min()) / 2, np.ptp(self.y) / 2
        edge = self.raw[self.y > middle].max()
        above, below = self.levels[self.levels <= edge], self.levels[self.levels > edge]
        top, bottom = 2 * best[2] + best[3], best[3]
        top_seen = 2 in self.fixed or (len(above) >= 2 and top <= self.y.max() + reach)
        bottom_seen = 3 in self.fixed or (len(below) >= 2 and bottom >= self.y.min() - reach)
        return top_seen, bottom_seen, below

    def _lower(self, bound: float) -> tuple[str, float, tuple[float, float]]:
        if bound <= 0:
            return "open", math.nan, (0.0, math.inf)
        return "lower bound", float(bound), (float(bound), math.inf)

    def _upper(self, bound: float) -> tuple[str, float, tuple[float, float]]:
        if bound <= 0:
            return "open", math.nan, (0.0, math.inf)
        return "upper bound", float(bound), (0.0, float(bound))

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

        levels = self._abscissae()
        std = math.sqrt(self.covariance(best)[0, 0])
        span = max(levels[-1] - levels[0], 1e-300)
        step = allowed * std if 1e-6 * span < allowed * std < span else span / 20
        # how far to look: down to sigma = 0, or a hundredth of the smallest one; up to a hundred times the largest
        bottom, top = (0.0, 100 * levels[-1]) if self.scale == "linear" else (levels[0] - 4.6, levels[-1] + 4.6)
        low = crossing(excess, best[0], -step, limit=bottom)
        high = crossing(excess, best[0], step, limit=top)
        return (
            0.0 if low is None else self.from_abscissa(low),
            math.inf if high is None else self.from_abscissa(high),
        )

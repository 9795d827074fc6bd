"""The profile of a midpoint: how well can the curve be described for each value of mu?

The profile of chi2 at mu is its minimum over all other free parameters. The confidence interval of mu holds all values
whose profile is close enough to the overall minimum.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from wn_ref.fits.intervals import crossing, student_quantile
from wn_ref.fits.problem import MidpointProblem

SUDDEN = 2.0
"""A sudden fall is possible unless it is this many times as far off as the interval allows."""


class Profile:
    """The profile of a problem about its best parameters.

    Parameters
    ----------
    problem : MidpointProblem
        The data; without standard errors, as returned by `MidpointProblem.scaled`.
    best : np.ndarray
        The best parameters, (4,), as `MidpointProblem.minimise` finds them.

    Attributes
    ----------
    lowest : float
        chi2 of `best`.
    """

    def __init__(self, problem: MidpointProblem, best: np.ndarray) -> None:
        self.problem, self.best = problem, best
        self.lowest = problem.chi2(best)
        self._met, self._met_chi2 = best, self.lowest

    @property
    def better(self) -> np.ndarray | None:
        """Parameters with a lower chi2 than `best` that a profile has met, (4,): the fit should start again there."""
        return self._met if self._met_chi2 < self.lowest - 1e-6 * max(1.0, self.lowest) else None

    def chi2(self, mu: float) -> float:
        """The least chi2 for a given mu: s by a grid that narrows until chi2 is flat, the others by linear algebra."""
        slopes = self.problem.slopes
        for _ in range(30):
            chi2, linear = self.problem.project(np.full(len(slopes), mu), slopes)
            winner = int(np.argmin(chi2))
            left, right = max(winner - 1, 0), min(winner + 1, len(slopes) - 1)
            if max(chi2[left], chi2[right]) - chi2[winner] < 1e-5 + 1e-12 * chi2[winner]:
                break
            slopes = np.geomspace(slopes[left], slopes[right], 9)
        if chi2[winner] < self._met_chi2:
            self._met, self._met_chi2 = np.array([mu, slopes[winner], *linear[winner]]), float(chi2[winner])
        return float(chi2[winner])

    def interval(self, level: float) -> tuple[float, float]:
        """Confidence interval of the midpoint in units of sigma; an end that the data leave open is 0 or inf.

        It holds all mu whose profile exceeds the minimum by no more than the quantile for `level`: of chi-squared with
        one degree of freedom, or, if the scatter about the fit says how large the uncertainties are, of Student's t
        squared, if that is more. If a sudden fall anywhere between two neighbouring noise levels is among the possible
        curves, it holds all that lies between these levels.
        """
        problem, mu = self.problem, float(self.best[0])
        if 0 in problem.held:
            return problem.sigma_at(mu), problem.sigma_at(mu)
        probability = (1 + level) / 2
        allowed = NormalDist().inv_cdf(probability)
        if problem.by_scatter:
            # the scatter is less than dy if that is right as given, and if the fit is perfect to the last digit
            allowed = max(allowed, student_quantile(probability, problem.dof) * math.sqrt(self.lowest / problem.dof))

        def excess(mu: float) -> float:  # grows about linearly with |mu - best|
            return self._root(self.chi2(mu)) - allowed

        levels = problem.x_levels
        std = math.sqrt(problem.covariance(self.best)[0, 0])
        span = max(levels[-1] - levels[0], 1e-300)
        step = allowed * std if 1e-12 * span < allowed * std < span else span / 20
        # the search ends at sigma = 0, or a hundredth of the smallest level, and at a hundred times the largest level
        bottom, top = (0.0, 100 * levels[-1]) if problem.scale == "linear" else (levels[0] - 4.6, levels[-1] + 4.6)
        ends = crossing(excess, mu, -step, limit=bottom), crossing(excess, mu, step, limit=top)
        low = 0.0 if ends[0] is None else problem.sigma_at(ends[0])
        high = math.inf if ends[1] is None else problem.sigma_at(ends[1])
        above = int(np.searchsorted(levels, mu))
        if 0 < above < len(levels) and self._sudden(levels[above - 1], levels[above]) <= SUDDEN * allowed:
            low = min(low, float(problem.levels[above - 1]))
            high = max(high, float(problem.levels[above]))
        return low, high

    def _root(self, chi2: float) -> float:
        return math.sqrt(max(chi2 - self.lowest, 0.0))

    def _sudden(self, low: float, high: float) -> float:
        """The root of the excess of chi2 for a step half way between two neighbouring levels of x."""
        slope = self.problem.held.get(1, (high - low) / 1000)
        chi2, _ = self.problem.project(np.array([(low + high) / 2]), np.array([slope]))
        return self._root(float(chi2[0]))

"""One logistic function or two stacked ones, and which of them the data support (section 6.2, Figure 8).

    F(x) = sum_j delta_j (1 - tanh((x - mu_j) / (2 s_j))) + a_min,    x = sigma or ln sigma,    j = 1, or j = 1, 2
    AICc = chi2 + 2 k + 2 k (k + 1) / (n - k - 1)

with k free parameters and n data points. Two steps, mu_1 < mu_2, have three parameters more than one step and never a
larger chi2. Akaike's criterion for small samples [1]_ adds a penalty for each parameter; the fit with the smaller AICc
would win. But the place of a second step is searched for among all noise levels, so chance lowers chi2 by more than
three parameters usually do, and with 41 to 81 points AICc finds a second step in 8 to 18 % of the curves with one.
Therefore two steps also have to lower chi2 by more than PRICE. Then they are found in less than 1 % of the curves with
a single step, for 21 to 81 points, with a_min held or free (`tests/benchmarks/fit_coverage.py`). Of two steps that are 30
standard errors high, none is missed (`tests/fits/test_stacked.py`).

References
----------
.. [1] C. M. Hurvich, C.-L. Tsai, "Regression and time series model selection in small samples", Biometrika 76, 1989.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from wn_ref.errors import InputError, require_choice
from wn_ref.fits.leastsquares import covariance, levenberg_marquardt
from wn_ref.fits.logistic import logistic, logistic_jacobian
from wn_ref.fits.problem import SCALES, MidpointProblem, abscissa

PRICE = 16.0
"""By how much two steps have to lower chi2, in addition to a smaller AICc."""


@dataclass(frozen=True)
class StackedFit:
    """A fitted curve with one or two steps; made by `fit_steps` and `fit_stacked`. Call it for the accuracy at sigma.

    Attributes
    ----------
    midpoints, slopes, half_ranges : np.ndarray
        mu_j in units of sigma, s_j in units of x, and delta_j, (steps,), in the order of ascending mu.
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
        where a_min was held fixed, and inf if the data do not determine the parameters.
    scale : "linear" or "log"
        Whether x is sigma or ln sigma.
    """

    midpoints: np.ndarray
    slopes: np.ndarray
    half_ranges: np.ndarray
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

    def __call__(self, sigma: npt.ArrayLike) -> np.ndarray:
        """The fitted accuracy at sigma."""
        return stacked(abscissa(sigma, self.scale), self._best)


def stacked(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    """F(x) for p = (mu_1, s_1, delta_1, ..., a_min)."""
    return sum(logistic(x, mu, s, delta, 0.0) for mu, s, delta in p[:-1].reshape(-1, 3)) + p[-1]


def stacked_jacobian(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Derivatives of F with respect to p, (n, len(p)): those of each step side by side, then 1 for a_min."""
    steps = [logistic_jacobian(x, mu, s, delta, 0.0)[:, :3] for mu, s, delta in p[:-1].reshape(-1, 3)]
    return np.hstack([*steps, np.ones((len(x), 1))])


def fit_stacked(
    sigma: npt.ArrayLike,
    accuracy: npt.ArrayLike,
    uncertainty: npt.ArrayLike,
    *,
    a_min: float | None = None,
    scale: str = "log",
) -> StackedFit:
    """Fit one step and two steps, and return the two if their AICc is smaller and chi2 falls by more than PRICE.

    Parameters and errors are those of `fit_steps`, except that there is no number of steps to give.

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
    if steps not in (1, 2):
        raise InputError(f"steps: expected 1 or 2, got {steps!r}; choose one")
    require_choice("scale", scale, SCALES)
    if uncertainty is None:
        raise InputError("uncertainty: expected standard errors, got None; see accuracy_uncertainty")
    held = {"mu": None, "s": None, "delta_a": None, "a_min": a_min}
    problem = MidpointProblem.checked(sigma, accuracy, uncertainty, held, scale)
    free = 3 * steps + (a_min is None)
    if len(problem.levels) < free + 2:
        expected = f"at least {free + 2} different noise levels to weigh {steps} steps"
        raise InputError(f"sigma: expected {expected}, got {len(problem.levels)}; add some")
    return _result(problem, _best(problem, steps, a_min), free)


def _result(problem: MidpointProblem, p: np.ndarray, free: int) -> StackedFit:
    """Sort the steps of the best p by mu and collect what is reported; the first `free` entries of p were fitted."""
    order = np.argsort(p[:-1:3])
    p = np.append(p[:-1].reshape(-1, 3)[order].reshape(-1), p[-1])
    n, chi2 = len(problem.y), _chi2(problem, p)
    cov = np.zeros((len(p), len(p)))
    cov[:free, :free] = covariance(stacked_jacobian(problem.x, p)[:, :free] / problem.dy[:, None])
    mu, s, delta = p[:-1].reshape(-1, 3).T
    return StackedFit(
        midpoints=mu if problem.scale == "linear" else np.exp(mu),
        slopes=s,
        half_ranges=delta,
        a_min=float(p[-1]),
        chi2=chi2,
        dof=n - free,
        aicc=chi2 + 2 * free + 2 * free * (free + 1) / (n - free - 1),
        covariance=cov,
        scale=problem.scale,
        _best=p,
    )


def _chi2(problem: MidpointProblem, p: np.ndarray) -> float:
    return float(np.sum(((stacked(problem.x, p) - problem.y) / problem.dy) ** 2))


def _descend(problem: MidpointProblem, start: np.ndarray, a_min: float | None, max_steps: int) -> np.ndarray:
    """Levenberg-Marquardt in (mu, ln s, ln delta), so that s and delta stay positive, and with mu and s bounded."""
    positive = np.array([kind != 0 for _ in range((len(start) - 1) // 3) for kind in range(3)] + [False])
    free = len(start) - (a_min is not None)
    levels = problem.x_levels
    span = levels[-1] - levels[0]

    def full(q: np.ndarray) -> np.ndarray:
        q = np.append(q, start[free:])
        return np.where(positive, np.exp(np.where(positive, q, 0)), q)

    def residuals(q: np.ndarray) -> np.ndarray:
        p = full(q)
        inside = np.all((p[:-1:3] >= levels[0]) & (p[:-1:3] <= levels[-1]) & (p[1:-1:3] <= span))
        return (stacked(problem.x, p) - problem.y) / problem.dy if inside else np.full(len(problem.y), np.inf)

    def jacobian(q: np.ndarray) -> np.ndarray:
        p = full(q)
        return (stacked_jacobian(problem.x, p) * np.where(positive, p, 1) / problem.dy[:, None])[:, :free]

    q = np.where(positive, np.log(np.maximum(start, 1e-12)), start)[:free]
    return full(levenberg_marquardt(residuals, jacobian, q, max_steps=max_steps))


def _best(problem: MidpointProblem, steps: int, a_min: float | None) -> np.ndarray:
    """The p with the least chi2 that a descent finds from any start; with two steps it is never worse than with one."""
    starts = _starts(problem, steps, a_min)
    if steps == 2:
        one = _best(problem, 1, a_min)
        nothing = np.r_[one[:2], 1e-9]  # a second step without height: chi2 is that of one step
        starts = [*starts, *_starts(problem, 2, a_min, first=one[:2]), np.r_[one[:3], nothing, one[3]]]
    trials = (_descend(problem, start, a_min, max_steps=30) for start in starts)
    return _descend(problem, min(trials, key=lambda p: _chi2(problem, p)), a_min, max_steps=150)


def _starts(
    problem: MidpointProblem, steps: int, a_min: float | None, first: np.ndarray | None = None
) -> list[np.ndarray]:
    """Points of a grid, each a p: for every choice of slopes the one with the least chi2.

    The grid has mu between the levels, or between 21 values spread over them if there are more, and for each mu three
    slopes s in proportion to the distance of the levels there, which differs from mu to mu where the levels are
    logarithmic and the scale is not. Linear algebra gives delta and a_min. With `first`, a (mu, s), one of two steps
    has these.
    """
    shapes, sizes = _shapes(problem.x_levels, steps)
    if first is None:
        chosen = np.array(list(combinations(range(len(shapes)), steps)))
    else:
        chosen = np.array([(len(shapes), i) for i in range(len(shapes))])
        shapes, sizes = np.vstack([shapes, first]), np.append(sizes, 0)
    chi2, linear = _project(problem, shapes[chosen], a_min)
    kinds = np.sort(sizes[chosen], axis=1) @ (10 ** np.arange(steps))
    starts = []
    for kind in np.unique(kinds):
        i = np.flatnonzero(kinds == kind)[np.argmin(chi2[kinds == kind])]
        each = np.column_stack([shapes[chosen[i]], linear[i, :steps]]).reshape(-1)
        starts.append(np.append(each, linear[i, -1] if a_min is None else a_min))
    return starts


def _shapes(levels: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (mu, s), (m, 2), and which of the three sizes s has where it is, 0 to 2, (m,)."""
    count = min(len(levels), 21)
    levels = np.interp(np.linspace(0, len(levels) - 1, count), np.arange(len(levels)), levels)
    places = np.arange(0.5, count - 1, 0.5 * steps)
    mu = np.interp(places, np.arange(count), levels)
    gap = np.interp(places, np.arange(count - 1) + 0.5, np.diff(levels))
    factors = np.array([0.2, 0.7, 2.0])
    shapes = np.stack([np.repeat(mu, 3), np.outer(gap, factors).reshape(-1)], axis=1)
    return shapes, np.tile(np.arange(3), len(mu))


def _project(problem: MidpointProblem, shapes: np.ndarray, a_min: float | None) -> tuple[np.ndarray, np.ndarray]:
    """The least chi2 for steps of given shapes, (candidates, steps, 2), and the (delta, ..., a_min) that give it."""
    steps = shapes.shape[1]
    basis = logistic(problem.x, shapes[..., :1], shapes[..., 1:], 1, 0) / problem.dy  # (candidates, steps, n)
    target = problem.y / problem.dy
    if a_min is None:
        basis = np.concatenate([basis, np.broadcast_to(1 / problem.dy, (len(basis), 1, len(target)))], axis=1)
    else:
        target = target - a_min / problem.dy
    normal = basis @ np.swapaxes(basis, 1, 2)
    normal += 1e-10 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(normal.shape[1])
    linear = np.linalg.solve(normal, (basis @ target)[..., None])[..., 0]
    linear[:, :steps] = np.maximum(linear[:, :steps], 1e-3)
    return np.sum((np.einsum("cb,cbn->cn", linear, basis) - target) ** 2, axis=1), linear

"""One logistic function or two stacked ones, and which of them the data support (section 6.2, Figure 8).

    F(x) = sum_j delta_j (1 - tanh((x - mu_j) / (2 s_j))) + a_min,    x = sigma or ln sigma,    j = 1, or j = 1, 2
    AICc = chi2 + 2 k + 2 k (k + 1) / (n - k - 1)

with k free parameters and n points. Two steps, mu_1 < mu_2, have three parameters more than one and always a smaller
chi2. Akaike's criterion for small samples [1]_ is chi2 plus a price for parameters; the smaller AICc wins. With 21
points two steps have to lower chi2 by more than 12: in simulated single steps that happened in 1 % of curves, and
of two steps 30 standard errors high none was missed (`tests/test_stacked.py` repeats this).

References
----------
.. [1] C. M. Hurvich, C.-L. Tsai, "Regression and time series model selection in small samples", Biometrika 76, 1989.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from wn_ref.curve import SCALES, Curve, abscissa
from wn_ref.errors import InputError, require_choice
from wn_ref.leastsquares import covariance, levenberg_marquardt
from wn_ref.logistic import logistic, logistic_jacobian


@dataclass(frozen=True)
class StackedFit:
    """One or two steps down; made by `fit_steps` and `fit_stacked`.

    Attributes
    ----------
    midpoints, slopes, half_ranges : np.ndarray
        mu_j in units of sigma, s_j and delta_j, (steps,), by ascending mu.
    a_min : float
        The accuracy behind the last step.
    chi2 : float
        Of the fit.
    dof : int
        Points minus free parameters.
    aicc : float
        Chi2 plus the price of the parameters; only differences between fits of the same data mean something.
    covariance : np.ndarray
        Of (x of mu_1, s_1, delta_1, [x of mu_2, s_2, delta_2,] a_min), with x = ln sigma on a logarithmic scale; 0
        where a_min was held fixed, inf where the data leave a parameter open.
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
        """1 or 2."""
        return len(self.midpoints)

    @property
    def plateaus(self) -> np.ndarray:
        """Accuracy ahead of the first step, [between the two,] and behind the last, (steps + 1,)."""
        return self.a_min + 2 * np.append(np.cumsum(self.half_ranges[::-1])[::-1], 0.0)

    def __call__(self, sigma: np.ndarray) -> np.ndarray:
        """The fitted accuracy at sigma."""
        return stacked(abscissa(sigma, self.scale), self._best)


def stacked(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    """F(x) with p = (mu_1, s_1, delta_1, ..., a_min)."""
    return sum(logistic(x, *p[i : i + 3], 0.0) for i in range(0, len(p) - 1, 3)) + p[-1]


def stacked_jacobian(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Derivatives of F by p, (n, len(p)): those of each step side by side, and 1 for a_min."""
    steps = [logistic_jacobian(x, *p[i : i + 3], 0.0)[:, :3] for i in range(0, len(p) - 1, 3)]
    return np.hstack([*steps, np.ones((len(x), 1))])


def fit_stacked(
    sigma: np.ndarray,
    accuracy: np.ndarray,
    uncertainty: np.ndarray,
    *,
    a_min: float | None = None,
    scale: str = "log",
) -> StackedFit:
    """Fit one step and two, and return the fit with the smaller AICc.

    Parameters and errors are those of `fit_steps`.
    """
    one = fit_steps(sigma, accuracy, uncertainty, 1, a_min=a_min, scale=scale)
    two = fit_steps(sigma, accuracy, uncertainty, 2, a_min=a_min, scale=scale)
    return two if two.aicc < one.aicc else one


@np.errstate(all="ignore")  # a trial step may go anywhere; what is not finite is refused
def fit_steps(
    sigma: np.ndarray,
    accuracy: np.ndarray,
    uncertainty: np.ndarray,
    steps: int,
    *,
    a_min: float | None = None,
    scale: str = "log",
) -> StackedFit:
    """Fit so many steps down to a curve of accuracy against noise, by weighted least squares.

    Levenberg-Marquardt from the best of a grid of mu and s; there delta and a_min follow from linear algebra. Every
    delta stays positive, and every mu among the sigmas.

    Parameters
    ----------
    sigma, accuracy, uncertainty : array_like
        Noise levels, accuracies and their standard errors, (n,); see `wn_ref.fit.fit_midpoint`.
    steps : 1 or 2
        How many.
    a_min : float, optional
        Held fixed at this value; free by default.
    scale : "linear" or "log"
        Of x.

    Returns
    -------
    StackedFit
        The best fit with so many steps.

    Raises
    ------
    InputError
        If there are less than k + 2 different levels for k parameters, or a value cannot be used.
    """
    if steps not in (1, 2):
        raise InputError(f"steps: expected 1 or 2, got {steps!r}; choose one")
    require_choice("scale", scale, SCALES)
    if uncertainty is None:
        raise InputError("uncertainty: expected standard errors, got None; see accuracy_uncertainty")
    held = {"mu": None, "s": None, "delta_a": None, "a_min": a_min}
    curve = Curve.checked(sigma, accuracy, uncertainty, held, scale)
    free = 3 * steps + (a_min is None)
    if len(curve.levels) < free + 2:
        expected = f"at least {free + 2} different noise levels to weigh {steps} steps"
        raise InputError(f"sigma: expected {expected}, got {len(curve.levels)}; add some")
    trials = (_descend(curve, start, a_min, max_steps=30) for start in _starts(curve, steps, a_min))
    p = _descend(curve, min(trials, key=lambda p: _chi2(curve, p)), a_min, max_steps=150)
    return _result(curve, p, free)


def _result(curve: Curve, p: np.ndarray, free: int) -> StackedFit:
    """What is reported of the best p, steps by ascending mu; its first `free` numbers were fitted."""
    order = np.argsort(p[:-1:3])
    p = np.append(p[:-1].reshape(-1, 3)[order].reshape(-1), p[-1])
    n, chi2 = len(curve.y), _chi2(curve, p)
    cov = np.zeros((len(p), len(p)))
    cov[:free, :free] = covariance(stacked_jacobian(curve.sigma, p)[:, :free] / curve.dy[:, None])
    mu, s, delta = p[:-1].reshape(-1, 3).T
    return StackedFit(
        midpoints=mu if curve.scale == "linear" else np.exp(mu),
        slopes=s,
        half_ranges=delta,
        a_min=float(p[-1]),
        chi2=chi2,
        dof=n - free,
        aicc=chi2 + 2 * free + 2 * free * (free + 1) / (n - free - 1),
        covariance=cov,
        scale=curve.scale,
        _best=p,
    )


def _chi2(curve: Curve, p: np.ndarray) -> float:
    return float(np.sum(((stacked(curve.sigma, p) - curve.y) / curve.dy) ** 2))


def _descend(curve: Curve, start: np.ndarray, a_min: float | None, max_steps: int) -> np.ndarray:
    """Levenberg-Marquardt within bounds, over log s and log delta, which keeps both positive."""
    positive = np.array([kind != 0 for _ in range((len(start) - 1) // 3) for kind in range(3)] + [False])
    free = len(start) - (a_min is not None)
    levels = abscissa(curve.levels, curve.scale)
    span = levels[-1] - levels[0]

    def full(q: np.ndarray) -> np.ndarray:
        q = np.append(q, start[free:])
        return np.where(positive, np.exp(np.where(positive, q, 0)), q)

    def residuals(q: np.ndarray) -> np.ndarray:
        p = full(q)
        inside = np.all((p[:-1:3] >= levels[0]) & (p[:-1:3] <= levels[-1]) & (p[1:-1:3] <= span))
        return (stacked(curve.sigma, p) - curve.y) / curve.dy if inside else np.full(len(curve.y), np.inf)

    def jacobian(q: np.ndarray) -> np.ndarray:
        p = full(q)
        return (stacked_jacobian(curve.sigma, p) * np.where(positive, p, 1) / curve.dy[:, None])[:, :free]

    q = np.where(positive, np.log(np.maximum(start, 1e-12)), start)[:free]
    return full(levenberg_marquardt(residuals, jacobian, q, max_steps=max_steps))


def _starts(curve: Curve, steps: int, a_min: float | None, count: int = 4) -> np.ndarray:
    """The best p on a grid: mu at and between the levels, three slopes, and the best delta >= 0 and a_min for them."""
    levels = abscissa(curve.levels, curve.scale)
    mu = np.interp(np.arange(0.5, len(levels) - 1, 0.5 * steps), np.arange(len(levels)), levels)
    slopes = np.median(np.diff(levels)) * np.array([0.2, 0.7, 2.0])
    shapes = np.array([(m, s) for m in mu for s in slopes])
    columns = logistic(curve.sigma, shapes[:, :1], shapes[:, 1:], 1, 0) / curve.dy  # (shapes, n)
    pairs = np.array(list(combinations(range(len(shapes)), steps)))
    basis = np.stack([columns[pairs[:, i]] for i in range(steps)], axis=1)  # (candidates, steps, n)
    target = curve.y / curve.dy
    if a_min is None:
        basis = np.concatenate([basis, np.broadcast_to(1 / curve.dy, (len(pairs), 1, len(target)))], axis=1)
    else:
        target = target - a_min / curve.dy
    normal = basis @ np.swapaxes(basis, 1, 2)
    normal += 1e-10 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(normal.shape[1])
    linear = np.linalg.solve(normal, (basis @ target)[..., None])[..., 0]
    linear[:, :steps] = np.maximum(linear[:, :steps], 1e-3)
    chi2 = np.sum((np.einsum("cb,cbn->cn", linear, basis) - target) ** 2, axis=1)
    starts = []
    for i in np.argsort(chi2)[:count]:
        each = np.column_stack([shapes[pairs[i]], linear[i, :steps]]).reshape(-1)
        starts.append(np.append(each, linear[i, -1] if a_min is None else a_min))
    return np.array(starts)

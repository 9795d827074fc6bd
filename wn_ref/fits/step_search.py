"""The search for the steps of a stacked logistic function: a grid of starting points, and a descent from the best."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from wn_ref.fits.leastsquares import levenberg_marquardt
from wn_ref.fits.logistic import logistic, stacked, stacked_jacobian
from wn_ref.fits.problem import MidpointProblem


def stacked_chi2(problem: MidpointProblem, p: np.ndarray) -> float:
    """The weighted sum of squares of a fit with steps."""
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

    smallest = np.append(np.tile([0, 1e-12 * span, 1e-12], (len(start) - 1) // 3), 0)
    q = np.where(positive, np.log(np.where(positive, np.maximum(start, smallest), 1)), start)[:free]
    return full(levenberg_marquardt(residuals, jacobian, q, max_steps=max_steps))


def best_steps(problem: MidpointProblem, steps: int, a_min: float | None) -> np.ndarray:
    """The p with the least chi2 that a descent finds from any start; with two steps it is never worse than with one."""
    starts = _starts(problem, steps, a_min)
    if steps == 2:
        one = best_steps(problem, 1, a_min)
        nothing = np.r_[one[:2], 1e-9]  # a second step without height: chi2 is that of one step
        starts = [*starts, *_starts(problem, 2, a_min, first=one[:2]), np.r_[one[:3], nothing, one[3]]]
    trials = (_descend(problem, start, a_min, max_steps=30) for start in starts)
    return _descend(problem, min(trials, key=lambda p: stacked_chi2(problem, p)), a_min, max_steps=150)


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

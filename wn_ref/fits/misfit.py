"""Does equation 1 describe a curve at all? The midpoint of a function that misses the data means nothing.

A curve of trained networks is never exactly logistic, and with many test images chi2 shows it long before it matters:
3 to 10 for each degree of freedom are common, and `rescale` takes care of them. What matters is how far the fit is
off, compared with the height of the curve, over several neighbouring noise levels. With the residuals r and the
weights w = 1 / Delta_y^2 of neighbours i and j,

    m = (w_i r_i + w_j r_j) / (w_i + w_j),    miss = sqrt(sum (w_i + w_j) m^2 / sum (w_i + w_j)) / height

Every fit has two misses: with the weights above, of which 4 % are allowed, and with equal weights, of which 7 % are.
(The errors of a plateau near 100 % are so small that by their weights it alone would decide.) A fit is refused if one
of them is larger and chance cannot explain it. Noise at each level of its own nearly cancels in m. With standard
errors, "chance" means that chi2 is exceeded with a probability of 1e-6, so this is how often a curve that is logistic
is refused. Without, the residuals of neighbours have to agree: the mean of m^2 has to exceed 3/4 of that of r^2, where
independent residuals have 1/2 at most.
"""

from __future__ import annotations

import math

import numpy as np

from wn_ref.fits.logistic import logistic
from wn_ref.fits.problem import NAMES, MidpointProblem

MISS, MISS_ALIKE = 0.04, 0.07
"""The largest misses, as shares of the height of the curve, that a fit may have: weighted, and all neighbours alike."""
CHANCE = 4.75
"""One-sided 1e-6 quantile of the normal distribution."""
AGREEMENT = 0.75
"""Share of the residuals' squares that neighbours have in common, if they do not differ by chance."""


def misfit(problem: MidpointProblem, best: np.ndarray, height: float) -> str:
    """Return why equation 1 does not describe the data, or an empty text if it does.

    Parameters
    ----------
    problem : MidpointProblem
        The data, with the standard errors as they were given.
    best : np.ndarray
        The best parameters, (4,).
    height : float
        What the miss is compared with: the range of the accuracies, but at least half of what they could fall.
    """
    if len(problem.x) < 2:  # no neighbours
        return ""
    order = np.argsort(problem.x, kind="stable")
    r, w = (logistic(problem.x, *best) - problem.y)[order], problem.dy[order] ** -2.0
    pairs = w[1:] + w[:-1]
    m = (w[1:] * r[1:] + w[:-1] * r[:-1]) / pairs
    common, alike = float(np.sum(pairs * m**2) / np.sum(pairs)), float(np.mean(m**2))
    if max(math.sqrt(common) / MISS, math.sqrt(alike) / MISS_ALIKE) <= height:
        return ""
    chi2 = problem.chi2(best)
    by_chance = _normal(chi2, problem.dof) <= CHANCE if problem.weighted else common <= AGREEMENT * chi2 / len(r)
    if by_chance:
        return ""
    size = f"chi2 {chi2:.3g} for {problem.dof} degrees of freedom; " if problem.weighted else ""
    values = problem.sigma_at(best[0]), *best[1:]
    held = " and ".join(f"{NAMES[i]} held at {values[i]:.3g}" for i in sorted(problem.held))
    advice = f"{held} may be wrong" if held else "the curve has another shape"
    return f"equation 1 misses the accuracies by {math.sqrt(max(common, alike)):.2g} on average ({size}{advice})"


def _normal(chi2: float, dof: int) -> float:
    """chi2 as a number of standard deviations of a normal distribution (Wilson and Hilferty); 0 without freedom."""
    if dof < 1:
        return 0.0
    return ((chi2 / dof) ** (1 / 3) - (1 - 2 / (9 * dof))) / math.sqrt(2 / (9 * dof))

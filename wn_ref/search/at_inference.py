"""The search for a midpoint where noise is in evaluation only: a trained network can be evaluated at any sigma.

A network is expensive and its evaluations are cheap. So each network is evaluated at many sigmas and has a midpoint of
its own, and only more networks tell how these midpoints scatter. The result is the *geometric mean of the networks'
midpoints*. (It differs from what `wn_ref.search.in_training` looks for by the square of the scatter, which is far less
than the uncertainty of either.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wn_ref.fits.intervals import student_quantile
from wn_ref.search.network_curve import NetworkCurve, evaluate, scan
from wn_ref.search.question import Estimate, Measure, Question, Show
from wn_ref.search.stopping import next_look
from wn_ref.search.verdict import bound, doubt, unknown, without_fall

FEWEST_NETWORKS = 5
"""Networks before an interval is trusted; tests/search/test_coverage.py shows that they are enough."""
DISTANCES = 0.3 * np.linspace(-1, 1, 11)
"""Where networks are evaluated: distances from the midpoint in slopes."""


def at_inference(measure: Measure, question: Question, show: Show | None = None) -> Estimate:
    """Locate a midpoint where a trained network can be evaluated at any sigma: noise in evaluation only.

    The first network is scanned over the whole range. Then all of them, the first one again, are evaluated around the
    midpoints so far. The arguments are those of `wn_ref.search.in_training.in_training`.
    """
    first = scan(measure, question, 0)
    if answer := without_fall(first.plateaus, question):
        return answer
    if not first.falls or (fit := first.narrow()) is None:
        return bound(first.x, first.y, first.plateaus, question)
    mu, s = fit.wide[:2]
    if reason := doubt(mu, s, first.plateaus):
        return unknown(reason)
    low, high = first.bracket
    estimate = Estimate(math.exp(mu), (math.exp(low), math.exp(high)))
    midpoints: list[float] = []
    used, look, coarsest = 1, FEWEST_NETWORKS, 0.0
    while (count := min(question.at_once, question.max_runs - used)) > 0:
        centre = float(np.mean(midpoints)) if midpoints else mu
        seeds = range(used - 1, used - 1 + count)
        for curve in evaluate(measure, question, seeds, centre + s * DISTANCES, first.plateaus.top):
            own = _own_midpoint(curve, centre, s)
            if own is None:
                return unknown(f"the network of seed {curve.seed} has no midpoint in the range that was searched")
            midpoints.append(own[0])
            coarsest = max(coarsest, own[1])
        used += count
        if len(midpoints) > 1:
            estimate = _mean(midpoints, coarsest)
        if show:
            show(len(midpoints), estimate)
        if len(midpoints) >= look:
            if estimate.width <= question.width:
                return replace(estimate, kind="measured")
            look = next_look(len(midpoints), estimate.width / question.width)
    return estimate


def _own_midpoint(curve: NetworkCurve, centre: float, s: float) -> tuple[float, float] | None:
    """Return one network's ln mu, and how far off it may be because evaluations are far apart; None without midpoint.

    The network was evaluated around `centre`, and s is the slope that is expected.
    """
    curve.find_fall(centre, s * DISTANCES)
    if not curve.falls or (fit := curve.narrow()) is None:
        return None
    low, high = curve.bracket
    coarse = (high - low) / 2 if high - low > fit.wide[1] else 0.0
    return float(np.clip(fit.best[0], curve.x[0], curve.x[-1])), coarse


def _mean(midpoints: Sequence[float], coarse: float) -> Estimate:
    """Return the geometric mean of midpoints, given as ln mu, with its interval by Student's t, and their scatter.

    A search that stops when the interval is narrow enough tends to stop when the scatter happens to look small. The
    factor 1 + 3 / (4 n) makes up for that; the simulations in tests/search/test_coverage.py show how well. Each
    midpoint may be off by `coarse`, all of them in the same direction.
    """
    std = float(np.std(midpoints, ddof=1))
    half = student_quantile(0.975, len(midpoints) - 1) * std / math.sqrt(len(midpoints)) * (1 + 0.75 / len(midpoints))
    mean, half = float(np.mean(midpoints)), half + coarse
    return Estimate(math.exp(mean), (math.exp(mean - half), math.exp(mean + half)), seed_std=std)

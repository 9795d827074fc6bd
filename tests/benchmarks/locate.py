"""Measure how often the intervals of `wn-ref locate` contain the truth, and how many networks it and a grid need.

    python tests/benchmarks/locate.py [CURVES]

CURVES is the number of simulated curves of each kind: 1,000 by default, at most 300 for each slope and beside grids.
First, the full grid and `locate_midpoint` are compared with real networks.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.search.curves import SimulatedCurve
from wn_ref.fits.intervals import student_quantile
from wn_ref.fits.midpoint import fit_midpoint
from wn_ref.fits.seeds import accuracy_uncertainty
from wn_ref.search.at_inference import at_inference
from wn_ref.search.in_training import in_training
from wn_ref.search.question import Question

GRID, SEEDS = np.geomspace(1e-2, 1e2, 17), 5
INSIDE = (-1.0, 1.0)  # decades of the midpoints that a fixed grid is compared on, well inside the grid


def covers(interval, curve):
    """Return whether an interval contains the midpoint of a simulated curve."""
    return interval[0] <= math.exp(curve.mu) <= interval[1]


PER_CENT = 1 / (100 * 0.0925 * 0.55)
"""How many times the scatter of measured curves a scatter of 1 % of a midpoint is: on average of width times slope."""


def coverage(search, curves, percent, width, at_once=1):
    """Print how often a search's intervals cover the truth, and how many networks it takes.

    One network's midpoint scatters by `percent` from seed to seed, on average over the curves.
    """
    scatter = percent * PER_CENT
    hits, used, open_ends = [], [], 0
    for seed in range(curves):
        curve = SimulatedCurve(seed, scatter)
        estimate = search(curve, Question(chance=0.1, width=width, max_runs=150, at_once=at_once))
        open_ends += estimate.kind != "measured"
        hits.append(covers(estimate.interval, curve))
        used.append(len(curve.networks))
    spread = 100 * math.sqrt(0.95 * 0.05 / curves)
    print(
        f"{search.__name__:<13} width {width:<5} scatter {percent:<4g} % at once {at_once}: {np.mean(hits):6.1%} "
        f"covered (+-{spread:.1f}), {np.mean(used):5.1f} networks (nine in ten <= {np.quantile(used, 0.9):.0f}), "
        f"{open_ends} ended at max_runs",
        flush=True,
    )


SLOPES = (0.05, 0.2, 0.5, 1, 3, 6)


def coverage_by_slope(curves):
    """Print a table: for each slope in ln sigma, what the verdicts are and how often their intervals hold the truth.

    A floor that is measured is that of guessing as well, but the search does not know it.
    """
    print(
        "| search | floor | slope | measured | not narrow enough | unknown | intervals that hold the truth | networks |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for floor_known in (True, False):
        for search in (in_training, at_inference):
            for s in SLOPES:
                kinds, hits, used = [], [], []
                for seed in range(curves):
                    curve = SimulatedCurve(seed, s=s)
                    estimate = search(curve, Question(chance=0.1, floor_known=floor_known))
                    kinds.append(estimate.kind)
                    used.append(len(curve.networks))
                    if math.isfinite(estimate.midpoint):
                        hits.append(covers(estimate.interval, curve))
                measured, stopped, unknown = (
                    f"{kinds.count(k) / curves:.0%}" for k in ("measured", "stopped", "unknown")
                )
                covered = f"{np.mean(hits):.1%}" if hits else "-"
                row = (
                    "training" if search is in_training else "inference only",
                    "known" if floor_known else "measured",
                    s, measured, stopped, unknown, covered, f"{np.mean(used):.1f}",
                )  # fmt: skip
                print("| " + " | ".join(map(str, row)) + " |", flush=True)


def fixed_grid(curve):
    """Return a midpoint and two intervals from 17 sigmas x 5 seeds.

    One interval is that of the fit to averages over seeds, the other one is Student's over a fit for each seed.
    """
    runs = curve([(sigma, 1000 + seed) for sigma in GRID for seed in range(SEEDS)]).reshape(len(GRID), SEEDS)
    settings = {"a_min": 0.1, "scale": "log", "rescale": True}
    runs = np.clip(runs, 0, 1)
    fit = fit_midpoint(GRID, runs.mean(axis=1), accuracy_uncertainty(runs, 2000), **settings)
    each = [fit_midpoint(GRID, run, accuracy_uncertainty(run[:, None], 2000), **settings).midpoint for run in runs.T]
    mean, half = np.mean(np.log(each)), student_quantile(0.975, SEEDS - 1) * np.std(np.log(each), ddof=1) / SEEDS**0.5
    return fit.midpoint, fit.interval(), (math.exp(mean - half), math.exp(mean + half))


def compare(curves, scatter, bend=None):
    """Print how many networks `locate` needs for the width that the fixed grid reaches on the same curves."""
    rows = []
    for seed in range(curves):
        curve = SimulatedCurve(seed, scatter, INSIDE, bend)
        midpoint, fitted, by_seed = fixed_grid(curve)
        if not math.isfinite(midpoint):
            continue
        rows.append([midpoint, *fitted, *by_seed, curve.mu])
    rows = np.array(rows)
    truth = np.exp(rows[:, 5])
    for name, low, high in (("fit", rows[:, 1], rows[:, 2]), ("t over seeds", rows[:, 3], rows[:, 4])):
        width, hits = np.median((high - low) / rows[:, 0]), np.mean((low <= truth) & (truth <= high))
        print(f"fixed grid, 85 networks, scatter x{scatter:g}, {name}: {hits:.1%} covered, median width {width:.3f}")
    # the width that covers the truth 95 % of the time: the quantile of the fit's actual errors, the best for the grid
    fair = 2 * np.quantile(np.abs(np.log(rows[:, 0] / truth)), 0.95)
    print(f"  95 % of its fits are within +-{fair / 2:.1%}: width {fair:.3f}")
    for name, width in (
        ("the fit's claim", np.median((rows[:, 2] - rows[:, 1]) / rows[:, 0])),
        ("what 95 % takes", fair),
    ):
        used, hits = [], []
        for seed in range(curves):
            curve = SimulatedCurve(seed, scatter, INSIDE, bend)
            estimate = in_training(curve, Question(chance=0.1, width=width, max_runs=300))
            used.append(len(curve.networks))
            hits.append(covers(estimate.interval, curve))
        print(
            f"  locate to that width ({name}, {width:.3f}): {np.mean(used):.1f} networks, median "
            f"{np.median(used):.0f}, {np.mean(used) / 85:.0%} of 85; {np.mean(hits):.1%} covered",
            flush=True,
        )


def real(phase, epochs=2):
    """Print the full grid's midpoint and that of `locate_midpoint`: MLP on mnist_sample, global additive noise."""
    from scipy.interpolate import PchipInterpolator

    import wn_ref as wn
    from wn_ref.findings.robustness import curve, midpoint_of

    settings = {"batchnorm": False, "phase": phase, "epochs": epochs}
    plan = [wn.Experiment(noise=wn.additive(s), seed=seed, **settings) for s in GRID for seed in range(SEEDS)]
    runs = wn.sweep(plan, jobs=1)
    points = curve(runs)
    half = (points["accuracy"].iloc[0] + 0.1) / 2
    crossings = PchipInterpolator(np.log(points["sigma"]), points["accuracy"] - half).roots(extrapolate=False)
    print(
        f"{phase}, {epochs} epochs: grid half way at {np.exp(crossings[0]):.3g}, its fit {midpoint_of(runs)};", end=" "
    )
    location = wn.locate_midpoint(**settings)
    print(f"located {location} with {location.networks} networks", flush=True)


if __name__ == "__main__":
    for which in ("inference", "training"):
        real(which)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for percent in (0.2, 0.5, 1, 2, 5, 15):
        coverage(in_training, count, percent, 0.1)
    coverage(in_training, count, 5, 0.1, at_once=2)
    for percent in (2, 5, 10):
        coverage(at_inference, count, percent, 0.1)
    coverage_by_slope(min(count, 300))
    for factor in (0.5, 1, 2):
        compare(min(count, 300), factor)
    print("curves that are exact logistics, the best case for a fit to the whole grid:")
    compare(min(count, 300), 1, bend=0.0)

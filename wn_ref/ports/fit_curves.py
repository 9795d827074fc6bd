"""Make the fit vectors: simulated curves of many kinds, curves of trained networks, and what the fit says of them.

    python -m wn_ref.ports.fit_curves wn_ref/fits/vectors

writes points.csv and answers.csv (see `wn_ref.ports.fit_vectors`). The simulated curves are the same on every machine;
those of networks (`wn_ref.ports.fit_networks`) have other last digits on another processor.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wn_ref.fits.logistic import stacked
from wn_ref.fits.problem import abscissa
from wn_ref.lazy import pandas
from wn_ref.ports.fit_vectors import RESULTS, SETTINGS, answer

HELD = 0.1
"""The accuracy of guessing among ten classes."""


@dataclass(frozen=True)
class Family:
    """Curves of one kind, each drawn anew.

    Attributes
    ----------
    count : int
        How many there are.
    midpoint, slope : tuple of float
        Between which values they are drawn, in the logarithm; the slope is that in ln sigma, or a share of the midpoint
        on the scale "linear".
    top, bottom : tuple of float
        Between which accuracies a curve begins, and where it ends; the bottom is drawn, too.
    second : float
        By which factor the midpoint of a second step is larger; 0 is no second step. Each has half of the height.
    a_min : float
        At which value the fit holds a_min; NaN if it is fitted.
    scale, rescale
        See `wn_ref.fits.fit_midpoint`.
    levels : tuple
        Lowest and highest noise level, and how many there are, evenly spaced in the logarithm.
    zero : bool
        Whether there is a level without noise, too.
    seeds : int
        How many networks there are.
    shift : float
        Standard deviation of ln midpoint from network to network.
    tests : tuple of int
        Numbers of test images, which take turns from level to level; 0 if they are not known.
    failed : float
        The share of runs that failed.
    twice : bool
        Whether the second network's noise levels differ in the thirteenth digit.
    """

    count: int
    midpoint: tuple[float, float] = (0.5, 15.0)
    slope: tuple[float, float] = (0.25, 0.8)
    top: tuple[float, float] = (0.8, 0.97)
    bottom: tuple[float, float] = (HELD, HELD)
    second: float = 0.0
    a_min: float = HELD
    scale: str = "log"
    rescale: bool = False
    levels: tuple[float, float, int] = (0.1, 100.0, 13)
    zero: bool = False
    seeds: int = 2
    shift: float = 0.0
    tests: tuple[int, ...] = (2000,)
    failed: float = 0.0
    twice: bool = False


FREE = float("nan")
FAMILIES = {
    "additive": Family(12),
    "rescaled": Family(6, second=6.0, rescale=True, tests=(500,)),
    "multiplicative": Family(10, bottom=(0.1, 0.4), a_min=FREE),
    "linear": Family(10, slope=(0.15, 0.4), scale="linear", a_min=FREE, midpoint=(1.0, 20.0)),
    "steep": Family(9, slope=(0.01, 0.08)),
    "shallow": Family(9, slope=(1.2, 2.5), a_min=FREE, levels=(1e-3, 1e4, 15)),
    "flat": Family(8, midpoint=(1e9, 1e10)),
    "chance": Family(6, midpoint=(1e-9, 1e-8)),
    "rising": Family(6, top=(0.1, 0.3), bottom=(0.8, 0.9), a_min=FREE),
    "one-level": Family(3, levels=(1.0, 1.0, 1)),
    "three-levels": Family(3, levels=(0.1, 100.0, 3)),
    "not-yet-half": Family(7, midpoint=(110.0, 300.0), a_min=FREE),
    "not-yet-half-held": Family(4, midpoint=(110.0, 300.0)),
    "half-at-once": Family(7, midpoint=(0.03, 0.09)),
    "far-above": Family(5, midpoint=(2e3, 1e5), slope=(0.3, 1.0)),
    "far-below": Family(4, midpoint=(1e-5, 1e-3), slope=(0.3, 1.0)),
    "failed-runs": Family(8, failed=0.3, seeds=3, bottom=(0.1, 0.3), a_min=FREE),
    "two-seeds": Family(6, seeds=2, shift=0.15),
    "five-seeds": Family(4, seeds=5, shift=0.1),
    "one-seed": Family(5, seeds=1),
    "unequal-tests": Family(6, tests=(10_000, 100, 1000)),
    "few-tests": Family(4, tests=(40,)),
    "no-tests": Family(6, tests=(0,), bottom=(0.1, 0.3), a_min=FREE),
    "two-steps": Family(6, second=300.0, a_min=FREE, levels=(0.01, 1e5, 15), slope=(0.2, 0.4), tests=(10_000,)),
    "wrong-a-min": Family(4, bottom=(0.4, 0.5), tests=(10_000,)),
    "rounded-levels": Family(3, twice=True),
    "without-noise": Family(3, zero=True, scale="linear", a_min=FREE, slope=(0.15, 0.4), midpoint=(1.0, 20.0)),
}
"""By the beginning of their names."""


def simulated() -> Iterator[tuple[dict[str, Any], pandas.DataFrame]]:
    """Yield the settings and the runs of every simulated curve."""
    for place, (name, family) in enumerate(FAMILIES.items()):
        for number in range(family.count):
            rng = np.random.default_rng([20240909, place, number])
            curve = f"{name}-{number + 1:02}"
            truth, rows = _draw(family, rng)
            settings = {"scale": family.scale, "a_min": family.a_min, "chance": HELD, "rescale": family.rescale}
            runs = pandas.DataFrame(rows, columns=["sigma", "seed", "accuracy", "tests"])
            yield {"curve": curve, "source": "simulated", **settings, "truth": truth}, runs


def _draw(family: Family, rng: np.random.Generator) -> tuple[float, list[tuple[float, int, float, float]]]:
    """Draw one curve: the midpoint, NaN if there are two, and rows of sigma, seed, accuracy and number of tests."""
    mu, s = (float(np.exp(rng.uniform(*np.log(limits)))) for limits in (family.midpoint, family.slope))
    top, bottom = rng.uniform(*family.top), rng.uniform(*family.bottom)
    low, high, count = family.levels
    sigmas = [0.0] * family.zero + [float(f"{sigma:.6g}") for sigma in np.geomspace(low, high, count)]
    shifts = np.exp(family.shift * rng.standard_normal(family.seeds))
    rows = []
    for place, sigma in enumerate(sigmas):
        tests = family.tests[place % len(family.tests)]
        for seed, shift in enumerate(shifts):
            share = _share(family, sigma, mu * shift, s, top, bottom)
            accuracy = rng.binomial(tests, share) / tests if tests else share + 0.005 * rng.standard_normal()
            failed = rng.random() < family.failed
            here = sigma * (1 + 3e-13) if family.twice and seed == 1 else sigma
            rows.append((here, seed, np.nan if failed else round(accuracy, 6), tests or np.nan))
    return np.nan if family.second else float(f"{mu:.6g}"), rows


def _share(family: Family, sigma: float, mu: float, s: float, top: float, bottom: float) -> float:
    """Return the accuracy that infinitely many images would have."""
    linear, height = family.scale == "linear", (top - bottom) / 2
    centres = [mu, mu * family.second] if family.second else [mu]
    steps = [(m if linear else np.log(m), s * m if linear else s, height / len(centres)) for m in centres]
    x = abscissa(np.array([sigma]), family.scale)
    return float(np.clip(stacked(x, np.append(np.ravel(steps), bottom)), 0, 1)[0])


def make(folder: Path, curves: list[tuple[dict[str, Any], pandas.DataFrame]]) -> None:
    """Write points.csv and answers.csv of some curves, each with its settings and its runs."""
    runs = pandas.concat([runs.assign(curve=settings["curve"]) for settings, runs in curves])
    runs = runs[["curve", "sigma", "seed", "accuracy", "tests"]].astype({"tests": "Int64"})
    runs.to_csv(folder / "points.csv", index=False)
    rows = [settings | answer(runs, settings) for settings, runs in curves]
    table = pandas.DataFrame(rows, columns=["curve", "source", *SETTINGS, *RESULTS, "truth"])
    table.astype({"dof": "Int64"}).to_csv(folder / "answers.csv", index=False, float_format="%.9g")


if __name__ == "__main__":
    from wn_ref.ports.fit_networks import measured

    make(Path(sys.argv[1]), [*measured(), *simulated()])

"""How often do the 95 % intervals of the fit hold the true midpoint, and how often is the right number of steps found?

    python tests/benchmarks/fit_coverage.py [curves in each cell]

Random curves like the paper's: 17 levels from 0.01 to 100, midpoints from 0.4 to 5, from 94 % down to 10 %.

1. Without uncertainties, at a normal scatter of the accuracies of 1e-2 to 1e-6: gentle curves, whose fall spreads over
   several levels, and steep ones, whose fall has one level at most. Of a steep curve the data often cannot tell where
   between two levels it falls; the interval then holds all that is between them, and the coverage may exceed 95 %.
2. With 2, 3 and 5 seeds. The curve of each seed is shifted in ln sigma by a normal number, and each accuracy is that of
   2,000 images. `fit_seeds` looks at single seeds; `fit_midpoint` sees only averages and standard errors.
3. With standard errors that are too small by a factor, and `rescale`, on 5 to 17 levels with a_min held: the scatter
   about the fit has to tell the factor, from as many degrees of freedom as there are levels, less 3.
4. One step where there is one: how often `fit_stacked` finds two.
"""

from __future__ import annotations

import math
import sys

import numpy as np

from wn_ref.fits import accuracy_uncertainty, fit_midpoint, fit_seeds, fit_stacked
from wn_ref.fits.logistic import logistic

GRID = np.geomspace(1e-2, 1e2, 17)
SLOPES = {"gentle": (0.3, 0.6), "steep": (0.01, 0.1)}  # in ln sigma, or as a share of mu


def truth(rng: np.random.Generator, scale: str, steepness: str = "gentle") -> tuple[float, float]:
    """A midpoint, and a slope in the units of the scale."""
    mu = 10 ** rng.uniform(-0.4, 0.7)
    return mu, rng.uniform(*SLOPES[steepness]) * (mu if scale == "linear" else 1)


def height(sigma: np.ndarray, mu: float, s: float, scale: str) -> np.ndarray:
    """The accuracy of a curve."""
    x, centre = (sigma, mu) if scale == "linear" else (np.log(sigma), math.log(mu))
    return logistic(x, centre, s, 0.42, 0.1)


def without_uncertainties(rng: np.random.Generator, scatter: float, scale: str, steepness: str) -> tuple[bool, float]:
    """Whether the interval of one curve holds its midpoint, and the ratio of its ends."""
    mu, s = truth(rng, scale, steepness)
    y = height(GRID, mu, s, scale) + scatter * rng.standard_normal(len(GRID))
    low, high = fit_midpoint(GRID, y, scale=scale).interval()
    return low <= mu <= high, high / max(low, 1e-9)


def with_seeds(rng: np.random.Generator, seeds: int, shift: float, scale: str) -> tuple[bool, bool, float]:
    """Whether the intervals of `fit_seeds` and `fit_midpoint` hold the midpoint, and the ratio of the former's ends."""
    mu, s = truth(rng, scale)
    shares = [height(GRID / math.exp(shift * rng.standard_normal()), mu, s, scale) for _ in range(seeds)]
    accuracies = rng.binomial(2000, np.transpose(shares)) / 2000
    settings = {"a_min": 0.1, "scale": scale, "rescale": True}
    low, high = fit_seeds(GRID, accuracies, 2000, **settings).interval()
    average = accuracies.mean(axis=1), accuracy_uncertainty(accuracies, 2000)
    blind = fit_midpoint(GRID, *average, **settings).interval()
    return low <= mu <= high, blind[0] <= mu <= blind[1], high / max(low, 1e-9)


def with_rescale(rng: np.random.Generator, levels: int, factor: float) -> bool:
    """Whether the interval holds the midpoint of a curve whose scatter is `factor` times its standard errors."""
    mu, s = truth(rng, "log")
    sigma = mu * np.geomspace(0.06, 9, levels) * math.exp(rng.uniform(-0.3, 0.3))
    y = height(sigma, mu, s, "log") + factor * 0.005 * rng.standard_normal(levels)
    low, high = fit_midpoint(sigma, y, np.full(levels, 0.005), a_min=0.1, scale="log", rescale=True).interval()
    return low <= mu <= high


def two_steps_found(rng: np.random.Generator, levels: int, a_min: float | None) -> bool:
    """Whether `fit_stacked` finds two steps in a curve with one."""
    sigma = np.geomspace(0.1, 1e4, levels)
    y = height(sigma, math.exp(rng.uniform(0, 7)), rng.uniform(0.3, 1.2), "log")
    y += 0.01 * rng.standard_normal(levels)
    return fit_stacked(sigma, y, np.full(levels, 0.01), a_min=a_min).steps == 2


def main(curves: int) -> None:
    """Print the tables."""
    print(f"{curves} curves in each cell; standard error of a coverage of 95 %: {math.sqrt(0.0475 / curves):.1%}")
    print("without uncertainties: coverage (median ratio of the interval's ends)")
    print("scatter   " + "".join(f"{f'{kind}, {scale}':>24}" for scale in ("log", "linear") for kind in SLOPES))
    for scatter in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6):
        cells = []
        for scale in ("log", "linear"):
            for kind in SLOPES:
                rng = np.random.default_rng(0)
                hits = np.array([without_uncertainties(rng, scatter, scale, kind) for _ in range(curves)])
                cells.append(f"{hits[:, 0].mean():12.1%} ({np.median(hits[:, 1]):9.6f})")
        print(f"{scatter:<10.0e}" + "".join(f"{cell:>24}" for cell in cells), flush=True)
    print("several seeds: coverage of fit_seeds (median ratio of its ends), of fit_midpoint")
    print("seeds  shift" + "".join(f"{scale:>26}" for scale in ("log", "linear")))
    for seeds in (2, 3, 5):
        for shift in (0.15, 0.05):
            cells = []
            for scale in ("log", "linear"):
                rng = np.random.default_rng(1)
                hits = np.array([with_seeds(rng, seeds, shift, scale) for _ in range(curves)])
                cells.append(f"{hits[:, 0].mean():.1%} ({np.median(hits[:, 2]):.2f}), {hits[:, 1].mean():.1%}")
            print(f"{seeds:<7}{shift:<5}" + "".join(f"{cell:>26}" for cell in cells), flush=True)
    factors = (0.5, 1, 1.5, 3)
    print("standard errors too small by a factor, and rescaled: coverage")
    print("levels" + "".join(f"{factor:>14}" for factor in factors))
    for levels in (5, 6, 8, 11, 17):
        cells = []
        for factor in factors:
            rng = np.random.default_rng(3)
            cells.append(f"{np.mean([with_rescale(rng, levels, factor) for _ in range(curves)]):.1%}")
        print(f"{levels:<6}" + "".join(f"{cell:>14}" for cell in cells), flush=True)
    print("one step: how often fit_stacked finds two")
    print("levels" + "".join(f"{name:>14}" for name in ("a_min held", "a_min free")))
    for levels in (21, 41, 81):
        cells = []
        for a_min in (0.1, None):
            rng = np.random.default_rng(2)
            cells.append(f"{np.mean([two_steps_found(rng, levels, a_min) for _ in range(curves)]):.1%}")
        print(f"{levels:<6}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)

"""From runs to midpoints, on made-up runs whose midpoints are known."""

import math

import numpy as np
import pandas
import pytest

from wn_ref.findings.robustness import curve, midpoint_of, midpoints
from wn_ref.fits.logistic import logistic

SIGMAS = np.geomspace(0.1, 100, 13)


def made_up_runs(rng, truth, noise=0.005):
    """Two seeds of a curve in ln sigma for every {(phase, point, name): midpoint}."""
    rows = [
        {"phase": phase, "point": point, "name": name, "sigma_add": sigma, "sigma_mul": 0.0, "seed": seed}
        | {"accuracy": logistic(math.log(sigma), math.log(mu), 0.5, 0.42, 0.1) + noise * rng.standard_normal()}
        | {"tested": 2000, "classes": 10, "error": ""}
        for (phase, point, name), mu in truth.items()
        for sigma in SIGMAS
        for seed in range(2)
    ]
    return pandas.DataFrame(rows)


def test_midpoints_are_recovered(rng):
    truth = {("training", 0, "input"): 3.0, ("training", 1, "dense1"): 9.0, ("inference", 0, "input"): 1.0}
    table = midpoints(made_up_runs(rng, truth))
    assert [tuple(row) for row in table[["phase", "point", "name"]].to_numpy()] == list(truth)
    for row, mu in zip(table.itertuples(), truth.values(), strict=True):
        assert row.kind == "measured"
        assert row.low < row.midpoint < row.high
        assert row.midpoint == pytest.approx(mu, rel=0.06)
        assert row.high / row.low < 1.2
        assert row.highest == pytest.approx(0.94, abs=0.02)


def test_a_midpoint_beyond_the_grid_is_bounded(rng):
    table = midpoints(made_up_runs(rng, {("training", 0, "input"): 900.0}))
    assert table["kind"].tolist() == ["lower bound"]
    assert math.isnan(table["midpoint"][0])
    assert table["low"][0] == pytest.approx(100)
    assert math.isinf(table["high"][0])


def test_runs_that_stopped_are_left_out(rng):
    runs = made_up_runs(rng, {("training", 0, "input"): 3.0})
    runs.loc[4, ["accuracy", "error"]] = [math.nan, "overflow"]
    assert curve(runs)["seeds"].tolist() == [2, 2, 1] + [2] * 10
    assert midpoint_of(runs).midpoint == pytest.approx(3, rel=0.06)


def test_a_curve_with_too_few_runs_leaves_the_others_alone(rng):
    runs = made_up_runs(rng, {("training", 0, "input"): 3.0, ("training", 1, "dense1"): 9.0})
    runs.loc[(runs["point"] == 1) & (runs["sigma_add"] > 0.2), "accuracy"] = math.nan
    assert midpoints(runs)["kind"].tolist() == ["measured", "too few"]


def test_a_min_is_chance_for_additive_noise_and_free_for_multiplicative(rng):
    runs = made_up_runs(rng, {("training", 0, "input"): 3.0})
    assert midpoint_of(runs).a_min == 0.1
    plateau = runs.assign(sigma_mul=runs["sigma_add"], sigma_add=0.0, accuracy=0.5 + runs["accuracy"] / 2)
    assert midpoint_of(plateau, "sigma_mul").a_min == pytest.approx(0.55, abs=0.01)
    assert midpoints(plateau, sigma="sigma_mul")["a_min"][0] == pytest.approx(0.55, abs=0.01)

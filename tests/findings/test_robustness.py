"""From runs to midpoints, on made-up runs whose midpoints are known."""

import math
from dataclasses import dataclass

import numpy as np
import pandas
import pytest

import wn_ref as wn
from wn_ref import Experiment, InputError, Noise
from wn_ref.findings.alike import prepared
from wn_ref.findings.robustness import curve, midpoint_of, midpoints
from wn_ref.fits.logistic import logistic

SIGMAS = np.geomspace(0.1, 100, 13)


def made_up_runs(rng, truth, noise=0.005, seeds=2):
    """Some seeds of a curve in ln sigma for every {(phase, point, name): midpoint}."""
    rows = [
        {"phase": phase, "point": point, "name": name, "sigma_add": sigma, "sigma_mul": 0.0, "seed": seed}
        | {"accuracy": logistic(math.log(sigma), math.log(mu), 0.5, 0.42, 0.1) + noise * rng.standard_normal()}
        | {"tested": 2000, "classes": 10, "error": ""}
        for (phase, point, name), mu in truth.items()
        for sigma in SIGMAS
        for seed in range(seeds)
    ]
    return pandas.DataFrame(rows)


def test_midpoints_are_recovered(rng):
    truth = {("training", 0, "input"): 3.0, ("training", 1, "dense1"): 9.0, ("inference", 0, "input"): 1.0}
    table = midpoints(made_up_runs(rng, truth, seeds=5))
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


def test_a_level_of_which_overflows_leave_a_selection_says_nothing(rng):
    """Half of the networks overflow where the others still bear the noise: their mean is not that of all."""
    sturdy = made_up_runs(rng, {("training", 0, "input"): 60.0}, seeds=2)
    frail = made_up_runs(rng, {("training", 0, "input"): 60.0}, seeds=2).assign(seed=lambda runs: runs["seed"] + 2)
    overflow = frail["sigma_add"] > 8
    frail = frail.assign(
        accuracy=frail["accuracy"].mask(overflow),
        error=frail["error"].mask(overflow, "overflow in epoch 1, step 3: dense1 is not finite; try less noise"),
    )
    runs = pandas.concat([sturdy, frail])
    assert curve(runs)["sigma"].max() < 8
    assert curve(runs)["seeds"].tolist() == [4] * len(curve(runs))
    row = midpoints(runs).iloc[0]
    assert row["kind"] == "lower bound"
    assert row["low"] < 8
    assert row["reason"] == "at 5 levels more than a tenth of the seeds overflowed"
    everywhere = frail.assign(accuracy=math.nan, error="overflow in epoch 1, step 3: dense1 is not finite")
    row = midpoints(pandas.concat([sturdy, everywhere])).iloc[0]
    assert (row["kind"], row["reason"]) == ("too few", "at 13 levels more than a tenth of the seeds overflowed")
    with pytest.raises(InputError, match="runs: expected 4 levels or more, got fewer: at 13 levels more than a tenth"):
        midpoint_of(pandas.concat([sturdy, everywhere]))
    failed = frail.assign(error=frail["error"].mask(overflow, "MemoryError"))  # which says nothing about the network
    assert midpoints(pandas.concat([sturdy, failed])).iloc[0]["midpoint"] == pytest.approx(60, rel=0.06)


@pytest.mark.parametrize(("overflowed", "levels"), [(1, 13), (2, 12)])
def test_one_of_ten_seeds_may_overflow_however_often_it_was_run(overflowed, levels, rng):
    runs = made_up_runs(rng, {("training", 0, "input"): 3.0}, seeds=10)
    stopped = (runs["sigma_add"] == SIGMAS[4]) & (runs["seed"] < overflowed)
    runs.loc[stopped, "accuracy"], runs.loc[stopped, "error"] = math.nan, "overflow in epoch 1, step 3: the loss"
    for some in (runs, pandas.concat([runs, runs[stopped]])):
        assert len(curve(some)) == levels


def test_runs_without_noise_belong_to_the_curves_of_their_network(rng):
    additive = made_up_runs(rng, ONE).assign(epochs=3)
    multiplicative = made_up_runs(rng, ONE).assign(epochs=5)
    multiplicative = multiplicative.assign(sigma_mul=multiplicative["sigma_add"], sigma_add=0.0)
    quiet = additive[additive["sigma_add"] == SIGMAS[0]].assign(sigma_add=0.0, accuracy=0.94)
    both = midpoints(pandas.concat([additive, multiplicative, quiet]), by=["phase", "point"])
    assert both["kind"].tolist() == ["measured", "measured"]
    assert both["midpoint"][0] == midpoints(pandas.concat([additive, quiet]))["midpoint"][0]
    assert both["midpoint"][1] == midpoints(multiplicative)["midpoint"][0]


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


ONE = {("training", 0, "input"): 3.0}


def settings():
    """Columns of `wn_ref.sweep` that tell runs apart, each with the value of some runs and that of others."""
    return {
        "dataset": ("mnist_sample", "digits"),
        "model": ("mlp", "lenet5"),
        "batchnorm": (True, False),
        "epochs": (5, 6),
        "learning_rate": (1e-3, 1e-2),
        "batch_size": (128, 64),
        "optimizer": ("adam", "sgd"),
        "momentum": (0.0, 0.9),
        "schedule": ("cosine", "constant"),
        "clamp": (False, True),
        "augment": (True, False),
        "train_size": (None, 500),
        "executions": (None, (1, 2)),
        "own_noise": ("", "mine"),
        "tested": (2000, 1000),
        "sigma_mul": (0.0, 0.2),
        "algorithm": (1, 2),
        "data": ("a1", "b2"),
    }


@pytest.mark.parametrize("name", settings())
def test_runs_that_differ_in_any_setting_are_never_averaged(name, rng):
    """Two curves with midpoints of 3 and 9: two rows, or an error that names the setting; never one in between."""
    some, others = (made_up_runs(rng, {("training", 0, "input"): mu}, seeds=3) for mu in (3.0, 9.0))
    for column, (value, other) in settings().items():
        some[column] = [value] * len(some)
        others[column] = [other if column == name else value] * len(others)
    both = pandas.concat([some, others], ignore_index=True)
    table = wn.midpoints(both, sigma="sigma_add")
    assert table["midpoint"].tolist() == pytest.approx([3, 9], rel=0.06)
    assert list(table.columns[:4]) == ["phase", "point", "name", name]
    for pooled in (
        lambda: midpoints(both, ("phase", "point", "name"), "sigma_add"),
        lambda: midpoint_of(both, "sigma_add"),
        lambda: curve(both, "sigma_add"),
    ):
        with pytest.raises(InputError, match=f"{name}: expected the same in all runs of a curve, got .* and "):
            pooled()
    assert len(midpoints(both, ("phase", name), "sigma_add")) == 2


def test_settings_that_mean_nothing_do_not_tell_runs_apart(rng):
    runs = made_up_runs(rng, ONE, seeds=3)
    runs["gradient"] = np.where(runs["seed"] == 0, "exact", "straight_through")  # of additive noise
    runs["first"] = np.where(runs["seed"] == 1, "additive", "multiplicative")
    assert midpoints(runs)["kind"].tolist() == ["measured"]
    multiplicative = runs.assign(sigma_mul=runs["sigma_add"], sigma_add=0.0)
    assert len(midpoints(multiplicative)) == 2
    with pytest.raises(InputError, match="gradient: expected the same"):
        midpoint_of(multiplicative)
    multiplicative["gradient"] = np.where(multiplicative["sigma_mul"] > 0.2, "exact", "straight_through")
    multiplicative.loc[multiplicative["sigma_mul"] < 0.2, "sigma_mul"] = 0.0  # a level without noise
    assert curve(multiplicative[multiplicative["first"] == "additive"])["sigma"].iloc[0] == 0


def test_a_level_that_was_computed_in_two_ways_is_one_level(rng):
    runs = made_up_runs(rng, ONE, seeds=2)
    rounded = runs[runs["seed"] == 1].assign(sigma_add=lambda r: [float(f"{s:.12g}") for s in r["sigma_add"]])
    mixed = pandas.concat([runs[runs["seed"] == 0], rounded])
    assert curve(mixed)["seeds"].tolist() == [2] * 13
    assert midpoints(mixed)["midpoint"][0] == pytest.approx(midpoints(runs)["midpoint"][0], rel=1e-9)
    twice = pandas.concat([runs, rounded])
    assert curve(twice)["seeds"].tolist() == [2] * 13  # a seed that was run twice counts once


def test_both_kinds_of_noise_in_one_call(rng):
    additive = made_up_runs(rng, ONE, seeds=3)
    multiplicative = made_up_runs(rng, {("training", 0, "input"): 9.0}, seeds=3)
    multiplicative = multiplicative.assign(sigma_mul=multiplicative["sigma_add"], sigma_add=0.0)
    table = wn.midpoints(pandas.concat([additive, multiplicative]))
    assert table["noise"].tolist() == ["additive", "multiplicative"]
    assert table["midpoint"].tolist() == pytest.approx([3, 9], rel=0.06)
    assert "noise" not in midpoints(additive)
    quiet = multiplicative[multiplicative["sigma_mul"] == SIGMAS[0]].assign(sigma_mul=0.0, accuracy=0.94)
    both = midpoints(pandas.concat([additive, multiplicative, quiet]))  # those without noise belong to either curve
    for kind, runs in (("additive", additive), ("multiplicative", multiplicative)):
        alone = midpoints(pandas.concat([runs, quiet])).assign(noise=kind)
        pandas.testing.assert_frame_equal(both[both["noise"] == kind].reset_index(drop=True), alone)
    mixed = additive.assign(sigma_mul=additive["sigma_add"])
    with pytest.raises(InputError, match="sigma: expected 'sigma_add' or 'sigma_mul' where both vary"):
        midpoints(mixed)


def test_intervals_hold_for_other_seeds(rng):
    """Seeds that differ by 15 %: the interval is that of their midpoints, and not that of the averages."""
    runs = pandas.concat(
        made_up_runs(rng, {("training", 0, "input"): mu}, seeds=1).assign(seed=seed)
        for seed, mu in enumerate((2.6, 3.0, 3.5))
    )
    row = midpoints(runs).iloc[0]
    assert row["low"] < 2.2
    assert row["high"] > 4.1
    without = midpoints(runs.drop(columns="seed")).iloc[0]  # nobody knows which accuracies belong together
    assert without["high"] / without["low"] < row["high"] / row["low"]


@pytest.mark.parametrize("function", [curve, midpoint_of, midpoints])
def test_what_is_no_table_of_runs_is_refused_in_one_line(function, rng):
    runs = made_up_runs(rng, ONE)
    for bad, message in (
        (pandas.DataFrame(), "runs: expected at least one run, got none"),
        (runs.iloc[:0], "runs: expected at least one run, got none"),
        ([], "runs: expected a table of runs, got list"),
        (runs.drop(columns="accuracy"), "runs: expected a column accuracy, got phase"),
        (runs.assign(sigma_add=runs["sigma_add"].where(runs["sigma_add"] < 50, np.inf)), "sigma_add: .*finite .*inf"),
        (runs.assign(sigma_add=runs["sigma_add"].where(runs["sigma_add"] < 50)), "sigma_add: .*finite .*got nan"),
        (runs.assign(sigma_mul=-1.0), "sigma_mul: expected finite noise levels >= 0, got -1.0; correct"),
        (runs.assign(seed=runs["seed"].where(runs["seed"] > 0)), "seed: expected one for each run, got none for some"),
        (runs.assign(accuracy=94.0), "accuracies: expected shares from 0 to 1, got 94; divide percentages"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            function(bad)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="sigma: expected one of sigma_add, sigma_mul, got 'sigma'"):
        function(runs, sigma="sigma")


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (["nosuch"], "runs: expected a column nosuch, got phase"),
        ("phase", "by: expected a list of columns, got 'phase'"),
    ],
)
def test_columns_that_distinguish_curves_are_there(by, message, rng):
    with pytest.raises(InputError, match=message):
        midpoints(made_up_runs(rng, ONE), by=by)


def test_runs_that_all_stopped_have_too_few_levels(rng):
    runs = made_up_runs(rng, ONE).assign(accuracy=math.nan)
    assert midpoints(runs)["kind"].tolist() == ["too few"]
    assert curve(runs).empty
    with pytest.raises(InputError, match="at least 3 different noise levels"):
        midpoint_of(runs)


@dataclass(frozen=True)
class Pulses(Noise):
    """Two numbers of its own: the level, and another one that must not be taken for it."""

    sigma: float = 0.0
    share: float = 1.0


def test_the_level_of_a_noise_of_ones_own_is_followed_once():
    sigmas = np.geomspace(0.1, 100, 13)
    heights = 0.1 + 0.8 / (1 + (sigmas / 1.5) ** 2)
    rows = [
        Experiment(noise=Pulses(sigma=sigma), seed=seed).row() | {"accuracy": height, "name": "global"}
        for sigma, height in zip(sigmas, heights)
        for seed in range(2)
    ]
    runs = pandas.DataFrame(rows).assign(tested=2000, classes=10)
    (row,) = midpoints(runs).itertuples()
    assert abs(row.midpoint / 1.5 - 1) < 0.01
    assert abs(midpoint_of(runs).midpoint / 1.5 - 1) < 0.01
    again = prepared(prepared(runs))
    pandas.testing.assert_frame_equal(again, prepared(runs))


def test_a_min_is_free_for_a_noise_of_ones_own():
    """It may leave a plateau at 0.4, as stuck units do."""
    heights = 0.4 + 0.5 / (1 + (SIGMAS / 1.5) ** 2)
    rows = [Experiment(noise=Pulses(sigma=s)).row() | {"accuracy": y} for s, y in zip(SIGMAS, heights)]
    fit = midpoint_of(pandas.DataFrame(rows).assign(tested=2000, classes=10, name="global"))
    assert fit.a_min == pytest.approx(0.4, abs=0.01)


def test_an_interval_is_wider_where_the_curve_is_no_logistic_function():
    """By sqrt(chi2 / dof), as `fit_midpoint` has it with rescale=True and not without."""
    heights = 0.1 + 0.8 / (1 + (SIGMAS / 3) ** 2) + 0.03 * np.cos(3 * np.arange(len(SIGMAS)))
    runs = pandas.DataFrame({"sigma_add": SIGMAS, "sigma_mul": 0.0, "accuracy": heights, "seed": 0})
    fit = midpoint_of(runs.assign(tested=10_000, classes=10))
    points = curve(runs.assign(tested=10_000, classes=10))
    columns = (points["sigma"], points["accuracy"], points["uncertainty"])
    plain, rescaled = (wn.fit_midpoint(*columns, a_min=0.1, chance=0.1, rescale=rescale) for rescale in (False, True))
    assert fit.chi2 > 4 * fit.dof
    assert fit.midpoint_std == pytest.approx(rescaled.midpoint_std)
    assert fit.midpoint_std > 2 * plain.midpoint_std


def test_a_seed_that_was_run_twice_at_one_level_is_averaged():
    runs = pandas.DataFrame({"sigma_add": [1.0, 1.0, 1.0], "sigma_mul": 0.0, "seed": [0, 0, 1]})
    (point,) = curve(runs.assign(accuracy=[0.8, 0.6, 0.5], tested=2000, classes=10)).itertuples()
    assert (point.accuracy, point.seeds) == (pytest.approx(0.6), 2)

"""Regimes and contours of surfaces whose shape is known."""

import numpy as np
import pytest

from wn_ref import InputError
from wn_ref.findings.mixed_noise import GOVERNORS, first_fall, midpoint_contour, regimes, tolerated_ratio

MUL, ADD = np.geomspace(1e-3, 1e6, 37), np.geomspace(1e-3, 1e7, 41)  # four a decade


def fall(ratio):
    return 0.1 + 0.8 / (1 + ratio**3)


def surface(order):
    """Additive noise hurts beyond sigma_add = 10; binarization (sigma_mul > 1) costs 10 points and lifts that limit to
    10 sigma_mul if multiplicative noise comes first; if it comes second, nothing is lifted and 1 is the limit.
    """
    limit = np.where(MUL > 1, 10 * MUL, 10) if order == "multiplicative" else np.where(MUL > 1, 1, 10)
    return fall(ADD[None] / limit[:, None]) - 0.1 * (MUL > 1)[:, None] * (fall(ADD / limit[:, None]) - 0.1) / 0.8


@pytest.mark.parametrize("order", ["multiplicative", "additive"])
def test_four_regimes(order):
    found = regimes(MUL, ADD, surface(order))
    assert found.edge_mul == pytest.approx(1.3, rel=0.4)
    assert found.edge_add == pytest.approx(10 * (0.05 / 0.75) ** (1 / 3), rel=0.1)  # straight between levels
    low_mul, high_mul, low_add, high_add = MUL < 0.9, MUL > 2, ADD < 3, ADD > 6
    for number, rows, columns in (
        (1, low_mul, low_add),
        (2, low_mul, high_add),
        (3, high_mul, low_add),
        (4, high_mul, high_add),
    ):
        assert np.all(found.regime[np.ix_(rows, columns)] == number)
    assert set(np.unique(found.regime)) == {1, 2, 3, 4}


def test_what_governs():
    """Far from every fall neither; at sigma_add = 10 additive; multiplicative on a surface of its own."""
    found = regimes(MUL, ADD, surface("multiplicative"))
    name = np.array(GOVERNORS)[found.governs]
    assert np.all(name[:8, :8] == "neither")
    assert np.all(name[:8, np.abs(ADD - 10) < 1] == "additive")
    assert np.all(name[-1, :8] == "neither")
    smooth = np.tile(fall(MUL / 0.7)[:, None], (1, len(ADD)))
    governed = np.array(GOVERNORS)[regimes(MUL, ADD, smooth).governs]
    assert np.all(governed[np.abs(np.log10(MUL / 0.7)) < 0.3] == "multiplicative")
    assert not np.any(governed == "additive")


def test_midpoints_of_two_noises():
    """10 without binarization and 10 sigma_mul with it; additive first the limit falls to 1, and no ratio is left."""
    additive, multiplicative = midpoint_contour(MUL, ADD, surface("multiplicative"), level=0.45)
    np.testing.assert_allclose(additive[MUL <= 1], 10 * (0.45 / 0.35) ** (1 / 3), rtol=0.05)
    strong = (MUL > 1) & (MUL < 1e5)
    assert np.all(np.abs(np.log(additive[strong] / (10 * MUL[strong]))) < 0.1)
    assert tolerated_ratio(MUL, additive) == pytest.approx(10, rel=0.1)
    assert np.isnan(multiplicative[0])  # never half way down, whatever the multiplicative noise
    additive, _ = midpoint_contour(MUL, ADD, surface("additive"), level=0.45)
    np.testing.assert_allclose(additive[MUL > 1], 1, rtol=0.1)
    assert tolerated_ratio(MUL, additive) < 0.01


def test_crossings_by_hand():
    """0.9 to 0.5 between 1 and 100: the middle, 0.7, at 10."""
    assert midpoint_contour([1, 100], [1, 100], [[0.9, 0.5], [0.9, 0.5]], level=0.7)[0] == pytest.approx([10, 10])
    _, multiplicative = midpoint_contour([1, 100], [1, 100], [[0.9, 0.5], [0.9, 0.5]], level=0.7)
    assert np.isnan(multiplicative[0])
    assert multiplicative[1] == 0
    assert midpoint_contour([1, 100], [1, 100], [[0.9, 0.1], [0.9, 0.1]])[0][0] == pytest.approx(10)  # 0.5 by default
    assert first_fall(np.array([1.0, 10, 100]), np.array([0.8, 0.9, 0.7]), 0.1) == pytest.approx(10 * 10**0.5)
    assert np.isnan(first_fall(np.array([1.0, 10, 100]), np.array([0.8, 0.9, 0.85]), 0.1))
    assert np.isnan(tolerated_ratio([10.0, 100], [np.nan, 0.0]))


def test_noise_that_never_hurts():
    flat = regimes(MUL, ADD, np.full((37, 41), 0.9))
    assert flat.edge_mul == 1
    assert np.isinf(flat.edge_add)
    assert set(np.unique(flat.regime)) == {1, 3}
    assert np.all(flat.governs == 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ([1, 2], [1, 2, 3], np.ones((3, 2))),
            r"accuracy: expected shape \(2, 3\), got \(3, 2\); rows are levels of sigma_mul",
        ),
        (([0, 2], [1, 2], np.ones((2, 2))), "sigma_mul: expected at least two levels > 0, ascending"),
        (([1, 2], [2, 1], np.ones((2, 2))), "sigma_add: expected at least two levels > 0, ascending"),
        (([1, 2], [1, 2], np.full((2, 2), np.nan)), "accuracy: expected finite numbers"),
        (([1, 2], [1, 2], np.full((2, 2), 90)), "accuracy: expected 0 to 1, got 90 to 90; divide percentages by 100"),
        (([1, 2], [1, 2], np.full((2, 2), -0.1)), "accuracy: expected 0 to 1, got -0.1"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InputError, match=message):
        regimes(*arguments)


@pytest.mark.parametrize(("levels", "midpoints"), [([], []), ([10.0], []), ([10.0, 20.0], [1.0]), (10.0, 1.0)])
def test_a_ratio_needs_levels_and_a_midpoint_for_each(levels, midpoints):
    with pytest.raises(InputError, match="sigma_mul: expected one level or more, and a midpoint for each, got shapes"):
        tolerated_ratio(levels, midpoints)


@pytest.mark.parametrize("tolerance", [0, 5, -0.1, np.nan])
def test_a_tolerance_is_a_loss_of_accuracy(tolerance):
    with pytest.raises(InputError, match="tolerance: expected a loss of accuracy 0 < tolerance < 1, got"):
        regimes([1, 2], [1, 2], np.ones((2, 2)), tolerance)


def test_a_reaction_is_measured_per_factor_of_ten():
    """0.04 per decade is less than the tolerance of 0.05, and 0.06 is more; of a factor of e, both were less."""
    for slope, governs in ((0.04, 0), (0.06, 2)):
        a = 0.9 - slope * np.arange(4) * np.ones((3, 1))
        assert (regimes([1, 10, 100], [1, 10, 100, 1000], a).governs == governs).all()


@pytest.mark.parametrize("chance", [10, 1.0, -0.1, np.nan, "0.1", None])
def test_chance_is_a_share(chance):
    """A chance of 10 had its contour at 5.45, and every midpoint was 0."""
    with pytest.raises(InputError, match="chance: expected 0 <= chance < 1, usually 1 / number of classes, got"):
        midpoint_contour([1, 2, 4], [1, 2, 4], [[0.9, 0.5, 0.1]] * 3, chance=chance)


@pytest.mark.parametrize("level", [45, 1.0, -0.1, np.nan, "0.45"])
def test_the_level_of_a_contour_is_a_share(level):
    with pytest.raises(InputError, match="level: expected an accuracy 0 <= level < 1, got"):
        midpoint_contour([1, 2, 4], [1, 2, 4], [[0.9, 0.5, 0.1]] * 3, level=level)


@pytest.mark.parametrize("tolerance", [5, 0, np.nan])
def test_a_fall_is_one_by_a_share(tolerance):
    with pytest.raises(InputError, match="tolerance: expected a loss of accuracy 0 < tolerance < 1, got"):
        first_fall(np.array([1.0, 10]), np.array([0.9, 0.1]), tolerance)


def test_a_grid_has_finite_levels_and_nothing_masked():
    """A level of inf made all slopes NaN, and multiplicative noise governed; masks were ignored."""
    with pytest.raises(
        InputError, match=r"sigma_add: expected at least two levels > 0, ascending and finite, got .*inf"
    ):
        regimes([1, 2], [1, np.inf], np.full((2, 2), 0.5))
    masked = np.ma.masked_array(np.full((2, 2), 0.5), [[True, False], [False, False]])
    with pytest.raises(InputError, match="accuracy: expected an array, got one with 1 masked value"):
        regimes([1, 2], [1, 2], masked)
    with pytest.raises(InputError, match="accuracy: expected an array, got"):
        regimes([1, 2], [1, 2], [["x", "y"], ["x", "y"]])
    with pytest.raises(InputError, match="additive: expected an array, got"):
        tolerated_ratio([10.0, 100.0], ["x", "y"])


@pytest.mark.parametrize(
    ("sigma", "accuracy", "message"),
    [
        ([1, 2, 3], [0.9, 0.1], "accuracy: expected one for each level"),
        ([1, 2], [90, 10], "accuracy: expected 0 to 1, got 10 to 90; divide percentages by 100"),
        ([1, 2], [0.9, np.nan], "accuracy: expected finite numbers"),
        ([2, 1], [0.9, 0.1], "sigma: expected at least two levels > 0, ascending"),
        ([0, 1], [0.9, 0.1], "sigma: expected at least two levels > 0, ascending"),
    ],
)
def test_a_curve_that_can_fall(sigma, accuracy, message):
    with pytest.raises(InputError, match=message):
        first_fall(sigma, accuracy, 0.05)


@pytest.mark.parametrize(
    ("levels", "least", "message"),
    [
        ([10.0, np.inf], 1.0, "sigma_mul: expected finite levels >= 0"),
        ([10.0, np.nan], 1.0, "sigma_mul: expected finite levels >= 0"),
        ([-10.0, 10.0], 1.0, "sigma_mul: expected finite levels >= 0"),
        ([10.0, 20.0], np.nan, "least: expected a finite noise level >= 0"),
        ([0.0, 20.0], -1.0, "least: expected a finite noise level >= 0"),
    ],
)
def test_a_ratio_of_levels(levels, least, message):
    with pytest.raises(InputError, match=message):
        tolerated_ratio(levels, [1.0, 2.0], least)

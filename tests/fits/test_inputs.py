"""What a fit refuses, in one line: everything that would be silently wrong, or a traceback."""

import numpy as np
import pandas
import pytest

from wn_ref import InputError, accuracy_uncertainty, fit_midpoint
from wn_ref.fits import fit_seeds, fit_stacked

SIGMA = [0.1, 0.3, 1, 3, 10, 30, 100]
CURVE = [0.9, 0.9, 0.8, 0.5, 0.2, 0.1, 0.1]
DY = [0.01] * 7


def replaced(values, position, value):
    return [*values[:position], value, *values[position + 1 :]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (SIGMA, [94.8, 94, 90, 50, 20, 10, 10]),
            "accuracy: expected shares from 0 to 1, got 94.8; divide percentages",
        ),
        ((SIGMA, replaced(CURVE, 6, -1)), "accuracy: expected shares from 0 to 1, got -1"),
        ((SIGMA, CURVE, [0.6] * 7), "uncertainty: expected standard errors of shares, at most 0.5, got 0.6; divide"),
        (
            (SIGMA, np.ma.masked_less(CURVE, 0.15)),
            "accuracy: expected numbers, got 2 that are masked; leave these points",
        ),
        ((np.ma.masked_equal(SIGMA, 10), CURVE), "sigma: expected numbers, got 1 that are masked"),
        ((SIGMA, CURVE, np.ma.masked_array(DY, [1] * 7)), "uncertainty: expected numbers, got 7 that are masked"),
        ((SIGMA, np.array(CURVE) + 0j), "accuracy: expected real numbers, got array.*; convert them"),
        ((SIGMA, replaced(CURVE, 2, "80%")), "accuracy: expected real numbers, got "),
        ((SIGMA, pandas.Series(list(map(str, CURVE)), dtype=object)), "accuracy: expected real numbers, got "),
        ((SIGMA, replaced(CURVE, 2, 1j)), "accuracy: expected real numbers, got "),
        ((SIGMA, replaced(CURVE, 2, None)), "accuracy: expected finite numbers, got nan at position 2"),
        ((SIGMA, [CURVE, CURVE[:2]]), "accuracy: expected real numbers, got .*convert them, leave out what is missing"),
        ((pandas.Series(replaced(SIGMA, 2, pandas.NA)), CURVE), "sigma: expected real numbers, got "),
        ((SIGMA, [True] * 7), "accuracy: expected real numbers, got "),
        (("0.1", CURVE), "sigma: expected real numbers, got '0.1'"),
        (({"a": 1}, CURVE), "sigma: expected real numbers, got "),
        (([], []), "sigma: expected at least 5 different noise levels"),
        (
            (replaced(SIGMA, 6, 1e160), CURVE),
            r"sigma: expected 0 or noise levels from 1e-100 to 1e\+100, got 1e\+160; change the unit",
        ),
        (
            (replaced(SIGMA, 0, 1e-160), CURVE),
            r"sigma: expected 0 or noise levels from 1e-100 to .*, got 1e-160; change",
        ),
        (
            (SIGMA, CURVE, replaced(DY, 6, 1e-8)),
            "uncertainty: expected standard errors that differ by a factor of 100000 at most, got 1e-08 to 0.01; see",
        ),
    ],
)
def test_a_fit_refuses_in_one_line(arguments, message):
    for fit in (fit_midpoint, lambda s, y, dy=DY: fit_stacked(s, y, dy)):
        if fit is not fit_midpoint and not len(arguments[0]):
            continue
        with pytest.raises(InputError, match=message) as caught:
            fit(*arguments)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["a", None, np.array([0.1, 0.2]), 1.0, -0.1, np.nan])
def test_chance_is_a_share_below_one(value):
    with pytest.raises(InputError, match="chance: expected 0 <= chance < 1, usually 1 / number of classes, got "):
        fit_midpoint(SIGMA, CURVE, DY, chance=value)


@pytest.mark.parametrize("value", ["a", None, 0.0, 1.0, 1 - 1e-16])
def test_a_level_is_a_probability(value):
    with pytest.raises(InputError, match=r"level: expected a probability above 0 and below 1, such as 0\.95, got "):
        fit_midpoint(SIGMA, CURVE, DY).interval(value)


def test_rescale_is_a_truth_value():
    with pytest.raises(InputError, match="rescale: expected True or False, got 'no'"):
        fit_midpoint(SIGMA, CURVE, DY, rescale="no")


def test_a_fit_keeps_what_it_was_given():
    """A caller may fill the same array with the next curve; other levels of confidence are computed when asked for."""
    sigma, y, dy = np.geomspace(0.1, 100, 12), np.empty(12), np.full(12, 0.01)
    y[:] = 0.1 + 0.8 / (1 + (sigma / 2) ** 2)
    for given in ((sigma, y, dy), (sigma, y)):
        same = [fit_midpoint(*(array.copy() for array in given)), fit_midpoint(*given)]
        kept = y.copy()
        y[:] = dy[:] = 0.5
        assert same[0].interval(0.68) == same[1].interval(0.68)
        assert same[0].interval(0.99) == same[1].interval(0.99)
        y[:], dy[:] = kept, 0.01


def test_masked_arrays_without_a_masked_value_and_pandas_columns_are_numbers():
    plain = str(fit_midpoint(SIGMA, CURVE, DY))
    assert str(fit_midpoint(np.ma.masked_array(SIGMA), pandas.Series(CURVE), np.ma.masked_array(DY))) == plain
    assert str(fit_midpoint(pandas.Series(SIGMA, dtype="Float64"), np.array(CURVE, object), DY)) == plain


@pytest.mark.parametrize(
    ("accuracies", "message"),
    [
        ([], "accuracies: expected those of at least one seed"),
        (np.empty((3, 0)), r"accuracies: expected those of at least one seed, got shape \(3, 0\)"),
        ([94.8, 95.1], "accuracies: expected shares from 0 to 1, got 94.8; divide percentages by 100"),
        ([0.5, np.nan], "accuracies: expected finite numbers, got nan at position 1"),
        ([[0.5, 0.5], [np.inf, 0.5]], r"accuracies: expected finite numbers, got inf at position \(1, 0\)"),
        (np.ma.masked_less([0.1, 0.9], 0.5), "accuracies: expected numbers, got 1 that are masked"),
        ([[0.5], [0.5, 0.6]], "accuracies: expected real numbers"),
        (["0.5"], "accuracies: expected real numbers"),
        (None, "accuracies: expected "),
    ],
)
def test_accuracy_uncertainty_refuses_in_one_line(accuracies, message):
    with pytest.raises(InputError, match=message) as caught:
        accuracy_uncertainty(accuracies, 2000)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("sigma", "accuracies", "message"),
    [
        (SIGMA, CURVE, "accuracies: expected a row for each level"),
        (SIGMA, [CURVE, CURVE], "accuracies: expected one row for each of 7 levels"),
        ([*SIGMA[:6], SIGMA[5]], [[a] for a in CURVE], "sigma: expected each noise level once"),
        (
            SIGMA,
            [[a] for a in replaced(CURVE, 3, np.nan)],
            "accuracies: expected those of at least one seed, got none at",
        ),
        (SIGMA, [[a * 100] for a in CURVE], "accuracies: expected shares from 0 to 1"),
        (SIGMA, [["x"]] * 7, "accuracies: expected real numbers"),
        (SIGMA, [[str(a)] for a in CURVE], "accuracies: expected real numbers"),
        (SIGMA, [[a + 0.3j] for a in CURVE], "accuracies: expected real numbers"),
    ],
)
def test_fit_seeds_refuses_in_one_line(sigma, accuracies, message):
    with pytest.raises(InputError, match=message) as caught:
        fit_seeds(sigma, accuracies, 2000)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["accuracy", "uncertainty"])
def test_fit_seeds_takes_no_averages(name):
    with pytest.raises(
        InputError, match=f"{name}: expected none, as the accuracies of the seeds tell it, got one; leave"
    ):
        fit_seeds(SIGMA, [[a, a] for a in CURVE], 2000, **{name: DY})

"""Columns of a table of runs that cannot be used are named."""

import math

import pandas
import pytest

from tests.findings.test_robustness import ONE, made_up_runs
from wn_ref import InputError
from wn_ref.findings.robustness import curve, midpoint_of, midpoints


@pytest.mark.parametrize("function", [curve, midpoint_of, midpoints])
@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("tested", math.nan, "tested: expected a whole number of at least 1, got .*nan"),
        ("tested", None, "tested: expected a whole number of at least 1, got None"),
        ("tested", 0.5, "tested: expected a whole number of at least 1, got .*0.5"),
        ("tested", math.inf, "tested: expected a whole number of at least 1, got .*inf"),
        ("accuracy", "high", "accuracy: expected numbers, got 'high'; convert them"),
        ("accuracy", "0.9", "accuracy: expected numbers, got '0.9'; convert them"),
    ],
)
def test_columns_have_numbers(function, name, values, message, rng):
    with pytest.raises(InputError, match=message):
        function(made_up_runs(rng, ONE).assign(**{name: values}))


@pytest.mark.parametrize("function", [midpoint_of, midpoints])
@pytest.mark.parametrize("classes", [0, math.nan, "ten", 2.5])
def test_classes_are_a_whole_number(function, classes, rng):
    with pytest.raises(InputError, match="classes: expected a whole number of at least 1, got"):
        function(made_up_runs(rng, ONE).assign(classes=classes))


def test_missing_accuracies_may_be_none(rng):
    runs = made_up_runs(rng, ONE)
    runs.loc[4, "accuracy"] = math.nan
    same = runs.astype({"accuracy": object, "tested": float}).assign(classes="10")
    same.loc[4, "accuracy"] = None
    pandas.testing.assert_frame_equal(curve(same), curve(runs), check_dtype=False)
    pandas.testing.assert_frame_equal(
        midpoints(same.assign(classes=10.0, tested=2000)), midpoints(runs), check_dtype=False
    )

"""When a search may end."""

import math

import numpy as np
import pytest

from wn_ref.search.stopping import LUCK, evident, next_look


def test_what_looks_narrow_is_not_evident_with_few_runs():
    assert not evident(0.099, dof=3, wanted=0.1)
    assert evident(0.02, dof=3, wanted=0.1)
    assert evident(0.099, dof=10_000, wanted=0.101)


@pytest.mark.parametrize("dof", [3, 4, 6])
def test_scatter_that_is_too_large_passes_for_evident_as_often_as_stated(dof, rng):
    """An interval whose true width is just what is wanted: 4,000 samples, so a share of 5 % has an error of 0.35 %."""
    looks = np.sqrt(rng.chisquare(dof, 4000) / dof)
    share = np.mean([evident(0.1 * look, dof, 0.1) for look in looks])
    assert abs(share - LUCK) < 4 * math.sqrt(LUCK * (1 - LUCK) / 4000)


def test_the_next_look_is_when_the_width_should_have_shrunk():
    assert next_look(10, 1.3) == 17
    assert next_look(10, 1.0) == 12  # not after every run
    assert next_look(10, 5.0) == 20  # and not too far ahead

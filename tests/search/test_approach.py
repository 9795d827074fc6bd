"""The search for the fall: it is bracketed wherever it is, and the search ends where there is none."""

import math

import pytest

from wn_ref.search.approach import approach, bracket, guess


@pytest.mark.parametrize("mu", [-9.0, -2.0, 0.01, 3.0, 12.0, 22.0])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_search_brackets_a_fall_anywhere(mu, count):
    x = []
    for _ in range(12):
        x += approach(x, [1 / (1 + math.exp((level - mu) / 0.5)) for level in x], (-9.21, 23.03), 0.0, count)
        height = [1 / (1 + math.exp(min((level - mu) / 0.5, 50))) for level in x]
        low, high = bracket(x, height)
        if high - low < 2 and sum(0.05 < h < 0.95 for h in height) >= 2:
            break
    assert low <= mu <= high
    assert len(x) <= 12 * math.sqrt(count)
    assert guess(x, height)[0] == pytest.approx(mu, abs=0.5)


def test_the_search_ends_where_there_is_nothing():
    for height, edge in ((1.0, 23.0), (0.0, -9.0)):
        x = []
        while levels := approach(x, [height] * len(x), (-9.0, 23.0), 0.0):
            x += levels
        assert edge in x
        assert len(x) <= 6

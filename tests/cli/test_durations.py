"""Durations in words."""

import pytest

from wn_ref.cli.durations import duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (90, "90 s"), (150, "2 min"), (3600, "60 min"), (3 * 3600, "3 h"), (4 * 86400, "4 days")],
)
def test_the_unit_suits_the_duration(seconds, words):
    assert duration(seconds) == words

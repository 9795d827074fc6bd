"""Numbers of things in words."""

import pytest

from wn_ref.counted import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 figures"), (1, "1 figure"), (2, "2 figures"), (12345, "12,345 figures")]
)
def test_one_is_singular(number, words):
    assert counted(number, "figure") == words

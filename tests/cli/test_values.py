"""What the text of an option stands for."""

import pytest

from wn_ref import InputError
from wn_ref.cli.options import one_of
from wn_ref.cli.values import point_of, seeds_of, sigmas_of


def test_points_by_number_and_by_name():
    points = {"dense1": "dense1", "0": 0, "12": 12, "global": "global", "-1": -1, "--5": "--5", "1.5": "1.5"}
    assert {text: point_of(text) for text in points} == points


def test_sigmas_are_ascending_and_each_is_there_once():
    assert sigmas_of("10,0.1,1") == sigmas_of("0.1:10:3") == sigmas_of("10:0.1:3") == [0.1, 1.0, 10.0]
    assert sigmas_of("0.21544346900318834") == [0.215443469003]
    assert sigmas_of("2:2:1") == sigmas_of("2") == [2.0]
    for text in ("10,0.1,1,1", "0.215443469003,0.21544346900318834", "0,-0", "2:2:3"):
        with pytest.raises(InputError, match=r"sigmas: expected each level once, got .* twice in .*; leave one out"):
            sigmas_of(text)
    for text in ("", "1:2", "nan,1", "inf", "1:2:0", "2:1:three", "0.1:10:1"):
        with pytest.raises(InputError, match="sigmas: expected LOW:HIGH:COUNT"):
            sigmas_of(text)


def test_seeds():
    assert list(seeds_of(3)) == [0, 1, 2]


def test_choices_in_a_sentence():
    assert one_of(("a", "b")) == "One of: a, b."

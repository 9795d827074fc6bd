"""What the text of an option stands for."""

import pytest

from wn_ref import InputError
from wn_ref.cli.options import one_of, point_of, sigmas_of, worker_count


def test_points_by_number_and_by_name():
    assert [point_of(text, ("input", "dense1")) for text in ("dense1", "0", "global", "dense7")] == [
        1,
        0,
        "global",
        "dense7",
    ]


def test_sigmas_are_ascending_and_each_is_there_once():
    assert sigmas_of("10,0.1,1,1") == [0.1, 1.0, 10.0]
    assert sigmas_of("0.1:10:3") == pytest.approx([0.1, 1.0, 10.0])
    for text in ("", "1:2", "nan,1", "inf", "1:2:0", "2:1:three"):
        with pytest.raises(InputError, match="sigmas: expected LOW:HIGH:COUNT"):
            sigmas_of(text)


def test_workers():
    assert worker_count(3) == 3
    assert worker_count(0) >= 1


def test_choices_in_a_sentence():
    assert one_of(("a", "b")) == "One of: a, b."

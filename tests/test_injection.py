"""Points by their numbers and their names."""

import numpy as np
import pytest

from wn_ref import InputError, build_model

POINTS = build_model("mlp", (1, 8, 8), batchnorm=True).injection_points
NAMES = ("input", "dense1", "bn1", "relu1", "dense2", "bn2", "relu2", "dense3", "bn3", "relu3", "dense4")


def test_numbers_and_names_mean_the_same():
    assert POINTS.names == NAMES
    for number, name in enumerate(NAMES):
        assert POINTS.numbers(number) == POINTS.numbers(name) == POINTS.numbers(np.int8(number)) == (number,)
        assert POINTS.normalised(name) == POINTS.normalised(np.str_(name)) == number
    assert POINTS.normalised("global") == "global"
    assert POINTS.numbers("all") == tuple(range(11))
    assert POINTS.numbers("global") == (0, 1, 3, 4, 6, 7, 9, 10)
    assert POINTS.executions("dense2", [3]) == {4: 3}


@pytest.mark.parametrize(
    "bad", [-1, 11, "dense5", "Dense2", "2", "", 2.0, True, None, [2], np.array([2, 3]), ("dense2",)]
)
def test_what_is_no_point(bad):
    with pytest.raises(
        InputError, match=r"point: expected 'global', 'all' or 0 to 10 \(0 input, .*; choose one, by"
    ) as caught:
        POINTS.numbers(bad)
    assert "\n" not in str(caught.value)

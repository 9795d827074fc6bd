"""Checks of arguments: what they return, what they refuse, and that a message is one line whatever it quotes."""

from fractions import Fraction

import numpy as np
import pandas
import pytest

from wn_ref import InputError, StorageError
from wn_ref.errors import require_choice, require_flag, require_number, require_type, require_whole


@pytest.mark.parametrize("quoted", [np.zeros((30, 30)), pandas.DataFrame({"a": range(9)}), "a\nb", "a\r\n  b"])
def test_a_message_is_one_line(quoted):
    for kind in (InputError, StorageError):
        said = str(kind(f"x: expected y, got {quoted}; do z"))
        assert len(said.splitlines()) == 1
        assert said.startswith("x: expected y, got ")
        assert said.endswith("; do z")


def test_what_is_accepted_becomes_pythons_own():
    for value, expected in (
        (require_whole("n", np.uint8(3), least=1), 3),
        (require_whole("n", np.array(3), least=1), 3),
        (require_number("x", 3, "a number"), 3.0),
        (require_number("x", np.float32(0.1), "a number"), float(np.float32(0.1))),
        (require_number("x", Fraction(1, 4), "a number"), 0.25),
        (require_flag("f", np.True_), True),
        (require_choice("c", np.str_("a"), ("b", "a")), "a"),
        (require_choice("c", np.int64(4), (1, 4)), 4),
    ):
        assert value == expected
        assert type(value) is type(expected)
    assert str(require_number("x", -0.0, "a number")) == "0.0"
    require_type("x", "a", str, "hint")


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: require_whole("n", 3.0, least=1), "n: expected a whole number of at least 1, got 3.0; correct it"),
        (lambda: require_whole("n", True, least=1), "n: expected a whole number of at least 1, got True"),
        (lambda: require_whole("n", np.True_, least=1), "n: expected a whole number of at least 1, got "),
        (lambda: require_whole("n", np.array([3]), least=1), "n: expected a whole number of at least 1, got array"),
        (lambda: require_whole("n", "3", least=1), "n: expected a whole number of at least 1, got '3'"),
        (lambda: require_whole("n", 9, least=1, most=8), "n: expected a whole number of at most 8, got 9"),
        (lambda: require_number("x", "3", "a number"), "x: expected a number, got '3'; correct it"),
        (lambda: require_number("x", np.nan, "a number"), "x: expected a number, got nan"),
        (lambda: require_number("x", np.inf, "a number"), "x: expected a number, got inf"),
        (lambda: require_number("x", 10**400, "a number"), "x: expected a number, got 1000"),
        (lambda: require_number("x", np.array(1.0), "a number"), "x: expected a number, got array"),
        (lambda: require_number("x", False, "a number"), "x: expected a number, got False"),
        (lambda: require_number("x", 1, "x < 1", below=1), "x: expected x < 1, got 1"),
        (lambda: require_flag("f", 0), "f: expected True or False, got 0"),
        (lambda: require_flag("f", "True"), "f: expected True or False, got 'True'"),
        (lambda: require_choice("c", np.array(["a", "b"]), ("a", "b")), "c: expected one of a, b, got array"),
        (lambda: require_choice("c", {}, ("a", "b")), "c: expected one of a, b, got {}"),
        (
            lambda: require_choice("c", "ab", ("abc", "xyz")),
            "c: expected one of abc, xyz, got 'ab'; did you mean 'abc'",
        ),
        (
            lambda: require_choice("c", "ABD", ("abc", "XYZ")),
            "c: expected one of abc, XYZ, got 'ABD'; did you mean 'abc'",
        ),
        (
            lambda: require_choice("c", "xyz", ("abc", "XYZ")),
            "c: expected one of abc, XYZ, got 'xyz'; did you mean 'XYZ'",
        ),
        (lambda: require_choice("c", 12, (1, 2)), "c: expected one of 1, 2, got 12; choose one of them"),
        (lambda: require_choice("c", np.int64(0), (1, 10)), "c: expected one of 1, 10, got "),
        (lambda: require_type("x", 5, str, "hint"), "x: expected an object of the class str, got 5; hint"),
    ],
)
def test_what_is_refused(action, message):
    with pytest.raises(InputError) as caught:
        action()
    assert str(caught.value).startswith(message)

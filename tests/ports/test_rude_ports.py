"""Ports that exit, raise odd errors, or cannot be looked at: one line each, and never agreement."""

import sys

import pytest

from wn_ref.errors import InputError
from wn_ref.ports.cases import suite
from wn_ref.ports.check import check_case, check_vectors
from wn_ref.ports.numpy_port import NumpyPort
from wn_ref.ports.record import record
from wn_ref.user_code import LONGEST_TEXT

CASE = next(case for case in suite() if case.name == "mlp-float64")


@pytest.fixture(scope="module")
def arrays():
    """The arrays of the case, computed once."""
    return record(CASE)


class MuteError(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def exiting(self, *_):
    sys.exit(0)


def mute(self, *_):
    raise MuteError


def talkative(self, *_):
    raise ValueError("a lot\n" * 20_000)


HERE = "(test_rude_ports.py, line "


@pytest.mark.parametrize(
    ("method", "note"),
    [
        (exiting, f"SystemExit: 0 {HERE}"),
        (mute, f"MuteError: with a text that cannot be had {HERE}"),
        (talkative, f"ValueError: {' '.join(['a lot'] * 20_000)[:LONGEST_TEXT]}... {HERE}"),
    ],
)
@pytest.mark.parametrize(
    ("name", "step"), [("start", "start"), ("weights", "start"), ("train_step", 0), ("evaluate", "evaluation")]
)
def test_whatever_ends_a_port_is_a_finding_of_one_line(arrays, name, step, method, note):
    report = check_case(CASE, arrays, type("Rude", (NumpyPort,), {name: method})())
    (finding,) = report.findings
    assert (finding.step, finding.quantity, finding.cause) == (step, "raised", None)
    assert finding.note.startswith(note)
    assert "\n" not in finding.note
    assert not report.ok


@pytest.mark.parametrize("do", [exiting, mute, talkative])
@pytest.mark.parametrize(
    ("name", "as_object"),
    [("__init__", False), *((name, made) for name in ("layout", "start", "__repr__") for made in (False, True))],
)
def test_a_port_that_cannot_be_looked_at_is_refused_in_one_line(tmp_path, name, do, as_object):
    (tmp_path / "one.npz").touch()
    port = type("Rude", (NumpyPort,), {name: do if name.startswith("__") else property(do)})
    port = port() if as_object else port
    with pytest.raises(InputError, match=r"port: expected .*, got (SystemExit|MuteError|ValueError): ") as caught:
        check_vectors(tmp_path, port)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 2 * LONGEST_TEXT


def test_an_interruption_is_not_an_error_of_the_port(arrays):
    def train_step(self, *_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_case(CASE, arrays, type("Stopped", (NumpyPort,), {"train_step": train_step})())

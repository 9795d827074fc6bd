"""Planted mistakes: the check finds them where they are, and names them as what they are.

Here some go through one case that shows them. `python -m tests.benchmarks.mistakes` does all, with the whole suite.
"""

from dataclasses import replace
from pathlib import Path

import wn_ref
from tests.ports.mistakes import CLASSIC, FURTHER
from tests.ports.mistakes.base import Mistake, Place
from tests.ports.mistakes.judge import below_the_bars, cases_of, counts, judge, short
from tests.ports.planted import Leaky
from wn_ref.ports.case import DTYPES
from wn_ref.ports.causes import CAUSES
from wn_ref.ports.numpy_port import NumpyPort


def test_they_are_found_and_named():
    """The last one of each cause, and all without a name; float64 and float32 in turn."""
    cases = [cases_of(dtype) for dtype in DTYPES]
    classic, further = (
        [judge(one, cases[number % 2], short(one, cases[number % 2])) for number, one in enumerate(group)]
        for group in ({one.cause: one for one in CLASSIC}.values(), FURTHER)
    )
    said = [f"{one.mistake.name}: {one.firsts}" for one in classic + further if not (one.placed and one.right)]
    assert below_the_bars(classic, further) == [], "\n".join(said)


def test_every_cause_has_a_mistake_and_every_mistake_a_row():
    assert {one.cause for one in CLASSIC} == CAUSES.keys()
    assert {one.cause for one in FURTHER} == {None}
    assert all((one.why != "") == bool(one.also) for one in CLASSIC + FURTHER)
    page = (Path(wn_ref.__file__).parent / "ports" / "MISTAKES.md").read_text()
    rows = [line.split(" | ")[0] for line in page.splitlines()]
    missing = [one.says for one in CLASSIC + FURTHER if not any(row.startswith(f"| {one.says}") for row in rows)]
    assert missing == []


def test_the_judge_sees_what_is_wrong():
    cases = {"mlp": cases_of("float64")["mlp"]}
    known = next(one for one in CLASSIC if one.name == "SigmaSquared")
    right = judge(known, cases)
    assert right.placed
    assert right.right
    elsewhere = judge(replace(known, where=lambda case: Place(0, ("activation/dense1",))), cases)
    later = judge(replace(known, where=lambda case: Place(1, ("activation/input",))), cases)
    assert not elsewhere.placed
    assert not later.placed
    other = judge(replace(known, cause="noise-order"), cases)
    nameless = judge(replace(known, cause=None), cases)
    fine = judge(Mistake("Fine", "nothing", NumpyPort, None, known.where), cases)
    assert fine.missed
    assert not fine.placed
    assert not fine.right
    assert counts([right, elsewhere, other, fine]) == {
        "mistakes": 4, "missed": 1, "right place": 2, "right cause": 2, "wrong cause": 1,
        "more without a cause": 0,
    }  # fmt: skip
    both = type("Both", (known.port,), {"layers": {**NumpyPort.layers, "relu": Leaky}})
    assert not right.beside
    assert counts([right, judge(replace(known, port=both), cases)])["more without a cause"] == 1
    assert below_the_bars([right], []) == []
    assert below_the_bars([elsewhere], []) == ["right place: 98 %"]
    assert below_the_bars([other], []) == ["wrong cause: none", "right cause: 85 %"]
    assert below_the_bars([right], [nameless]) == ["wrong cause: none"]
    assert below_the_bars([right], [fine]) == ["missed: none", "right place without a name: all"]

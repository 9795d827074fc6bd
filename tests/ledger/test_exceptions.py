"""What the ledger says about numbers that do not come out."""

from dataclasses import replace

import pytest

from wn_ref.ledger.evidence import RowResult
from wn_ref.ledger.exceptions import exceptions
from wn_ref.ledger.page import markdown
from wn_ref.ledger.row import NOT, NOT_RUN, QUALITATIVELY, REPRODUCED, Judgement

BASE = "table4/mnist/mlp/bn/multiplicative"


@pytest.fixture
def row(some_rows):
    return next(row for row in some_rows if row.id == BASE)


@pytest.fixture
def variant(row):
    return replace(row, id=f"{BASE}/all", variant="noise at batch norm's outputs, too")


def result(row, verdict, value=0.5):
    return RowResult(row, Judgement(value, value - 0.01, value + 0.01, verdict), [], True)


def test_each_comes_with_its_variants_that_were_run(row, variant):
    wrong, tried = result(row, QUALITATIVELY), result(variant, REPRODUCED, 0.45)
    assert exceptions([wrong, tried]) == [(wrong, [tried])]
    assert exceptions([wrong, result(variant, NOT_RUN)]) == [(wrong, [])]
    assert exceptions([result(replace(row, id=f"{BASE}2/all"), NOT), wrong])[1] == (wrong, [])


def test_what_comes_out_is_none_nor_is_a_variant_nor_a_claim(row, variant):
    assert exceptions([result(row, REPRODUCED), result(variant, NOT)]) == []
    assert exceptions([result(row, NOT_RUN)]) == []
    assert exceptions([result(replace(row, paper=float("nan")), NOT)]) == []


def test_the_page_has_them_only_if_there_are_any(row, variant):
    page = markdown([result(row, QUALITATIVELY, 0.519), result(variant, REPRODUCED, 0.448)])
    (line,) = [line for line in page.splitlines() if line.startswith(f"| `{BASE}` |")]
    assert "| 0.45 | 0.519 (0.509 to 0.529) | 1.15 |" in line
    assert "noise at batch norm's outputs, too: 0.448 (0.438 to 0.458), **reproduced**" in line
    assert "What does not come out" not in markdown([result(row, REPRODUCED)])

"""What the ledger says about numbers that do not come out."""

import math
from dataclasses import replace

import pytest

from wn_ref.ledger.evidence import RowResult
from wn_ref.ledger.exceptions import Contrast, comparisons, exceptions
from wn_ref.ledger.page import markdown
from wn_ref.ledger.row import NOT, NOT_RUN, QUALITATIVELY, REPRODUCED, UNDECIDED, Judgement

BASE = "table4/mnist/mlp/bn/multiplicative"


@pytest.fixture
def row(some_rows):
    return next(row for row in some_rows if row.id == BASE)


@pytest.fixture
def variant(row):
    return replace(row, id=f"{BASE}/other", variant="no noise at batch norm's outputs", base=BASE)


def result(row, verdict, value=0.5):
    return RowResult(row, Judgement(value, value - 0.01, value + 0.01, verdict), [], True)


def test_each_comes_with_its_variants_that_were_run(row, variant):
    wrong, tried = result(row, QUALITATIVELY), result(variant, REPRODUCED, 0.45)
    assert exceptions([wrong, tried]) == [(wrong, [tried])]
    assert exceptions([wrong, result(variant, NOT_RUN)]) == [(wrong, [])]
    assert exceptions([result(replace(variant, base=f"{BASE}2"), NOT), wrong])[-1] == (wrong, [])


def test_what_comes_out_is_none_nor_is_a_variant_nor_a_claim(row, variant):
    assert exceptions([result(row, REPRODUCED), result(variant, NOT)]) == []
    assert exceptions([result(row, NOT_RUN)]) == exceptions([result(row, UNDECIDED, math.nan)]) == []
    assert exceptions([result(replace(row, paper=float("nan")), NOT)]) == []


def test_the_page_has_them_only_if_there_are_any(row, variant):
    page = markdown([result(row, QUALITATIVELY, 0.519), result(variant, REPRODUCED, 0.448)])
    (line,) = [line for line in page.splitlines() if line.startswith(f"| `{BASE}` |")]
    assert "| 0.45 | 0.519 (0.509 to 0.529) | 1.15 |" in line
    assert "no noise at batch norm's outputs: 0.448 (0.438 to 0.458), **reproduced**" in line
    assert "What does not come out" not in markdown([result(row, REPRODUCED)])


def test_variants_are_compared_over_the_rows_that_were_run_both_ways(row, variant):
    other = replace(row, id="other", paper=1.0)
    its = replace(variant, id="its", base="other", paper=1.0)
    results = [result(row, QUALITATIVELY, 0.45 * math.exp(0.3)), result(variant, REPRODUCED, 0.45 * math.exp(-0.1))]
    results += [result(other, REPRODUCED, 1.0), result(its, QUALITATIVELY, math.exp(0.2))]
    bounded = replace(row, id="bounded")
    results += [result(bounded, QUALITATIVELY), result(replace(variant, id="its/2", base="bounded"), NOT, math.nan)]
    (found,) = comparisons(results)
    expected = Contrast(variant.variant, 2, 1, 1, 1, 1, math.sqrt(0.09 / 2), math.sqrt((0.01 + 0.04) / 2))
    for name in ("variant", "rows", "closer", "without", "close", "close_changed"):
        assert getattr(found, name) == getattr(expected, name)
    assert math.isclose(found.deviation, expected.deviation)
    assert math.isclose(found.changed, expected.changed)
    assert "| 2; without a number: 1 | 1 of 3 | 1 of 3 | 1 of 2 | 21.2% | 15.8% |" in markdown(results)


def test_other_data_are_not_compared(row, variant):
    """What differs there need not be what the variant changes."""
    plan = tuple(replace(e, dataset="mnist_sample") for e in row.plan)
    other = result(replace(variant, plan=plan), REPRODUCED)
    assert comparisons([result(row, REPRODUCED), result(variant, REPRODUCED)])
    assert comparisons([result(row, REPRODUCED), other]) == []
    short = result(variant.at(3), REPRODUCED)
    assert comparisons([result(row, REPRODUCED), short]) == []
    assert comparisons([result(row.at(3), REPRODUCED), result(variant, REPRODUCED)]) == []


def test_a_variant_that_was_trained_for_less_says_so(row, variant):
    """It changes two things then."""
    wrong, short = result(row, NOT), result(variant.at(3), QUALITATIVELY)
    assert f"{variant.variant}; 3 epochs, not 100: 0.5 (0.49 to 0.51), **qualitatively**" in markdown([wrong, short])
    assert f"{variant.variant}: 0.5 (0.49 to 0.51), **qualitatively**" in markdown(
        [wrong, result(variant, QUALITATIVELY)]
    )


def test_what_was_not_run_is_not_compared(row, variant):
    assert comparisons([result(row, NOT_RUN, float("nan")), result(variant, REPRODUCED)]) == []
    assert comparisons([result(row, REPRODUCED), result(variant, NOT_RUN, float("nan"))]) == []
    assert comparisons([result(variant, REPRODUCED)]) == []

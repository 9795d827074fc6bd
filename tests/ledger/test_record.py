"""The record in the repository: the committed ledger is the one that the committed tables give, and its notes hold."""

import json
from pathlib import Path

import pytest

from wn_ref.ledger import tables
from wn_ref.ledger.catalog import all_rows
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.exceptions import comparisons
from wn_ref.ledger.numbers import FIRST, HALF_WAY, IN_SIGMA, NOT_AT_BN
from wn_ref.ledger.page import markdown
from wn_ref.ledger.row import REPRODUCED

TUTORIALS = Path(__file__).parents[2] / "tutorials"


@pytest.fixture(scope="module")
def record():
    return Evidence(tables.read(TUTORIALS / "results"))


def test_the_ledger_is_what_the_tables_give(record):
    """Byte for byte. If it is not: `wn-ref report --ledger`, or a search looks elsewhere than when it was published."""
    made = markdown([record.result(row) for row in all_rows()])
    assert (TUTORIALS / "REPRODUCTION.md").read_text(encoding="utf-8") == made


def test_the_reading_of_table_4_is_the_one_that_comes_closest(record):
    """As the page says: each variant, which changes one thing, has fewer of its numbers, and they are farther off."""
    names = (*(f"{dataset}/{model}" for dataset in FIRST for model in ("mlp", "lenet5")), "cifar10/mlp")
    rows = [row for row in all_rows() if any(row.id.startswith(f"table4/{name}/") for name in names)]
    results = [record.result(row) for row in rows]
    ran = [result for result in results if not result.row.variant]
    assert len(ran) == 20
    assert {result.finding.verdict for result in ran} == {REPRODUCED}
    compared = comparisons(results)
    assert {made.variant for made in compared} == {HALF_WAY, IN_SIGMA, NOT_AT_BN}
    for made in compared:
        assert made.close == made.rows + made.without > made.close_changed
        assert 2 * made.deviation < made.changed


def test_the_record_is_small():
    assert sum(file.stat().st_size for file in TUTORIALS.glob("results/*")) < 10e6


def test_every_row_has_a_notebook_and_what_its_notes_say_is_asserted_there():
    for row in all_rows():
        cells = json.loads((TUTORIALS / f"{row.notebook}.ipynb").read_text())["cells"]
        code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        assert not row.notes or "assert " in code, row.id

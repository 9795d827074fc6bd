"""The record in the repository: the committed ledger is the one that the committed tables give, and its notes hold."""

import json
from pathlib import Path

import pytest

from wn_ref.ledger import tables
from wn_ref.ledger.catalog import all_rows
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.page import markdown

TUTORIALS = Path(__file__).parents[2] / "tutorials"


@pytest.fixture(scope="module")
def record():
    return Evidence(tables.read(TUTORIALS / "results"))


def test_the_ledger_is_what_the_tables_give(record):
    """Byte for byte. If it is not: `wn-ref report --ledger`, or a search looks elsewhere than when it was published."""
    made = markdown([record.result(row) for row in all_rows()])
    assert (TUTORIALS / "REPRODUCTION.md").read_text(encoding="utf-8") == made


def test_the_record_is_small():
    assert sum(file.stat().st_size for file in TUTORIALS.glob("results/*")) < 10e6


def test_every_row_has_a_notebook_and_what_its_notes_say_is_asserted_there():
    for row in all_rows():
        cells = json.loads((TUTORIALS / f"{row.notebook}.ipynb").read_text())["cells"]
        code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        assert not row.notes or "assert " in code, row.id

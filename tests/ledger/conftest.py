"""The made-up world, computed once."""

import pytest

from tests.ledger.made_up import runs_of
from wn_ref.ledger.catalog import all_rows
from wn_ref.ledger.evidence import Evidence

NEEDED = (
    "table1/mnist/mlp",
    "table4/mnist/mlp",
    "figure11/mnist/mlp",
    "table2/bn/conv1",
    "figure4",
    "figure5",
    "figure6",
)
NEEDED += (
    "figure8/mnist",
    "figure9/mnist",
    "figure3",
    "grid/table1",
    "section4",
    "section4.1",
    "table3/mnist/mlp/bn",
    "section3.1",
)


@pytest.fixture(scope="session")
def some_rows():
    """Rows of every kind."""
    return [row for row in all_rows() if any(f"{row.id}/".startswith(f"{start}/") for start in NEEDED)]


@pytest.fixture(scope="session")
def made_up(some_rows):
    """Published runs of these rows."""
    return runs_of(some_rows)


@pytest.fixture(scope="session")
def evidence(made_up):
    return Evidence(made_up)

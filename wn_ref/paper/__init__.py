"""The numbers that the paper prints: its Tables 1 to 4, as CSV files beside this one.

Midpoints of Tables 1 and 4 are in units of sigma, the ratios of Table 2 are unclamped over clamped (see
`wn_ref.findings.weight_growth`), accuracies of Table 3 are in per cent. Where Table 3 prints eleven counts for a
network of eight points, `guided_executions` has the counts of the authors' configuration.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wn_ref.errors import require_choice

if TYPE_CHECKING:
    import pandas

TABLES = (1, 2, 3, 4)


def table(number: int) -> pandas.DataFrame:
    """Return one of the paper's tables, 1 to 4."""
    import pandas

    require_choice("table", number, TABLES)
    return pandas.read_csv(Path(__file__).with_name(f"table{number}.csv"))


def midpoints(number: int) -> pandas.DataFrame:
    """Return Table 1 (noise in training) or 4 (at inference only), one row a number.

    Returns
    -------
    pandas.DataFrame
        dataset, model, batchnorm (bool), noise ("additive" or "multiplicative"), midpoint.
    """
    require_choice("table", number, (1, 4))
    wide = table(number).melt(["dataset", "model"], value_name="midpoint")
    wide["batchnorm"] = wide["variable"].str.endswith("with_bn")
    wide["noise"] = wide["variable"].str.partition("_")[0]
    return wide[["dataset", "model", "batchnorm", "noise", "midpoint"]]

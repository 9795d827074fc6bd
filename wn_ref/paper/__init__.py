"""The numbers that the paper prints: its Tables 1 to 4, as CSV files beside this one.

    Tables 1, 4   midpoints, in units of sigma
    Table 2       mean |w| without clamping over mean |w| with it (see `wn_ref.findings.weight_growth`)
    Table 3       accuracies in per cent

For one network with eight points, Table 3 prints eleven numbers of executions. There, `guided_executions` holds the
eight numbers in the configuration that the authors published.
"""

from __future__ import annotations

from pathlib import Path

from wn_ref.errors import require_choice
from wn_ref.lazy import pandas

TABLES = (1, 2, 3, 4)


def table(number: int) -> pandas.DataFrame:
    """Return one of the paper's tables as it is printed.

    Parameters
    ----------
    number : int
        1 to 4.

    Raises
    ------
    InputError
        If there is no such table.

    Examples
    --------
    >>> from wn_ref import paper
    >>> paper.table(2)
       layer layer_type  with_bn  without_bn
    0      1       conv       51         1.7
    1      2       conv       30         0.9
    2      3      dense       13         1.1
    3      4      dense       24         0.6
    4      5      dense       18         1.1
    """
    require_choice("table", number, TABLES)
    return pandas.read_csv(Path(__file__).with_name(f"table{number}.csv"))


def midpoints(number: int) -> pandas.DataFrame:
    """Return the midpoints of Table 1 or 4, one row for each number in it.

    Parameters
    ----------
    number : int
        1 for noise in training, 4 for noise at inference only.

    Returns
    -------
    pandas.DataFrame
        Columns dataset, model, batchnorm (bool), noise ("additive" or "multiplicative") and midpoint (in units of
        sigma).

    Raises
    ------
    InputError
        If `number` is neither 1 nor 4.

    Examples
    --------
    >>> from wn_ref import paper
    >>> paper.midpoints(1).query("dataset == 'mnist' and model == 'mlp'")
       dataset model  batchnorm           noise  midpoint
    0    mnist   mlp      False        additive     1.690
    10   mnist   mlp       True        additive     1.570
    20   mnist   mlp      False  multiplicative     0.942
    30   mnist   mlp       True  multiplicative     0.952
    """
    require_choice("table", number, (1, 4))
    wide = table(number).melt(["dataset", "model"], value_name="midpoint")
    wide["batchnorm"] = wide["variable"].str.endswith("with_bn")
    wide["noise"] = wide["variable"].str.partition("_")[0]
    return wide[["dataset", "model", "batchnorm", "noise", "midpoint"]]

"""The paper's figures and tables, made from a store of results.

    with wn.open_store("results.sqlite") as store:
        runs = store.runs(history=True)
    reproduce.figure(2, runs).savefig("figure2.png")
    reproduce.table(1, runs)

Each of them picks the runs that it needs from the table. If there are none, the error says which sweep makes them.
`FIGURES` and `TABLES` list what there is.

    select      which runs of a table a figure needs
    figures     one function for each figure
    tables      one function for each table
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from matplotlib.figure import Figure

from wn_ref.errors import InputError, require_choice
from wn_ref.lazy import pandas
from wn_ref.reproduce import figures, tables
from wn_ref.reproduce.select import COLUMNS, Choice, NoRuns

Made = TypeVar("Made")


@dataclass(frozen=True)
class Item(Generic[Made]):
    """A figure or a table.

    Attributes
    ----------
    shows : str
        What it shows.
    sweeps : tuple of str
        The sweeps that make its runs, as arguments of ``wn-ref sweep``.
    make : callable
        Makes it from a table of runs and a `Choice`.
    one_per : tuple of str
        Columns of the table of runs. There is one such figure for each combination of their values; it is empty if one
        figure compares all networks.
    needs : tuple of str
        Columns that it needs beyond those of every table of runs.
    """

    shows: str
    sweeps: tuple[str, ...]
    make: Callable[[pandas.DataFrame, Choice], Made]
    one_per: tuple[str, ...] = ("dataset", "model", "batchnorm")
    needs: tuple[str, ...] = ()


def figure(number: int, runs: pandas.DataFrame, **choice: Any) -> Figure:
    """Draw a figure of the paper.

    Parameters
    ----------
    number : int
        1 to 11, as in the paper.
    runs : pandas.DataFrame
        The table that `wn_ref.sweep` or `Store.runs` returns, with ``history=True`` for Figure 7. Failed runs are left
        out.
    **choice
        dataset, model, batchnorm and point of the network to draw, needed where `runs` hold several; see `Choice`.

    Raises
    ------
    InputError
        If there is no such figure, if `runs` lack what it needs, or if they hold several networks and none is chosen.

    Examples
    --------
    >>> import wn_ref as wn
    >>> from wn_ref import reproduce
    >>> noises = [wn.additive(sigma) for sigma in (0.1, 1, 10, 100)]
    >>> runs = wn.sweep([wn.Experiment(batchnorm=False, noise=noise, epochs=1) for noise in noises])
    >>> reproduce.figure(1, runs).axes[0].get_title()
    'MLP without batch norm, mnist_sample, 1 epoch'
    """
    return _make("figure", FIGURES, number, runs, choice)


def table(number: int, runs: pandas.DataFrame, **choice: Any) -> pandas.DataFrame:
    """Compute a table of the paper; the column `paper` holds the number that the paper prints, NaN if it prints none.

    Parameters
    ----------
    number : int
        1 to 4, as in the paper.
    runs : pandas.DataFrame
        The table that `wn_ref.sweep` or `Store.runs` returns, with ``history=True`` for Table 2. Failed runs are left
        out.
    **choice
        dataset, model, batchnorm and point of the network; see `Choice`.

    Raises
    ------
    InputError
        If there is no such table, or if `runs` lack what it needs.

    Examples
    --------
    >>> import wn_ref as wn
    >>> from wn_ref import reproduce
    >>> noises = [wn.additive(sigma) for sigma in (0.1, 1, 10, 100)]
    >>> runs = wn.sweep([wn.Experiment(batchnorm=False, noise=noise, epochs=1) for noise in noises])
    >>> reproduce.table(1, runs)[["dataset", "model", "noise", "paper"]]
            dataset model     noise  paper
    0  mnist_sample   mlp  additive   1.69
    """
    return _make("table", TABLES, number, runs, choice)


def show_table(number: int, runs: pandas.DataFrame, **choice: Any) -> str:
    """Lay out a table of the paper for the terminal, below a line that says what it shows; arguments as for `table`."""
    rows = table(number, runs, **choice)
    shown = rows.to_string(index=False, float_format=lambda value: f"{value:.3g}", na_rep="-")
    return f"Table {number}: {TABLES[number].shows}\n{shown}"


def _make(
    what: str, items: Mapping[int, Item[Made]], number: int, runs: pandas.DataFrame, choice: dict[str, Any]
) -> Made:
    require_choice(what, number, items)
    item = items[number]
    for column in (*COLUMNS, *item.needs):
        if column not in runs:
            raise InputError(f"runs: expected a column {column!r}, got none; use the table of Store.runs(history=True)")
    try:
        return item.make(runs.dropna(subset="accuracy"), Choice(**choice))
    except NoRuns as missing:
        commands = " and ".join(f"`wn-ref sweep {sweep} --store FILE`" for sweep in item.sweeps)
        raise InputError(f"{what} {number}: expected runs with {missing}, got none; run {commands}") from None


_WALK = "walking --noise additive"
FIGURES: dict[int, Item[Figure]] = {
    1: Item("accuracy against global additive noise, and the midpoint", ("global --noise additive",), figures.figure_1),
    2: Item("midpoints of all layers under additive noise", (_WALK, "clamped"), figures.figure_2, ("dataset", "model")),
    3: Item("accuracy at maximum multiplicative noise, layer by layer", ("maximum",), figures.figure_3),
    4: Item("self-binarization: activations, and what quantising them costs", ("maximum",), figures.figure_4),
    5: Item("accuracy preserved at maximum noise, MLP, all data sets", ("maximum --model mlp",), figures.figure_5, ()),
    6: Item("accuracy under mixed noise, both orders", ("mixed",), figures.figure_6),
    7: Item(
        "accuracy against epochs, under global additive noise",
        ("global --noise additive",),
        figures.figure_7,
        needs=("history",),
    ),
    8: Item("two stacked logistic functions", ("walking --noise multiplicative --no-batchnorm",), figures.figure_8),
    9: Item(
        "accuracy preserved at maximum noise, LeNet-5 and CNN-S",
        ("maximum --model lenet5", "maximum --dataset gsc_sample --model cnn_s"),
        figures.figure_9,
        (),
    ),
    10: Item("as Figure 2, for speech", (f"{_WALK} --dataset gsc_sample",), figures.figure_2, ("dataset", "model")),
    11: Item("as Figure 2, for other networks", (_WALK,), figures.figure_2, ("dataset", "model")),
}
TABLES: dict[int, Item[pandas.DataFrame]] = {
    1: Item("midpoints of global noise in training", ("global",), tables.table_1),
    2: Item("weights, unclamped over clamped", (_WALK, "clamped"), tables.table_2, needs=("weight_magnitudes",)),
    3: Item("accuracy with uniform and with guided executions", ("multi",), tables.table_3),
    4: Item("midpoints of global noise at inference only", ("global",), tables.table_4),
}

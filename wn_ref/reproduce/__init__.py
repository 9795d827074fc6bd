"""Which results go into which of the paper's figures and tables.

    runs = wn.open_store("results.sqlite").runs(history=True)
    reproduce.figure(2, runs).savefig("figure2.png")
    reproduce.table(1, runs)

Each takes from a table of runs those that it needs, of one network unless it compares several, and says how to make
them if they are not there. `FIGURES` and `TABLES` say what each of them shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wn_ref.errors import InputError, require_choice
from wn_ref.reproduce.figures import compared, figure_1, figure_2, figure_3, figure_4, figure_6, figure_7, figure_8
from wn_ref.reproduce.select import Choice
from wn_ref.reproduce.tables import global_midpoints, table_2, table_3

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Item:
    """A figure or a table.

    Attributes
    ----------
    shows, sweep : str
        What it shows, and the sweep that makes its runs.
    make : callable
        Makes it of runs and a `Choice`.
    of : tuple of str
        The columns that tell one such figure from the next: it is of one network, or compares several.
    """

    shows: str
    sweep: str
    make: Callable[[pandas.DataFrame, Choice], Figure | pandas.DataFrame]
    of: tuple[str, ...] = ("dataset", "model", "batchnorm")


def figure(number: int, runs: pandas.DataFrame, **choice: object) -> Figure:
    """Draw a figure of the paper.

    Parameters
    ----------
    number : int
        1 to 11.
    runs : pandas.DataFrame
        Of `Store.runs`, with `history=True` for Figure 7; failed runs are left out.
    **choice
        dataset, model, batchnorm and point: see `Choice`.

    Raises
    ------
    InputError
        If there is no such figure, or `runs` lack what it needs.
    """
    return _make("figure", FIGURES, number, runs, choice)


def table(number: int, runs: pandas.DataFrame, **choice: object) -> pandas.DataFrame:
    """Compute a table of the paper, 1 to 4, with the paper's numbers beside ours; as `figure`."""
    return _make("table", TABLES, number, runs, choice)


def show_table(number: int, runs: pandas.DataFrame, **choice: object) -> str:
    """Lay out a table of the paper for the terminal, under a line that says what it is."""
    rows = table(number, runs, **choice)
    shown = rows.to_string(index=False, float_format=lambda value: f"{value:.3g}", na_rep="-")
    return f"Table {number}: {TABLES[number].shows}\n{shown}"


def _make(what: str, items: dict[int, Item], number: int, runs: pandas.DataFrame, choice: dict) -> object:
    require_choice(what, number, items)
    try:
        return items[number].make(runs.dropna(subset="accuracy"), Choice(**choice))
    except LookupError as missing:
        hint = f"run `wn-ref sweep {items[number].sweep} --store FILE`"
        raise InputError(f"{what} {number}: expected {missing.args[0]}, got none; {hint}") from None


_WALK = "walking --noise additive"
FIGURES = {
    1: Item("accuracy against global additive noise, and the midpoint", "global --noise additive", figure_1),
    2: Item("midpoints of all layers under additive noise", f"{_WALK}` and `clamped", figure_2, ("dataset", "model")),
    3: Item("accuracy at maximum multiplicative noise, layer by layer", "maximum", figure_3),
    4: Item("self-binarization: activations, and what quantising them costs", "maximum", figure_4),
    5: Item("accuracy preserved at maximum noise, MLP, all data sets", "maximum --model mlp", compared(("mlp",)), ()),
    6: Item("accuracy under mixed noise, both orders", "mixed", figure_6),
    7: Item("accuracy against epochs, under global additive noise", "global --noise additive", figure_7),
    8: Item("two stacked logistic functions", "walking --noise multiplicative --no-batchnorm", figure_8),
    9: Item(
        "accuracy preserved at maximum noise, LeNet-5 and CNN-S",
        "maximum --model lenet5",
        compared(("lenet5", "cnn_s")),
        (),
    ),
    10: Item("as Figure 2, for speech", f"{_WALK} --dataset gsc_sample", figure_2, ("dataset", "model")),
    11: Item("as Figure 2, for other networks", _WALK, figure_2, ("dataset", "model")),
}
TABLES = {
    1: Item("midpoints of global noise in training", "global", global_midpoints(1, "training")),
    2: Item("weights, unclamped over clamped", f"{_WALK}` and `clamped", table_2),
    3: Item("accuracy with uniform and with guided executions", "multi", table_3),
    4: Item("midpoints of global noise at inference only", "global", global_midpoints(4, "inference")),
}

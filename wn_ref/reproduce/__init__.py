"""The paper's figures and tables, made from a store of results.

    with wn.open_store("results.sqlite") as store:
        runs = store.runs(history=True)
    reproduce.figure(2, runs).savefig("figure2.png")
    reproduce.table(1, runs)

Each of them picks the runs that it needs, and never mixes runs that do not belong together: a figure refuses them with
the name of the setting that chooses, and a table has a row for each. If runs are missing, it says so with the command
that makes them. `FIGURES` and `TABLES` list what there is.

    together    which runs belong together: one function for all figures and tables
    item        from a table of runs to the runs of one figure or table
    catalog     what each figure and table needs
    figures     one function for each figure
    tables      one function for each table
    comparison  the paper's numbers, and whether they may stand beside ours
    unfinished  what is missing
    words       what a figure is of, for its title
    page        all of them on one page
    select      masks
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from wn_ref.errors import require_choice
from wn_ref.lazy import pandas
from wn_ref.reproduce.catalog import FIGURES, TABLES
from wn_ref.reproduce.item import Item
from wn_ref.reproduce.together import differing
from wn_ref.reproduce.words import unusual_settings, worded

__all__ = ["FIGURES", "TABLES", "choices", "figure", "remarks", "show_table", "table"]

STORE = Path("results.sqlite")
NETWORK = ("dataset", "model", "batchnorm", "epochs")
"""The settings that every row of a table names; of the others it names those in which rows differ."""


def figure(number: int, runs: pandas.DataFrame, store: str | Path = STORE, left: int = 0, **choice: Any) -> Figure:
    """Draw a figure of the paper.

    Parameters
    ----------
    number : int
        1 to 11, as in the paper.
    runs : pandas.DataFrame
        The table that `wn_ref.sweep` or `Store.runs` returns, with ``history=True`` for Figure 7.
    store : str or Path
        The file of the store, for the commands in messages.
    left : int
        How many runs of the latest sweep are left to do (`remaining` of `Store.status`).
    **choice
        Settings that the runs must have, needed where `runs` hold several: dataset, model, batchnorm, epochs, gradient,
        point and so on (see `wn_ref.reproduce.together.chosen`). Of several gradients the exact one is drawn.

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
    >>> print(reproduce.figure(1, runs).axes[0].get_title())
    MLP without batch norm, mnist_sample, 1 epoch, 1 seed
    global additive noise, in training
    """
    require_choice("figure", number, FIGURES)
    item = FIGURES[number]
    groups = item.shown(f"figure {number}", runs, choice, store)
    measured = [same.dropna(subset="accuracy") for same in groups]
    return item.make(measured if item.compared else measured[0], item.note(groups, _left(runs, left)))


def table(number: int, runs: pandas.DataFrame, store: str | Path = STORE, **choice: Any) -> pandas.DataFrame:
    """Compute a table of the paper.

    Parameters
    ----------
    number, runs, store, **choice
        As for `figure`; Table 2 needs ``history=True``. A table has rows for all networks unless one is chosen.

    Returns
    -------
    pandas.DataFrame
        The settings of each row; our numbers; `seeds`, how many networks were trained; `missing`, how many runs a sweep
        has not made yet; `paper`, the number that the paper prints, NaN if it prints none; `differs`, in what the
        paper's runs differ from ours (they should be compared only if it is empty). In Tables 1 and 4, `midpoint` is
        where the accuracy is half way down (equation 1 fitted in ln sigma; `low` to `high` is its 95 % interval), and
        `as_printed` is mu of equation 1 fitted in sigma with a free a_min, NaN if that gives no more than a bound.

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
    >>> rows = reproduce.table(1, runs)
    >>> rows[["dataset", "model", "noise", "paper"]]
            dataset model     noise  paper
    0  mnist_sample   mlp  additive   1.69
    >>> rows["differs"][0]
    'mnist_sample is a sample; 1 epoch, not 100 epochs; 4 noise levels, not 17'
    """
    require_choice("table", number, TABLES)
    item = TABLES[number]
    groups = item.groups(f"table {number}", runs, choice, store)
    unusual = [name for same in groups for name in unusual_settings(same.iloc[0])]
    more = dict.fromkeys(
        name
        for name in (*differing(groups, item.varied), *unusual)
        if name not in (*NETWORK, *item.named, *item.varied)
    )
    rows = []
    for same in groups:
        settings = {name: same[name].iloc[0] for name in (*NETWORK, *more)}
        counts = {"seeds": same["seed"].nunique(), "missing": len(item.gaps(same))}
        for row in item.make(same.dropna(subset="accuracy")):
            rows.append(settings | counts | {"paper": np.nan, "differs": ""} | row)
    made = pandas.DataFrame(rows)
    last = ["seeds", "missing", "paper", "differs"]
    return made[[*made.columns.drop(last), *last]]


def show_table(number: int, runs: pandas.DataFrame, store: str | Path = STORE, left: int = 0, **choice: Any) -> str:
    """Lay out a table of the paper for the terminal, with what has to be known to read it; arguments as for `figure`.

    A number of the paper that is not comparable stands in brackets, with the reason below.
    """
    rows = table(number, runs, store, **choice)
    reasons = {reason: f"[{count}]" for count, reason in enumerate(filter(None, dict.fromkeys(rows["differs"])), 1)}
    printed = [
        "-" if np.isnan(value) else f"({value:.3g}) {reasons[reason]}" if reason else f"{value:.3g}"
        for value, reason in zip(rows["paper"], rows["differs"])
    ]
    shown = rows.assign(paper=printed).drop(columns="differs")
    shown = shown.drop(columns="missing") if not shown["missing"].any() else shown
    for name in ("gradient", "batchnorm"):
        if name in shown:
            shown[name] = [worded(name, value) or "-" for value in shown[name]]
    laid_out = shown.to_string(index=False, float_format=lambda value: f"{value:.3g}", na_rep="-")
    below = [f"{mark} not comparable: {reason}" for reason, mark in reasons.items()]
    head = [f"Table {number}: {TABLES[number].shows}", *filter(None, [TABLES[number].how])]
    return "\n".join([*head, laid_out, *below, *remarks("table", number, runs, store, left, **choice)])


def remarks(
    what: str, number: int, runs: pandas.DataFrame, store: str | Path = STORE, left: int = 0, **choice: Any
) -> list[str]:
    """Say in lines which runs are missing or have failed, with the commands that make them.

    Parameters
    ----------
    what : "figure" or "table"
        What the number is of.
    number, runs, store, left, **choice
        As for `figure` and `table`.
    """
    item: Item[Any] = _items(what)[number]
    groups = item.groups(f"{what} {number}", runs, choice, store)
    lines = [item.note(groups, _left(runs, left))]
    commands = dict.fromkeys(command for same in groups for command in item.completing(same, store))
    return [line for line in [*lines, *(f"to complete it: {command}" for command in commands)] if line]


def choices(number: int, runs: pandas.DataFrame, store: str | Path = STORE, **choice: Any) -> list[dict[str, Any]]:
    """List the choices for which `figure` draws a figure: one for each group of runs that belong together.

    Arguments and errors are those of `figure`, except that several networks are no error.
    """
    item = FIGURES[number]
    if item.compared:
        return [choice]
    groups = item.groups(f"figure {number}", runs, choice, store)
    names = dict.fromkeys([*(name for name in NETWORK[:3] if name not in item.varied), *differing(groups, item.varied)])
    return [choice | {name: same[name].iloc[0] for name in names} for same in groups]


def _left(runs: pandas.DataFrame, left: int) -> tuple[int, int] | None:
    """Return the latest sweep in a table of runs and how many of its runs are left, or None if it is finished."""
    return (int(runs["sweep"].max()), left) if left and "sweep" in runs and runs["sweep"].notna().any() else None


def _items(what: str) -> Mapping[int, Item[Any]]:
    return FIGURES if what == "figure" else TABLES

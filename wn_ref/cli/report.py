"""`wn-ref report`: all figures and tables that a store has the runs for, on one page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from wn_ref.cli.options import SourceStore
from wn_ref.errors import InputError
from wn_ref.files import require_folder, write_atomically
from wn_ref.lazy import pandas


def report(
    store: SourceStore = Path("results.sqlite"),
    output: Annotated[Path, typer.Option(help="Folder to write to; it is made if it does not exist.")] = Path("report"),
) -> None:
    """Make all figures and tables of the paper that the runs in a store are sufficient for.

    The folder gets a file figureN-DATASET-MODEL.png for each figure and each network, and a page, report.md, that shows
    them. For what is missing, the page names the sweep that makes the runs.
    """
    from wn_ref import reproduce
    from wn_ref.store.store import open_store

    with open_store(store) as opened:
        runs = opened.runs(history=True)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"output: expected a folder, got {output} ({reason}); choose another folder") from None
    require_folder(output)
    lines, drawn = [f"# {store.name}: {len(runs)} runs", ""], 0
    for number in reproduce.TABLES:
        lines += [f"## Table {number}", "", *_table(number, runs), ""]
    for number, item in reproduce.FIGURES.items():
        lines += [f"## Figure {number}: {item.shows}", ""]
        if number in (10, 11):  # these are Figure 2 of other networks
            lines += ["See Figure 2.", ""]
            continue
        for name, choice in _networks(runs, item.one_per):
            path = output / f"figure{number}-{name}.png"
            try:
                figure = reproduce.figure(number, runs, **choice)
            except InputError as error:
                lines += [f"{name}: {error}", ""]
                continue
            write_atomically(path, figure.savefig)
            lines += [f"![{name}]({path.name})", ""]
            drawn += 1
    write_atomically(output / "report.md", lambda part: part.write_text("\n".join(lines)))
    print(f"{drawn} figures; {output / 'report.md'}")


def _table(number: int, runs: pandas.DataFrame) -> list[str]:
    from wn_ref import reproduce

    try:
        return ["```", reproduce.show_table(number, runs), "```"]
    except InputError as error:
        return [str(error)]


def _networks(runs: pandas.DataFrame, columns: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Return a name for each network that a figure can be of, and the values of `columns` that choose it."""
    names = list(columns)
    choices = runs[names].drop_duplicates().sort_values(names).to_dict("records") if names else [{}]
    return [("-".join(_word(*pair) for pair in choice.items()) or "all", choice) for choice in choices]


def _word(column: str, value: object) -> str:
    return str(value) if column != "batchnorm" else "bn" if value else "no-bn"

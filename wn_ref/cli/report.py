"""`wn-ref report`: all figures and tables that a store has the runs for, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wn_ref.errors import InputError
from wn_ref.files import require_folder, whole

if TYPE_CHECKING:
    import pandas


def report(
    store: Annotated[Path, typer.Option("--store", help="File of results, made by `wn-ref sweep`.")] = Path(
        "results.sqlite"
    ),
    output: Annotated[Path, typer.Option(help="Folder to write to; it is made if it is not there.")] = Path("report"),
) -> None:
    """Draw all figures and print all tables of the paper that the runs in a store suffice for.

    Writes figureN-DATASET-MODEL.png and a page, report.md, that shows them and says what is missing, and which sweep
    would make it.
    """
    from wn_ref import reproduce
    from wn_ref.store import open_store

    with open_store(store) as opened:
        runs = opened.runs(history=True)
    output.mkdir(parents=True, exist_ok=True)
    require_folder(output)
    lines, drawn = [f"# {store.name}: {len(runs)} runs", ""], 0
    for number in reproduce.TABLES:
        lines += [f"## Table {number}", "", *_table(number, runs), ""]
    for number, item in reproduce.FIGURES.items():
        lines += [f"## Figure {number}: {item.shows}", ""]
        if number in (10, 11):  # Figure 2 of other networks
            lines += ["See Figure 2.", ""]
            continue
        for name, settings in _networks(runs, item.of):
            path = output / f"figure{number}-{name}.png"
            try:
                figure = reproduce.figure(number, runs, **settings)
            except InputError as error:
                lines += [f"{name}: {error}", ""]
                continue
            whole(path, lambda part, figure=figure: figure.savefig(part))
            lines += [f"![{name}]({path.name})", ""]
            drawn += 1
    whole(output / "report.md", lambda part: part.write_text("\n".join(lines)))
    print(f"{drawn} figures; {output / 'report.md'}")


def _table(number: int, runs: pandas.DataFrame) -> list[str]:
    from wn_ref import reproduce

    try:
        return ["```", reproduce.show_table(number, runs), "```"]
    except InputError as error:
        return [str(error)]


def _networks(runs: pandas.DataFrame, of: tuple[str, ...]) -> list[tuple[str, dict]]:
    """The networks that a figure may be of: a name, and how to choose each."""
    choices = runs[list(of)].drop_duplicates().sort_values(list(of)).to_dict("records") if of else [{}]
    return [("-".join(_word(*pair) for pair in choice.items()) or "all", choice) for choice in choices]


def _word(name: str, value: object) -> str:
    return str(value) if name != "batchnorm" else "bn" if value else "no-bn"

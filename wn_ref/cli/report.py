"""`wn-ref report`: all figures and tables that a store has the runs for, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from wn_ref.cli.chosen import Chosen
from wn_ref.cli.options import Force, LedgerResults, SourceStore
from wn_ref.counted import counted
from wn_ref.errors import InputError
from wn_ref.files import Output
from wn_ref.lazy import pandas


def report(
    chosen: Chosen,
    store: SourceStore = Path("results.sqlite"),
    output: Annotated[Path, typer.Option(help="Folder to write to; it is made if it does not exist.")] = Path("report"),
    force: Force = False,
    ledger: Annotated[
        bool,
        typer.Option("--ledger", help="Write the ledger instead: every number and claim of the paper beside ours."),
    ] = False,
    results: LedgerResults = None,
) -> None:
    """Make all figures and tables of the paper that the runs in a store are sufficient for.

    The folder gets a file figureN-DATASET-MODEL.png for each figure and each network, and a page, report.md, that shows
    them. Networks that were trained in different ways have figures and rows of their own, unless options choose among
    them. For what is missing, the page names the sweep that makes the runs.

    With --ledger, the published tables take the place of a store. REPRODUCTION.md and REPRODUCTION.html, the same with
    figures, are written beside their folder.
    """
    if ledger:
        print(_ledger(results))
        return
    from wn_ref import reproduce
    from wn_ref.store.store import open_store

    with open_store(store) as opened:
        runs, left = opened.runs(history=True), opened.status()["remaining"]
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"output: expected a folder, got {output} ({reason}); choose another folder") from None
    page = Output.checked(output / "report.md", force)
    lines, drawn = [f"# {store.name}: {counted(len(runs), 'run')}", ""], 0
    for number in reproduce.TABLES:
        lines += [f"## Table {number}", "", *_table(number, runs, store, left, chosen.choice), ""]
    for number, item in reproduce.FIGURES.items():
        lines += [f"## Figure {number}: {item.shows}", ""]
        if number in (10, 11):  # these are Figure 2 of other networks
            lines += ["See Figure 2.", ""]
            continue
        try:
            networks = reproduce.choices(number, runs, store, **chosen.choice)
        except InputError as error:
            lines += [str(error), ""]
            continue
        for choice in networks:
            name = _name(choice)
            path = output / f"figure{number}-{name}.png"
            try:
                figure = reproduce.figure(number, runs, store, left, **choice)
            except InputError as error:
                lines += [f"{name}: {error}", ""]
                continue
            path = Output.checked(path, force).write(figure.savefig)
            lines += [f"![{name}]({path.name})", ""]
            lines += [f"{line}\n" for line in reproduce.remarks("figure", number, runs, store, left, **choice)]
            drawn += 1
    page.write(lambda part: part.write_text("\n".join(lines)))
    print(f"{counted(drawn, 'figure')}; {page.path}")


def _ledger(results: Path | None) -> str:
    from wn_ref.ledger import tables
    from wn_ref.ledger.evidence import Evidence
    from wn_ref.ledger.html import write_html
    from wn_ref.ledger.page import write_ledger
    from wn_ref.ledger.places import published_results

    folder = results or published_results()
    evidence = Evidence(tables.read(folder))
    if not evidence.all:
        raise InputError(f"results: expected published tables in {folder}, got none; run wn-ref reproduce")
    return f"{write_ledger(evidence, folder)}; with figures: {write_html(evidence, folder)}"


def _table(number: int, runs: pandas.DataFrame, store: Path, left: int, choice: dict[str, Any]) -> list[str]:
    from wn_ref import reproduce

    try:
        return ["```", reproduce.show_table(number, runs, store, left, **choice), "```"]
    except InputError as error:
        return [str(error)]


def _name(choice: dict[str, Any]) -> str:
    """Return a name for a figure's file that tells it from those of other choices: "digits-mlp-bn-epochs5"."""
    plain = ("dataset", "model", "batchnorm")
    words = [_word(name, choice[name]) for name in plain if name in choice]
    words += [f"{name.replace('_', '-')}{value}" for name, value in choice.items() if name not in (*plain, "sigmas")]
    return "-".join(word.replace("/", "_") for word in words) or "all"


def _word(setting: str, value: object) -> str:
    return str(value) if setting != "batchnorm" else "bn" if value else "no-bn"

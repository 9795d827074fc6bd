"""`wn-ref report`: all figures and tables that a store has the runs for, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.chosen import Chosen
from wn_ref.cli.options import STORE, Force, LedgerResults, SourceStore
from wn_ref.cli.reading import reading
from wn_ref.counted import counted
from wn_ref.errors import InputError
from wn_ref.folders import made_folder


def report(
    chosen: Chosen,
    store: SourceStore = STORE,
    output: Annotated[
        Path | None,
        typer.Option(help="Folder to write to; it is made if it does not exist.", show_default="report"),
    ] = None,
    force: Force = False,
    ledger: Annotated[
        bool,
        typer.Option("--ledger", help="Write the ledger instead: numbers and claims of the paper beside ours."),
    ] = False,
    results: LedgerResults = None,
) -> None:
    """Make all figures and tables of the paper that the runs in a store are sufficient for.

    The folder gets a file figureN-DATASET-MODEL.png for each figure and each network, and a page, report.md, that shows
    them. Networks that were trained in different ways have figures and rows of their own, unless options choose among
    them. For what is missing, the page names the sweep that makes the runs.

    With --ledger, the published tables take the place of a store. REPRODUCTION.md and REPRODUCTION.html, the same with
    figures, are made anew beside their folder.
    """
    if ledger:
        if output is not None:
            raise InputError(f"output: expected none with --ledger, got {output}; the ledger is beside --results")
        chosen.require_none("--ledger, which is of all published runs", store)
        print(_ledger(results))
        return
    from wn_ref.reproduce.page import Page

    with reading(store) as opened:
        runs, left = opened.runs(history=True), opened.status()["remaining"]
    folder = made_folder("output", output or Path("report"))
    page = Page(runs, left, store, folder, force, chosen.choice)
    path = page.write()
    print(f"{counted(len(page.drawn), 'figure')}; {path}")


def _ledger(results: Path | None) -> str:
    from wn_ref.ledger import tables
    from wn_ref.ledger.evidence import Evidence
    from wn_ref.ledger.html import require_pages, write_html
    from wn_ref.ledger.page import write_ledger
    from wn_ref.ledger.places import alone, published_results

    folder = published_results() if results is None else tables.require_results(results)
    with alone(folder):
        evidence = Evidence(tables.read(folder))
        if not evidence.all:
            raise InputError(f"results: expected published tables in {folder}, got none; run wn-ref reproduce")
        require_pages(folder)
        return f"{write_ledger(evidence, folder)}; with figures: {write_html(evidence, folder)}"

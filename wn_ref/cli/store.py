"""`wn-ref store`: look after files of results: copy, merge, delete, shrink."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from wn_ref.cli.options import Force, StoreArgument
from wn_ref.cli.typed import Command
from wn_ref.counted import counted
from wn_ref.errors import InputError
from wn_ref.files import Output

app = typer.Typer(
    help="Look after files of results. backup works also while a sweep is running, the other commands need the store "
    "for themselves.",
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(cls=Command, short_help="Copy a store, also while a sweep is running.")
def backup(
    store: StoreArgument,
    copy: Annotated[Path, typer.Argument(metavar="COPY", help="File to make.")],
    force: Force = False,
) -> None:
    """Copy a store and its trained networks. The copy is whole, even if a sweep is writing to the store."""
    from wn_ref.store.copying import backup

    runs = backup(store, copy, force)
    print(f"{runs} runs in {copy}", file=Output(copy).messages)


@app.command(cls=Command, short_help="Add the runs of other stores, such as another machine's.")
def merge(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="File that gets the runs; made if it does not exist.")],
    others: Annotated[list[Path], typer.Argument(metavar="OTHER...", help="Files that have them; they stay.")],
) -> None:
    """Add to STORE all runs and trained networks that the others have.

    Runs that several have are compared. Results of other data under the same name, or of another version of the
    algorithm, are refused, and then nothing is added.
    """
    from wn_ref.store.merging import merge

    merged = merge(store, *others)
    print(f"{merged.added} runs and {merged.networks} networks added to {store}")
    if merged.measurements:
        print(f"{counted(merged.measurements, 'measurement')} of functions added, too")
    if merged.equal or merged.different:
        same = counted(merged.equal, "result")
        print(f"in several stores: {same} with the same outcome, {merged.different} with another")


@app.command(cls=Command, short_help="Delete some of the runs.")
def delete(
    store: StoreArgument,
    filters: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COLUMN=VALUE",
            help="Which runs: those that have one of the values in each of the columns, such as dataset=digits "
            "seed=3,4 point=dense2 train_size=none. wn-ref export shows the columns.",
        ),
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Delete failed runs only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete runs, and the trained networks that no other run needs. Says how many, and asks before it does so."""
    from wn_ref.store.store import open_store
    from wn_ref.store.tidy import delete

    wanted = dict(map(_filter, filters or []))
    if not yes and (wanted or failed):
        with open_store(store) as opened:
            runs = opened.runs(["error"], **wanted)
        count = int((runs["error"] != "").sum()) if failed else len(runs)
        if count == 0:
            print(f"{store} has no such runs")
            return
        if not sys.stdin.isatty():
            raise InputError(f"yes: expected an answer, got no terminal to ask whether to delete {count} runs; add it")
        if not typer.confirm(f"Delete {count} runs from {store}?"):
            return
    print(f"{delete(store, failed, **wanted)} runs deleted from {store}; wn-ref store vacuum makes the file smaller")


@app.command(cls=Command, short_help="Make a store's file as small as its content.")
def vacuum(store: StoreArgument) -> None:
    """Give back the space of deleted runs, and of networks that no run needs."""
    from wn_ref.store.tidy import vacuum

    before, after = vacuum(store)
    print(f"{store}: {before / 1e3:,.0f} kB before, {after / 1e3:,.0f} kB now")


def _filter(text: str) -> tuple[str, Any]:
    """Return a column and its values from COLUMN=VALUE[,VALUE...]."""
    name, equals, values = text.partition("=")
    if not equals:
        raise InputError(f"filters: expected COLUMN=VALUE, got {text!r}; try dataset=digits")
    if name == "executions" and values.lower() != "none":
        return name, [tuple(map(_number, values.split(",")))]
    return name, [_value(name, value) for value in values.split(",")]


def _value(name: str, text: str) -> Any:
    from wn_ref.store.filters import TEXTS

    if name in TEXTS:
        return text
    words: dict[str, Any] = {"none": None, "true": True, "false": False}
    return words.get(text.lower(), _number(text))


def _number(text: str) -> int | float | str:
    """Return a number if the text is one, and else the text, about which the store has something to say."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text

"""`wn-ref reproduce`: run the paper's experiments, row after row of the ledger."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wn_ref.cli.durations import duration
from wn_ref.cli.options import Jobs, LedgerResults
from wn_ref.cli.running import Interrupted
from wn_ref.counted import counted
from wn_ref.errors import InputError, RunError, require_number, require_whole
from wn_ref.folders import made_folder, require_folder

if TYPE_CHECKING:
    from wn_ref.ledger.cost import Cost
    from wn_ref.ledger.row import Row
    from wn_ref.ledger.running import Campaign

MOST_CHECKED = 8
"""Rows that one command checks."""

Items = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ITEM]...",
        help="What to run: a table, a figure or any beginning of a row's id (table1, figure2, table4/mnist/mlp), a "
        "campaign, a to h, or claims. By default everything.",
    ),
]


def reproduce(
    items: Items = None,
    dataset: Annotated[str | None, typer.Option(help="Only rows of this data set, such as mnist.")] = None,
    model: Annotated[str | None, typer.Option(help="Only rows of this network: mlp, lenet5 or cnn_s.")] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            help="Stop after this many hours; a network that has begun is finished, one for each worker.",
            show_default="no limit",
        ),
    ] = None,
    jobs: Jobs = 0,
    store: Annotated[
        Path, typer.Option("--store", help="SQLite file of all runs; what it has already is not computed again.")
    ] = Path("reproduction.sqlite"),
    results: LedgerResults = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            help="Train for another number of epochs; the ledger says so. Rows with epochs of their own are left out.",
            show_default="the paper's",
        ),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Print the rows, each with its campaign, id and claim, and run nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it will cost, and run nothing.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed experiments again.")] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Run published rows again with other seeds, and say whether they agree; the exit code is 0 if all "
            "do, and 1 if one does not, is not finished or does not tell.",
        ),
    ] = False,
    first_seed: Annotated[
        int | None, typer.Option(help="With --check: the seed of the first new network.", show_default="1000")
    ] = None,
) -> None:
    """Reproduce the paper: each of its numbers and claims, at its epochs, batch size, augmentation and data.

    First this says what it will cost on this machine. Then it runs one row of the ledger after the other, the most
    valuable first. After each row, the published tables and the ledger are complete files. You may stop it at any time,
    even with kill: the same command continues where it stopped.
    """
    from wn_ref.ledger.catalog import chosen_rows
    from wn_ref.ledger.cost import costs
    from wn_ref.ledger.places import default_results
    from wn_ref.ledger.running import Campaign
    from wn_ref.sweeps.workers import Workers

    hours = float("inf") if budget is None else require_number("budget", budget, "a positive number", least=1e-9)
    if epochs is not None:
        require_whole("epochs", epochs, least=1)
    workers = Workers(jobs)
    rows = chosen_rows(items or (), dataset, model)
    if epochs is not None and not check:
        rows = _that_take(epochs, rows)
    if listed:
        for row in rows:
            print(f"{row.campaign}  {row.id}  {row.claim}")
        return
    campaign = Campaign(store, results or default_results(), workers.jobs, hours, epochs, retry_failed, tell=_say)
    if check:
        _check(rows, campaign, first_seed, dry_run)
        return
    if first_seed is not None:
        raise InputError(f"first_seed: expected none without --check, got {first_seed}; leave it out")
    if not dry_run:
        campaign.require_pages()
        require_folder(made_folder("results", campaign.results), "results")
    print("measuring what it will cost ...", file=sys.stderr)
    _say_costs(costs([row.at(epochs) for row in rows], campaign.known()), workers.jobs, dry_run)
    if dry_run:
        return
    try:
        campaign.run(rows)
    except KeyboardInterrupt:
        kept = f"every run that ended is in {store}, and in {campaign.results}"
        raise Interrupted(f"interrupted; {kept}; the same command continues from there") from None
    finally:
        ledger = campaign.finish()
    print(f"{ledger}; runs in {campaign.results}")


def _that_take(epochs: int, rows: list[Row]) -> list[Row]:
    """Leave out rows that train for epochs of their own, and say so; raise `InputError` if no others are left."""
    kept = [row for row in rows if all(e.epochs == epochs for e in row.at(epochs).experiments)]
    left_out = [row.id for row in rows if row not in kept]
    if not kept:
        got = f"{epochs} for rows that have epochs of their own ({_first_of(left_out)})"
        raise InputError(f"epochs: expected none, got {got}; leave it out")
    if left_out:
        have = f"{counted(len(left_out), 'row')} with epochs of {'its' if len(left_out) == 1 else 'their'} own"
        print(f"--epochs leaves out {have}: {_first_of(left_out)}", file=sys.stderr)
    return kept


def _first_of(ids: list[str]) -> str:
    return ", ".join(ids[:3]) + (", ..." if len(ids) > 3 else "")


def _check(rows: list[Row], campaign: Campaign, first_seed: int | None, dry_run: bool) -> None:
    """Run published rows again, and print what comes of each as soon as it is known."""
    from wn_ref.ledger.checking import FRESH, check, known_again, to_check
    from wn_ref.ledger.cost import costs
    from wn_ref.ledger.tables import require_results

    first_seed = FRESH if first_seed is None else require_whole("first_seed", first_seed, least=1)
    if len(rows) > MOST_CHECKED:
        expected = f"expected --check of at most {MOST_CHECKED} rows"
        raise InputError(f"item: {expected}, got {len(rows)}; name one row, such as table4/mnist/mlp/bn/additive")
    require_results(campaign.results)
    published = [to_check(row, campaign, first_seed) for row in rows]
    print("measuring what it will cost ...", file=sys.stderr)
    _say_costs(costs([result.row for result in published], known_again(campaign, first_seed)), campaign.jobs, dry_run)
    if dry_run:
        return
    checks, failed = [], 0
    try:
        for row in rows:
            try:
                checks.append(check(row, campaign, first_seed))
                _say(str(checks[-1]))
            except RunError as error:  # the others are checked all the same
                _say(f"{row.id}: not finished, {error}")
                failed += 1
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted; runs are in {campaign.store.stem}-check.sqlite; the same command continues from there"
        ) from None
    if failed or not all(made.finished for made in checks):
        raise RunError("check: expected all rows to be run again, got some that are not finished; run it once more")
    if not all(made.agrees for made in checks):
        got = "others" if any(made.tells and not made.agrees for made in checks) else "some that do not tell"
        raise RunError(f"check: expected rows to agree with what is published, got {got}; see above")


def _say(line: str) -> None:
    print(line, flush=True)


def _say_costs(found: list[Cost], jobs: int, each: bool) -> None:
    """Print what is left to do for each row, or for each campaign, and in all."""
    if each:
        for cost in found:
            todo = cost.forecast
            left = "done" if cost.done else f"{counted(todo.trainings, 'network')}, {duration(todo.seconds(jobs))}"
            print(f"{cost.row.campaign}  {cost.row.id}: {left}")
    networks = sum(cost.forecast.trainings for cost in found)
    seconds, done = sum(cost.forecast.seconds(jobs) for cost in found), sum(cost.done for cost in found)
    about = f"about {counted(networks, 'network')} to train, {duration(seconds)} with {counted(jobs, 'worker')}"
    _say(f"{counted(len(found), 'row')}, {done} of them done; {about}")

"""The command line of sweeps: `wn-ref plan`, `wn-ref sweep`, `wn-ref status` and `wn-ref export`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wn_ref.cli.options import BatchNorm, DatasetName, Grid, Jobs, ModelName, one_of
from wn_ref.errors import require_whole
from wn_ref.sweeps.grids import NOISES, PLANS

if TYPE_CHECKING:
    from wn_ref.store.store import Store


PlanName = Annotated[str, typer.Argument(metavar="PLAN", help=one_of(PLANS))]
NoiseName = Annotated[str, typer.Option("--noise", help="Of global, walking and clamped. " + one_of(NOISES))]
StoreFile = Annotated[Path, typer.Option("--store", help="File of results; what it has already is not run again.")]
StoreArgument = Annotated[Path, typer.Argument(metavar="STORE", help="File of results, such as results.sqlite.")]


def plan(
    name: PlanName,
    grid: Grid = "small",
    noise: NoiseName = "additive",
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    store: StoreFile = Path("results.sqlite"),
    jobs: Jobs = 0,
) -> None:
    """Tell how many runs a plan has, how long they take on this machine (measured), and what is done already."""
    from wn_ref.store.canonical import keys
    from wn_ref.store.store import open_store, writing
    from wn_ref.sweeps import grids
    from wn_ref.sweeps.execution import work
    from wn_ref.sweeps.forecast import forecast

    workers = worker_count(jobs)
    planned = keys(grids.plan(name, grid, noise, dataset, model, batchnorm))
    with open_store(store) if store.exists() else writing(None) as opened:
        left = opened.unfinished(planned)
        todo = work(left.values(), opened)
    asked = forecast([training for training, _ in todo.train], [e for _, group in todo.evaluate for e in group])
    print(f"{len(planned)} runs, {len(planned) - len(left)} of them done in {store}")
    print(
        f"to do: {asked.trainings} networks to train, {asked.evaluations} evaluations of networks trained without noise"
    )
    several = f"{_duration(asked.seconds(workers))} with {workers} workers, " if workers > 1 else ""
    print(f"about {several}{_duration(asked.seconds(1))} with one")


def sweep(
    name: PlanName,
    grid: Grid = "small",
    noise: NoiseName = "additive",
    dataset: DatasetName = "mnist_sample",
    model: ModelName = "mlp",
    batchnorm: BatchNorm = True,
    store: StoreFile = Path("results.sqlite"),
    jobs: Jobs = 0,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run again what failed.")] = False,
    backend: Annotated[str | None, typer.Option(help="Another backend of joblib, such as dask.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of dask's scheduler, tcp://HOST:PORT.")] = None,
) -> None:
    """Run a plan and keep every result as it comes in. Started again, it goes on where it ended, however it ended."""
    from wn_ref.store.store import writing
    from wn_ref.sweeps import grids
    from wn_ref.sweeps.execution import fill

    workers, start = worker_count(jobs), time.perf_counter()
    experiments = grids.plan(name, grid, noise, dataset, model, batchnorm)
    with writing(store) as opened:
        with interruptible(opened, store):
            fill(opened, experiments, workers, True, retry_failed, backend, scheduler)
        runs = opened.table(experiments)
    failed = int(runs["accuracy"].isna().sum())
    print(f"{len(runs)} runs in {store}, {failed} of them failed; {_duration(time.perf_counter() - start)}")
    if failed:
        print(f"wn-ref status {store} tells why; --retry-failed runs them again")


def status(store: StoreArgument) -> None:
    """Tell what is done, what failed and why, and how the latest sweep is going."""
    from wn_ref.store.file import is_written_to
    from wn_ref.store.store import open_store

    with open_store(store) as opened:
        now, failures = opened.status(), opened.failures()
    print(f"{now['done']} runs done, {now['failed']} failed")
    if now["started"] is not None:
        state = "is running" if is_written_to(store) else "ended" if now["remaining"] == 0 else "was stopped"
        left = f"{now['remaining']} of {now['planned']} runs remaining"
        print(f"the latest sweep started {_ago(now['started'])} and {state}: {left}")
    if now["rate"]:
        left = f", about {_duration(now['remaining'] / now['rate'])} left" if now["remaining"] else ""
        print(f"latest result {_ago(now['last'])}; {60 * now['rate']:.3g} runs a minute{left}")
    for count, message in failures:
        print(f"{count} failed: {message}")


def export(store: StoreArgument, csv: Annotated[Path, typer.Argument(metavar="CSV", help="File to write.")]) -> None:
    """Write all runs of a store as a table with commas, one row an experiment."""
    from wn_ref.files import require_folder, whole
    from wn_ref.store.store import open_store

    require_folder(csv.parent)
    with open_store(store) as opened:
        runs = opened.runs()
    whole(csv, lambda path: runs.to_csv(path, index=False))
    print(f"{len(runs)} runs in {csv}")


@contextmanager
def interruptible(opened: Store, path: Path | None, keep: Callable[[], str] | None = None) -> Iterator[None]:
    """On Ctrl-C say what is stored and how to go on, and end with exit code 130.

    Parameters
    ----------
    opened, path : Store and Path or None
        What a sweep fills, and its file.
    keep : callable, optional
        Keeps what there is in another way too, and says where.
    """
    try:
        yield
    except KeyboardInterrupt:
        now = opened.status()
        places = [keep()] if keep else []
        places += [str(path)] if path else []
        done = f"{now['planned'] - now['remaining']} of {now['planned']} runs"
        more = "; the same command goes on from there" if path else ""
        print(f"\nwn-ref: interrupted; the {done} that ended are in {' and '.join(places)}{more}", file=sys.stderr)
        raise typer.Exit(130) from None


def worker_count(jobs: int) -> int:
    """Return the number of workers that --jobs stands for."""
    import joblib

    require_whole("jobs", jobs, least=0, most=1024)
    return jobs or joblib.cpu_count()


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"


def _ago(moment: float) -> str:
    return f"{_duration(max(time.time() - moment, 0))} ago"

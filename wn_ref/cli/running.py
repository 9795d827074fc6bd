"""How commands run experiments: into a store, with a progress bar, and with an explanation after Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wn_ref.counted import counted
from wn_ref.errors import WnRefError
from wn_ref.lazy import pandas

if TYPE_CHECKING:
    from wn_ref.cli.groups import Running
    from wn_ref.experiment import Experiment
    from wn_ref.files import Output
    from wn_ref.store.store import Store
    from wn_ref.sweeps.workers import Workers


class Interrupted(WnRefError):
    """The user stopped a sweep with Ctrl-C; the message says what is kept and how to continue."""

    exit_code = 130


@contextmanager
def filled_store(
    path: Path | None,
    experiments: Sequence[Experiment],
    workers: Workers,
    save: Callable[[Store], Path] | None = None,
    retry_failed: bool = False,
) -> Iterator[Store]:
    """Open a store, run those experiments that it lacks, and yield it.

    Parameters
    ----------
    path : Path or None
        File of the store; without one, results are kept in memory until the store is closed.
    experiments : sequence of Experiment
        What to run.
    workers : Workers
        What runs them.
    save : callable, optional
        Called after Ctrl-C: saves the results so far in one more file, and returns its path.
    retry_failed : bool
        Whether to run experiments again that failed according to the store.

    Raises
    ------
    Interrupted
        After Ctrl-C, once the results so far are saved.
    """
    from wn_ref.store.writer import writing
    from wn_ref.sweeps.runner import fill

    with writing(path) as store:
        try:
            fill(store, experiments, workers, progress=True, retry_failed=retry_failed)
        except KeyboardInterrupt:
            print(file=sys.stderr)  # ends the line of the progress bar
            raise Interrupted(_kept(store, path, [save(store)] if save else [])) from None
        yield store


def run_and_keep(experiments: Sequence[Experiment], running: Running, file: Output) -> tuple[pandas.DataFrame, Path]:
    """Run experiments as `filled_store` does, and write their runs to a CSV file, also after Ctrl-C.

    Returns
    -------
    runs : pandas.DataFrame
        One row for each experiment, in their order, with the history of training.
    path : Path
        Of the CSV file.
    """
    from wn_ref.store.canonical import keys

    def save(store: Store) -> Path:
        return file.write(lambda path: store.table(experiments).to_csv(path, index=False))

    with filled_store(running.store, experiments, running.workers, save) as store:
        path, runs = save(store), store.runs(history=True)
    return runs.set_index("key", drop=False).loc[list(keys(experiments))].reset_index(drop=True), path


def _kept(store: Store, path: Path | None, saved: list[Path]) -> str:
    """Say which results an interrupted sweep keeps, in which files."""
    status = store.status()
    ended = status["planned"] - status["remaining"]
    done = f"{ended} of {counted(status['planned'], 'run')}"
    files = " and ".join(map(str, [*saved, path] if path else saved))
    if not files:
        return f"interrupted after {done}; nothing is kept without --store FILE"
    hint = "; the same command continues from there" if path else ""
    return f"interrupted; the {done} that ended {'is' if ended == 1 else 'are'} in {files}{hint}"

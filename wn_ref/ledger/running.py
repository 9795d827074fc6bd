"""Run rows of the ledger, one after the other, and publish what comes of each.

Every run is in the store as soon as it ends, so whatever kills a campaign, nothing is lost and nothing is run twice:
the same call goes on where it stopped. After each row the published tables and the ledger are written again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from wn_ref.counted import counted
from wn_ref.errors import RunError, StorageError, WnRefError
from wn_ref.experiment import Experiment
from wn_ref.ledger import tables
from wn_ref.ledger.binarization import quantise
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.origin import require_like
from wn_ref.ledger.page import NAME, outcome, write_ledger
from wn_ref.ledger.places import alone
from wn_ref.ledger.row import Row
from wn_ref.ledger.search import Search
from wn_ref.ledger.tables import Cells
from wn_ref.search.location import described
from wn_ref.search.question import Estimate
from wn_ref.store.canonical import key
from wn_ref.store.measurements import Measurements
from wn_ref.store.store import open_store
from wn_ref.store.writer import writing
from wn_ref.sweeps.runner import fill
from wn_ref.sweeps.workers import Workers, run_tasks

T = TypeVar("T")
PART = 8
"""Networks for each worker that are run together where no clock is looked at: few workers wait for the last one."""


class OutOfTime(Exception):
    """The hours that a campaign may take are over."""


@dataclass
class Campaign:
    """How rows are run, and where everything is kept.

    Attributes
    ----------
    store : Path
        File of all runs.
    results : Path
        Folder of the published tables; the ledger is beside it.
    jobs : int
        Number of worker processes.
    hours : float
        How long it may take; a network that has begun by then, one for each worker, is finished.
    epochs : int or None
        In place of the paper's.
    retry_failed : bool
        Whether to run experiments again that failed according to the store.
    rows : sequence of Row, optional
        All rows of the ledger; by default those of `wn_ref.ledger.catalog`.
    first_seed : int
        Added to all seeds; rows do not see it.
    tell : callable
        Called with a line for each thing that happens.
    start : float
        When its hours began, as `time.monotonic` counts.
    """

    store: Path
    results: Path
    jobs: int = 1
    hours: float = float("inf")
    epochs: int | None = None
    retry_failed: bool = False
    rows: Sequence[Row] | None = None
    first_seed: int = 0
    tell: Callable[[str], Any] = print
    start: float = field(default_factory=time.monotonic, repr=False)
    _known: Evidence | None = field(default=None, init=False)

    def run(self, rows: Sequence[Row]) -> None:
        """Run rows that have not been run.

        Raises
        ------
        RunError
            At the end, if rows could not be run; the others are there.
        StorageError
            If another process is writing to the store, or the disk is full or fails.
        InputError
            As in `require_pages`, or if new runs would be of other data, or by another version of the algorithm, than
            published ones.
        """
        failed = []
        workers = Workers(self.jobs)
        evidence, rows = self.publish(), [row.at(self.epochs) for row in rows]
        if new := [e for row in rows if any(evidence.left(row)) for e in row.experiments]:
            require_like(evidence.all, new)
        for number, row in enumerate(rows, 1):
            self.tell(f"{number} of {len(rows)}  {row.id}")
            try:
                self._run(row, workers)
            except OutOfTime:
                self.publish()
                self.tell(f"the {self.hours:g} hours are over; the same command goes on from here")
                break
            except StorageError:
                raise
            except WnRefError as error:
                failed.append(row.id)
                self.tell(f"  {error}")
        if failed:
            names = ", ".join(failed[:3]) + (", ..." if len(failed) > 3 else "")
            raise RunError(f"reproduce: expected all rows to run, got errors in {len(failed)} ({names}); see above")

    def evidence(self) -> Evidence:
        """Return what is published so far."""
        self._known = Evidence(self._as_rows_see(tables.read(self.results)), self._known)
        return self._known

    def known(self) -> Evidence:
        """Return what `publish` would: what is published, and the runs of the store."""
        return Evidence(self._as_rows_see(self._all_runs()))

    def _all_runs(self) -> list[Cells]:
        new = []
        if self.store.exists():
            with open_store(self.store) as opened:
                new = tables.of_store(opened)
        return tables.merged(tables.read(self.results), new)

    def require_pages(self) -> None:
        """Raise `InputError` if a file that is no ledger, or one of another folder's tables, is in the place of one."""
        from wn_ref.ledger.html import require_pages

        require_pages(self.results)

    def publish(self) -> Evidence:
        """Write the runs of the store to the tables, and the ledger; return what it says.

        Another campaign that publishes in the same folder waits: what one of them writes is what it read, and more.
        """
        with alone(self.results):
            return self._publish()

    def _publish(self) -> Evidence:
        self.require_pages()
        if self.store.exists():
            tables.write(self.results, self._all_runs())
        evidence = self.evidence()
        write_ledger(evidence, self.results, self.rows)
        return evidence

    def finish(self) -> Path:
        """Publish once more, and write the page with the figures, too; return the path of the ledger."""
        from wn_ref.ledger.html import write_html

        with alone(self.results):
            write_html(self._publish(), self.results, self.rows)
        return self.results.parent / NAME

    def _run(self, row: Row, workers: Workers) -> None:
        evidence, before = self.evidence(), None
        while any(left := evidence.left(row)) and left != before:
            searches, experiments, quantised = before = left
            for search in searches:
                self._locate(search, evidence, workers)
            if experiments:
                self._sweep(experiments, workers)
            if quantised:
                self._quantise(quantised, workers)
            evidence = self.publish()
        if errors := evidence.failures(left[1]):
            raise _failed(row.id, errors)
        if any(left):
            raise RunError(
                f"row: expected all runs of {row.id} after running them, got others; is this another version?"
            )
        self.tell(f"  {outcome(evidence.result(row))}")

    def _locate(self, search: Search, evidence: Evidence, workers: Workers) -> None:
        """Run what a search asks for and what is not published."""
        new: list[Cells] = []

        def run(experiments: Sequence[Experiment]) -> list[Cells]:
            experiments = self._with_seeds(experiments)
            for _ in self._filled(experiments, workers):
                pass
            with open_store(self.store) as opened:
                found = tables.of_store(opened, key=[key(experiment) for experiment in experiments])
            found = self._as_rows_see(found)
            new.extend(found)
            return found

        def show(networks: int, estimate: Estimate) -> None:
            if new:
                self.tell(f"  {counted(networks, 'network'):>12}  {estimate}")

        answer = evidence.located(search, run, show)
        what = described(search.template)
        if failures := [cells for cells in new if tables.has_failed(cells)]:
            first = failures[0]
            at = f" at sigma {max(first['sigma_mul'], first['sigma_add'], key=float)}, seed {first['seed']}"
            raise _failed(what, [cells["error"] for cells in failures], at)
        self.tell(f"  {what}: {answer.estimate}; {counted(answer.networks, 'network')}")

    def _sweep(self, experiments: Sequence[Experiment], workers: Workers) -> None:
        """Run experiments, and the trainings of networks that are only evaluated in them."""
        experiments = self._with_seeds(experiments)
        quiet = [e.training_experiment() for e in experiments if e.phase == "inference"]
        experiments = sorted(dict.fromkeys([*quiet, *experiments]), key=lambda e: key(e.training_experiment()))
        for done in self._filled(experiments, workers):
            self.tell(f"  {done} of {counted(len(experiments), 'run')}")

    def _filled(self, experiments: Sequence[Experiment], workers: Workers) -> Iterator[int]:
        """Run experiments, those of some networks at a time, and yield how many are done; stop if the time is over."""
        networks: dict[Experiment, list[Experiment]] = {}
        for experiment in experiments:
            networks.setdefault(experiment.training_experiment(), []).append(experiment)
        done = 0
        for groups, _ in self._in_time([*networks.values()], workers):
            part = [experiment for group in groups for experiment in group]
            with writing(self.store) as opened:
                fill(opened, part, workers, retry_failed=self.retry_failed)
            done += len(part)
            yield done

    def _in_time(self, networks: Sequence[T], workers: Workers) -> Iterator[tuple[Sequence[T], int]]:
        """Yield some networks, and how many they are with those before, until the time is over."""
        together = workers.jobs * (1 if math.isfinite(self.hours) else PART)
        for first in range(0, len(networks), together):
            self._look_at_the_clock()
            part = networks[first : first + together]
            yield part, first + len(part)

    def _quantise(self, experiments: Sequence[Experiment], workers: Workers) -> None:
        """Train networks again and measure their accuracy with the noisy activation quantised."""
        experiments = self._with_seeds(experiments)
        with writing(self.store) as opened, workers.pool():
            kept = Measurements(opened, tables.QUANTISED, "")
            todo = [e for e in experiments if kept.get(key(e), e.noise.sigma_mul if e.noise else 0.0, e.seed) is None]
            for part, done in self._in_time(todo, workers):
                with closing(run_tasks(quantise, part, lambda experiment: (experiment,))) as results:
                    for experiment, measured in results:
                        if measured is not None and experiment.noise is not None:
                            kept.add(key(experiment), experiment.noise.sigma_mul, experiment.seed, measured)
                self.tell(f"  {done} of {counted(len(todo), 'network')} quantised")

    def _as_rows_see(self, runs: list[Cells]) -> list[Cells]:
        """Return runs without `first_seed`; those with seeds below it are none of this campaign's."""
        if not self.first_seed:
            return runs
        seeds = [(int(cells["seed"]) - self.first_seed, cells) for cells in runs]
        return [cells | {"seed": str(seed)} for seed, cells in seeds if seed >= 0]

    def _with_seeds(self, experiments: Sequence[Experiment]) -> list[Experiment]:
        return [replace(experiment, seed=experiment.seed + self.first_seed) for experiment in experiments]

    def _look_at_the_clock(self) -> None:
        if time.monotonic() - self.start > 3600 * self.hours:
            raise OutOfTime


def _failed(what: str, errors: Sequence[str], at: str = "") -> RunError:
    got = f"{counted(len(errors), 'run')} that failed, the first with {errors[0]}{at}"
    return RunError(f"row: expected all runs of {what} to end, got {got}; try --retry-failed")

"""A sweep runs experiments on several workers and keeps what comes of each.

It has two stages. First networks are trained, the longest training first, so that no worker waits for another at the
end: those that train with noise, and those without noise that several experiments share. Then the shared networks are
evaluated under the noise of each of their experiments. The parent process hands out tasks and is the only one that
writes to the store; workers only compute.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from wn_ref.datasets import Dataset
from wn_ref.errors import InputError, StorageError, require_type
from wn_ref.experiment import Experiment
from wn_ref.lazy import pandas
from wn_ref.store.canonical import key, keys
from wn_ref.store.records import Outcome, Source
from wn_ref.store.writer import StoreWriter, writing
from wn_ref.sweeps.failures import Failures
from wn_ref.sweeps.origin import Sources, check_data
from wn_ref.sweeps.progress import Progress
from wn_ref.sweeps.tasks import evaluate_all, killed, train_one
from wn_ref.sweeps.work import Task, work_left
from wn_ref.sweeps.workers import THIS_PROCESS, Workers, run_tasks
from wn_ref.weights import Arrays

Data = Callable[[Experiment], Dataset | Source]
"""Gives the data set that a worker is handed for an experiment, or the `Source` that the one it loads must have."""


def sweep(
    experiments: Sequence[Experiment],
    store: str | Path | None = None,
    jobs: int = 1,
    progress: bool = False,
    retry_failed: bool = False,
    backend: str | None = None,
    scheduler: str | None = None,
) -> pandas.DataFrame:
    """Run experiments and return a table, one row for each experiment.

    A network that several experiments share is trained once. The table is the same for any number of workers.

    Parameters
    ----------
    experiments : sequence of Experiment
        In any order; the table has the same order.
    store : str or Path, optional
        A file that keeps every result as it comes in. Experiments that have a result in it are not run again. Without a
        file, results live only as long as this call.
    jobs : int
        Number of worker processes on this machine; 1 means that this process does the work itself, and 0 one for each
        core.
    progress : bool
        Whether to show on standard error how many runs are done, running and failed, and how much time is left.
    retry_failed : bool
        Whether to run experiments again that failed according to the store.
    backend, scheduler : str, optional
        Another backend of joblib, and the address of its scheduler: ``backend="dask", scheduler="tcp://host:8786"``.

    Returns
    -------
    pandas.DataFrame
        The experiment's fields; `name`, of the point; `tested` and `classes`, the numbers of test images and of
        classes; `accuracy`, 0 to 1; `training_loss`, of the last epoch, in nats; and `error`, why the run failed, or an
        empty text. The accuracy of a failed run is NaN. Then where the result comes from: `algorithm` and `data`, see
        `wn_ref.store.records.Origin`, and `machine`, see `wn_ref.machine.describe`.

    Raises
    ------
    InputError
        If the experiments, the store, the workers or a data set cannot be used, or the store has results of other data
        or of another version of the algorithm.
    RunError
        If five runs in a row fail with the same error that is no overflow.
    StorageError
        If another process is writing to the store, or the disk is full or fails.
    WorkerError
        If workers are killed whatever they run.

    Warns
    -----
    OriginWarning
        If results of several kinds of processors or versions of libraries come together.

    Examples
    --------
    >>> from wn_ref import Experiment, additive, sweep
    >>> noises = [additive(sigma) for sigma in (0.1, 1.0, 100.0)]
    >>> table = sweep([Experiment(dataset="digits", epochs=5, noise=noise, phase="inference") for noise in noises])
    >>> table["sigma_add"].tolist()
    [0.1, 1.0, 100.0]
    >>> table["accuracy"].is_monotonic_decreasing
    True
    """
    workers, experiments = Workers(jobs, backend, scheduler), _checked(experiments)
    with writing(store) as opened:
        fill(opened, experiments, workers, progress, retry_failed)
        return opened.table(experiments)


def fill(
    store: StoreWriter,
    experiments: Sequence[Experiment],
    workers: Workers = THIS_PROCESS,
    progress: bool = False,
    retry_failed: bool = False,
) -> None:
    """Run those experiments that have no result in a store, and add their results to it.

    Parameters
    ----------
    store : StoreWriter
        An open store, see `wn_ref.store.writer.writing`.
    experiments, progress, retry_failed
        As in `sweep`.
    workers : Workers
        What runs the experiments; by default this process itself.
    """
    planned = keys(experiments)
    left = store.unfinished(planned, retry_failed)
    sources = Sources(left.values(), store)
    store.start_sweep(len(planned), len(left))
    work = work_left(left.values(), store)
    for training, record in work.known.items():
        outcome = Outcome(record.history[-1].accuracy, "", record.seconds, store.machine_of(training))
        store.add(training, record, {training: outcome}, sources[training])
    stored = len(planned) - len(left) + len(work.known)
    with workers.pool() as everywhere, Progress(work.cost, len(planned), stored, workers.jobs, progress) as bar:
        everywhere(check_data, sources.each)
        # joblib maps large arrays into the memory of all workers on this machine; others load their own data
        data: Data = Experiment.data if workers.backend is None else sources.to_send
        sweep = _Sweep(store, sources, data, bar)
        failed = sweep.train(work.train)
        sweep.evaluate([task for task in work.evaluate if task.training_experiment not in failed])


class _Sweep:
    """The two stages of a sweep: hand out tasks, and store what comes back.

    Parameters
    ----------
    store : StoreWriter
        Gets the results.
    sources : Sources
        What data the results are of.
    data : callable
        What workers get of them.
    bar : Progress
        Shows how far the sweep is.
    """

    def __init__(self, store: StoreWriter, sources: Sources, data: Data, bar: Progress) -> None:
        self._store, self._sources, self._data, self._bar = store, sources, data, bar
        self._failures = Failures()

    def train(self, tasks: Sequence[Task]) -> set[Experiment]:
        """Train networks and write the runs that need nothing else; return the training experiments that failed."""
        waiting, failed = len(tasks), set()

        def arguments(task: Task) -> tuple:
            return task.training_experiment, self._data(task.training_experiment)

        with closing(run_tasks(train_one, tasks, arguments)) as results:
            for task, result in results:
                training, group = task
                record, outcome, arrays = result or (None, killed(), None)
                if record is None:
                    failed.add(training)
                elif arrays is not None:
                    self._store.networks.save(training, self._sources[training].data, arrays)
                finished = group if record is None else [e for e in group if e == training]
                self._store.add(training, record, dict.fromkeys(finished, outcome), self._sources[training])
                waiting -= 1
                self._bar.add(task.training_cost, len(finished), len(finished) * (record is None), waiting)
                self._watch([outcome])
        return failed

    def evaluate(self, tasks: Sequence[Task]) -> None:
        """Evaluate each trained network under the noise of its experiments, and write those runs."""
        waiting, records = len(tasks), self._store.training_records({key(task.training_experiment) for task in tasks})
        network = lru_cache(maxsize=1)(self._network)

        def arguments(task: Task) -> tuple:
            return *task, network(task.training_experiment), self._data(task.training_experiment)

        with closing(run_tasks(evaluate_all, tasks, arguments)) as results:
            for task, result in results:
                training, group = task
                outcomes = dict(zip(group, result or [killed()] * len(group), strict=True))
                self._store.add(training, records[key(training)], outcomes, self._sources[training])
                waiting -= 1
                failed = sum(bool(outcome.error) for outcome in outcomes.values())
                self._bar.add(task.evaluation_cost, len(group), failed, waiting)
                self._watch(outcomes.values())

    def _network(self, training: Experiment) -> Arrays:
        arrays = self._store.networks.load(training, self._sources[training].data)
        if arrays is None:
            raise StorageError(
                f"networks: expected the trained network {key(training)}, got none that is whole; do not delete such "
                "files during a sweep, and start it again"
            )
        return arrays

    def _watch(self, outcomes: Collection[Outcome]) -> None:
        """Look at outcomes that are stored: do they come from machines like this one, and do they fail in a row?"""
        self._sources.tell(outcome.machine for outcome in outcomes if outcome.machine)
        self._failures.watch(outcomes)


def _checked(experiments: Iterable[Experiment]) -> list[Experiment]:
    """Return experiments as a list; raise `InputError` if they are something else."""
    if isinstance(experiments, Experiment):
        raise InputError("experiments: expected a list of them, got a single one; put it in brackets")
    if isinstance(experiments, str) or not isinstance(experiments, Iterable):
        raise InputError(f"experiments: expected a list of Experiment, got {experiments!r}; wn_ref.walking returns one")
    experiments = list(experiments)
    for experiment in experiments:
        require_type("experiments", experiment, Experiment, "wn_ref.walking returns a list of such")
    return experiments

"""A sweep runs experiments on several workers and keeps what comes of each.

It has two stages. First networks are trained, the longest training first, so that no worker waits for another at the
end: those that train with noise, and those without noise that several experiments share. Then the shared networks are
evaluated under the noise of each of their experiments. The parent process hands out tasks and is the only one that
writes to the store; workers only compute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from wn_ref.datasets import Dataset
from wn_ref.experiment import Experiment
from wn_ref.lazy import pandas
from wn_ref.machine import describe
from wn_ref.store.canonical import key, keys
from wn_ref.store.records import Outcome
from wn_ref.store.writer import StoreWriter, writing
from wn_ref.sweeps.progress import Progress
from wn_ref.sweeps.tasks import evaluate_all, killed, train_one
from wn_ref.sweeps.work import Task, work_left
from wn_ref.sweeps.workers import THIS_PROCESS, Workers, run_tasks

Data = Callable[[Experiment], Dataset | None]
"""Gives the data set that a worker is handed for an experiment; None if the worker loads it itself."""


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
        Number of worker processes on this machine; 1 means that this process does the work itself.
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
        empty text. The accuracy of a failed run is NaN.

    Raises
    ------
    InputError
        If the store, the workers or a data set cannot be used.
    StorageError
        If another process is writing to the store, or the disk is full or fails.
    WorkerError
        If workers are killed whatever they run.

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
    workers = Workers(jobs, backend, scheduler)
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
    for experiment in {e.dataset: e for e in left.values()}.values():
        experiment.data()  # a data set that is absent stops the sweep here, instead of every run
    store.start_sweep(len(planned), len(left))
    work = work_left(left.values(), store)
    for training_experiment, record in work.known.items():
        outcome = Outcome(record.history[-1].accuracy, "", record.seconds, describe())
        store.add(training_experiment, record, {training_experiment: outcome})
    stored = len(planned) - len(left) + len(work.known)
    with workers.pool(), Progress(work.cost, len(planned), stored, workers.jobs, progress) as bar:
        # joblib maps large arrays into the memory of all workers on this machine; others load their own data
        data: Data = Experiment.data if workers.backend is None else lambda _: None
        failed = _train(work.train, store, bar, data)
        _evaluate([task for task in work.evaluate if task.training_experiment not in failed], store, bar, data)


def _train(tasks: Sequence[Task], store: StoreWriter, bar: Progress, data: Data) -> set[Experiment]:
    """Train networks and write the runs that need nothing else; return the training experiments that failed."""
    waiting, failed = len(tasks), set()

    def arguments(task: Task) -> tuple:
        return task.training_experiment, data(task.training_experiment)

    with closing(run_tasks(train_one, tasks, arguments)) as results:
        for task, result in results:
            training_experiment, group = task
            record, outcome, arrays = result or (None, killed(), None)
            if record is None:
                failed.add(training_experiment)
            elif arrays is not None:
                store.networks.save(key(training_experiment), arrays)
            finished = group if record is None else [e for e in group if e == training_experiment]
            store.add(training_experiment, record, dict.fromkeys(finished, outcome))
            waiting -= 1
            bar.add(task.training_cost, len(finished), len(finished) * (record is None), waiting)
    return failed


def _evaluate(tasks: Sequence[Task], store: StoreWriter, bar: Progress, data: Data) -> None:
    """Evaluate each trained network under the noise of its experiments, and write those runs."""
    waiting, records = len(tasks), store.training_records({key(task.training_experiment) for task in tasks})
    load = lru_cache(maxsize=1)(store.networks.load)

    def arguments(task: Task) -> tuple:
        return *task, load(key(task.training_experiment)), data(task.training_experiment)

    with closing(run_tasks(evaluate_all, tasks, arguments)) as results:
        for task, result in results:
            training_experiment, group = task
            outcomes = dict(zip(group, result or [killed()] * len(group), strict=True))
            store.add(training_experiment, records[key(training_experiment)], outcomes)
            waiting -= 1
            failed = sum(bool(outcome.error) for outcome in outcomes.values())
            bar.add(task.evaluation_cost, len(group), failed, waiting)

"""Tasks on several workers through joblib: processes of this machine by default, or a cluster.

Results come in any order. A worker that is killed (by the system for want of memory, say) takes the whole pool with it;
then a new pool runs what is left. A task that was under way at two such ends is run with no other beside it, and if its
worker dies again, the task itself is to blame: it is given up, and the others go on.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TypeVar

from wn_ref.errors import InputError, require_whole

T, R = TypeVar("T"), TypeVar("R")

DEATHS = 3
"""After so many deaths of its worker a task is given up, and after so many given up in a row, everything."""


@contextmanager
def pool(jobs: int, backend: str | None = None, scheduler: str | None = None) -> Iterator[None]:
    """Choose where `each` runs its tasks.

    Parameters
    ----------
    jobs : int
        Number of worker processes on this machine; 1 is this process itself. A cluster has its own number.
    backend : str, optional
        Name of another backend registered with joblib, such as "dask".
    scheduler : str, optional
        Address of dask's scheduler, such as "tcp://localhost:8786".

    Raises
    ------
    InputError
        If there is no such backend or scheduler.
    """
    from joblib import parallel_config

    require_whole("jobs", jobs, least=1)
    if (backend == "dask") != (scheduler is not None):
        raise InputError(f"scheduler: expected an address with the backend dask alone, got {scheduler}; correct it")
    if backend is None:
        with parallel_config("loky", n_jobs=jobs, initializer=_live_with_the_parent, initargs=(os.getpid(),)):
            yield
    elif backend == "dask":
        with _dask_client(scheduler) as client, parallel_config("dask", n_jobs=-1, client=client):
            yield
    else:
        with _other(backend, jobs):
            yield


def each(
    function: Callable[..., R], tasks: Sequence[T], arguments: Callable[[T], tuple]
) -> Iterator[tuple[T, R | None]]:
    """Yield each task with `function(*arguments(task))` as it comes in; with None if the task kills its workers.

    `arguments` is called when the task's turn comes, so that what is large need not exist for all at once.

    Raises
    ------
    InputError
        If several tasks in a row killed their workers: then it is not the tasks that are at fault.
    """
    left, deaths, given_up = dict(enumerate(tasks)), Counter(), 0
    while left:
        suspect = next((number for number in left if deaths[number] == DEATHS - 1), None)
        numbers = list(left) if suspect is None else [suspect]
        running: set[int] = set()
        try:
            with closing(_results(function, {n: left[n] for n in numbers}, arguments, running)) as results:
                for number, result in results:
                    running.discard(number)
                    given_up = 0
                    yield left.pop(number), result
        except _worker_deaths() as error:
            deaths.update(running)
            if suspect is None or deaths[suspect] < DEATHS:
                continue
            given_up += 1
            if given_up == DEATHS:
                raise InputError(
                    f"workers: expected to live, got killed {DEATHS} times by each of {DEATHS} tasks in a row, "
                    f"last by {left[suspect]} ({type(error).__name__}); is there enough memory?"
                ) from None
            yield left.pop(suspect), None


def _results(
    function: Callable[..., R], tasks: dict[int, T], arguments: Callable[[T], tuple], running: set[int]
) -> Iterator[tuple[int, R]]:
    """Run tasks in one pool; `running` gets the number of each as it is handed out."""
    from joblib import Parallel, delayed

    def calls() -> Iterator[tuple]:
        for number, task in tasks.items():
            running.add(number)
            yield delayed(_numbered)(number, function, *arguments(task))

    results = Parallel(return_as="generator_unordered", batch_size=1)(calls())
    try:
        yield from results
    finally:
        with warnings.catch_warnings(action="ignore"):  # that tasks are dropped if one stops early
            results.close()


def _numbered(number: int, function: Callable[..., R], *arguments: object) -> tuple[int, R]:
    return number, function(*arguments)


def _live_with_the_parent(parent: int) -> None:
    """Leave Ctrl-C, which reaches all processes, to the parent, and end soon after it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _worker_deaths() -> tuple[type[Exception], ...]:
    from joblib.externals.loky import BrokenProcessPool

    try:
        from distributed import KilledWorker
    except ImportError:
        return (BrokenProcessPool,)
    return (BrokenProcessPool, KilledWorker)


@contextmanager
def _dask_client(scheduler: str) -> Iterator[object]:
    try:
        from distributed import Client
    except ImportError:
        raise InputError("backend: expected dask, which is absent; pip install 'wn_ref[cluster]'") from None
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError(f"scheduler: expected one at {scheduler}, got {type(error).__name__}; start it") from None
    with client:
        yield client


@contextmanager
def _other(backend: str, jobs: int) -> Iterator[None]:
    from joblib import parallel_config

    try:
        config = parallel_config(backend, n_jobs=jobs)
    except ValueError:
        raise InputError(f"backend: expected dask or one registered with joblib, got {backend!r}; correct it") from None
    with config:
        yield

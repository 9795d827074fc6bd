"""Run tasks on several workers through joblib: processes of this machine by default, or a cluster.

Results come in any order. If a worker is killed (by the system when memory runs out, for example), all workers of its
pool end with it, and a new pool runs the tasks that are left. A task that was running at two such ends is then run
alone; if its worker is killed again, the task itself is to blame: it is given up, and the others go on.
"""

from __future__ import annotations

import os
import pickle
import re
import signal
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from wn_ref.errors import InputError, StorageError, WorkerError, require_whole

Everywhere = Callable[..., object]
"""Calls a function with arguments on each machine of a cluster."""
T = TypeVar("T")
R = TypeVar("R")

DEATHS = 3
"""A task is given up after its worker was killed this many times, and all work after this many such tasks in a row."""

MOST = 1024
"""The largest number of worker processes."""


class WorkersWarning(UserWarning):
    """There are more worker processes than cores."""


@dataclass(frozen=True)
class Workers:
    """What runs tasks.

    Attributes
    ----------
    jobs : int
        Number of worker processes on this machine; 1 means this process itself. 0 becomes the number of cores that this
        process may use. A cluster has a number of its own.
    backend : str or None
        Name of another backend that is registered with joblib, such as "dask".
    scheduler : str or None
        Address of dask's scheduler, such as "tcp://localhost:8786".

    Raises
    ------
    InputError
        If `jobs` is not a whole number from 0 to 1024, or only one of dask and its scheduler is given.

    Warns
    -----
    WorkersWarning
        If there are more jobs than cores.
    """

    jobs: int = 1
    backend: str | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        jobs = require_whole("jobs", self.jobs, least=0, most=MOST)
        object.__setattr__(self, "jobs", jobs or _cores())
        if self.backend is None and jobs > 1 and jobs > (cores := _cores()):
            message = f"jobs: {jobs} workers for {cores} core{'s' * (cores > 1)}"
            warnings.warn(f"{message}; more workers than cores are not faster", WorkersWarning, stacklevel=4)
        if (self.backend == "dask") != (self.scheduler is not None):
            raise InputError(
                "scheduler: expected the address of a scheduler together with the backend 'dask', "
                f"got backend {self.backend!r} and scheduler {self.scheduler!r}; give both or neither"
            )

    @contextmanager
    def pool(self) -> Iterator[Everywhere]:
        """Make `run_tasks` use these workers as long as the context lasts.

        Yields
        ------
        callable
            Calls a function with arguments once on each machine of a cluster, and raises what it raises there. On this
            machine alone there is nothing to call.

        Raises
        ------
        InputError
            If there is no such backend or scheduler.
        """
        from joblib import parallel_config

        if self.scheduler is not None:
            with _dask_client(self.scheduler) as client, parallel_config("dask", n_jobs=-1, client=client):
                yield client.run
        elif self.backend is not None:
            with _other(self.backend, self.jobs):
                yield _nowhere
        else:
            with parallel_config("loky", n_jobs=self.jobs, initializer=_live_with_the_parent, initargs=(os.getpid(),)):
                yield _nowhere


def _nowhere(*_: object) -> None:
    pass


def _cores() -> int:
    """Return how many cores this process may use."""
    from joblib import cpu_count

    return int(cpu_count())


THIS_PROCESS = Workers()


def run_tasks(
    function: Callable[..., R], tasks: Sequence[T], arguments: Callable[[T], tuple]
) -> Generator[tuple[T, R | None], None, None]:
    """Run tasks on the workers of the current pool.

    Parameters
    ----------
    function : callable
        What to run in a worker.
    tasks : sequence
        What to run it for.
    arguments : callable
        Gives the arguments of `function` for a task. It is called when the task's turn comes, so that large arguments
        need not exist for all tasks at once.

    Yields
    ------
    task, result
        In the order in which results come in. The result is None if the task was given up.

    Raises
    ------
    WorkerError
        If several tasks in a row had to be given up: then it is not the tasks that are to blame.
    """
    left, given_up = dict(enumerate(tasks)), 0
    deaths: Counter[int] = Counter()
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
                raise WorkerError(
                    f"workers: expected results, got workers killed {DEATHS} times by each of {DEATHS} tasks in a "
                    f"row, the last one {left[suspect]} ({type(error).__name__}); is there enough memory?"
                ) from None
            yield left.pop(suspect), None


def _results(
    function: Callable[..., R], tasks: dict[int, T], arguments: Callable[[T], tuple], running: set[int]
) -> Generator[tuple[int, R], None, None]:
    """Run tasks in one pool, and yield (number, result); the number of each task is added to `running` as it starts."""
    from joblib import Parallel, delayed

    def calls() -> Iterator[Any]:
        for number, task in tasks.items():
            running.add(number)
            yield delayed(_numbered)(number, function, *arguments(task))

    results = Parallel(return_as="generator_unordered", batch_size=1)(calls())
    try:
        for result in results:  # noqa: UP028  # if the caller stops early, "yield from" would close them first
            yield result
    except pickle.PicklingError as error:  # joblib says so of whatever stops it from writing what a task needs
        if not (full := re.search(r"\[Errno (?:27|28|122)\] ([\w ]+)", str(error.__cause__))):
            raise
        expected = "workers: expected room for images in the folder for temporary files"
        raise StorageError(f"{expected}, got {full[1]}; make room, or set JOBLIB_TEMP_FOLDER") from None
    finally:
        with warnings.catch_warnings(action="ignore"):  # joblib warns of dropped tasks if the caller stops early
            results.close()


def _numbered(number: int, function: Callable[..., R], *arguments: object) -> tuple[int, R]:
    return number, function(*arguments)


def _live_with_the_parent(parent: int) -> None:
    """Let the parent alone react to Ctrl-C, which reaches all processes; end soon after the parent, however it ends."""
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
def _dask_client(scheduler: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "backend: expected dask to be installed, got no module 'distributed'; pip install 'wn_ref[cluster]'"
        ) from None
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError(
            f"scheduler: expected one at {scheduler}, got {type(error).__name__}; start it or correct the address"
        ) from None
    with client:
        yield client


@contextmanager
def _other(backend: str, jobs: int) -> Iterator[None]:
    from joblib import parallel_config
    from joblib.parallel import get_active_backend

    try:
        config = parallel_config(backend, n_jobs=jobs)
    except ValueError:
        raise InputError(
            f"backend: expected dask or a backend registered with joblib, got {backend!r}; correct it"
        ) from None
    with config:
        if not getattr(get_active_backend()[0], "supports_return_generator", False):
            raise InputError(
                f"backend: expected one that returns results as they come, got {backend!r}; use loky, the default"
            )
        yield

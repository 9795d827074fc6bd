"""BLAS on one core.

Parallelism is over experiments, never inside one; and a sum that is split over threads has other bits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, wraps
from types import TracebackType
from typing import ParamSpec, TypeVar

from threadpoolctl import OpenBLASController, ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")


class _OneThread(AbstractContextManager[None]):
    """BLAS has one thread while anything is in here.

    Its number of threads belongs to the process and not to a thread of it. So the first one in takes it down, and the
    last one out puts it back, in whatever order those between them come and go. Where BLAS works with OpenMP, each
    thread has a number of its own; so each takes it down, and puts it back.
    """

    def __init__(self) -> None:
        self._lock, self._inside, self._own = threading.Lock(), 0, threading.local()

    def __enter__(self) -> None:
        with self._lock, _in_control():
            of_threads = _controller().select(threading_layer="openmp").limit(limits=1)
            vars(self._own).setdefault("limited", []).append(of_threads)
            limited = _controller().limit(limits=1, user_api="blas")
            if self._inside == 0:
                self._first = limited
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock, _in_control():
            self._inside -= 1
            if self._inside == 0:
                self._first.restore_original_limits()
            self._own.limited.pop().restore_original_limits()


@contextmanager
def _in_control() -> Iterator[None]:
    """Let this thread change OpenBLAS: of threadpoolctl 3.8, whichever came first may, and others silently do not."""
    release = getattr(OpenBLASController, "clear_controlling_thread", None)
    if release is not None:
        release(force=True)
    try:
        yield
    finally:
        if release is not None:
            release(force=True)


_ONE_THREAD = _OneThread()


def one_blas_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function` so that BLAS has one thread while it runs."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _ONE_THREAD:
            return function(*args, **kwargs)

    return limited


def blas_version() -> str:
    """Name NumPy's BLAS library, with its version and the kind of processor for which it works; "" if not known."""
    loaded = [library for library in _controller().info() if library["user_api"] == "blas"]
    own = [library for library in loaded if "numpy" in library["filepath"]] or loaded  # SciPy may bring one of its own
    return (
        " ".join(str(own[0][fact]) for fact in ("internal_api", "version", "architecture") if fact in own[0])
        if own
        else ""
    )


@cache
def _controller() -> ThreadpoolController:
    """Look once for the BLAS libraries that are loaded, which takes longer than a training step."""
    return ThreadpoolController()

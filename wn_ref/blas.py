"""BLAS on one core.

Parallelism is over experiments, never inside one; and a sum that is split over threads has other bits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")


def one_blas_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function` so that BLAS has one thread while it runs."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _controller().limit(limits=1, user_api="blas"):
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

"""How the package computes: one decorator for every compiled loop, one for BLAS.

`cache=True`
    The machine code is kept on disk, so that only the first run on a machine compiles.
`fastmath`
    Sums may be reordered ("reassoc") and products fused into sums ("contract"), which is what lets a loop use
    the whole SIMD register; "nsz" lets -0 be 0. "nnan" and "ninf" are left out on purpose: infinities and NaNs
    must survive, because they are how a run that overflowed is found out.
`error_model="numpy"`
    x / 0 is inf, as in NumPy, and not an exception (whose test would break the loop).

Numba notices a change of the file that holds a kernel, not of one that it calls from elsewhere. So a kernel calls
only kernels of its own file.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

import numba
from threadpoolctl import ThreadpoolController

P, R = ParamSpec("P"), TypeVar("R")

kernel = numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")


def one_blas_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Give BLAS one thread while a function runs.

    Parallelism is over experiments, never inside one; and a sum that is split over threads has other bits.
    """

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()

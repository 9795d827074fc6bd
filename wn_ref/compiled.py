"""How the package compiles its loops: one decorator for all of them.

`cache=True`
    The machine code is kept on disk, so that only the first run on a machine compiles. Where nothing can be kept (a
    read-only installation, and no home folder), every process compiles for itself.
`fastmath`
    Sums may be reordered ("reassoc") and products fused into sums ("contract"); this is what lets a loop use the whole
    SIMD register. "nsz" lets -0 be 0. "nnan" and "ninf" are left out on purpose: infinities and NaNs must survive,
    because they are how an overflow is found.
`error_model="numpy"`
    x / 0 is inf, as in NumPy, and not an exception (the test for it would break the loop).

With the environment variable NUMBA_DISABLE_JIT=1 the decorator does nothing: every loop is plain Python then, and a
breakpoint can be set in it.

Numba notices when the file of a kernel changes, but not when a kernel changes that is called from another file.
Therefore a kernel calls only kernels of its own file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a loop nest over arrays with Numba, at its first call."""
    options = {"fastmath": {"reassoc", "contract", "nsz"}, "error_model": "numpy"}
    try:
        return numba.njit(function, cache=True, **options)
    except RuntimeError:  # Numba found no folder in which it may keep machine code
        return numba.njit(function, **options)

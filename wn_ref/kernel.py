"""How every compiled loop of this package is compiled: one decorator, one place.

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

import numba

kernel = numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")

"""Noise levels that are the same but for rounding.

The same grid, computed in two ways or read from a file, has levels such as 0.215443469003 and 0.21544346900318834.
Levels that agree to 12 significant digits are one level, everywhere in this package.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wn_ref.fits.inputs import numbers

SAME = 1e-11
"""Levels that differ by no more than this fraction are the same."""


def merge_levels(sigma: npt.ArrayLike) -> np.ndarray:
    """Replace each noise level by the smallest one that agrees with it to 12 significant digits.

    Parameters
    ----------
    sigma : array_like
        Noise levels, (n,), in any order.

    Returns
    -------
    np.ndarray
        (n,), in the same order; levels that are the same are now equal.

    Raises
    ------
    InputError
        If a level is masked, a text, missing or not finite.

    Examples
    --------
    >>> merge_levels([0.21544346900318834, 1.0, 0.215443469003]).tolist()
    [0.215443469003, 1.0, 0.215443469003]
    """
    values = numbers("sigma", sigma)
    different, where = np.unique(values, return_inverse=True)
    merged = different.copy()
    for i in range(1, len(different)):
        if different[i] - merged[i - 1] <= SAME * abs(different[i]):
            merged[i] = merged[i - 1]
    return merged[where.reshape(values.shape)]

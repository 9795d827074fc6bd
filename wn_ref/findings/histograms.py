"""Histograms of activations with and without noise, at every injection point (left column of Figure 4).

Both networks are one network on the same images; the edges of a point's bins are the same for both. On a linear axis
they run from the smallest to the largest value of the two. On a logarithmic axis |x| is counted, in bins of equal width
in log10 |x|; exact zeros, which ReLU makes many of, are on no logarithmic axis and counted apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.network import Network
from wn_ref.noise import Noise

if TYPE_CHECKING:
    import pandas

SCALES = ("linear", "log")


def histogram_pair(
    quiet: np.ndarray, noisy: np.ndarray, bins: int = 100, scale: str = "linear"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count two arrays in the same bins.

    Parameters
    ----------
    quiet, noisy : np.ndarray
        Activations without and with noise, of any shape.
    bins : int
        Their number.
    scale : "linear" or "log"
        Of x, or of |x| without zeros.

    Returns
    -------
    edges, quiet, noisy : np.ndarray
        (bins + 1,) ascending, and two of counts (bins,). The last bin includes its upper edge.

    Raises
    ------
    InputError
        If a value is not finite.
    """
    require_choice("scale", scale, SCALES)
    require_whole("bins", bins, least=1)
    values = [np.ravel(part).astype(np.float64) for part in (quiet, noisy)]
    for name, part in zip(("quiet", "noisy"), values):
        if not part.size or not np.isfinite(part).all():
            raise InputError(f"{name}: expected finite numbers, got {part.size} with others; use less noise")
    if scale == "log":
        values = [np.log10(np.abs(part[part != 0])) for part in values]
    every = np.concatenate(values) if sum(map(len, values)) else np.zeros(1)
    low, high = every.min(), every.max()
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):  # one value only
        low, high = low - 0.5 * max(abs(low), 1.0), high + 0.5 * max(abs(high), 1.0)
    edges = np.linspace(low, high, bins + 1)
    counts = [np.histogram(part, edges)[0] for part in values]
    return (10.0**edges if scale == "log" else edges, *counts)


def activation_histograms(
    network: Network,
    x: np.ndarray,
    noise: Noise,
    point: int | str,
    bins: int = 100,
    scale: str = "linear",
    seed: int = 0,
    step: int = 0,
) -> pandas.DataFrame:
    """Count the activations of a batch at every point, without noise and with noise at `point`.

    Parameters
    ----------
    network, x, noise, point, seed, step
        As for `Network.forward`.
    bins, scale
        As for `histogram_pair`.

    Returns
    -------
    pandas.DataFrame
        A row a bin: point, name, noisy (whether noise is injected at this point or ahead of it), low and high (edges),
        quiet and with_noise (counts); quiet_zeros and noise_zeros (exact zeros of the point, the same in all its rows:
        they are in the bins if the scale is linear, and in none if it is logarithmic).
    """
    import pandas

    without = [y.copy() for _, y in network.activations(x)]
    tables, seen = [], False
    for number, (name, y) in enumerate(network.activations(x, False, noise, point, seed, step)):
        seen = seen or not np.array_equal(y, without[number])
        edges, quiet, with_noise = histogram_pair(without[number], y, bins, scale)
        columns = {"point": number, "name": name, "noisy": seen, "low": edges[:-1], "high": edges[1:]}
        columns |= {"quiet": quiet, "with_noise": with_noise}
        columns |= {"quiet_zeros": int(np.sum(without[number] == 0)), "noise_zeros": int(np.sum(y == 0))}
        tables.append(pandas.DataFrame(columns))
    return pandas.concat(tables, ignore_index=True)

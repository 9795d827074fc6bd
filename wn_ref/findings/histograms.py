"""Histograms of activations with and without noise, at every injection point (left column of Figure 4).

The same network sees the same images twice, and both histograms of a point have the same bins. On the scale "linear"
the bins go from the smallest to the largest of all values. On the scale "log" it is |x| that is counted, in bins of
equal width in log10 |x|. Exact zeros, of which ReLU makes many, have no place on a logarithmic axis and are counted
apart.
"""

from __future__ import annotations

import numpy as np

from wn_ref.arrays import unmasked
from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.injection import Injection
from wn_ref.lazy import pandas
from wn_ref.network import Network

SCALES = ("linear", "log")


def histogram_pair(
    quiet: np.ndarray, noisy: np.ndarray, bins: int = 100, scale: str = "linear"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make histograms of two arrays with the same bins.

    Parameters
    ----------
    quiet, noisy : np.ndarray
        Activations without and with noise, of any shape.
    bins : int
        The number of bins.
    scale : "linear" or "log"
        Whether x is counted, or |x| without zeros in logarithmic bins.

    Returns
    -------
    edges : np.ndarray
        Edges of the bins, ascending, (bins + 1,). The last bin includes its upper edge.
    quiet, noisy : np.ndarray
        Counts, (bins,).

    Raises
    ------
    InputError
        If an array is empty, masked, or has a value that is not finite, or edges are beyond the range of a float64.

    Examples
    --------
    >>> edges, quiet, noisy = histogram_pair(np.array([0.0, 1.0, 1.5]), np.array([-4.0, 3.0, 4.0]), bins=4)
    >>> edges.tolist(), quiet.tolist(), noisy.tolist()
    ([-4.0, -2.0, 0.0, 2.0, 4.0], [0, 0, 3, 0], [1, 0, 0, 2])
    """
    require_choice("scale", scale, SCALES)
    require_whole("bins", bins, least=1)
    values = [np.ravel(unmasked(name, part, np.float64)) for name, part in (("quiet", quiet), ("noisy", noisy))]
    for name, part in zip(("quiet", "noisy"), values):
        if not part.size:
            raise InputError(f"{name}: expected finite numbers, got an empty array; run the network on some images")
        if bad := int(np.sum(~np.isfinite(part))):
            raise InputError(f"{name}: expected finite numbers, got {bad} of {part.size} that are not; use less noise")
    if scale == "log":
        values = [np.log10(np.abs(part[part != 0])) for part in values]
    every = np.concatenate(values) if sum(map(len, values)) else np.zeros(1)
    low, high = every.min(), every.max()
    with np.errstate(over="ignore", invalid="ignore"):  # looked for below
        if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):  # all values are the same
            low, high = low - 0.5 * max(abs(low), 1.0), high + 0.5 * max(abs(high), 1.0)
        edges = np.linspace(low, high, bins + 1)
        shown = 10.0**edges if scale == "log" else edges
    if not np.isfinite(shown).all():
        got = f"{min(map(np.min, (quiet, noisy)))} to {max(map(np.max, (quiet, noisy)))}"
        raise InputError(f"quiet, noisy: expected a range that a float64 can have, got {got}; scale them down")
    counts_quiet, counts_noisy = (np.histogram(part, edges)[0] for part in values)
    return shown, counts_quiet, counts_noisy


def activation_histograms(
    network: Network,
    x: np.ndarray,
    injection: Injection,
    bins: int = 100,
    scale: str = "linear",
) -> pandas.DataFrame:
    """Make histograms of the activations of one batch at every injection point, without noise and with it.

    Parameters
    ----------
    network, x
        As for `Network.forward`.
    injection : Injection
        The noise and where it is injected.
    bins, scale
        As for `histogram_pair`.

    Returns
    -------
    pandas.DataFrame
        One row per bin: point, name, noisy (whether noise is injected at this point or at one before it), low and high
        (edges), quiet and with_noise (counts), quiet_zeros and noise_zeros (exact zeros at this point, the same number
        in all its rows; the bins include them only if the scale is "linear").

    Examples
    --------
    >>> from wn_ref import build_model, load_dataset, multiplicative
    >>> data = load_dataset("digits")
    >>> network, x = build_model("mlp", data.shape), data.batch(data.test_images, np.arange(100))
    >>> table = activation_histograms(network, x, Injection(multiplicative(1e10), point=4), bins=60, scale="log")
    >>> table.groupby("name", sort=False)["noisy"].first().head(6).tolist()
    [False, False, False, False, True, True]
    """
    without = [y.copy() for _, y in network.activations(x)]
    tables, seen = [], False
    for number, (name, y) in enumerate(network.activations(x, injection=injection)):
        seen = seen or not np.array_equal(y, without[number])
        edges, quiet, with_noise = histogram_pair(without[number], y, bins, scale)
        columns = {"point": number, "name": name, "noisy": seen, "low": edges[:-1], "high": edges[1:]}
        columns |= {"quiet": quiet, "with_noise": with_noise}
        columns |= {"quiet_zeros": int(np.sum(without[number] == 0)), "noise_zeros": int(np.sum(y == 0))}
        tables.append(pandas.DataFrame(columns))
    return pandas.concat(tables, ignore_index=True)

"""Self-binarization: does a layer's activation carry more than "about zero" and "large"? (section 6.1, Figure 4)

    quantise    y -> 0 where |y| <= t, else the mean of all y > t or of all y < -t: two peaks, or three
    index       eta = 1 - (variance within peaks) / (variance), the best split into peaks: Otsu's criterion [1]_

Under multiplicative noise of sigma 1e10 an activation keeps nothing of its value but its size, roughly. A network that
still classifies must have learned to put its activations into such peaks, and then `quantise` does it no harm.

eta is 1 if every value sits on one of the peaks. It is not 0 for shapeless data: with two and three peaks a uniform
distribution has 3/4 and 8/9, a normal one 2/pi = 0.637 and 0.810; the size of a normal 0.677 with two. Compare with
these, or with a network trained without noise. The noise is symmetric, so what it leaves of an activation is its size,
and the index of a layer is that of |y|.

References
----------
.. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. Syst. Man Cybern. 9, 1979.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wn_ref.datasets import Dataset
from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.kernel import one_blas_thread
from wn_ref.network import Network
from wn_ref.noise import Noise
from wn_ref.random import EVALUATION

if TYPE_CHECKING:
    import pandas

THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2, 1.5)
SIDES = ("after", "before")
BINS = 1024
BATCH = 1000


def quantise(activation: np.ndarray, threshold: float) -> None:
    """Put an activation on two or three peaks, in place: 0, the mean of what is above t, of what is below -t.

    Parameters
    ----------
    activation : np.ndarray
        Of any shape.
    threshold : float
        t in units of the activation's standard deviation, > 0.
    """
    if not 0 < threshold < np.inf:
        raise InputError(f"threshold: expected a positive number of standard deviations, got {threshold}; try 0.5")
    t = threshold * activation.std(dtype=np.float64)
    above, below = activation > t, activation < -t
    peaks = [activation[side].mean(dtype=np.float64) if side.any() else 0.0 for side in (above, below)]
    activation[...] = np.where(above, peaks[0], np.where(below, peaks[1], 0.0))


def binary_index(activation: np.ndarray, peaks: int = 2) -> float:
    """eta, how well an activation is described by two or three values, 0 to 1; see the module's head.

    Parameters
    ----------
    activation : np.ndarray
        Of any shape; if it holds more than 1,024 different values, thresholds are sought on a grid of so many bins.
    peaks : 2 or 3
        How many.

    Returns
    -------
    float
        1 for a constant activation.
    """
    if peaks not in (2, 3):
        raise InputError(f"peaks: expected 2 or 3, got {peaks!r}; choose one")
    counts, sums, squares = _bins(np.ravel(activation).astype(np.float64))
    n, s = np.cumsum(counts), np.cumsum(sums)
    total = squares - s[-1] ** 2 / n[-1]
    if total <= 1e-12 * squares:
        return 1.0
    if peaks == 2:
        between = _between(n, s) + _between(n[-1] - n, s[-1] - s)
    else:  # thresholds behind bin i and behind bin j
        middle = _between(np.abs(n[None] - n[:, None]), s[None] - s[:, None])
        between = _between(n, s)[:, None] + middle + _between(n[-1] - n, s[-1] - s)[None]
        between = np.where(n[:, None] <= n[None], between, 0)
    return float(min((between.max() - s[-1] ** 2 / n[-1]) / total, 1.0))


def quantised_logits(
    network: Network,
    x: np.ndarray,
    layer: int,
    threshold: float | None,
    noise: Noise | None = None,
    point: int = 0,
    seed: int = 0,
    step: int = 0,
    side: str = "after",
) -> np.ndarray:
    """Run a network with noise at one point and one activation quantised.

    Parameters
    ----------
    network, x, noise, point, seed, step
        As for `Network.forward`; the network does not train.
    layer : int
        The injection point whose activation is quantised.
    threshold : float or None
        As for `quantise`; None leaves the activation as it is.
    side : "after" or "before"
        Which activation, if `layer` is `point`: the noisy one, which later layers decode (as in Figure 4), or the one
        that the layer hands to the noise, which is the network's own code.

    Returns
    -------
    np.ndarray
        Logits, (classes, batch).
    """
    require_choice("side", side, SIDES)
    if not 0 <= layer < len(network.points):
        raise InputError(f"layer: expected 0 to {len(network.points) - 1}, got {layer}; choose an injection point")
    late = side == "before" and layer == point  # noise has to wait for the quantisation
    for name, y in network.activations(x.copy(), False, None if late else noise, point, seed, step):
        if name == network.points[layer]:
            if threshold is not None:
                quantise(y, threshold)
            if late and noise is not None:
                noise.inject(y, seed, point, step)
    return y.copy()


@one_blas_thread
def quantised_accuracy(
    network: Network,
    data: Dataset,
    layer: int,
    noise: Noise | None = None,
    point: int = 0,
    side: str = "after",
    repetitions: int = 3,
    calibration: int = 4000,
    seed: int = 0,
) -> dict[str, float]:
    """Accuracy with and without one activation quantised.

    The threshold is the one of `THRESHOLDS` with the highest accuracy on `calibration` training images;
    accuracies are of the test part, over several repetitions of the noise.

    Parameters
    ----------
    network, layer, noise, point, side, seed
        As for `quantised_logits`.

    Returns
    -------
    dict
        accuracy (as it is), quantised (accuracy), threshold (in standard deviations).
    """
    require_whole("repetitions", repetitions, least=1)
    settings = {"noise": noise, "point": point, "seed": seed, "side": side}

    def share(images: np.ndarray, labels: np.ndarray, threshold: float | None, repeat: int) -> float:
        hits, batches = 0, math.ceil(len(labels) / BATCH)
        for number in range(batches):
            part = np.arange(number, len(labels), batches)  # from everywhere: peaks are those of all classes
            x, step = data.batch(images, part, network.dtype), EVALUATION + repeat * batches + number
            logits = quantised_logits(network, x, layer, threshold, step=step, **settings)
            hits += int(np.sum(logits.argmax(axis=0) == labels[part]))
        return hits / len(labels)

    some = _spread(len(data.train_labels), calibration)
    training = data.train_images[some], data.train_labels[some]
    threshold = max(THRESHOLDS, key=lambda t: share(*training, t, repetitions))
    test = data.test_images, data.test_labels
    plain, quantised = (np.mean([share(*test, t, k) for k in range(repetitions)]) for t in (None, threshold))
    return {"accuracy": float(plain), "quantised": float(quantised), "threshold": threshold}


@one_blas_thread
def by_layer(
    network: Network,
    data: Dataset,
    noise: Noise,
    point: int,
    side: str = "after",
    seed: int = 0,
    layers: Sequence[int] | None = None,
    **settings: int,
) -> pandas.DataFrame:
    """Quantise one layer after the other: the right column of Figure 4.

    Parameters
    ----------
    network, data, noise, point, side, seed, **settings
        As for `quantised_accuracy`.
    layers : sequence of int, optional
        The injection points that are quantised; all of them by default.

    Returns
    -------
    pandas.DataFrame
        A row a layer: point, name, noisy (whether noise is injected there), accuracy, quantised, threshold (as of
        `quantised_accuracy`), index (`binary_index` of the activation's size |y|, ahead of its own noise).
    """
    import pandas

    x = data.batch(data.test_images, _spread(len(data.test_labels), BATCH), network.dtype)
    quiet = {name: y.copy() for name, y in network.activations(x)}
    noisy = {name: y.copy() for name, y in network.activations(x, False, noise, point, seed, EVALUATION)}
    rows = []
    for number in range(len(network.points)) if layers is None else layers:
        name = network.points[number]
        activation = noisy[name] if number > point else quiet[name]
        row = {"point": number, "name": name, "noisy": number == point}
        row |= quantised_accuracy(network, data, number, noise, point, side, seed=seed, **settings)
        rows.append(row | {"index": binary_index(np.abs(activation))})
    return pandas.DataFrame(rows)


def _spread(size: int, count: int) -> np.ndarray:
    """`count` indices from 0 to size - 1, evenly spread; all of them if there are no more."""
    return np.linspace(0, size - 1, min(count, size)).astype(np.int64)


def _bins(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Number and sum of the values in each bin, in order, and the sum of all squares; scaled lest squares overflow."""
    if not values.size or not np.isfinite(values).all():
        raise InputError(f"activation: expected finite numbers, got shape {values.shape} with others; leave those out")
    values = values / max(np.abs(values).max(), 1e-300)
    distinct, place = np.unique(values, return_inverse=True)
    if len(distinct) > BINS:
        edges = np.linspace(distinct[0], distinct[-1], BINS + 1)
        place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, BINS - 1)
    return np.bincount(place), np.bincount(place, values), float(values @ values)


def _between(n: np.ndarray, s: np.ndarray) -> np.ndarray:
    """n m^2 of classes of n values with sum s and mean m; 0 for an empty class."""
    return s**2 / np.maximum(n, 1)

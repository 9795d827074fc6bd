"""Self-binarization: does a layer's activation carry more than "about zero" and "large"? (section 6.1, Figure 4)

Multiplicative noise of sigma = 1e10 destroys everything about an activation but its rough size. A network that still
classifies correctly must have learned activations with two or three peaks, and then replacing every activation by its
peak (`wn_ref.findings.peaks.quantise`) does the accuracy no harm.

The noise is symmetric and removes the sign, so the index of a layer is that of |y| (`wn_ref.findings.peaks`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wn_ref.blas import one_blas_thread
from wn_ref.datasets import Dataset
from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.findings.peaks import binary_index, quantise
from wn_ref.injection import Injection, write_noise
from wn_ref.lazy import pandas
from wn_ref.loss import require_logits
from wn_ref.network import Network
from wn_ref.overflow import in_forward
from wn_ref.random import CALIBRATION, EVALUATION, Stream

THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2, 1.5)
SIDES = ("after", "before")
BATCH = 1000


def quantised_logits(
    network: Network,
    x: np.ndarray,
    layer: int,
    threshold: float | None,
    injection: Injection | None = None,
    side: str = "after",
) -> np.ndarray:
    """Run a network with noise and with one activation quantised.

    Parameters
    ----------
    network : Network
        It is only evaluated.
    x : np.ndarray
        Images, as for `Network.forward`.
    layer : int
        Number of the injection point whose activation is quantised.
    threshold : float or None
        As for `quantise`; None leaves the activation as it is.
    injection : Injection, optional
        The noise and where it is injected; no noise by default.
    side : "after" or "before"
        Which activation is quantised if noise is injected at `layer`: the noisy one that the next layer receives (as in
        Figure 4), or the one before the noise, which is the code that the network has learned.

    Returns
    -------
    np.ndarray
        Logits, (classes, batch).

    Raises
    ------
    InputError
        If there is no such injection point, or `side` is "before" and noise is injected at several points.
    OverflowStop
        If the activation that is to be quantised is not finite.
    """
    for _, y in _activations(network, x, layer, threshold, injection, side):
        logits = y
    return logits.copy()


def _activations(
    network: Network, x: np.ndarray, layer: int, threshold: float | None, injection: Injection | None, side: str
) -> Iterator[tuple[str, np.ndarray]]:
    """Run a network as `quantised_logits` does, and yield what leaves each injection point, as `activations` does."""
    require_choice("side", side, SIDES)
    layer = require_whole("layer", layer, least=0)
    if not 0 <= layer < len(network.points):
        raise InputError(f"layer: expected 0 to {len(network.points) - 1}, got {layer}; choose an injection point")
    injection = injection or Injection()
    late = None  # noise that has to wait for the quantisation
    if side == "before" and injection.noise is not None and _only_point(network, injection) == layer:
        late, injection = injection.noise, replace(injection, noise=None)
        executions = network.injection_points.executions(layer, injection.executions)[layer]
    for name, y in network.activations(x.copy(), injection=injection):
        if name == network.points[layer]:
            if threshold is not None:
                if not np.isfinite(y).all():
                    noisy = injection.noise is not None
                    raise in_forward("the activation that is to be quantised", [(name, y)], noisy)
                quantise(y, threshold)
            if late is not None:
                write_noise(late, y, Stream(injection.seed, layer, injection.step), executions)
        yield name, y


@one_blas_thread
@np.errstate(over="ignore", invalid="ignore")  # looked for after every batch
def quantised_accuracy(
    network: Network,
    data: Dataset,
    layer: int,
    injection: Injection | None = None,
    side: str = "after",
    repetitions: int = 3,
    calibration: int = 4000,
) -> dict[str, float]:
    """Accuracy with and without one activation quantised.

    The threshold is the one of `THRESHOLDS` with the highest accuracy on some training images, under noise of its own.
    Accuracies are those of the test part, averaged over several repetitions of the noise.

    Parameters
    ----------
    network, layer, side
        As for `quantised_logits`.
    data : Dataset
        Training images choose the threshold, test images give the accuracies.
    injection : Injection, optional
        As for `quantised_logits`; its step is chosen here, so that every batch gets new noise.
    repetitions : int
        How many times the test images are evaluated, each time with new noise.
    calibration : int
        The number of training images.

    Returns
    -------
    dict
        accuracy (nothing quantised), quantised (accuracy with the activation quantised), and threshold (in standard
        deviations of the activation).

    Raises
    ------
    InputError
        If there is no repetition, no training image, or the network has not as many logits as the data set has classes.
    OverflowStop
        If the activation that is to be quantised or a logit is not finite.
    """
    require_whole("repetitions", repetitions, least=1)
    require_whole("calibration", calibration, least=1)
    injected = injection or Injection()

    def share(images: np.ndarray, labels: np.ndarray, threshold: float | None, start: int, repeat: int = 0) -> float:
        hits, batches = 0, math.ceil(len(labels) / BATCH)
        for number in range(batches):
            part = np.arange(number, len(labels), batches)  # spread over all images, so that every class is in it
            x = data.batch(images, part, network.dtype)
            here = replace(injected, step=start + repeat * batches + number)
            logits = quantised_logits(network, x, layer, threshold, here, side)
            require_logits(logits, len(data.classes), len(part))
            if not np.isfinite(logits).all():
                again = _activations(network, x, layer, threshold, here, side)
                raise in_forward(f"evaluation, batch {number}", again, here.noise is not None)
            hits += int(np.sum(logits.argmax(axis=0) == labels[part]))
        return hits / len(labels)

    some = _spread(len(data.train_labels), calibration)
    training = data.train_images[some], data.train_labels[some]
    threshold = max(THRESHOLDS, key=lambda t: share(*training, t, CALIBRATION))
    test = data.test_images, data.test_labels
    plain, quantised = (
        np.mean([share(*test, t, EVALUATION, k) for k in range(repetitions)]) for t in (None, threshold)
    )
    return {"accuracy": float(plain), "quantised": float(quantised), "threshold": threshold}


@one_blas_thread
@np.errstate(over="ignore", invalid="ignore")  # looked for in `quantised_accuracy` and `binary_index`
def by_layer(
    network: Network,
    data: Dataset,
    injection: Injection,
    side: str = "after",
    layers: Sequence[int] | None = None,
    **settings: Any,
) -> pandas.DataFrame:
    """Quantise one layer at a time: the right column of Figure 4.

    Parameters
    ----------
    network, data, side, **settings
        As for `quantised_accuracy`.
    injection : Injection
        As for `quantised_accuracy`, with noise at one injection point.
    layers : sequence of int, optional
        Numbers of the injection points that are quantised; all of them by default.

    Returns
    -------
    pandas.DataFrame
        One row per layer: point, name, noisy (whether noise is injected there), accuracy, quantised, threshold (see
        `quantised_accuracy`), and index (`binary_index` of |y| before the layer's own noise).

    Raises
    ------
    InputError, OverflowStop
        As `quantised_accuracy` and `binary_index`; or if noise is injected at several points.

    Examples
    --------
    >>> from wn_ref import build_model, load_dataset, multiplicative
    >>> data = load_dataset("mnist_sample")
    >>> network = build_model("mlp", data.shape, batchnorm=True)
    >>> injection = Injection(multiplicative(1e10), point=7)
    >>> table = by_layer(network, data, injection, layers=[6, 7], repetitions=1, calibration=50)
    >>> table[["name", "noisy"]].to_numpy().tolist()
    [['relu2', False], ['dense3', True]]
    """
    point = _only_point(network, injection)
    x = data.batch(data.test_images, _spread(len(data.test_labels), BATCH), network.dtype)
    quiet = {name: y.copy() for name, y in network.activations(x)}
    noisy = {name: y.copy() for name, y in network.activations(x, injection=replace(injection, step=EVALUATION))}
    rows = []
    for number in range(len(network.points)) if layers is None else layers:
        found = quantised_accuracy(network, data, number, injection, side, **settings)
        name = network.points[number]
        activation = noisy[name] if number > point else quiet[name]
        row = {"point": number, "name": name, "noisy": number == point}
        rows.append(row | found | {"index": binary_index(np.abs(activation))})
    return pandas.DataFrame(rows)


def _only_point(network: Network, injection: Injection) -> int:
    """The number of the one point where noise is injected; raise `InputError` if there are several."""
    where = network.injection_points.numbers(injection.point)
    if len(where) != 1:
        raise InputError(f"point: expected the number of one injection point, got {injection.point!r}; choose one")
    return where[0]


def _spread(size: int, count: int) -> np.ndarray:
    """`count` indices from 0 to size - 1, evenly spread; all indices if there are not more."""
    return np.linspace(0, size - 1, min(count, size)).astype(np.int64)

"""Train one network, and evaluate it.

Training is that of the paper's runs: Adam (or SGD) on the mean cross-entropy of batches of 128, in a new random order
in every epoch, with a learning rate that a cosine lowers after every epoch, and with noise in the forward pass.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from wn_ref import overflow
from wn_ref.blas import one_blas_thread
from wn_ref.datasets import Dataset
from wn_ref.errors import InputError, require_choice, require_flag, require_number, require_type, require_whole
from wn_ref.injection import GLOBAL, Injection
from wn_ref.loss import CrossEntropy, require_logits
from wn_ref.network import Network
from wn_ref.noise import Noise
from wn_ref.optim import SGD, Adam, clamp_weights, cosine
from wn_ref.random import EVALUATION
from wn_ref.steps import evaluation_step, image_order

OPTIMIZERS = ("adam", "sgd")
SCHEDULES = ("cosine", "constant")

SETTINGS: dict[str, Callable[[str, object], Any]] = {
    "epochs": partial(require_whole, least=1),
    "seed": partial(require_whole, least=0, most=2**64 - 1),
    "batch_size": partial(require_whole, least=1),
    "learning_rate": partial(require_number, expected="a positive number", least=math.ulp(0)),
    "optimizer": partial(require_choice, choices=OPTIMIZERS),
    "momentum": partial(require_number, expected="0 <= momentum < 1", least=0, below=1),
    "schedule": partial(require_choice, choices=SCHEDULES),
    "clamp": require_flag,
    "augment": require_flag,
}
"""How a network is trained: for each setting the function that checks it.

The function takes the setting's name and its value, and returns the value as a type of Python itself, so that equal
settings give equal bits. It raises `InputError` if the value cannot be used.
"""


@dataclass(frozen=True)
class Epoch:
    """The outcome of one epoch of training.

    Attributes
    ----------
    loss : float
        Mean cross-entropy over the epoch's batches, noise included, in nats.
    accuracy : float
        Share of the test part that is classified correctly at the epoch's end, 0 to 1, under the noise of the training.
    """

    loss: float
    accuracy: float


@one_blas_thread
@np.errstate(over="ignore", invalid="ignore")  # looked for after every step
def train(
    network: Network,
    data: Dataset,
    epochs: int = 5,
    noise: Noise | None = None,
    point: int | str = GLOBAL,
    seed: int = 0,
    batch_size: int = 128,
    learning_rate: float = 1e-3,
    optimizer: str = "adam",
    momentum: float = 0.0,
    schedule: str = "cosine",
    clamp: bool = False,
    augment: bool = True,
    on_epoch: Callable[[Epoch], None] | None = None,
    on_step: Callable[[float], None] | None = None,
) -> list[Epoch]:
    """Train a network in place.

    Parameters
    ----------
    network : Network
        Changed in place.
    data : Dataset
        The network learns from its training part, and is measured on its test part after every epoch.
    epochs : int
        How often training goes through the training part.
    noise : Noise, optional
        Injected in every forward pass, at `point` ("global", "all", a number or a name); none by default.
    seed : int
        Decides the order of the images, the crops and flips of augmented ones, and the noise.
    batch_size : int
        The last batch of an epoch may be smaller.
    learning_rate : float
        The learning rate of the first epoch.
    optimizer : "adam" or "sgd"
        How weights move; `momentum` is that of SGD; Adam has its own and does not use it.
    schedule : "cosine" or "constant"
        How the learning rate changes from epoch to epoch.
    clamp : bool
        Whether weights are clipped to [-1, 1] after every step (section 5).
    augment : bool
        Whether training images are cropped and flipped at random, if their data set asks for it (`Dataset.padding`).
    on_epoch : callable, optional
        Called with each `Epoch` as it ends.
    on_step : callable, optional
        Called with the loss of each step, in nats, once the weights have moved: with ``losses = []``,
        ``on_step=losses.append`` keeps them all.

    Returns
    -------
    list of Epoch
        One `Epoch` for each epoch.

    Raises
    ------
    InputError
        If an argument is out of its range, there are more than 2^31 steps (the noise of those beyond
        is that of evaluations), or the last batch would be a single image, on which batch norm cannot train.
    OverflowStop
        If the loss, a parameter or the optimiser's memory is no longer finite; the message says where and when.

    Examples
    --------
    >>> import wn_ref as wn
    >>> data = wn.load_dataset("digits")
    >>> net = wn.build_model("mlp", data.shape, len(data.classes))
    >>> history = wn.train(net, data, epochs=10, noise=wn.additive(0.5), point=4)
    >>> len(history), history[-1].accuracy > 0.8
    (10, True)
    """
    _check_objects(network, data)
    for name, called in (("on_epoch", on_epoch), ("on_step", on_step)):
        if called is not None and not callable(called):
            raise InputError(f"{name}: expected a function or None, got {called!r}; leave it out")
    epochs, seed, batch_size = _checked(epochs=epochs, seed=seed, batch_size=batch_size)
    learning_rate, optimizer, momentum, schedule, clamp, augment = _checked(
        learning_rate=learning_rate,
        optimizer=optimizer,
        momentum=momentum,
        schedule=schedule,
        clamp=clamp,
        augment=augment,
    )
    steps = math.ceil(len(data.train_labels) / batch_size)
    if epochs * steps > EVALUATION:
        expected = f"at most {EVALUATION // steps}, so that no step has the noise of an evaluation (2^31 steps)"
        raise InputError(f"epochs: expected {expected}, got {epochs}; choose fewer epochs or larger batches")
    if len(data.train_labels) % batch_size == 1 or batch_size == 1:  # tried now, and not at the end of the first epoch
        alone = data.batch(data.train_images, np.zeros(1, np.int64), network.dtype)
        copy.deepcopy(network).forward(alone, training=True)
    optimiser = SGD(network.theta, momentum) if optimizer == "sgd" else Adam(network.theta)
    cross_entropy = CrossEntropy(len(data.classes), data.class_weights)
    batches = data.batches(data.train_images, network.dtype)
    history: list[Epoch] = []
    step = 0
    for epoch in range(epochs):
        rate = cosine(learning_rate, epoch, epochs) if schedule == "cosine" else learning_rate
        losses = []
        order = image_order(len(data.train_labels), seed, epoch)
        augmentation = data.augmentation(seed, epoch) if augment else None
        for indices in _batches(order, batch_size):
            x = batches.take(indices, augmentation)
            logits = network.forward(x, True, noise, point, seed, step, overwrite_x=True)
            loss, dlogits = cross_entropy(logits, data.train_labels[indices])
            if not math.isfinite(loss):
                x = batches.take(indices, augmentation)
                again = network.activations(x, True, Injection(noise, point, seed, step))
                raise overflow.in_forward(f"epoch {epoch + 1}, step {step}", again, noise is not None)
            network.backward(dlogits)
            finite = optimiser.step(network.dtheta, rate)
            if clamp:
                clamp_weights(network)
            if not finite:
                raise overflow.in_backward(f"epoch {epoch + 1}, step {step}", network.gradients, noise is not None)
            losses.append(loss)
            step += 1
            if on_step is not None:
                on_step(loss)
        accuracy = evaluate(network, data, noise, point, seed, batch_size, repetition=epoch)
        history.append(Epoch(loss=float(np.mean(losses)), accuracy=accuracy))
        if on_epoch is not None:
            on_epoch(history[-1])
    return history


@one_blas_thread
@np.errstate(over="ignore", invalid="ignore")  # looked for after every batch
def evaluate(
    network: Network,
    data: Dataset,
    noise: Noise | None = None,
    point: int | str = GLOBAL,
    seed: int = 0,
    batch_size: int = 128,
    repetition: int = 0,
    executions: Sequence[int] | None = None,
) -> float:
    """Measure the share of the test part that a network classifies correctly, 0 to 1.

    Parameters
    ----------
    network, data, noise, point, seed, batch_size
        As for `train`.
    repetition : int
        The number of the repetition; every repetition meets new noise.
    executions : sequence of int, optional
        How often the noise is applied at each noisy point, to be averaged (section 8); once by default.

    Raises
    ------
    InputError
        If an argument is out of its range, or the network has not as many logits as the data set has classes.
    OverflowStop
        If a logit is not finite.

    Examples
    --------
    >>> import wn_ref as wn
    >>> data = wn.load_dataset("digits")
    >>> untrained = wn.build_model("mlp", data.shape, len(data.classes))
    >>> 0 <= wn.evaluate(untrained, data, noise=wn.additive(0.5)) < 0.4
    True
    """
    _check_objects(network, data)
    seed, batch_size = _checked(seed=seed, batch_size=batch_size)
    repetition = require_whole("repetition", repetition, least=0)
    correct, batches = 0, data.batches(data.test_images, network.dtype)
    steps = math.ceil(len(data.test_labels) / batch_size)
    for number, indices in enumerate(_batches(np.arange(len(data.test_labels)), batch_size)):
        x = batches.take(indices)
        step = evaluation_step(number, steps, repetition)
        logits = network.forward(x, False, noise, point, seed, step, executions, overwrite_x=True)
        require_logits(logits, len(data.classes), len(indices))
        if not np.isfinite(logits).all():
            x = batches.take(indices)
            again = network.activations(x, False, Injection(noise, point, seed, step, executions))
            raise overflow.in_forward(f"evaluation, batch {number}", again, noise is not None)
        correct += int(np.sum(logits.argmax(axis=0) == data.test_labels[indices]))
    return correct / len(data.test_labels)


def _check_objects(network: Network, data: Dataset) -> None:
    require_type("network", network, Network, "wn_ref.build_model returns one")
    require_type("data", data, Dataset, "wn_ref.load_dataset returns one")


def _checked(**settings: object) -> list[Any]:
    """Return the values of settings as Python's own types; raise `InputError` if one cannot be used."""
    return [SETTINGS[name](name, value) for name, value in settings.items()]


def _batches(order: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(order), size):
        yield order[start : start + size]

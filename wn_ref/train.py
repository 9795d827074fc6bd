"""Train one network, and evaluate it.

Training is what the paper's runs used: Adam or SGD on the mean cross-entropy of batches of 128 in a new random order
every epoch, the learning rate annealed by a cosine once an epoch, and noise in the forward pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wn_ref.datasets import Dataset
from wn_ref.errors import InputError, OverflowStop, require_choice, require_whole
from wn_ref.kernel import one_blas_thread
from wn_ref.loss import cross_entropy
from wn_ref.network import GLOBAL, Network
from wn_ref.noise import Noise
from wn_ref.optim import SGD, Adam, clamp_weights, cosine
from wn_ref.random import EVALUATION, SHUFFLE, permutation

OPTIMIZERS = ("adam", "sgd")
SCHEDULES = ("cosine", "constant")


@dataclass(frozen=True)
class Epoch:
    """What one epoch of training came to.

    Attributes
    ----------
    loss : float
        Mean cross-entropy over the epoch's batches, noise included, in nats.
    accuracy : float
        Share of the test part classified correctly at the epoch's end, 0 to 1, under the noise of the training.
    """

    loss: float
    accuracy: float


@one_blas_thread
@np.errstate(over="ignore", invalid="ignore")  # looked for after every step
def train(
    network: Network,
    data: Dataset,
    epochs: int,
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
) -> list[Epoch]:
    """Train a network in place.

    Parameters
    ----------
    network : Network
        Changed in place.
    data : Dataset
        Its training part is learned from, its test part measured on after every epoch.
    epochs : int
        How often the training part is gone through.
    noise : Noise, optional
        Injected in every forward pass, at `point` ("global", "all" or a number); none by default.
    seed : int
        Of the order of the images and of the noise.
    batch_size : int
        The last batch of an epoch may be smaller.
    learning_rate : float
        In the first epoch.
    optimizer : "adam" or "sgd"
        The latter with `momentum`.
    schedule : "cosine" or "constant"
        How the learning rate goes on.
    clamp : bool
        Whether weights are clipped to [-1, 1] after every step (section 5).
    augment : bool
        Whether training images are cropped and flipped at random, if their data set asks for it (`Dataset.padding`).
    on_epoch : callable, optional
        Called with each `Epoch` as it ends.

    Returns
    -------
    list of Epoch
        One an epoch.

    Raises
    ------
    InputError
        If an argument is out of its range.
    OverflowStop
        If the loss, a parameter or the optimiser's memory is no longer finite; names the place and the step.
    """
    require_whole("epochs", epochs, least=1)
    require_whole("batch_size", batch_size, least=1)
    if not 0 < learning_rate < math.inf:
        raise InputError(f"learning_rate: expected a positive number, got {learning_rate!r}; correct it")
    require_choice("optimizer", optimizer, OPTIMIZERS)
    require_choice("schedule", schedule, SCHEDULES)
    optimiser = SGD(network.theta, momentum) if optimizer == "sgd" else Adam(network.theta)
    weights = None if data.class_weights is None else np.asarray(data.class_weights)
    history: list[Epoch] = []
    step = 0
    for epoch in range(epochs):
        rate = cosine(learning_rate, epoch, epochs) if schedule == "cosine" else learning_rate
        losses = []
        order = permutation(len(data.train_labels), seed, SHUFFLE, epoch)
        augmentation = data.augmentation(seed, epoch) if augment else None
        for indices in _batches(order, batch_size):
            x = data.batch(data.train_images, indices, network.dtype, augmentation)
            injection = {"training": True, "noise": noise, "point": point, "seed": seed, "step": step}
            loss, dlogits = cross_entropy(network.forward(x, **injection), data.train_labels[indices], weights)
            if not math.isfinite(loss):
                raise _overflow_forward(f"epoch {epoch + 1}, step {step}", network.activations(x, **injection))
            network.backward(dlogits)
            finite = optimiser.step(network.dtheta, rate)
            if clamp:
                clamp_weights(network)
            if not finite:
                raise _overflow_backward(f"epoch {epoch + 1}, step {step}", network.gradients)
            losses.append(loss)
            step += 1
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
        Each one takes new noise.
    executions : sequence of int, optional
        How often the noise is applied at each noisy point, to be averaged; once by default.

    Raises
    ------
    OverflowStop
        If a logit is not finite.
    """
    require_whole("batch_size", batch_size, least=1)
    correct = 0
    steps = math.ceil(len(data.test_labels) / batch_size)
    for number, indices in enumerate(_batches(np.arange(len(data.test_labels)), batch_size)):
        x = data.batch(data.test_images, indices, network.dtype)
        step = EVALUATION + repetition * steps + number
        injection = {"noise": noise, "point": point, "seed": seed, "step": step, "executions": executions}
        logits = network.forward(x, **injection)
        if not np.isfinite(logits).all():
            raise _overflow_forward(f"evaluation, batch {number}", network.activations(x, **injection))
        correct += int(np.sum(logits.argmax(axis=0) == data.test_labels[indices]))
    return correct / len(data.test_labels)


def _batches(order: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _overflow_forward(when: str, activations: Iterable[tuple[str, np.ndarray]]) -> OverflowStop:
    """Name the first activation that is not finite, given those of the same batch once more."""
    name = next((name for name, activation in activations if not np.isfinite(activation).all()), "the loss")
    return OverflowStop(f"overflow in {when}: {name} is not finite; try less noise, or batch norm")


def _overflow_backward(when: str, gradients: dict[str, np.ndarray]) -> OverflowStop:
    """Name the first gradient on the way back that is not finite, or whose square is not."""
    for what, power in (("the gradient", 1), ("the square of the gradient", 2)):
        for name, gradient in reversed(list(gradients.items())):
            if not np.isfinite(gradient**power).all():
                return OverflowStop(f"overflow in {when}: {what} of {name} is not finite; try less noise")
    return OverflowStop(f"overflow in {when}: a parameter is not finite; try a smaller learning rate")

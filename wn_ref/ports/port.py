"""What a port is: the object that `wn_ref.check_vectors` trains and evaluates, and what a step hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from wn_ref.ports.case import Case

Array = Any
"""Whatever `np.asarray` takes: NumPy's arrays, tensors of PyTorch without gradient, arrays of JAX."""


class Normal(Protocol):
    """``normal(point, draw)`` hands out the noise; see `wn_ref.ports.normals.Normals`."""

    def __call__(self, point: int | str, draw: int = 0) -> np.ndarray:
        """Return the standard normals of a draw at an injection point, in the port's layout."""


@dataclass(frozen=True)
class Step:
    """What a port hands back from a training step or an evaluation. What it leaves out is not looked at.

    The logits are the least, or what leaves a point behind all weights: without them no report says that a port agrees.

    Attributes
    ----------
    activations : mapping of str to array
        What leaves each injection point, noise included, by the point's name: "input", "conv1", ...
    logits : array, optional
        (batch, classes), or (classes, batch) in the layout CHWN.
    loss : float, optional
        Of the batch, in nats.
    gradients : mapping of str to array
        By the names of the parameters: "conv1.weight", "bn1.gamma", ... Without it no update is looked at.
    input_gradient : array, optional
        The derivative of the loss by the images.
    first_moment, second_moment : mapping of str to array
        Adam's m and v after the step, by the names of the parameters, before the correction.
    """

    activations: Mapping[str, Array] = field(default_factory=dict)
    logits: Array | None = None
    loss: float | Array | None = None
    gradients: Mapping[str, Array] = field(default_factory=dict)
    input_gradient: Array | None = None
    first_moment: Mapping[str, Array] = field(default_factory=dict)
    second_moment: Mapping[str, Array] = field(default_factory=dict)


class Port(Protocol):
    """An implementation of Walking Noise that can be checked: about 20 lines around a model.

    The check calls `start` once for each case, then `train_step` for each training step, `weights` after every call,
    and `evaluate` at the end. `wn_ref.ports.numpy_port` is the port to read first.

    Attributes
    ----------
    layout : str
        The order of axes: "NCHW" (PyTorch), "NHWC" (JAX, TensorFlow) or "CHWN"; see `wn_ref.ports.layout`. All arrays
        that are handed over, and all that are handed back, have it.
    """

    layout: str

    def start(self, case: Case, weights: Mapping[str, np.ndarray]) -> None:
        """Build the network of a case and forget everything before.

        Parameters
        ----------
        case : Case
            `case.layers` is the network, and `case.dtype` what to compute with. ``case.draws()`` says what to inject in
            a training step and ``case.draws(evaluation=True)`` in the evaluation: the draws at each noisy point.
            `case.operators` are the kinds of noise with their sigmas, in order; `case.noise.gradient` is "exact" or
            "straight_through". `case.clamp` and `case.class_weights` are the rest.
        weights : mapping of str to np.ndarray
            Parameters ("conv1.weight", "conv1.bias", "bn1.gamma", "bn1.beta") and running averages
            ("bn1.running_mean", "bn1.running_var").
        """

    def train_step(self, x: np.ndarray, labels: np.ndarray, normal: Normal, learning_rate: float) -> Step:
        """Do one training step and change the weights.

        Parameters
        ----------
        x : np.ndarray
            Images, normalised.
        labels : np.ndarray
            Classes, int64 (batch,).
        normal : callable
            ``normal(point, draw)`` returns standard normals of the shape of the activation at an injection point, which
            is given by its number or its name. Ask for what ``case.draws()`` lists, and for nothing else.
        learning_rate : float
            Of this step.
        """

    def weights(self) -> Mapping[str, Array]:
        """Return all parameters and running averages as they are now, under the names that `start` had.

        What follows is expected from them, so one that is missing is a finding, and the pass is the last one.
        """

    def evaluate(self, x: np.ndarray, normal: Normal) -> Step:
        """Run the network as in an evaluation, with the noise of ``case.draws(evaluation=True)``; change nothing."""

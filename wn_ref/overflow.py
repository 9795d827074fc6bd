"""Where did a run leave the range of its numbers? The one place that finds out.

An overflow is looked for where it is cheap: in the loss, the logits, and the parameters after a step. Once one has
happened, the functions here look for the first array that is not finite.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from wn_ref.errors import OverflowStop

PREFIX = "overflow in "
"""The message of every overflow begins with this, and no other error does."""
SELECTION = 0.1
"""The share of runs that may overflow: if there are more, those that are left are a selection, and say too much."""


def in_forward(when: str, activations: Iterable[tuple[str, np.ndarray]], noisy: bool) -> OverflowStop:
    """Return the error that names the first activation that is not finite.

    Parameters
    ----------
    when : str
        The epoch and the step, or the batch of an evaluation.
    activations : iterable of (str, np.ndarray)
        The activations of the same batch, computed once more: see `Network.activations`.
    noisy : bool
        Whether there was noise; without it, weights or learning rate are to blame.
    """
    name = next((name for name, activation in activations if not np.isfinite(activation).all()), "the loss")
    remedy = "less noise, or batch norm" if noisy else "a smaller learning rate, and whether all weights are finite"
    return OverflowStop(f"{PREFIX}{when}: {name} is not finite; try {remedy}")


def in_backward(when: str, gradients: Mapping[str, np.ndarray], noisy: bool) -> OverflowStop:
    """Return the error that names the first gradient on the way back that is not finite, or whose square is not."""
    remedy = "less noise" if noisy else "a smaller learning rate"
    for what, power in (("the gradient", 1), ("the square of the gradient", 2)):
        for name, gradient in reversed(list(gradients.items())):
            if not np.isfinite(gradient**power).all():
                return OverflowStop(f"{PREFIX}{when}: {what} of {name} is not finite; try {remedy}")
    return OverflowStop(f"{PREFIX}{when}: a parameter is not finite; try a smaller learning rate")


def is_overflow(message: str) -> bool:
    """Return whether the error text of a failed run says that it overflowed; it may have failed for other reasons.

    Examples
    --------
    >>> is_overflow("overflow in epoch 1, step 3: dense1 is not finite; try less noise, or batch norm")
    True
    >>> is_overflow("MemoryError: (dense.py, line 30)")
    False
    """
    return message.startswith(PREFIX)

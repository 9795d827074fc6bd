"""What an optimiser makes of a port's own gradients, in float64, by rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wn_ref.optim import cosine
from wn_ref.ports.case import Case
from wn_ref.ports.rules import Rules


class Updated(NamedTuple):
    """A parameter after a step, and Adam's two moments of it."""

    value: np.ndarray
    first_moment: np.ndarray
    second_moment: np.ndarray


def rate_of(case: Case, rules: Rules, step: int) -> float:
    """Return the learning rate of a step."""
    choice, epoch = rules("rate"), step // case.steps_per_epoch
    if choice == "every step":
        return cosine(case.learning_rate, step, case.epochs * case.steps_per_epoch)
    if choice == "constant":
        return case.learning_rate
    return cosine(case.learning_rate, epoch + (choice == "next epoch"), case.epochs)


def updated(
    case: Case, rules: Rules, name: str, values: Sequence[np.ndarray], gradients: Sequence[np.ndarray]
) -> Updated:
    """Return a parameter after its latest step.

    Parameters
    ----------
    case, rules : Case, Rules
        Whose step, and how.
    name : str
        Of the parameter.
    values, gradients : sequence of np.ndarray
        The port's own parameter before each step so far, and its own gradients in them.
    """
    step, value = len(values) - 1, values[-1]
    if _clipped(case, rules, name) and rules("clamp") == "before":
        value = np.clip(value, -1, 1)
    beta1, beta2 = rules("adam betas")
    m, v = np.zeros_like(value), np.zeros_like(value)
    decays = rules("decayed") == "all" or name.endswith(".weight")
    l2, decay = (rules(rule) if decays else 0.0 for rule in ("adam l2", "adam decay"))
    history = [g + l2 * theta for theta, g in zip(values, gradients)]
    for g in history if rules("adam memory") else history[-1:]:
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    rate = rate_of(case, rules, step)
    t = (step if rules("adam memory") else 0) + 1 + rules("adam time")
    correct = rules("adam correction")
    m_hat = m / (1 - beta1**t) if correct in ("both", "first") else m
    root = 1 - beta2**t if correct in ("both", "second") else 1.0
    epsilon, place = rules("adam epsilon"), rules("adam epsilon place")
    if place == "inside":
        move = m_hat / np.sqrt(v / root + epsilon)
    elif place == "uncorrected":
        move = m_hat / ((np.sqrt(v) + epsilon) / np.sqrt(root))
    else:
        move = m_hat / np.where(m_hat == 0, 1.0, np.sqrt(v / root) + epsilon)
    if rules("optimiser") == "sgd":
        move = history[-1]
    value = value - rate * (move + decay * value)
    if _clipped(case, rules, name) and rules("clamp") != "before":
        value = np.clip(value, -1, 1)
    return Updated(value, m, v)


def _clipped(case: Case, rules: Rules, name: str) -> bool:
    choice = rules("clamp")
    if choice == "always":
        return name.endswith(".weight")
    return case.clamp and choice != "none" and (choice == "all" or name.endswith(".weight"))

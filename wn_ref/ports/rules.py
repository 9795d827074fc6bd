"""Every choice that a step makes, by name, with the one that is Walking Noise. A mistake is another choice.

`wn_ref.ports.model` computes a step by these rules, and so it can also compute the step of somebody who follows others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wn_ref.injection import kind_of

RULES: dict[str, Any] = {
    # forward
    "start": "as given",  # or "transposed": how square weights of dense layers come back right after the start
    # square weights of dense layers "transposed", and their gradients with them, or not: "transposed, gradient not"
    "weights": "as given",  # or also "kernel transposed", "kernel flipped"
    "bias": True,  # whether it is added
    "flatten": (0, 1, 2),  # the order in which (channels, height, width) are numbered
    # whose mean and variance normalise: those of the "batch", or the "running" averages; or "running, kept", where the
    # batch does not move these either, as in the evaluation
    "bn training": "batch",
    "bn evaluation": "running",  # or "batch", which also moves the averages, or "batch, kept"
    "bn variance": "biased",  # of the normalisation; or "unbiased"
    "bn epsilon": 1e-5,
    "bn epsilon place": "inside",  # of the square root; or "outside"
    "bn momentum": 0.1,  # weight of the batch in the running averages
    "bn running variance": "unbiased",  # or "biased"
    # noise
    # or "next", "previous"; "other bn": global noise also behind batch norm, noise at all points not there; "global",
    # "all": these in place of the one point that was asked for; "none"; "none, asked": drawn, but it does not count
    "noise points": "given",
    "noise numbers": 0,  # which point's normals are used: its own, or those of the point so much further on
    "noise draws": "given",  # or "swapped" (two operators), "next", "dense" (execution k has draw k)
    "noise step": "own",  # or "first": that of the first step; "first, asked": also that, but it asks for its own
    "noise sigma": "sigma",  # or "variance", "root", "swapped" (the two of mixed noise)
    "noise order": "given",  # or "swapped"
    "noise executions": "mean",  # or "sum", "first"; "first, asked": only the first counts, but it asks for all
    "noise gradient": "given",  # or "other", "twice", "added"
    # backward
    # or "constants": mean and variance do not depend on x; "plain": the usual formula, whatever the forward pass does
    "bn backward": "whole",
    "bias gradient": True,  # whether it is computed
    # loss
    "loss": "mean",  # or "sum", "mean times batch", "weights not normalised", "mean over classes"
    "class weights": True,  # whether they count
    "labels": "given",  # or "shuffled": as the port's own gradient says
    # update
    "adam betas": (0.9, 0.999),
    "adam correction": "both",  # or "none", "first", "second"
    "adam epsilon": 1e-8,
    "adam epsilon place": "outside",  # of the root of the corrected moment; or "inside", "uncorrected"
    "adam decay": 0.0,  # of weights, apart from the gradient (AdamW)
    "adam l2": 0.0,  # of weights, in the gradient
    "decayed": "all",  # parameters; or "weights", neither biases nor batch norm
    "adam time": 0,  # added to t = 1, 2, ...
    "adam memory": True,  # whether moments are kept from step to step
    "optimiser": "adam",  # or "sgd"
    "rate": "given",  # or "next epoch", "every step", "constant"
    "clamp": "weights",  # what is clipped if the case says so: or "all", "none", "before" the update; "always": weights
}
"""The rules and their right values."""
_NAMES = tuple(RULES)
LATER = _NAMES[_NAMES.index("bn backward") :]
"""Rules of what comes after the forward pass."""
UPDATE = _NAMES[_NAMES.index("adam betas") :]
"""Rules of what comes after the backward pass."""


@dataclass(frozen=True)
class Change:
    """Another choice for one rule.

    Attributes
    ----------
    rule : str
        A key of `RULES`.
    value : object
        The other choice.
    where : str
        The layer or point that it concerns, such as "dense2"; or a kind of them, such as "dense"; or "" for all.
    """

    rule: str
    value: Any
    where: str = ""


@dataclass(frozen=True)
class Rules:
    """The right rules, but for some changes.

    Examples
    --------
    >>> rules = Rules((Change("bn momentum", 0.9, "bn2"),))
    >>> rules("bn momentum", "bn1"), rules("bn momentum", "bn2")
    (0.1, 0.9)
    """

    changes: tuple[Change, ...] = ()

    def __call__(self, rule: str, where: str = "") -> Any:
        """Return the choice for a rule at a layer or point; the last change that concerns it counts."""
        places = ("", where, kind_of(where))
        return next((c.value for c in reversed(self.changes) if c.rule == rule and c.where in places), RULES[rule])

    @property
    def forward(self) -> tuple[Change, ...]:
        """The changes that concern the forward pass."""
        return tuple(change for change in self.changes if change.rule not in LATER)

    @property
    def backward(self) -> tuple[Change, ...]:
        """The changes that concern the forward or the backward pass."""
        return tuple(change for change in self.changes if change.rule not in UPDATE)

    def but(self, *changes: Change) -> Rules:
        """Return rules with further changes."""
        return Rules(self.changes + changes)

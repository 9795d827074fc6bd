"""The usual mistakes, by name: what each one says, and the rules that somebody follows who makes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wn_ref.ports.rules import Change

Try = tuple[tuple[str, Any], ...]
"""Rules that are followed together, each with its other value."""


@dataclass(frozen=True)
class Cause:
    """A usual mistake.

    Attributes
    ----------
    says : str
        What it is, in one sentence for the report.
    tries : tuple of Try
        Its forms; each one is tried.
    local : bool
        Whether it may be made at a single layer or point.
    lasts : bool
        Whether the optimiser makes it for all parameters and in every step: one that another step refutes is not named.
    """

    says: str
    tries: tuple[Try, ...]
    local: bool = True
    lasts: bool = False

    def changes(self, where: str = "") -> Iterable[tuple[Change, ...]]:
        """Return the changes of rules of each form, everywhere or at one layer or point."""
        return (tuple(Change(rule, value, where) for rule, value in one) for one in self.tries)


def _each(rule: str, *values: Any) -> tuple[Try, ...]:
    return tuple(((rule, value),) for value in values)


BETAS = (
    *((first, 0.999) for first in (0.0, 0.5, 0.8, 0.95, 0.99, 0.999)),
    *((0.9, second) for second in (0.9, 0.95, 0.98, 0.99, 0.9999)),
    (0.999, 0.9),
)
"""Other betas of Adam that are in use, and the right ones in the wrong order."""
DECAYS = (0.1, 0.01, 1e-3, 1e-4, 5e-4, 1e-5)

CAUSES: dict[str, Cause] = {
    # layers
    "transposed-weights": Cause(
        "square weights of dense layers are transposed",
        (
            *_each("weights", "transposed", "transposed, gradient not"),
            (("weights", "transposed"), ("start", "transposed")),
            *_each("start", "transposed"),
        ),
    ),
    "kernel-orientation": Cause(
        "kernels of convolutions are transposed, or flipped as in a true convolution",
        _each("weights", "kernel transposed", "kernel flipped"),
    ),
    "bias-left-out": Cause("the bias is not added", _each("bias", False)),
    "flatten-order": Cause(
        "flatten numbers features in another order than channel, height, width",
        _each("flatten", (1, 2, 0), (2, 1, 0), (0, 2, 1), (2, 0, 1), (1, 0, 2)),
        local=False,
    ),
    "unbiased-variance": Cause(
        "batch norm normalises by the unbiased variance (N - 1)",
        (*_each("bn variance", "unbiased"), (("bn variance", "unbiased"), ("bn backward", "plain"))),
    ),
    "bn-epsilon": Cause(
        "batch norm adds epsilon outside of the square root, or another one than 1e-5",
        (
            *_each("bn epsilon place", "outside"),
            (("bn epsilon place", "outside"), ("bn backward", "plain")),
            *_each("bn epsilon", 1e-3, 1e-4, 1e-6, 1e-7, 1e-8, 1e-12, 0.0),
        ),
    ),
    "evaluation-mode-in-training": Cause(
        "batch norm uses the running averages in training, as in the evaluation, and may leave them as they are",
        _each("bn training", "running, kept", "running"),
    ),
    "training-mode-in-evaluation": Cause(
        "batch norm uses the batch's statistics in the evaluation", _each("bn evaluation", "batch", "batch, kept")
    ),
    "bn-momentum": Cause(
        "running averages move by another share than 0.1 of the batch's (0.9: the two shares are swapped)",
        _each("bn momentum", 0.9, 0.01, 0.001, 0.99),
    ),
    "running-variance": Cause(
        "the running variance averages the biased variance", _each("bn running variance", "biased")
    ),
    # noise
    "noise-at-batch-norm": Cause(
        "global noise is injected behind batch norm, too, or noise at all points is not",
        _each("noise points", "other bn"),
        local=False,
    ),
    "noise-at-other-points": Cause(
        "noise is injected at other points besides the one that was asked for, such as all of global noise",
        _each("noise points", "global", "all"),
    ),
    "noise-left-out": Cause(
        "there is no noise, or it is drawn and does not count", _each("noise points", "none", "none, asked")
    ),
    "point-off-by-one": Cause(
        "noise is injected one point before or behind the right one, or drawn for that one",
        (*_each("noise points", "next", "previous"), *_each("noise numbers", 1, -1)),
        local=False,
    ),
    "shifted-draws": Cause(
        "the draws of a point are numbered otherwise: operators 0 and 1, execution k 2 k and 2 k + 1",
        _each("noise draws", "next", "swapped", "dense"),
    ),
    "variance-for-standard-deviation": Cause(
        "sigma is taken for a variance, or its square for sigma", _each("noise sigma", "variance", "root")
    ),
    "sigmas-swapped": Cause("the two sigmas of mixed noise are swapped", _each("noise sigma", "swapped")),
    "noise-order": Cause(
        "the two kinds of mixed noise are applied in the other order",
        (
            *_each("noise order", "swapped"),
            (("noise order", "swapped"), ("noise draws", "swapped")),
        ),
    ),
    "same-noise-every-step": Cause(
        "the noise of the first step comes again, in this step or in every one",
        _each("noise step", "first", "first, asked"),
    ),
    "executions-not-averaged": Cause(
        "several executions are added up, or only the first one counts",
        _each("noise executions", "sum", "first", "first, asked"),
    ),
    # backward
    "gradient-kind": Cause(
        "the gradient of multiplicative noise is exact in place of straight-through, or the other way round",
        _each("noise gradient", "other"),
    ),
    "noise-twice-backward": Cause(
        "the backward pass applies the noise once more", _each("noise gradient", "twice", "added")
    ),
    "bn-statistics-constant": Cause(
        "the backward pass of batch norm takes mean and variance for constants", _each("bn backward", "constants")
    ),
    "missing-bias-gradient": Cause("the gradient of the bias is left out", _each("bias gradient", False)),
    # loss
    "summed-loss": Cause(
        "the loss is a sum over the batch, or divided by something else than the samples' weights",
        _each("loss", "sum", "mean times batch", "weights not normalised", "mean over classes"),
        local=False,
    ),
    "class-weights-ignored": Cause("the class weights do not count", _each("class weights", False), local=False),
    "shuffled-labels": Cause("labels and images are in different orders", _each("labels", "shuffled"), local=False),
    # update
    "adam-correction": Cause(
        "a moment of Adam is not corrected for its start at 0, or Adam counts one step more",
        (*_each("adam correction", "none", "first", "second"), *_each("adam time", 1)),
        local=False,
        lasts=True,
    ),
    "adam-betas": Cause(
        "Adam has other betas than 0.9 and 0.999",
        _each("adam betas", *BETAS),
        local=False,
        lasts=True,
    ),
    "adam-epsilon": Cause(
        "Adam's epsilon is not 1e-8, or stands elsewhere",
        (
            *_each("adam epsilon place", "inside", "uncorrected"),
            *_each("adam epsilon", 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-10, 1e-12, 0.0),
            (("adam epsilon place", "uncorrected"), ("adam epsilon", 1e-7)),
        ),
        local=False,
        lasts=True,
    ),
    "weight-decay": Cause(
        "weights decay (AdamW), or the gradient has the penalty of their size",
        tuple(
            ((f"adam {form}", decay), ("decayed", which))
            for which in ("all", "weights")
            for form in ("decay", "l2")
            for decay in DECAYS
        ),
        local=False,
        lasts=True,
    ),
    "adam-memory": Cause("Adam starts anew, at this step or at every one", _each("adam memory", False), local=False),
    "sgd": Cause("weights move by plain gradient descent", _each("optimiser", "sgd"), local=False, lasts=True),
    "schedule": Cause(
        "the learning rate is that of the next epoch, falls with every step, or does not fall",
        _each("rate", "next epoch", "every step", "constant"),
        local=False,
    ),
    "clamp": Cause(
        "weights are clipped that must not be, or not all that must be, or before the update",
        _each("clamp", "all", "none", "before", "always"),
        local=False,
    ),
}
"""What the report can say about a deviation; everything else has a place and no cause."""

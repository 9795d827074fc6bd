"""Figure 4's claim: quantising the noisy activation to its peaks costs little accuracy (section 6.1)."""

from __future__ import annotations

import time
from collections.abc import Iterator

from wn_ref.experiment import Experiment
from wn_ref.findings.self_binarization import quantised_accuracy
from wn_ref.injection import Injection
from wn_ref.ledger.conditions import of_conditions
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.possible import REPETITIONS
from wn_ref.ledger.row import Judgement, Row
from wn_ref.running import learn
from wn_ref.store.measurements import Measurement
from wn_ref.sweeps import grids

MARGINAL = 0.02
"""A loss of accuracy that is marginal."""
ALIVE = 2
"""A network that is better than guessing has this many times its accuracy."""


def quantise(experiment: Experiment) -> Measurement:
    """Train the network of an experiment, and measure its accuracy with the noisy activation quantised."""
    start = time.perf_counter()
    network, _ = learn(experiment)
    injection = Injection(experiment.noise, experiment.point, experiment.seed)
    found = quantised_accuracy(network, experiment.data(), int(experiment.point), injection, repetitions=REPETITIONS)
    return Measurement(found["quantised"], "", time.perf_counter() - start)


def binarization_rows() -> Iterator[Row]:
    """Make the row of Figure 4: maximum noise at each point of the MLP on MNIST."""
    plan = grids.plan("maximum", "paper", dataset="mnist", model="mlp", batchnorm=True, own=grids.Own(seeds=[0]))
    noisy = tuple(e for e in plan if e.noise is not None)
    yield Row(
        "figure4/mnist/mlp", "Section 6.1", "quantising the noisy activation to its peaks costs marginal accuracy: the "
        "network has learned a binary representation by itself (Figure 4)", "e", marginal_loss, plan=noisy,
        quantised=noisy,
        notes=(
            f"points with an accuracy above {ALIVE} times that of guessing",
            f"marginal is a loss of less than {100 * MARGINAL:.0f} points",
            "a network trained without noise can be quantised, too; other measurements show the binarization",
        ),
        notebook="08_self_binarization",
    )  # fmt: skip


def marginal_loss(row: Row, evidence: Evidence) -> Judgement | None:
    """Look what quantising costs at points that are better than guessing."""
    runs = evidence.runs(row.plan).dropna(subset=["accuracy", "quantised"])
    alive = runs[runs["accuracy"] > ALIVE / runs["classes"]]
    loss = (alive["accuracy"] - alive["quantised"]).tolist()
    return of_conditions([one < MARGINAL for one in loss], "point", max(loss, default=float("nan")), "largest loss")

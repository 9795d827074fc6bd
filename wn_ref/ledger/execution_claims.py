"""Multi-execution: the accuracies of Table 3, and the claim of section 8."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from wn_ref import paper
from wn_ref.experiment import Experiment
from wn_ref.findings.allocation import allocate_executions
from wn_ref.injection import ALL
from wn_ref.ledger.conditions import guessing_if_overflowed, level, of_conditions, of_sample, walk
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.numbers import name_of, title_of
from wn_ref.ledger.row import NOT, Judgement, Row, verdict_on_accuracy
from wn_ref.noise import additive
from wn_ref.sweeps import grids, plans

NETWORKS = range(10)
"""Seeds of the networks that are evaluated."""
BOOK = "11_multi_execution"


def execution_rows() -> Iterator[Row]:
    """Make the rows of Table 3."""
    for given in paper.table(3).to_dict("records"):
        network = (given["dataset"], given["model"], given["batchnorm"] == "with")
        start = f"table3/{name_of(*network)}"
        plan = grids.plan(
            "multi", "paper", dataset=network[0], model=network[1], batchnorm=network[2], own=grids.Own(seeds=NETWORKS)
        )
        kinds = {"uniform": [e for e in plan if len(set(e.executions or ())) == 1]}
        kinds["guided"] = [e for e in plan if e not in kinds["uniform"]]
        for kind, experiments in kinds.items():
            counts = " ".join(map(str, experiments[0].executions or ()))
            printed, spread = (float(given[f"{kind}_{what}"]) for what in ("accuracy", "std"))
            yield Row(
                f"{start}/{kind}", "Table 3",
                f"accuracy in per cent with {kind} executions ({counts}): {title_of(*network)}", "f",
                partial(accuracy, spread), printed, plan=tuple(experiments), theirs=partial(_theirs, network, kind),
                notebook=BOOK,
            )  # fmt: skip
        yield Row(
            f"{start}/guided-wins", "Section 8", "the paper's guided executions beat uniform ones: Table 3 "
            f"({title_of(*network)})", "f", guided_wins, plan=tuple(plan), notebook=BOOK,
        )  # fmt: skip
        yield Row(
            f"{start}/own-counts", "Section 8", "executions guided by the network's own walking midpoints beat uniform "
            f"ones ({title_of(*network)})", "f", guided_wins, searches=walk(*network, "inference"),
            plan=tuple(kinds["uniform"]), further=guided_by_ours, notebook=BOOK,
            notes=("an exact choice of whole numbers adds little to it",),
        )  # fmt: skip


def accuracy(spread: float, row: Row, evidence: Evidence) -> Judgement | None:
    """Judge a mean accuracy of networks, in per cent; `spread` is the standard deviation among the paper's networks."""
    values = 100 * guessing_if_overflowed(evidence.runs(row.plan))["accuracy"]
    mean, low, high = of_sample(values.to_numpy())
    says = f"standard deviation {values.std():.2g}, the paper's {spread:g}"
    return Judgement(mean, low, high, verdict_on_accuracy(mean, low, high, row.paper, spread), says)


def guided_wins(row: Row, evidence: Evidence) -> Judgement | None:
    """Compare guided with uniform executions, network by network."""
    further = (row.further(row, evidence) or []) if row.further else []
    runs = evidence.runs((*row.plan, *further))
    counts = runs["executions"].map(lambda n: len(set(n)) == 1)
    uniform, guided = (runs[mask].set_index("seed")["accuracy"] for mask in (counts, ~counts))
    gain = 100 * (guided - uniform).dropna()
    if gain.empty:
        return None
    mean, low, high = of_sample(gain.to_numpy())
    listed = " ".join(map(str, runs.loc[~counts, "executions"].iloc[0]))
    finding = of_conditions([value > 0 for value in gain], "network", mean, f"points gained with {listed}")
    if finding is None:
        return None
    return replace(finding, low=low, high=high, verdict=finding.verdict if low > 0 else NOT)


def guided_by_ours(row: Row, evidence: Evidence) -> list[Experiment] | None:
    """Return runs whose executions are shared out by our midpoints of walking noise; None if these are not there."""
    answers = evidence.answers(row)
    mu = [level(answer.estimate) for _, answer in answers]
    if len(mu) < len(row.searches) or not np.isfinite(mu).all():
        return None
    one = row.plan[0]
    counts = allocate_executions(mu, sum(one.executions or ())).tolist()
    settings = {"dataset": one.dataset, "model": one.model, "batchnorm": one.batchnorm, "epochs": one.epochs}
    sigma = additive(one.noise.sigma_add if one.noise else 0.0)
    return plans.multi_execution(sigma, [counts], NETWORKS, ALL, **settings)


def _theirs(network: tuple[str, str, bool], kind: str) -> list[Experiment]:
    dataset, model, batchnorm = network
    made = grids.plan("multi", "paper", dataset=dataset, model=model, batchnorm=batchnorm)
    return [e for e in made if (len(set(e.executions or ())) == 1) == (kind == "uniform")]

"""Rows that take seconds: one epoch on a sample, with real training. As a program, it runs them into a folder."""

import sys
from dataclasses import replace
from pathlib import Path

from wn_ref import Experiment, additive
from wn_ref.ledger.conditions import of_conditions
from wn_ref.ledger.numbers import midpoint
from wn_ref.ledger.row import Row
from wn_ref.ledger.running import Campaign
from wn_ref.ledger.search import Search

SETTINGS = {"dataset": "mnist_sample", "model": "mlp", "batchnorm": False, "epochs": 1}


def noise_harms(row, evidence):
    accuracy = evidence.runs([*row.plan, *further(row, evidence)]).set_index("sigma_add")["accuracy"]
    return of_conditions([accuracy[0.0] > accuracy[3.0], accuracy[0.0] > accuracy[6.0]], "level")


def further(row, evidence):
    """Twice as much noise, once the first run is there."""
    known = evidence.found(row.plan)
    return [replace(row.plan[1], noise=additive(6.0))] if len(known) == len(row.plan) else []


LATE = Search(**SETTINGS, phase="inference", width=0.3, max_runs=12, low=1e-2, high=30.0)
ROWS = (
    Row("tiny/late", "Table 4", "a midpoint", "a", midpoint, 0.5, (LATE,)),
    Row("tiny/early", "Table 1", "a midpoint", "b", midpoint, 1.0, (replace(LATE, phase="training", step=5.0),)),
    Row(
        "tiny/harm",
        "Section 4",
        "noise harms",
        "c",
        noise_harms,
        plan=(Experiment(**SETTINGS), Experiment(**SETTINGS, noise=additive(3.0))),
        further=further,
    ),
)


def campaign(folder, **settings):
    folder = Path(folder)
    settings = {"rows": ROWS, "tell": lambda line: None} | settings
    return Campaign(folder / "reproduction.sqlite", folder / "results", **settings)


if __name__ == "__main__":
    campaign(sys.argv[1], tell=lambda line: print(line, flush=True)).run(ROWS)

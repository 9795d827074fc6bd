"""Open and read a store as large as the paper's: 500,000 made-up rows. About a minute.

    python tests/benchmarks/big_store.py

Prints how long it takes to open the store, to find which experiments of a plan are left (for plans of 5,000, 50,000 and
500,000), and to filter rows.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from wn_ref import Experiment, additive, open_store, walking
from wn_ref.store.canonical import keys
from wn_ref.store.records import Outcome, TrainingRecord
from wn_ref.store.writer import writing
from wn_ref.train import Epoch

ROWS = 500_000
OUTCOME = Outcome(0.5, "", 1.0, '{"host": "made up"}')
RECORD = TrainingRecord(
    tuple(Epoch(1 / (1 + i), 0.5) for i in range(100)), {f"dense{i}": 0.1 for i in range(1, 5)}, 60.0
)


def made_up(rows: int) -> list[Experiment]:
    """Return walks of MLPs on two data sets, cut to a number of experiments."""
    settings = [{"dataset": name, "epochs": 100} for name in ("mnist_sample", "fashion_mnist_sample")]
    sigmas = np.geomspace(1e-2, 1e8, rows // (2 * 2 * 11 * 10) + 1)
    return [e for network in settings for e in walking(additive, sigmas, range(10), **network)][:rows]


def show(what: str, task: Callable[[], object]) -> None:
    """Print how long a task takes."""
    start = time.perf_counter()
    task()
    print(f"{what:<50} {time.perf_counter() - start:6.2f} s", flush=True)


def main() -> None:
    """Fill a store and measure."""
    experiments = made_up(ROWS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.sqlite"
        with writing(path) as store:
            store.start_sweep(ROWS, ROWS)
            for i in range(0, ROWS, 1000):
                some = experiments[i : i + 1000]
                store.add(some[0].training_experiment(), RECORD, dict.fromkeys(some, OUTCOME))
        print(f"{ROWS} rows, {path.stat().st_size / 1e6:.0f} MB")
        show("open, and read the status", lambda: open_store(path).status())
        with open_store(path) as store:
            for size in (5_000, 50_000, ROWS):
                plan = experiments[:: ROWS // size]
                show(f"what is left of a plan of {size}", lambda plan=plan: store.unfinished(keys(plan)))
            curve = {"point": 3, "phase": "inference", "dataset": "mnist_sample"}
            show("one curve (10 seeds, all sigmas)", lambda: store.runs(**curve))
            show(
                "one row in a hundred, with histories",
                lambda: store.runs(history=True, seed=[0], point=[3, 4], phase="training"),
            )
            show("accuracy of all rows by point", lambda: store.runs(["point", "accuracy"]))
            show("the whole table", store.runs)


if __name__ == "__main__":
    main()

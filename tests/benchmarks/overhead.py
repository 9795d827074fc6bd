"""Measure how much time sweep, store and transport take beside the runs. About three minutes.

    python tests/benchmarks/overhead.py

Each run takes one second of its worker's processor time; a second of the clock would depend on what else the machine
does. With one worker, the overhead is the sweep's wall-clock time beyond that of its runs. The gain from two workers
depends on how free the second core is.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from wn_ref import Experiment, additive, open_store
from wn_ref.store.records import Outcome, TrainingRecord
from wn_ref.sweeps import runner
from wn_ref.train import Epoch

RUNS = 30
PLAN = [Experiment(noise=additive(1.0), seed=seed, epochs=1) for seed in range(RUNS)]


def main() -> None:
    """Measure with one worker and with two."""

    def train_one(_: Experiment, __: object) -> tuple[TrainingRecord, Outcome, None]:
        start, end = time.perf_counter(), time.process_time() + 1
        while time.process_time() < end:
            sum(range(1000))
        seconds = time.perf_counter() - start
        record = TrainingRecord((Epoch(1.0, 0.5),) * 100, {"dense1": 0.1}, seconds)
        return record, Outcome(0.5, "", seconds, "stub"), None

    runner.train_one = train_one
    walls = {}
    for jobs in (1, 2, 2):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "results.sqlite"
            start, mine = time.perf_counter(), time.process_time()
            runner.sweep(PLAN, path, jobs=jobs)
            walls[jobs], mine = time.perf_counter() - start, time.process_time() - mine
            with open_store(path) as store:
                runs = store.runs()
        busy = runs["seconds"].sum()
        line = f"{RUNS} runs of 1 s, {jobs} workers: {walls[jobs]:.2f} s; runs alone {busy / jobs:.2f} s"
        line += f", overhead {walls[jobs] / (busy / jobs) - 1:.1%}"
        if jobs > 1:
            line += f"; the parent's processor time {mine / RUNS:.2%} of a run"
        print(line + f" (load {os.getloadavg()[0]:.1f})", flush=True)
    print(f"two workers are {walls[1] / walls[2]:.2f} times as fast as one")


if __name__ == "__main__":
    main()

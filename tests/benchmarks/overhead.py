"""What sweep, store and transport cost: python tests/benchmarks/overhead.py (about three minutes).

Runs of one second each, which is a worker's own processor time and not a clock's, so that a machine shared with others
does not blur it. Overhead is what the wall clock says beyond the runs' own wall-clock seconds, one worker: nothing else
is there that could take time. The gain from two workers is only as good as the second core is free.
"""

from __future__ import annotations

import os
import tempfile
import time
from importlib import import_module
from pathlib import Path

from wn_ref import Experiment, additive
from wn_ref.store.store import Outcome, Training
from wn_ref.train import Epoch

RUNS = 30
PLAN = [Experiment(noise=additive(1.0), seed=seed, epochs=1) for seed in range(RUNS)]


def main() -> None:
    """Measure with one worker and with two."""

    def train_one(training: Experiment, _: object) -> tuple[Training, Outcome, None]:
        start, end = time.perf_counter(), time.process_time() + 1
        while time.process_time() < end:
            sum(range(1000))
        seconds = time.perf_counter() - start
        return Training((Epoch(1.0, 0.5),) * 100, {"dense1": 0.1}, seconds), Outcome(0.5, "", seconds, "stub"), None

    module = import_module("wn_ref.sweeps.execution")
    module.train_one = train_one
    walls = {}
    for jobs in (1, 2, 2):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "results.sqlite"
            start, mine = time.perf_counter(), time.process_time()
            module.sweep(PLAN, path, jobs=jobs)
            walls[jobs], mine = time.perf_counter() - start, time.process_time() - mine
            with module.writing(path) as store:
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

"""Kill a sweep at random moments and count what is lost: python tests/benchmarks/kill.py (50 kills, a few minutes).

A sweep of 200 runs of 20 ms on two workers meets SIGKILL of the parent, of a worker, or of both, and is started again
until it is complete; then another one starts, until there were as many kills as asked for. The runs do not train (a
stub takes their time and logs when each started), everything around them is real. Of each sweep it must be true that
every experiment is in the store exactly once and none failed, that none started after its row was written, that no
shared network was trained after it was kept, and that the file is sound. Needs Linux's /proc.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from importlib import import_module
from pathlib import Path

import numpy as np

from wn_ref import Experiment, additive, open_store
from wn_ref.experiment import PHASES
from wn_ref.store.canonical import key
from wn_ref.store.store import Outcome, Training
from wn_ref.train import Epoch

SECONDS = 0.02
PLAN = [
    Experiment(noise=additive(float(level)), phase=phase, seed=seed)
    for phase in PHASES
    for level in range(1, 21)
    for seed in range(5)
]


def child(folder: Path) -> None:
    """Sweep the plan with stubs in place of what a worker computes."""

    def log(experiment: Experiment) -> None:
        with (folder / "started").open("a") as file:
            file.write(f"{key(experiment)} {time.time()}\n")
        time.sleep(SECONDS)

    def train_one(training: Experiment, _: object) -> tuple[Training, Outcome, dict | None]:
        log(training)
        trained = Training((Epoch(1.0, 0.5),), {}, SECONDS)
        return trained, Outcome(0.5, "", SECONDS, "stub"), None if training.noise else {"seed": np.array(training.seed)}

    def evaluate_all(training: Experiment, experiments: list[Experiment], arrays: dict, _: object) -> list[Outcome]:
        assert arrays["seed"] == training.seed
        for experiment in experiments:
            log(experiment)
        return [Outcome(0.5, "", SECONDS, "stub")] * len(experiments)

    module = import_module("wn_ref.sweeps.execution")
    module.train_one, module.evaluate_all = train_one, evaluate_all
    module.sweep(PLAN, folder / "results.sqlite", jobs=2)


def campaign(kills: int, seed: int, latest: float = 5.0) -> dict[str, int]:
    """Kill until there were enough; check each sweep; return how often what was killed, and how many sweeps it took."""
    choose, counts = random.Random(seed), {"parent": 0, "worker": 0, "both": 0, "sweeps": 0}
    while sum(counts.values()) - counts["sweeps"] < kills:
        with tempfile.TemporaryDirectory() as name:
            _one_sweep(Path(name), kills + counts["sweeps"], choose, latest, counts)
            check(Path(name))
        counts["sweeps"] += 1
    return counts


def _one_sweep(folder: Path, kills: int, choose: random.Random, latest: float, counts: dict[str, int]) -> None:
    """Start a sweep, and kill and start it again until it is complete."""
    parent = None
    while parent is None or parent.poll() != 0:
        if parent is None or parent.poll() is not None:
            with (folder / "errors").open("w") as errors:
                parent = subprocess.Popen([sys.executable, __file__, "--child", folder], stderr=errors)
        try:
            parent.wait(choose.uniform(0, latest) if sum(counts.values()) < kills else 120)
        except subprocess.TimeoutExpired:
            what = choose.choice(["parent", "worker", "both"])
            workers = _workers(parent.pid)
            if what != "parent" and not workers:
                continue
            if what != "parent":
                os.kill(choose.choice(workers), signal.SIGKILL)
            if what != "worker":
                parent.kill()
                parent.wait()
            counts[what] += 1
        else:
            assert parent.returncode == 0, (folder / "errors").read_text()


def check(folder: Path) -> None:
    """Raise AssertionError unless a sweep has left what it should."""
    with open_store(folder / "results.sqlite") as store:
        runs = store.runs(["key", "error", "finished"])
    finished = dict(zip(runs["key"], runs["finished"].astype("int64") / 1e9))
    assert sorted(runs["key"]) == sorted(key(experiment) for experiment in PLAN)
    assert set(runs["error"]) == {""}
    for network in (folder / "results.sqlite-networks").glob("[!.]*.npz"):
        finished[network.stem] = network.stat().st_mtime
    for line in (folder / "started").read_text().splitlines():
        k, moment = line.split()
        assert float(moment) < finished[k] + 1e-3, f"{k} ran again after it was stored"
    with closing(sqlite3.connect(folder / "results.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _workers(parent: int) -> list[int]:
    """Process ids of the parent's worker processes."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if b"popen_loky" in Path(f"/proc/{pid}/cmdline").read_bytes()]


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(Path(sys.argv[-1]))
    else:
        start = time.time()
        print(campaign(kills=50, seed=0), f"{time.time() - start:.0f} s")

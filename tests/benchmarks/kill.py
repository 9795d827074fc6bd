"""Kill a sweep at random moments and check that nothing is lost: 50 kills, in a few minutes.

    python tests/benchmarks/kill.py

A sweep of 200 runs of 20 ms each works with two workers. At random moments the parent process, a worker, or both get
SIGKILL, and the sweep is started again until it is complete. Then another sweep starts, until there were enough kills.
The runs do not train: a stub takes their time and logs when each one started. Everything around them is real. After
each sweep, four statements must be true:

- every experiment is in the store exactly once, and none failed;
- no experiment started after its row was written;
- no shared network was trained after it was kept;
- the file is sound.

Needs Linux's /proc.
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
from pathlib import Path

from wn_ref import Experiment, additive, open_store
from wn_ref.experiment import PHASES
from wn_ref.store.canonical import key
from wn_ref.store.networks import Arrays, to_arrays
from wn_ref.store.records import Outcome, TrainingRecord
from wn_ref.sweeps import runner
from wn_ref.train import Epoch

SECONDS = 0.02
PLAN = [
    Experiment(noise=additive(float(level)), phase=phase, seed=seed)
    for phase in PHASES
    for level in range(1, 21)
    for seed in range(5)
]


def child(folder: Path) -> None:
    """Sweep the plan, with stubs for what workers compute."""

    def log(experiment: Experiment) -> None:
        with (folder / "started").open("a") as file:
            file.write(f"{key(experiment)} {time.time()}\n")
        time.sleep(SECONDS)

    def train_one(experiment: Experiment, _: object) -> tuple[TrainingRecord, Outcome, dict | None]:
        log(experiment)
        record, outcome = TrainingRecord((Epoch(1.0, 0.5),), {}, SECONDS), Outcome(0.5, "", SECONDS, "stub")
        return record, outcome, None if experiment.noise else _network(experiment.seed)

    def evaluate_all(
        training_experiment: Experiment, experiments: list[Experiment], arrays: dict, _: object
    ) -> list[Outcome]:
        assert arrays["dense1.bias"][0] == training_experiment.seed
        for experiment in experiments:
            log(experiment)
        return [Outcome(0.5, "", SECONDS, "stub")] * len(experiments)

    runner.train_one, runner.evaluate_all = train_one, evaluate_all
    runner.sweep(PLAN, folder / "results.sqlite", jobs=2)


def campaign(kills: int, seed: int, latest: float = 5.0) -> dict[str, int]:
    """Kill and check sweeps until there were enough kills.

    Parameters
    ----------
    kills : int
        How many.
    seed : int
        Determines when and what is killed.
    latest : float
        Seconds after which, at the latest, the next kill follows.

    Returns
    -------
    dict
        How often "parent", "worker" and "both" were killed, and how many "sweeps" there were.
    """
    choose, counts = random.Random(seed), {"parent": 0, "worker": 0, "both": 0, "sweeps": 0}
    while sum(counts.values()) - counts["sweeps"] < kills:
        with tempfile.TemporaryDirectory() as name:
            _one_sweep(Path(name), kills + counts["sweeps"], choose, latest, counts)
            check(Path(name))
        counts["sweeps"] += 1
    return counts


def _one_sweep(folder: Path, kills: int, choose: random.Random, latest: float, counts: dict[str, int]) -> None:
    """Start a sweep; kill it and start it again until it is complete."""
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


def _network(seed: int) -> Arrays:
    """Return arrays that are a whole network, and know their seed."""
    arrays = to_arrays(Experiment().network())
    arrays["dense1.bias"][0] = seed
    return arrays


def check(folder: Path) -> None:
    """Raise AssertionError unless the four statements are true for the sweep in a folder."""
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
    """Return the process ids of the parent's worker processes."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if b"popen_loky" in Path(f"/proc/{pid}/cmdline").read_bytes()]


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(Path(sys.argv[-1]))
    else:
        start = time.time()
        print(campaign(kills=50, seed=0), f"{time.time() - start:.0f} s")

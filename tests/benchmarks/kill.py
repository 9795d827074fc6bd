"""Kill a sweep at random moments and check that nothing is lost: 50 kills, in a few minutes.

    python tests/benchmarks/kill.py

A sweep of 200 runs of 20 ms each works with two workers. At random moments the parent process, a worker, both, or a
process that makes backups of the store get SIGKILL, and the sweep is started again until it is complete. Then another
sweep starts, until there were enough kills. The runs do not train: a stub takes their time and logs when each one
started; and a network that is saved stays unfinished for a while, so that kills meet it. Everything around them is
real. Meanwhile the store is copied every 100 ms, with its backup and as cp does. After each sweep, these statements
must be true:

- every experiment is in the store exactly once, and none failed;
- no experiment started after its row was written;
- no shared network was trained after it was kept;
- the file is sound, and nothing unfinished lies beside it;
- every backup opens, is sound, and holds the runs that ended first, up to some run;
- so does every copy that was made as cp does it, or opening it is refused in one line (how many were, is printed).

Needs Linux's /proc.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from wn_ref import Experiment, InputError, additive, open_store
from wn_ref.experiment import PHASES
from wn_ref.store import backup
from wn_ref.store.canonical import key
from wn_ref.store.records import Outcome, TrainingRecord
from wn_ref.sweeps import runner
from wn_ref.train import Epoch
from wn_ref.weights import Arrays, to_arrays

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

    def savez(path: Path, **arrays: np.ndarray) -> None:
        complete(path, **arrays)
        time.sleep(2 * SECONDS)  # a kill in this moment leaves a file that has no name yet

    complete, np.savez = np.savez, savez
    runner.train_one, runner.evaluate_all = train_one, evaluate_all
    runner.sweep(PLAN, folder / "results.sqlite", jobs=2)


def campaign(kills: int, seed: int, latest: float = 5.0) -> Counter[str]:
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
    Counter
        How often "parent", "worker", "both" and "backup" were killed; and how many "sweeps", "backups", "copies" as cp
        makes them, and "refused" copies there were.
    """
    choose, counts = random.Random(seed), Counter(parent=0, worker=0, both=0, backup=0)
    kinds = list(counts)
    while sum(counts[kind] for kind in kinds) < kills:
        with tempfile.TemporaryDirectory() as name:
            with _copying(Path(name)):
                _one_sweep(Path(name), lambda: sum(counts[kind] for kind in kinds) < kills, choose, latest, counts)
            check(Path(name))
            counts.update(check_copies(Path(name)))
        counts["sweeps"] += 1
    return counts


@contextmanager
def _copying(folder: Path) -> Iterator[None]:
    """Copy the store every 100 ms, with its backup and as cp does, for as long as the context lasts."""
    stop, store = threading.Event(), folder / "results.sqlite"

    def copy() -> None:
        number = 0
        while not stop.wait(0.1):
            number += 1
            if store.exists() and store.stat().st_size:
                shutil.copyfile(store, folder / f"copy{number}.sqlite")
                backup(store, folder / f"backup{number}.sqlite")

    with ThreadPoolExecutor(1) as pool:
        copies = pool.submit(copy)
        try:
            yield
        finally:
            stop.set()
    copies.result()


def back_up(folder: Path) -> None:
    """Make one backup after the other until somebody kills this process."""
    for number in range(1_000_000):
        backup(folder / "results.sqlite", folder / f"killed{os.getpid()}_{number}.sqlite")


def _one_sweep(
    folder: Path, go_on: Callable[[], bool], choose: random.Random, latest: float, counts: Counter[str]
) -> None:
    """Start a sweep; kill it and start it again until it is complete."""
    parent = None
    while parent is None or parent.poll() != 0:
        if parent is None or parent.poll() is not None:
            with (folder / "errors").open("w") as errors:
                parent = subprocess.Popen([sys.executable, __file__, "--child", folder], stderr=errors)
        try:
            parent.wait(choose.uniform(0, latest) if go_on() else 120)
        except subprocess.TimeoutExpired:
            what = choose.choice(["parent", "worker", "both", "backup"])
            if what == "backup":
                if (folder / "results.sqlite").exists():
                    counts[what] += _kill_a_backup(folder, choose)
                continue
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


def _kill_a_backup(folder: Path, choose: random.Random) -> bool:
    """Start to make backups in another process, and kill it a moment after its first one; return whether it had one."""
    made = len(list(folder.glob("killed*.sqlite")))
    process = subprocess.Popen([sys.executable, __file__, "--backup", folder], stderr=subprocess.DEVNULL)
    while len(list(folder.glob("killed*.sqlite"))) == made and process.poll() is None:
        time.sleep(0.001)
    time.sleep(choose.uniform(0, 0.05))
    process.kill()
    return process.wait() == -signal.SIGKILL


def check_copies(folder: Path) -> Counter[str]:
    """Raise AssertionError unless all copies are whole, or recognised as what they are; return how many there are."""
    with open_store(folder / "results.sqlite") as store:
        everything = store.runs(["key"])["key"].tolist()
    counts: Counter[str] = Counter()
    for file in folder.glob("*[0-9].sqlite"):
        kind = "copies" if file.name.startswith("copy") else "backups"
        counts[kind] += 1
        try:
            with open_store(file) as store:
                keys = store.runs(["key"])["key"].tolist()
        except InputError:
            assert kind == "copies", f"{file.name} cannot be opened"
            counts["refused"] += 1
            continue
        assert keys == everything[: len(keys)], f"{file.name} has other runs than those that ended first"
        _require_sound(file)
    return counts


def _require_sound(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",), file.name


def _network(seed: int) -> Arrays:
    """Return arrays that are a whole network, and know their seed."""
    arrays = to_arrays(Experiment().network())
    arrays["dense1.bias"][0] = seed
    return arrays


def check(folder: Path) -> None:
    """Raise AssertionError unless the statements about the store itself are true for the sweep in a folder."""
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
    _require_sound(folder / "results.sqlite")
    assert not list((folder / "results.sqlite-networks").glob(".*"))


def _workers(parent: int) -> list[int]:
    """Return the process ids of the parent's worker processes."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if b"popen_loky" in Path(f"/proc/{pid}/cmdline").read_bytes()]


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(Path(sys.argv[-1]))
    elif "--backup" in sys.argv:
        back_up(Path(sys.argv[-1]))
    else:
        start = time.time()
        print(dict(campaign(kills=50, seed=0)), f"{time.time() - start:.0f} s")

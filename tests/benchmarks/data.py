"""How long data sets take to load, how much memory they need, and what augmentation costs beside a training step.

    WN_REF_DATA=FOLDER python tests/benchmarks/data.py

Data sets that are not in the folder are left out. Every data set is loaded in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from wn_ref import build_model, cross_entropy, load_dataset
from wn_ref.blas import one_blas_thread
from wn_ref.datasets import CATALOG
from wn_ref.datasets.places import find
from wn_ref.optim import Adam

LOAD = """
import time, warnings, sys
import numpy, pandas, scipy.io, sklearn.datasets, wn_ref
warnings.simplefilter("ignore")
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
before, start = resident(), time.perf_counter()
data = wn_ref.load_dataset(sys.argv[1])
seconds = time.perf_counter() - start
size = data.train_images.nbytes + data.test_images.nbytes
print(f"{sys.argv[1]:<14}{seconds:6.2f} s {size / 1e6:8.1f} MB of data {(resident() - before) / 1e6:8.1f} MB resident")
"""


def loads() -> None:
    """Load every data set that is on this machine; speech twice, the first time with an empty cache."""
    for name, entry in CATALOG.items():
        if not all(find(entry.folder, file) for file in entry.files):
            continue
        with tempfile.TemporaryDirectory() as cache:
            for _ in range(2 if entry.folder == "gsc" else 1):
                subprocess.run(
                    [sys.executable, "-c", LOAD, name], env=environment(cache), stderr=subprocess.DEVNULL, check=True
                )


def environment(cache: str) -> dict[str, str]:
    """Return this process's environment with another folder for caches."""
    return os.environ | {"XDG_CACHE_HOME": cache}


@one_blas_thread
def gathers(batch: int = 128, rounds: int = 30) -> None:
    """Gather batches of CIFAR-10, augmented and not, and do a training step of LeNet-5, in turn; print the medians."""
    data = load_dataset("cifar10")
    network = build_model("lenet5", data.shape, 10, batchnorm=False)
    optimiser, augmentation, rng = Adam(network.theta), data.augmentation(0, 0), np.random.default_rng(0)
    x, labels = data.batch(data.train_images, np.arange(batch)), data.train_labels[:batch]

    def step() -> None:
        network.backward(cross_entropy(network.forward(x, training=True), labels)[1])
        optimiser.step(network.dtheta, 1e-3)

    def gather(words: np.ndarray | None) -> None:
        data.batch(data.train_images, rng.integers(0, len(data.train_labels), batch), augmentation=words)

    tasks = {"step": step, "plain": lambda: gather(None), "augmented": lambda: gather(augmentation)}
    times = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - start)
    step_ms, plain, augmented = (1e3 * float(np.median(times[name])) for name in tasks)
    print(f"a LeNet-5 step on CIFAR-10 without batch norm {step_ms:.2f} ms")
    print(f"gathering its batch {plain:.2f} ms ({plain / step_ms:.1%}), augmented {augmented:.2f} ms", end=" ")
    print(f"({augmented / step_ms:.1%})")


if __name__ == "__main__":
    loads()
    if all(find("cifar10", file) for file in CATALOG["cifar10"].files):
        gathers()

"""What `wn_ref.bench` measures with: made-up data, a clock, and a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from wn_ref.datasets import CATALOG, Dataset
from wn_ref.models import build_model
from wn_ref.noise import additive
from wn_ref.train import train

SHAPE = (1, 28, 28)
"""(channels, height, width) of the images, which are those of MNIST unless a network is made for others."""
SHAPES = {"cnn_s": CATALOG["gsc"].shape}
"""The networks that are measured with images of another shape; CNN-S is for the features of speech."""


def made_up_data(images: int, shape: tuple[int, ...] = SHAPE) -> Dataset:
    """Make a data set of random images and labels.

    Parameters
    ----------
    images : int
        Number of training images; the test part has a sixth of that.
    shape : tuple of int
        (channels, height, width) of an image.
    """
    rng = np.random.default_rng(0)
    train_images = rng.integers(0, 256, (images, *shape), np.uint8)
    labels = rng.integers(0, 10, images)
    tests = max(images // 6, 1)
    return Dataset(
        "made up", train_images, labels, train_images[:tests], labels[:tests], tuple("0123456789"), (0.0,), (1.0,)
    )


def train_in_new_process(images: int, cache: str) -> dict[str, float]:
    """Call `_train_and_tell` in a new process that keeps Numba's compiled code in the folder `cache`."""
    code = f"from wn_ref.bench_tools import _train_and_tell; _train_and_tell({images})"
    environment = os.environ | {"NUMBA_CACHE_DIR": cache, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _train_and_tell(images: int) -> None:
    """Train LeNet-5 for one epoch and print the time of the first step and the peak memory as JSON."""
    data, network = made_up_data(images), build_model("lenet5", SHAPE)
    first = seconds_of(lambda: train(network, made_up_data(128), 1, additive(0.5)))
    train(network, data, 1, additive(0.5))
    print(json.dumps({"first_step": first, "peak_memory_mb": _peak_memory_mb()}))


def _peak_memory_mb() -> float:
    """Return the peak memory of this process in MB.

    On Linux it is in /proc. There, `ru_maxrss` would be wrong: it starts at the value of the parent process.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1024**2 if sys.platform == "darwin" else 1024)


def seconds_of(task: Callable[[], object]) -> float:
    """Return how long a task takes."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start

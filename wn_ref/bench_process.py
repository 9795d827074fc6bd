"""A process of its own that trains LeNet-5, for `wn_ref.bench`: its first step, and its peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from wn_ref.bench_peers import peer_tasks
from wn_ref.bench_tools import SHAPE, made_up_data, seconds_of
from wn_ref.models import build_model
from wn_ref.noise import additive
from wn_ref.train import train


def train_in_new_process(images: int, cache: str, peer: str = "") -> dict[str, float]:
    """Train LeNet-5 in a new process, with Numba's compiled code in the folder `cache`, or with a peer."""
    code = f"from wn_ref.bench_process import _train_and_tell; _train_and_tell({images}, {peer!r})"
    environment = os.environ | {"NUMBA_CACHE_DIR": cache, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _train_and_tell(images: int, peer: str) -> None:
    """Train LeNet-5 for one epoch and print the time of the first step and the peak memory as JSON."""
    data, network, noise = made_up_data(images), build_model("lenet5", SHAPE), additive(0.5)
    told = {}
    if peer:
        peer_tasks(peer, network, noise, data)["train"]()
    else:
        told["first_step"] = seconds_of(lambda: train(network, made_up_data(128), 1, noise))
        train(network, data, 1, noise)
    print(json.dumps(told | {"peak_memory_mb": _peak_memory_mb()}))


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

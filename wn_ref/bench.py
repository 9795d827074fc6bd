"""How fast is it? One run measures wn_ref, PyTorch if it is installed, and the limits of the machine, on one core.

Everything is compared within the run, in turn, because machines are shared and drift. The bound of a training epoch is
its floating-point operations at the machine's sgemm peak plus its normals at the generator's own peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits

from wn_ref.datasets import Dataset
from wn_ref.experiment import Experiment
from wn_ref.models import build_model
from wn_ref.network import Network, noisy_points
from wn_ref.noise import Noise, additive, multiplicative
from wn_ref.random import add_normals, stream
from wn_ref.sweeps.execution import sweep
from wn_ref.train import evaluate, train

NOISES: dict[str, Noise | None] = {
    "none": None,
    "additive": additive(0.5),
    "multiplicative": multiplicative(0.5, "exact"),
}
SHAPE = (1, 28, 28)


def run(images: int = 60_000, rounds: int = 3, models: tuple[str, ...] = ("mlp", "lenet5")) -> Iterator[dict]:
    """Measure; yield one dict a row as it is done, `row["kind"]` telling what it is.

    Parameters
    ----------
    images : int
        Training images an epoch; a sixth as many are evaluated. Made up: speed does not depend on what they show.
    rounds : int
        How often everything is measured in turn; times are medians.
    models : tuple of str
        Which networks.
    """
    with threadpool_limits(1, user_api="blas"):
        limits = measure_limits(rounds)
        yield {"kind": "limits"} | limits
        data = made_up_data(images)
        for model in models:
            for batchnorm in (False, True):
                for noise in NOISES:
                    yield {"kind": "network"} | measure_network(model, batchnorm, noise, data, rounds, limits)
    yield {"kind": "process"} | measure_processes(images)
    yield {"kind": "workers"} | measure_workers()


def measure_limits(rounds: int) -> dict[str, float]:
    """The machine's sgemm peak (GFLOP/s), copy bandwidth (GB/s), and normals a second (millions) of each generator."""
    a, b = np.random.default_rng(0).random((2, 1024, 1024), np.float32)
    out, key = np.empty((1024, 1024), np.float32), stream(0, 0, 0, 0)
    x, large = np.zeros(1 << 18, np.float32), np.zeros(1 << 25, np.float32)
    target, one, rng = np.empty_like(large), np.float32(1), np.random.default_rng(0)
    tasks = {
        "sgemm_gflops": (lambda: np.dot(a, b, out=out), 2 * 1024**3 / 1e9),
        "copy_gb": (lambda: np.copyto(target, large), 2 * large.nbytes / 1e9),
        "normals_millions": (lambda: add_normals(x, one, *key), x.size / 1e6),
        "numpy_normals_millions": (lambda: rng.standard_normal(dtype=np.float32, out=x), x.size / 1e6),
    }
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        tensor = torch.empty(x.size)
        tasks["torch_normals_millions"] = (tensor.normal_, x.size / 1e6)
    seconds = {name: [] for name in tasks}
    for name, (task, _) in list(tasks.items()) * (10 * rounds):
        seconds[name].append(_seconds(task))
    return {name: amount / min(seconds[name]) for name, (_, amount) in tasks.items()}


def measure_network(
    model: str, batchnorm: bool, noise: str, data: Dataset, rounds: int, limits: dict[str, float]
) -> dict[str, object]:
    """Seconds of a training epoch and of an evaluation, here and in PyTorch, in turn."""
    network = build_model(model, SHAPE, 10, batchnorm)
    tiny = made_up_data(256)
    train(network, tiny, 1, NOISES[noise])  # compiles
    times: dict[str, list[float]] = {"train": [], "evaluate": []}
    theirs = _torch_tasks(network, NOISES[noise], data) if find_spec("torch") else {}
    times |= {f"torch_{name}": [] for name in theirs}
    ours = {
        "train": lambda: train(network, _without_test(data), 1, NOISES[noise]),
        "evaluate": lambda: evaluate(network, data, NOISES[noise]),
    }
    tasks = ours | {f"torch_{name}": task for name, task in theirs.items()}
    for name, task in list(tasks.items()) * rounds:
        times[name].append(_seconds(task))
    row: dict[str, object] = {"model": model, "batchnorm": batchnorm, "noise": noise}
    row |= {f"{name}_seconds": median(values) for name, values in times.items()}
    row["bound_seconds"] = bound(network, NOISES[noise], len(data.train_labels), limits)
    row["share_of_bound"] = row["bound_seconds"] / row["train_seconds"]
    for name in theirs:
        ratios = [theirs / ours for theirs, ours in zip(times[f"torch_{name}"], times[name], strict=True)]
        row[f"{name}_ratio"] = median(ratios)
        row[f"{name}_ratio_range"] = [min(ratios), max(ratios)]
    return row


def bound(network: Network, noise: Noise | None, images: int, limits: dict[str, float]) -> float:
    """Seconds that an epoch's floating-point operations and normals take at their peaks.

    Each product of a layer with weights costs two operations forward, two for dW, and two for dx behind the first.
    """
    operations = normals = 0
    sizes = [y.size for _, y in network.activations(np.zeros((*SHAPE, 1)))]
    weighted = [name for name in network.points if f"{name}.weight" in network.parameters]
    for name in weighted:
        weight = network.parameters[f"{name}.weight"]
        products = sizes[network.points.index(name)] * weight[0].size
        operations += products * (4 if name == weighted[0] else 6)
    if noise:
        normals = sum(sizes[point] for point in noisy_points(network.points, "global"))
    return images * (operations / (limits["sgemm_gflops"] * 1e9) + normals / (limits["normals_millions"] * 1e6))


def measure_processes(images: int) -> dict[str, float]:
    """Peak memory (MB) of a process that trains LeNet-5, and the first step (s), cold and from the cache on disk."""
    with tempfile.TemporaryDirectory() as cache:
        cold, warm = (_in_process(images, cache) for _ in range(2))
    return {
        "first_step_cold_seconds": cold["first_step"],
        "first_step_cached_seconds": warm["first_step"],
        "peak_memory_mb": warm["peak_memory_mb"],
    }


def measure_workers() -> dict[str, float]:
    """Time of two experiments on two workers, over the time of one on one."""
    plan = [Experiment(model="lenet5", noise=additive(0.5), epochs=10, seed=seed) for seed in range(2)]
    sweep([Experiment(epochs=1, seed=seed) for seed in range(4)], jobs=2)  # starts the workers
    sweep(plan[:1])
    one, two = _seconds(lambda: sweep(plan[:1])), _seconds(lambda: sweep(plan, jobs=2))
    return {"one_seconds": one, "two_seconds": two, "two_over_one": two / one}


def made_up_data(images: int) -> Dataset:
    """Images and labels that are noise, in MNIST's shape."""
    rng = np.random.default_rng(0)
    train_images = rng.integers(0, 256, (images, *SHAPE), np.uint8)
    labels = rng.integers(0, 10, images)
    tests = max(images // 6, 1)
    return Dataset(
        "made up", train_images, labels, train_images[:tests], labels[:tests], tuple("0123456789"), (0.0,), (1.0,)
    )


def _without_test(data: Dataset) -> Dataset:
    """Leave next to nothing to evaluate after an epoch, so that training alone is timed."""
    parts = (data.train_images, data.train_labels, data.test_images[:1], data.test_labels[:1])
    return Dataset(data.name, *parts, data.classes, data.mean, data.std)


def _torch_tasks(network: Network, noise: Noise | None, data: Dataset) -> dict[str, Callable[[], None]]:
    import torch

    from wn_ref import torch_twin

    torch.set_num_threads(1)
    model = torch_twin.twin(network, noise)
    images, labels = torch.from_numpy(data.train_images).float() / 255, torch.from_numpy(data.train_labels)
    torch_twin.train_epoch(model, images[:256], labels[:256])
    tests = images[: len(data.test_labels)]
    return {
        "train": lambda: torch_twin.train_epoch(model, images, labels),
        "evaluate": lambda: torch_twin.evaluate(model, tests),
    }


def _in_process(images: int, cache: str) -> dict[str, float]:
    code = f"from wn_ref.bench import _train_and_tell; _train_and_tell({images})"
    environment = os.environ | {"NUMBA_CACHE_DIR": cache, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _train_and_tell(images: int) -> None:
    data, network = made_up_data(images), build_model("lenet5", SHAPE)
    first = _seconds(lambda: train(network, made_up_data(128), 1, additive(0.5)))
    train(network, data, 1, additive(0.5))
    print(json.dumps({"first_step": first, "peak_memory_mb": _peak_memory_mb()}))


def _peak_memory_mb() -> float:
    """The process's own peak; Linux's ru_maxrss would start at that of the process which started this one."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1024**2 if sys.platform == "darwin" else 1024)


def _seconds(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start

"""How fast is wn_ref? One run measures it, PyTorch if it is installed, and the limits of the machine, on one core.

The speed of a shared machine changes from minute to minute. So everything that is compared is measured in turn, within
one run. The bound of a training epoch is the shortest time that the machine could need for it: its floating-point
operations at the peak speed of a matrix product (sgemm), plus its normals at the peak speed of the generator.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits

from wn_ref.bench_tools import SHAPE, SHAPES, made_up_data, seconds_of, train_in_new_process
from wn_ref.datasets import Dataset
from wn_ref.experiment import Experiment
from wn_ref.generator import add_normals
from wn_ref.injection import GLOBAL
from wn_ref.models import build_model
from wn_ref.network import Network
from wn_ref.noise import Noise, additive, of_kind
from wn_ref.random import Stream
from wn_ref.sweeps.runner import sweep
from wn_ref.train import evaluate, train

BENCHMARKED: dict[str, Noise | None] = {
    "none": None,
    "additive": of_kind("additive", 0.5),
    "multiplicative": of_kind("multiplicative", 0.5, "exact"),
}
"""The noises that every network is measured with, by the name that a row has for them."""


def run(images: int = 60_000, rounds: int = 3, models: tuple[str, ...] = ("mlp", "lenet5")) -> Iterator[dict]:
    """Measure everything and yield one row of results after the other.

    Parameters
    ----------
    images : int
        Number of training images per epoch; a sixth of that is evaluated. They are random numbers, because speed does
        not depend on what an image shows.
    rounds : int
        How often everything is measured; a time is the median of the rounds.
    models : tuple of str
        The networks to measure.

    Yields
    ------
    dict
        ``row["kind"]`` says what was measured: "limits", "network", "process" or "workers".
    """
    with threadpool_limits(1, user_api="blas"):
        limits = measure_limits(rounds)
        yield {"kind": "limits"} | limits
        for model in models:
            data = made_up_data(images, SHAPES.get(model, SHAPE))
            for batchnorm in (False, True):
                for noise in BENCHMARKED:
                    yield {"kind": "network"} | measure_network(model, batchnorm, noise, data, rounds, limits)
    yield {"kind": "process"} | measure_processes(images)
    yield {"kind": "workers"} | measure_workers()


def measure_limits(rounds: int) -> dict[str, float]:
    """Measure the limits of the machine.

    Returns
    -------
    dict of str to float
        sgemm_gflops, the speed of a matrix product in GFLOP/s; copy_gb, the memory bandwidth of a copy in GB/s;
        normals_millions, numpy_normals_millions and, if it is installed, torch_normals_millions, how many millions of
        normals per second each generator draws.
    """
    a, b = np.random.default_rng(0).random((2, 1024, 1024), np.float32)
    out, key = np.empty((1024, 1024), np.float32), Stream(0, 0, 0).words(0)
    x, large = np.zeros(1 << 18, np.float32), np.zeros(1 << 25, np.float32)
    target, one, rng = np.empty_like(large), np.float32(1), np.random.default_rng(0)
    tasks: dict[str, tuple[Callable[[], object], float]] = {  # what to do, and how much of the unit that is
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
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for name, (task, _) in list(tasks.items()) * (10 * rounds):
        seconds[name].append(seconds_of(task))
    return {name: amount / min(seconds[name]) for name, (_, amount) in tasks.items()}


def measure_network(
    model: str, batchnorm: bool, noise: str, data: Dataset, rounds: int, limits: dict[str, float]
) -> dict[str, object]:
    """Measure the seconds of a training epoch and of an evaluation, here and in PyTorch.

    Parameters
    ----------
    model : str
        Name for `wn_ref.build_model`.
    batchnorm : bool
        Whether the network has batch norm.
    noise : str
        A key of `BENCHMARKED`.
    data : Dataset
        What to train with and to evaluate.
    rounds : int
        How often everything is measured in turn.
    limits : dict of str to float
        What `measure_limits` returned.

    Returns
    -------
    dict
        The network and its noise; train_seconds, evaluate_seconds and their `torch_` forms, medians of the rounds;
        bound_seconds and share_of_bound of training (see `bound`); train_ratio and evaluate_ratio, PyTorch's time over
        ours, with their ranges. What is about PyTorch is missing where it is not installed.
    """
    shape = data.train_images.shape[1:]
    network, injected = build_model(model, shape, 10, batchnorm), BENCHMARKED[noise]
    train(network, made_up_data(256, shape), 1, injected)  # compiles
    tasks: dict[str, Callable[[], object]] = {
        "train": lambda: train(network, _without_test(data), 1, injected),
        "evaluate": lambda: evaluate(network, data, injected),
    }
    if find_spec("torch"):
        tasks |= _torch_tasks(network, injected, data)
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for name, task in list(tasks.items()) * rounds:
        times[name].append(seconds_of(task))
    seconds = {f"{name}_seconds": median(values) for name, values in times.items()}
    least = bound(network, injected, len(data.train_labels), limits, shape)
    row: dict[str, object] = {"model": model, "batchnorm": batchnorm, "noise": noise} | seconds
    row |= {"bound_seconds": least, "share_of_bound": least / seconds["train_seconds"]}
    for name in ("train", "evaluate"):
        if f"torch_{name}" in times:
            ratios = [theirs / ours for theirs, ours in zip(times[f"torch_{name}"], times[name], strict=True)]
            row |= {f"{name}_ratio": median(ratios), f"{name}_ratio_range": [min(ratios), max(ratios)]}
    return row


def bound(
    network: Network, noise: Noise | None, images: int, limits: dict[str, float], shape: Sequence[int] = SHAPE
) -> float:
    """Return the seconds that the floating-point operations and the normals of an epoch take at peak speed.

    A layer with weights multiplies and adds: two operations per product in the forward pass, two for dW, and two for
    dx, which the first layer with weights does not need.

    Parameters
    ----------
    network : Network
        For images of `shape`.
    noise : Noise or None
        Global noise.
    images : int
        Number of training images per epoch.
    limits : dict of str to float
        What `measure_limits` returned.
    shape : sequence of int
        (channels, height, width) of an image.
    """
    operations = normals = 0
    sizes = [y.size for _, y in network.activations(np.zeros((*shape, 1)))]
    weighted = [name for name in network.points if f"{name}.weight" in network.parameters]
    for name in weighted:
        weight = network.parameters[f"{name}.weight"]
        products = sizes[network.points.index(name)] * weight[0].size
        operations += products * (4 if name == weighted[0] else 6)
    if noise:
        normals = sum(sizes[point] for point in network.injection_points.numbers(GLOBAL))
    return images * (operations / (limits["sgemm_gflops"] * 1e9) + normals / (limits["normals_millions"] * 1e6))


def measure_processes(images: int) -> dict[str, float]:
    """Measure a fresh process that trains LeNet-5: its peak memory (MB) and the time of its first step (s).

    The first step is measured twice: cold, when Numba compiles everything, and with the compiled code in its cache.
    """
    with tempfile.TemporaryDirectory() as cache:
        cold, warm = (train_in_new_process(images, cache) for _ in range(2))
    return {
        "first_step_cold_seconds": cold["first_step"],
        "first_step_cached_seconds": warm["first_step"],
        "peak_memory_mb": warm["peak_memory_mb"],
    }


def measure_workers() -> dict[str, float]:
    """Measure two experiments on two workers and one experiment on one worker, in seconds, and their ratio."""
    plan = [Experiment(model="lenet5", noise=additive(0.5), epochs=10, seed=seed) for seed in range(2)]
    sweep([Experiment(epochs=1, seed=seed) for seed in range(4)], jobs=2)  # starts the workers
    sweep(plan[:1])
    one, two = seconds_of(lambda: sweep(plan[:1])), seconds_of(lambda: sweep(plan, jobs=2))
    return {"one_seconds": one, "two_seconds": two, "two_over_one": two / one}


def _without_test(data: Dataset) -> Dataset:
    """Keep one test image only, so that the evaluation after an epoch takes no time."""
    parts = (data.train_images, data.train_labels, data.test_images[:1], data.test_labels[:1])
    return Dataset(data.name, *parts, data.classes, data.mean, data.std)


def _torch_tasks(network: Network, noise: Noise | None, data: Dataset) -> dict[str, Callable[[], object]]:
    """Return the same tasks for the twin of a network in PyTorch, which has the images in memory as floats."""
    import torch

    from wn_ref.ports import torch_twin

    torch.set_num_threads(1)
    model = torch_twin.twin(network, noise)
    images, labels = torch.tensor(data.train_images).float() / 255, torch.tensor(data.train_labels)
    torch_twin.train_epoch(model, images[:256], labels[:256])
    tests = images[: len(data.test_labels)]
    return {
        "torch_train": lambda: torch_twin.train_epoch(model, images, labels),
        "torch_evaluate": lambda: torch_twin.evaluate(model, tests),
    }

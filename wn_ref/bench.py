"""How fast is wn_ref? One run measures it, its peers as far as they are installed, and the limits of the machine.

The speed of a shared machine changes from minute to minute. So everything that is compared is measured in turn, within
one run, on one core. The bound of a training epoch is the shortest time that the machine could need for it: its
floating-point operations at the peak speed of a matrix product (sgemm), plus its normals at the peak speed of the
generator. Memory is not in the bound.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from statistics import mean, median

import numpy as np
from threadpoolctl import threadpool_limits

from wn_ref import paper
from wn_ref.bench_peers import Tasks, installed, peer_tasks
from wn_ref.bench_process import train_in_new_process
from wn_ref.bench_tools import NETWORKS, SHAPE, SimulatedNetworks, made_up_data, seconds_of
from wn_ref.datasets import Dataset
from wn_ref.experiment import Experiment
from wn_ref.generator import add_normals
from wn_ref.injection import GLOBAL
from wn_ref.models import build_model
from wn_ref.network import Network
from wn_ref.noise import Noise, additive, of_kind
from wn_ref.random import Stream
from wn_ref.search.in_training import in_training
from wn_ref.search.question import Question
from wn_ref.sweeps.grids import plan
from wn_ref.sweeps.runner import sweep
from wn_ref.train import evaluate, train

BENCHMARKED: dict[str, Noise | None] = {
    "none": None,
    "additive": of_kind("additive", 0.5),
    "multiplicative": of_kind("multiplicative", 0.5, "exact"),
}
"""The noises that every network is measured with, by the name that a row has for them."""
SEARCHES = 100
"""Simulated searches whose networks are counted for the cost of a midpoint."""


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
        The networks to measure; see `wn_ref.bench_tools.NETWORKS`.

    Yields
    ------
    dict
        ``row["kind"]`` says what was measured: "limits", "network", "midpoint", "process" or "workers".
    """
    with _one_core(), threadpool_limits(1, user_api="blas"):
        limits = measure_limits(rounds)
        yield {"kind": "limits"} | limits
        for name in models:
            for batchnorm in (False, True):
                for noise in BENCHMARKED:
                    yield {"kind": "network"} | measure_network(name, batchnorm, noise, images, rounds, limits)
        yield {"kind": "midpoint"} | measure_midpoint(images, rounds)
        yield {"kind": "process"} | measure_processes(images)
    yield {"kind": "workers"} | measure_workers()


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process, and those that it starts, on one core, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


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
    name: str, batchnorm: bool, noise: str, images: int, rounds: int, limits: dict[str, float]
) -> dict[str, object]:
    """Measure the seconds of a training epoch and of an evaluation, here and of the peers.

    Parameters
    ----------
    name : str
        A key of `wn_ref.bench_tools.NETWORKS`.
    batchnorm : bool
        Whether the network has batch norm.
    noise : str
        A key of `BENCHMARKED`.
    images : int
        Number of training images per epoch.
    rounds : int
        How often everything is measured in turn.
    limits : dict of str to float
        What `measure_limits` returned.

    Returns
    -------
    dict
        The network and its noise; train_seconds, evaluate_seconds, and those of each peer, such as torch_train_seconds,
        medians of the rounds, each with a range; bound_seconds and share_of_bound of training (see `bound`);
        torch_train_ratio and so on, a peer's time over ours, with its range. What is about a peer is missing where it
        is not installed.
    """
    model, shape = NETWORKS[name]
    data, network, injected = made_up_data(images, shape), build_model(model, shape, 10, batchnorm), BENCHMARKED[noise]
    train(network, made_up_data(256, shape), 1, injected)  # compiles
    tasks: Tasks = {
        "train": lambda: train(network, _without_test(data), 1, injected),
        "evaluate": lambda: evaluate(network, data, injected),
    }
    for peer in installed():
        tasks |= {f"{peer}_{task}": call for task, call in peer_tasks(peer, network, injected, data).items()}
    times = _in_turn(tasks, rounds)
    least = bound(network, injected, images, limits, shape)
    row: dict[str, object] = {"model": name, "batchnorm": batchnorm, "noise": noise, "images": images}
    for task, seconds in times.items():
        row |= _spread(f"{task}_seconds", seconds)
    row |= {"bound_seconds": least} | _spread("share_of_bound", [least / seconds for seconds in times["train"]])
    for task in ("train", "evaluate"):
        for peer in installed():
            pairs = zip(times[f"{peer}_{task}"], times[task], strict=True)
            row |= _spread(f"{peer}_{task}_ratio", [theirs / ours for theirs, ours in pairs])
    return row


def _in_turn(tasks: Tasks, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each task in each round."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for name, task in list(tasks.items()) * rounds:
        times[name].append(seconds_of(task))
    return times


def _spread(name: str, values: Sequence[float]) -> dict[str, object]:
    return {name: median(values), f"{name}_range": [min(values), max(values)]}


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


def measure_midpoint(images: int, rounds: int) -> dict[str, object]:
    """Measure what a midpoint costs: Table 1, MNIST, MLP without batch norm, additive noise, to +-5 %.

    Here a search trains as many networks as searches take on average on simulated networks that fall where the paper's
    do. The paper's own grid has all of its networks trained in PyTorch. An epoch of both is measured.

    Returns
    -------
    dict
        networks, grid_networks; epochs of each; epoch_seconds and, where PyTorch is installed, torch_epoch_seconds;
        core_hours, torch_core_hours, and their ratio.
    """
    table = paper.midpoints(1).set_index(["dataset", "model", "batchnorm", "noise"])
    truth = float(table.loc[("mnist", "mlp", False, "additive"), "midpoint"])
    grid = plan("global", "paper", "additive", "mnist", "mlp", False)
    wanted = [experiment for experiment in grid if experiment.phase == "training"]
    networks = [SimulatedNetworks(truth, seed) for seed in range(SEARCHES)]
    for simulated in networks:
        in_training(simulated, Question(chance=0.1, width=0.1))
    network, noise, data = build_model("mlp", SHAPE, 10, False), BENCHMARKED["additive"], made_up_data(images)
    train(network, made_up_data(256), 1, noise)
    tasks: Tasks = {"epoch": lambda: train(network, data, 1, noise)}
    if "torch" in installed():
        theirs = peer_tasks("torch", network, noise, data)
        tasks["torch_epoch"] = lambda: [call() for call in theirs.values()]
    times = _in_turn(tasks, max(rounds, 2))
    trained, epochs = mean(simulated.trained for simulated in networks), wanted[0].epochs
    hours = trained * epochs * median(times["epoch"]) / 3600
    row: dict[str, object] = {"networks": trained, "grid_networks": len(wanted), "epochs": epochs, "core_hours": hours}
    for task, seconds in times.items():
        row |= _spread(f"{task}_seconds", seconds)
    if "torch_epoch" in times:
        theirs_hours = len(wanted) * epochs * median(times["torch_epoch"]) / 3600
        row |= {"torch_core_hours": theirs_hours, "torch_over_ours": theirs_hours / hours}
    return row


def measure_processes(images: int) -> dict[str, float]:
    """Measure fresh processes that train LeNet-5: their peak memory (MB) and the time of the first step (s).

    The first step is measured twice: cold, when Numba compiles everything, and with the compiled code in its cache. If
    PyTorch is installed, a process trains with it, too.
    """
    with tempfile.TemporaryDirectory() as cache:
        cold, warm = (train_in_new_process(images, cache) for _ in range(2))
    told = {
        "first_step_cold_seconds": cold["first_step"],
        "first_step_cached_seconds": warm["first_step"],
        "peak_memory_mb": warm["peak_memory_mb"],
    }
    if "torch" in installed():
        told["torch_peak_memory_mb"] = train_in_new_process(images, "", peer="torch")["peak_memory_mb"]
    return told


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

"""How fast each kernel is, and what an epoch spends its time on (about half a minute).

    python tests/benchmarks/kernels.py

One core, float32, batch 128. The time of a kernel is the best of many runs; the epoch is one of LeNet-5 without batch
norm, under a profiler.
"""

import cProfile
import pstats
import time
from functools import partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from wn_ref import additive, build_model, generator, kernels, train
from wn_ref.arrays import Memory
from wn_ref.bench import measure_limits
from wn_ref.bench_tools import SHAPE, made_up_data
from wn_ref.compiled import kernel
from wn_ref.layers import Conv, dense
from wn_ref.random import Stream

BATCH = 128


@kernel
def words_alone(words, chunks, key0, key1):
    for chunk in range(chunks):
        generator._chunk_of_words(words, chunk, key0, key1, 0, 0, 0)


@kernel
def transform_alone(words, normals, chunks):
    for chunk in range(chunks):
        words[0, 0] = chunk
        generator._box_muller(words, normals)


def best(task, runs: int = 30) -> float:
    """Seconds of the fastest run."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def show_generator() -> None:
    """Print how many millions of normals per second each half of the generator makes, and both with the injection."""
    words, normals, chunks = np.empty((4, 64), np.uint32), np.empty((4, 64), np.float32), 1024
    x, key = np.zeros(256 * chunks, np.float32), Stream(1, 0, 0).words(0)
    for name, task in (
        ("Philox alone", lambda: words_alone(words, chunks, 1, 2)),
        ("Box-Muller alone", lambda: transform_alone(words, normals, chunks)),
        ("drawn and injected", lambda: generator.add_normals(x, np.float32(1), *key)),
    ):
        task()
        print(f"{name:<28} {x.size / best(task) / 1e6:8.0f} M/s")


def show_convolution(name: str, inputs: int, outputs: int, size: int) -> None:
    """Print the GFLOP/s of one of LeNet-5's convolutions; dx of the first one is never needed."""
    rng = np.random.default_rng(0)
    layer = Conv(inputs, outputs, (5, 5))
    x = rng.random((inputs, size, size, BATCH), np.float32)
    y = layer.forward(x)
    dy = rng.random(y.shape, np.float32)
    work = 2 * y.size * inputs * 25 / 1e9
    layer.backward(dy)
    forward, weights = best(lambda: layer.forward(x)), best(lambda: layer.backward(dy, input_gradient=False))
    print(f"{name} forward                {work / forward:8.0f} GFLOP/s")
    print(f"{name} dW, db                 {work / weights:8.0f} GFLOP/s")
    if inputs > 1:
        print(f"{name} dx                     {work / (best(lambda: layer.backward(dy)) - weights):8.0f} GFLOP/s")


def show_dense(outputs: int, inputs: int) -> None:
    """Print the speed of two products of a dense layer, blocked and with BLAS."""
    rng, memory, made = np.random.default_rng(0), Memory(), {}
    shapes = {"x": (inputs, BATCH), "weight": (outputs, inputs), "dy": (outputs, BATCH), "dw": (outputs, inputs)}
    for name, shape in shapes.items():
        made[name] = memory(name, shape, np.dtype(np.float32))
        made[name][...] = rng.standard_normal(shape)
    x, weight, dy, dw = made.values()
    y, bias = memory("y", dy.shape, dy.dtype), np.zeros(outputs, np.float32)
    operations = 2 * x.size * outputs / 1e9
    for what, function, given in (
        ("forward", dense._forward, (x, weight, bias, y)),
        ("dW, db", dense._weight_gradient, (x, dy, dw, bias)),
    ):
        blocked, blas = (operations / best(partial(form, *given), 300) for form in (function, function.plain))
        print(f"dense {outputs:>3} x {inputs:<3} {what:<10} {blocked:13.0f} GFLOP/s, with BLAS {blas:.0f}")


def show_epoch(images: int = 60_000) -> None:
    """Print the share of an epoch with additive noise that each function takes, without what it calls."""
    data, network = made_up_data(images), build_model("lenet5", SHAPE, batchnorm=False)
    train(network, made_up_data(256), 1, additive(0.5))
    profile = cProfile.Profile()
    profile.runcall(train, network, data, 1, additive(0.5))
    stats = pstats.Stats(profile)
    rows = sorted(((row[2], place) for place, row in stats.stats.items()), reverse=True)
    print(f"an epoch of LeNet-5 with additive noise: {stats.total_tt:.2f} s, of which")
    for seconds, (file, _, function) in rows[:12]:
        print(f"  {Path(file).name + ' ' + function:<40} {seconds / stats.total_tt:6.1%}")


def show_forms(images: int = 6000, rounds: int = 5) -> None:
    """How many times longer an epoch of LeNet-5 takes with the plain loops, measured in turn."""
    for noise in (None, additive(0.5)):
        data, network, seconds = made_up_data(images), build_model("lenet5", SHAPE, batchnorm=False), {}
        for form in kernels.FORMS * (rounds + 1):
            kernels.choose(form)
            start = time.perf_counter()
            train(network, data, 1, noise)
            seconds.setdefault(form, []).append(time.perf_counter() - start)
        fast, plain = (min(seconds[form][1:]) for form in kernels.FORMS)  # the first one compiles
        name = "without noise" if noise is None else "with additive noise"
        print(f"plain loops over blocked ones, LeNet-5 {name}: {plain / fast:.2f}")


if __name__ == "__main__":
    with threadpool_limits(1, user_api="blas"):
        print(f"sgemm peak                   {measure_limits(2)['sgemm_gflops']:8.0f} GFLOP/s")
        show_generator()
        show_convolution("conv1", inputs=1, outputs=6, size=28)
        show_convolution("conv2", inputs=6, outputs=16, size=12)
        show_dense(64, 784)
        show_dense(120, 256)
        show_epoch()
        show_forms()

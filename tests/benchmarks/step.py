"""What a training step of the MLP spends its time on: microseconds by part, medians of three epochs on one core.

    python tests/benchmarks/step.py

The parts are those of `wn_ref.train`: gathering a batch, forward, loss, backward, Adam. The images are random.
"""

from __future__ import annotations

import time

import numpy as np
from threadpoolctl import threadpool_limits

from wn_ref import additive, build_model
from wn_ref.bench_tools import SHAPE, made_up_data
from wn_ref.loss import CrossEntropy
from wn_ref.optim import Adam
from wn_ref.random import SHUFFLE, permutation

BATCH = 128


def show(noise, batchnorm: bool) -> None:
    """Print a line for one network."""
    network = build_model("mlp", SHAPE, 10, batchnorm)
    batches, adam, loss = DATA.batches(DATA.train_images), Adam(network.theta), CrossEntropy(10)
    order, times = permutation(len(DATA.train_labels), 0, SHUFFLE), []
    for step in range(3 * (len(order) // BATCH)):
        chosen = order[step % (len(order) // BATCH) * BATCH :][:BATCH]
        clock = [time.perf_counter()]
        x = batches.take(chosen)
        clock.append(time.perf_counter())
        logits = network.forward(x, True, noise, step=step, overwrite_x=True)
        clock.append(time.perf_counter())
        _, dlogits = loss(logits, DATA.train_labels[chosen])
        clock.append(time.perf_counter())
        network.backward(dlogits)
        clock.append(time.perf_counter())
        adam.step(network.dtheta, 1e-3)
        clock.append(time.perf_counter())
        times.append(np.diff(clock))
    parts = zip(("batch", "forward", "loss", "backward", "Adam"), 1e6 * np.median(times, axis=0))
    kind = f"{'additive' if noise else 'no'} noise, {'with' if batchnorm else 'without'} batch norm"
    print(f"{kind:<35}", ", ".join(f"{name} {microseconds:.0f}" for name, microseconds in parts), "us")


if __name__ == "__main__":
    DATA = made_up_data(60_000)
    with threadpool_limits(1, user_api="blas"):
        for batchnorm in (False, True):
            for noise in (None, additive(0.5)):
                show(noise, batchnorm)

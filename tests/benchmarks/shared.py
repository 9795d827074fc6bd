"""How much faster a walk at inference is when evaluations of one network share what they can. A quarter of a minute.

    python tests/benchmarks/shared.py

Each network is evaluated at every injection point, at ten noise levels: each by itself, and sixteen together as a sweep
has them. The numbers are the same to the bit, or this stops. Printed are the best of three.
"""

from __future__ import annotations

import time

import numpy as np

from wn_ref import additive, load_dataset, walking
from wn_ref.running import learn, measure, measure_each
from wn_ref.sweeps.work import EVALUATIONS


def main() -> None:
    """Measure the MLP and LeNet-5 on the sample of MNIST."""
    data = load_dataset("mnist_sample")
    for model in ("mlp", "lenet5"):
        plan = walking(additive, np.geomspace(0.1, 100, 10), [0], ["inference"], model=model, epochs=1)
        network, _ = learn(plan[0].training_experiment())
        times: list[list[float]] = [[], []]
        for _ in range(3):
            start = time.perf_counter()
            alone = [measure(experiment, network, data) for experiment in plan]
            middle = time.perf_counter()
            groups = [plan[i : i + EVALUATIONS] for i in range(0, len(plan), EVALUATIONS)]
            together = [accuracy for group in groups for accuracy in measure_each(group, network, data)]
            times[0].append(middle - start)
            times[1].append(time.perf_counter() - middle)
            assert alone == together
        alone_time, together_time = map(min, times)
        print(f"{model}: {len(plan)} evaluations, {alone_time:.2f} s alone, {together_time:.2f} s together: ", end="")
        print(f"{alone_time / together_time:.1f} x")


if __name__ == "__main__":
    main()

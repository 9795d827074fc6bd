"""How well forecasts hit: python tests/benchmarks/forecasts.py (some minutes). Forecast and sweep, one worker, in turn.

On a machine that others use, compare the processor time: the forecast's clock sees the same load as the sweep's only
if that load stays.
"""

from __future__ import annotations

import time

from wn_ref.store.canonical import keys
from wn_ref.store.store import writing
from wn_ref.sweeps.execution import sweep, work
from wn_ref.sweeps.forecast import forecast
from wn_ref.sweeps.grids import plan

PLANS = [
    {"name": "walking"},
    {"name": "walking", "noise": "multiplicative"},
    {"name": "global", "model": "lenet5"},
    {"name": "multi", "batchnorm": False},
]

if __name__ == "__main__":
    for options in PLANS:
        experiments = plan(**options)
        with writing(None) as store:
            todo = work(keys(experiments).values(), store)
        start = time.perf_counter()
        asked = forecast([training for training, _ in todo.train], [e for _, group in todo.evaluate for e in group])
        measured, start = time.perf_counter() - start, time.perf_counter()
        processor = time.process_time()
        sweep(experiments)
        seconds, processor = time.perf_counter() - start, time.process_time() - processor
        print(
            f"{options}: forecast {asked.seconds(1):.1f} s (in {measured:.1f} s), took {seconds:.1f} s, "
            f"{asked.seconds(1) / seconds - 1:+.0%}; processor time {processor:.1f} s",
            flush=True,
        )

"""Compare forecasts with the sweeps that follow, with one worker. Some minutes.

    python tests/benchmarks/forecasts.py

On a machine that others use, compare the forecast with the processor time: the clock depends on the load, which may
change between the forecast and the sweep.
"""

from __future__ import annotations

import time

from wn_ref.store.canonical import keys
from wn_ref.store.writer import writing
from wn_ref.sweeps.forecast import forecast
from wn_ref.sweeps.grids import plan
from wn_ref.sweeps.runner import sweep
from wn_ref.sweeps.work import work_left

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
            work = work_left(keys(experiments).values(), store)
        start = time.perf_counter()
        asked = forecast(work.trainings, work.evaluations)
        measured, start = time.perf_counter() - start, time.perf_counter()
        processor = time.process_time()
        sweep(experiments)
        seconds, processor = time.perf_counter() - start, time.process_time() - processor
        print(
            f"{options}: forecast {asked.seconds(1):.1f} s (in {measured:.1f} s), took {seconds:.1f} s, "
            f"{asked.seconds(1) / seconds - 1:+.0%}; processor time {processor:.1f} s",
            flush=True,
        )

"""Is there a false alarm? A correct port goes through the suite with other seeds.

    python tests/benchmarks/port_seeds.py wn_ref.ports.numpy_port:NumpyPort --seeds 20

prints the largest deviation of each kind as a share of what is allowed, and fails if a seed has a finding.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

from wn_ref.ports.cases import suite
from wn_ref.ports.record import record
from wn_ref.ports.rules import Rules
from wn_ref.ports.run import run_port
from wn_ref.ports.stages import stages_of
from wn_ref.user_code import function_of


def main() -> None:
    """Run the suites."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", help="package.module:Class")
    parser.add_argument("--seeds", type=int, default=20)
    given = parser.parse_args()
    port, largest, alarms = function_of("port", given.port)(), defaultdict(float), 0
    for seed in range(given.seeds):
        for case in suite(seed):
            run = run_port(case, record(case), port)
            bad = [form.quantity for one in run.passes for form in one.forms] + [run.raised] * bool(run.raised)
            for _, stages in stages_of(run):
                for one in stages(Rules()):
                    kind = case.dtype, one.quantity.partition("/")[0]
                    largest[kind] = max(largest[kind], one.size / (one.tolerance or 1))
                    bad += [one.quantity] if one.fails else []
            if bad:
                alarms += 1
                print(f"seed {seed}, {case.name}: {', '.join(bad[:5])}")
    for (dtype, kind), share in sorted(largest.items()):
        print(f"{dtype} {kind:14} {share:8.2g} of what is allowed")
    print(f"{given.seeds} seeds, {alarms} false alarms")
    raise SystemExit(alarms > 0)


if __name__ == "__main__":
    main()

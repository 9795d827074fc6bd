"""`wn-ref clamped`: what noise does if weights may not grow."""

from __future__ import annotations

from pathlib import Path

from wn_ref.cli.groups import ClampedOrNot, Levels, Network, Running
from wn_ref.cli.options import FigureFile, Force
from wn_ref.cli.running import run_and_keep
from wn_ref.files import outputs
from wn_ref.findings.robustness import LEAST_LEVELS


def clamped(
    network: Network,
    levels: Levels,
    training: ClampedOrNot,
    running: Running,
    output: FigureFile = None,
    force: Force = False,
) -> None:
    """Walk additive noise through networks with and without clamped weights; print Table 2 and draw Figure 2.

    Clamped weights are clipped to [-1, 1] after every training step, so that they cannot grow above the noise. Table 2
    shows how much larger weights become if they may.
    """
    from wn_ref import reproduce

    figure, runs_file = outputs(output, Path("clamped.png"), "_runs.csv", force=force)
    plans = (levels.plan(name, network, training, least=LEAST_LEVELS) for name in ("walking", "clamped"))
    experiments = [experiment for plan in plans for experiment in plan]
    runs, kept = run_and_keep(experiments, running, runs_file)
    print(reproduce.show_table(2, runs))
    print(f"figure: {figure.write(reproduce.figure(2, runs).savefig)}")
    print(f"every run is in {kept}")

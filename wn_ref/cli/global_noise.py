"""`wn-ref global`: the midpoint of noise at all points at once."""

from __future__ import annotations

from pathlib import Path

from wn_ref.cli.groups import Levels, Network, PlannedTraining, Running
from wn_ref.cli.options import FigureFile, Force, Gradient, PlanNoise
from wn_ref.cli.running import run_and_keep
from wn_ref.files import outputs
from wn_ref.findings.robustness import LEAST_LEVELS
from wn_ref.lazy import pandas


def global_noise(
    network: Network,
    levels: Levels,
    training: PlannedTraining,
    running: Running,
    noise: PlanNoise = "additive",
    gradient: Gradient = "exact",
    output: FigureFile = None,
    force: Force = False,
) -> None:
    """Find the midpoint of noise at all points at once, as in Tables 1 and 4; for additive noise draw Figure 1.

    Table 1 is of networks that are trained with the noise, Table 4 of networks that meet it in evaluation only. The
    noise goes behind every layer except batch norm; Table 4 seems to have noise there, too (wn-ref reproduce table4).
    """
    from wn_ref import reproduce

    figure, runs_file, midpoints_file = outputs(output, Path("global.png"), "_runs.csv", "_midpoints.csv", force=force)
    experiments = levels.plan("global", network, training, noise, gradient, least=LEAST_LEVELS)
    runs, kept = run_and_keep(experiments, running, runs_file)
    for number in (1, 4):
        print(reproduce.show_table(number, runs))
    tables = {phase: reproduce.table(number, runs) for number, phase in ((1, "training"), (4, "inference"))}
    midpoints = pandas.concat([table.assign(phase=phase) for phase, table in tables.items()])
    midpoints_file.write(lambda path: midpoints.to_csv(path, index=False))
    if noise == "additive":
        print(f"figure: {figure.write(reproduce.figure(1, runs).savefig)}")
    print(f"every run is in {kept}")

"""`wn-ref multi`: several noisy executions of each layer, averaged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wn_ref.cli.groups import Levels, Network, PlannedTraining, Running
from wn_ref.cli.options import FREE_NAME, Force
from wn_ref.cli.running import run_and_keep
from wn_ref.files import outputs


def multi_execution(
    network: Network,
    levels: Levels,
    training: PlannedTraining,
    running: Running,
    output: Annotated[
        Path | None,
        typer.Option(
            help=f"CSV file for all runs, or - for standard output. {FREE_NAME}", show_default="multi_runs.csv"
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Execute noisy layers several times, average their outputs, and print Table 3.

    Two ways to spend the same total number of executions are compared: two for every layer (uniform), or the paper's
    numbers, which are higher for layers that are less robust (guided). There are such numbers for the networks of
    Table 3 only.
    """
    from wn_ref import reproduce

    experiments = levels.plan("multi", network, training)
    (runs_file,) = outputs(output, Path("multi_runs.csv"), force=force)
    runs, kept = run_and_keep(experiments, running, runs_file)
    print(reproduce.show_table(3, runs), file=runs_file.messages)
    print(f"every run is in {kept}", file=runs_file.messages)

"""`wn-ref mixed`: multiplicative and additive noise together."""

from __future__ import annotations

from pathlib import Path

from wn_ref.cli.captions import title
from wn_ref.cli.groups import Levels, Network, PlannedTraining, Running
from wn_ref.cli.options import FigureFile, Force, Gradient, OwnPoint
from wn_ref.cli.running import run_and_keep
from wn_ref.files import outputs


def mixed_noise(
    network: Network,
    levels: Levels,
    training: PlannedTraining,
    running: Running,
    gradient: Gradient = "exact",
    point: OwnPoint = None,
    output: FigureFile = None,
    force: Force = False,
) -> None:
    """Inject multiplicative and additive noise at one point, in both orders, and draw Figure 6.

    Unless --point is given, the point is behind the second convolution, or behind the second dense layer of the MLP.
    """
    from wn_ref import reproduce

    figure, runs_file = outputs(output, Path("mixed.png"), "_runs.csv", force=force)
    experiments = levels.plan("mixed", network, training, gradient=gradient, point=point, least=2)
    runs, kept = run_and_keep(experiments, running, runs_file)
    print(title(runs, f" at {runs['name'].iloc[0]}"))
    print(f"figure: {figure.write(reproduce.figure(6, runs).savefig)}")
    print(f"every run is in {kept}")

"""`wn-ref maximum`: which layers learn to withstand any noise."""

from __future__ import annotations

from pathlib import Path

from wn_ref.cli.captions import title
from wn_ref.cli.groups import Levels, Network, PlannedTraining, Running
from wn_ref.cli.options import FigureFile, Force, Gradient
from wn_ref.cli.running import run_and_keep
from wn_ref.files import outputs


def maximum(
    network: Network,
    levels: Levels,
    training: PlannedTraining,
    running: Running,
    gradient: Gradient = "exact",
    output: FigureFile = None,
    force: Force = False,
) -> None:
    """Train with multiplicative noise of 1e10 at one point after the other, and draw Figure 3.

    No layer can average out so much noise. Networks that classify anyway have learned to binarize their activations.
    """
    from wn_ref import reproduce

    figure, runs_file = outputs(output, Path("maximum.png"), "_runs.csv", force=force)
    experiments = levels.plan("maximum", network, training, gradient=gradient)
    runs, kept = run_and_keep(experiments, running, runs_file)
    print(title(runs, " at one point after the other, in training"))
    accuracy = runs.groupby("name", sort=False)["accuracy"]
    for name, (mean, lowest, highest) in accuracy.agg(["mean", "min", "max"]).iterrows():
        label = "no noise" if name == "global" else name
        print(f"{label:<10}{mean:8.2%}  ({lowest:.2%} to {highest:.2%})")
    print(f"figure: {figure.write(reproduce.figure(3, runs).savefig)}")
    print(f"every run is in {kept}")

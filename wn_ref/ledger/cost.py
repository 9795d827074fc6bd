"""What rows of the ledger will cost on this machine: a guess of how many networks, and a measured time for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wn_ref.experiment import Experiment
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.row import Row
from wn_ref.sweeps.forecast import Forecast, forecast

AGAIN = 1 << 40
"""Added to the seeds of networks that are trained once more to be quantised, so that they count."""


@dataclass(frozen=True)
class Cost:
    """What is left to do for a row.

    Attributes
    ----------
    row : Row
        Which one.
    forecast : Forecast
        Networks, evaluations and seconds.
    done : bool
        Whether everything is published.
    """

    row: Row
    forecast: Forecast
    done: bool


def costs(rows: Sequence[Row], evidence: Evidence) -> list[Cost]:
    """Forecast what is left to do for each of some rows; a network or run that several of them need counts once."""
    planned: set[Experiment] = set()
    found = []
    for row in rows:
        searches, missing, quantised = evidence.left(row)
        again = [replace(e, seed=e.seed + AGAIN) for e in quantised]
        wanted = [*missing, *again, *(one for search in searches for one in map(_in_the_middle, search.typical()))]
        wanted += [e.training_experiment() for e in missing]
        new = [e for e in dict.fromkeys(wanted) if e not in planned]
        planned.update(new)
        trainings = [e for e in new if e.phase == "training"]
        found.append(Cost(row, forecast(trainings, [e for e in new if e.phase == "inference"]), not wanted))
    return found


def _in_the_middle(experiment: Experiment) -> Experiment:
    """Return an experiment that stands for those at all points of a walk, so that only one kind has to be measured."""
    if isinstance(experiment.point, str):
        return experiment
    seed = experiment.seed + 1000 * (experiment.point + 1)
    return replace(experiment, point=len(experiment.points) // 2, seed=seed)

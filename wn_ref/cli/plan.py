"""`wn-ref plan`: how long a sweep will take."""

from __future__ import annotations

from wn_ref.cli.captions import noise_words
from wn_ref.cli.durations import duration
from wn_ref.cli.groups import Levels, Network, PlannedTraining, Sweeping
from wn_ref.cli.options import Gradient, OwnPoint, PlanNoise
from wn_ref.cli.sweep import PlanName
from wn_ref.counted import counted


def plan(
    name: PlanName,
    network: Network,
    levels: Levels,
    training: PlannedTraining,
    sweeping: Sweeping,
    noise: PlanNoise = "additive",
    gradient: Gradient = "exact",
    point: OwnPoint = None,
) -> None:
    """Print how many runs a plan has, how many are done, and how long the others will take on this machine.

    A few training steps of each kind of network are measured for this, which takes some seconds. Nothing is stored.
    """
    from wn_ref.store.canonical import keys
    from wn_ref.store.store import open_store
    from wn_ref.store.writer import writing
    from wn_ref.sweeps.forecast import forecast
    from wn_ref.sweeps.work import work_left

    workers, store = sweeping.workers.jobs, sweeping.store
    experiments = levels.plan(name, network, training, noise, gradient, point)
    planned = keys(experiments)
    with open_store(store) if store.exists() else writing(None) as opened:
        left = opened.unfinished(planned)
        work = work_left(left.values(), opened)
    todo = forecast(work.trainings, work.evaluations)
    done = len(planned) - len(left)
    print(f"{counted(len(planned), 'run')} with {noise_words(experiments[-1].noise)}, {done} of them done in {store}")
    trainings, evaluations = counted(todo.trainings, "network"), counted(todo.evaluations, "evaluation")
    print(f"to do: {trainings} to train, {evaluations} of networks trained without noise")
    several = f"{duration(todo.seconds(workers))} with {workers} workers, " if workers > 1 else ""
    print(f"about {several}{duration(todo.seconds(1))} with one")

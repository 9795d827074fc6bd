"""What a worker does: train one network, or evaluate one under several noises. Workers compute, and write nothing.

Whatever goes wrong in a run costs this run and no other: the error becomes the run's outcome. A worker that has not the
data of the sweep ends all of it instead, before anything of this worker is stored.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from wn_ref.datasets import Dataset
from wn_ref.errors import WnRefError
from wn_ref.experiment import Experiment
from wn_ref.machine import describe
from wn_ref.network import Network, weight_magnitudes
from wn_ref.running import learn, measure, measure_each
from wn_ref.store.networks import to_network
from wn_ref.store.records import Outcome, Source, TrainingRecord
from wn_ref.sweeps.origin import own_data, require_same_code
from wn_ref.sweeps.workers import DEATHS
from wn_ref.weights import Arrays, to_arrays

Trained = tuple[TrainingRecord | None, Outcome, Arrays | None]
"""The record of a training (None if it failed), its outcome, and the network's arrays if others may need them."""


def train_one(training_experiment: Experiment, data: Dataset | Source) -> Trained:
    """Train one network.

    Parameters
    ----------
    training_experiment : Experiment
        Of the phase "training".
    data : Dataset or Source
        The experiment's data set, or the source that the one which the worker loads must have.

    Returns
    -------
    record : TrainingRecord or None
        How the network was trained; None if that failed.
    outcome : Outcome
        What came of `training_experiment` itself.
    arrays : dict of str to np.ndarray, or None
        The trained network if it was trained without noise, because experiments of the phase "inference" can share it.
    """
    data = own_data(training_experiment, data)
    require_same_code(training_experiment)
    start = time.perf_counter()
    try:
        network, history = learn(training_experiment, data=data)
    except (Exception, SystemExit) as error:  # a model of the user's may do what it likes
        return None, Outcome(None, error_message(error), time.perf_counter() - start, describe()), None
    seconds = time.perf_counter() - start
    record = TrainingRecord(history, weight_magnitudes(network), seconds)
    outcome = Outcome(history[-1].accuracy, "", seconds, describe())
    return record, outcome, to_arrays(network) if training_experiment.noise is None else None


def evaluate_all(
    training_experiment: Experiment, experiments: Sequence[Experiment], arrays: Arrays, data: Dataset | Source
) -> list[Outcome]:
    """Evaluate one trained network under the noise of each experiment.

    Parameters
    ----------
    training_experiment : Experiment
        The one that trained the network.
    experiments : sequence of Experiment
        Of the phase "inference".
    arrays : dict of str to np.ndarray
        The trained network, as `train_one` returned it.
    data : Dataset or Source
        As for `train_one`.

    Returns
    -------
    list of Outcome
        One for each experiment, in their order.
    """
    data = own_data(training_experiment, data)
    for experiment in experiments:
        require_same_code(experiment)
    network, outcomes = to_network(training_experiment, arrays), []
    start = time.perf_counter()
    together = _together(experiments, network, data)
    share = (time.perf_counter() - start) / len(experiments)
    for experiment, known in zip(experiments, together):
        start = time.perf_counter()
        accuracy, error = known, ""
        if accuracy is None:
            try:
                accuracy = measure(experiment, network, data)
            except (Exception, SystemExit) as caught:
                error = error_message(caught)
        outcomes.append(Outcome(accuracy, error, share + time.perf_counter() - start, describe()))
    return outcomes


def _together(experiments: Sequence[Experiment], network: Network, data: Dataset) -> Sequence[float | None]:
    """Return the accuracies of experiments that share a network; None for those that are to be measured alone.

    These are the ones that overflow, so that their error says where; those without noise; and all of them if one raises
    an error, which is then its own.
    """
    unknown = [None] * len(experiments)
    if any(experiment.noise is None for experiment in experiments):
        return unknown
    try:
        return measure_each(experiments, network, data)
    except (Exception, SystemExit):  # whatever it is, it comes again where it belongs
        return unknown


def error_message(error: BaseException) -> str:
    """Say in one line why a run failed; for an error that nobody foresaw, with its type and place."""
    if isinstance(error, WnRefError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    text = f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"
    return " ".join(text.split())


def killed() -> Outcome:
    """Return the outcome of a run whose workers were killed."""
    return Outcome(None, f"its worker was killed {DEATHS} times; is there enough memory?", 0.0, describe())

"""Run one experiment: train its network, and evaluate it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wn_ref.datasets import Dataset
from wn_ref.errors import require_type
from wn_ref.evaluation import evaluate_each
from wn_ref.experiment import Experiment
from wn_ref.injection import Injection
from wn_ref.network import Network, weight_magnitudes
from wn_ref.train import SETTINGS, Epoch, evaluate, train


@dataclass(frozen=True)
class Result:
    """The outcome of an experiment, as `run` returns it.

    Attributes
    ----------
    accuracy : float
        Fraction of the test images that is classified correctly under the experiment's noise, 0 to 1.
    history : tuple of Epoch
        Loss and accuracy of every epoch of training.
    weight_magnitudes : dict of str to float
        Mean |w| of each layer with weights, after training.

    Examples
    --------
    >>> from wn_ref import Experiment, run
    >>> result = run(Experiment(dataset="digits", epochs=2))
    >>> len(result.history)
    2
    >>> result.accuracy == result.history[-1].accuracy
    True
    >>> list(result.weight_magnitudes)
    ['dense1', 'dense2', 'dense3', 'dense4']
    """

    accuracy: float
    history: tuple[Epoch, ...]
    weight_magnitudes: dict[str, float]


def run(experiment: Experiment, on_epoch: Callable[[Epoch], None] | None = None) -> Result:
    """Run one experiment: train its network and evaluate it.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    on_epoch : callable, optional
        Called with each `Epoch` of training as it ends.

    Raises
    ------
    InputError
        If it is no experiment, its data set cannot be loaded, or code of the user's has changed since it was made.
    OverflowStop
        If a number left the range of float32, in training or in evaluation.

    Examples
    --------
    >>> from wn_ref import Experiment, additive, run
    >>> quiet = run(Experiment(dataset="digits", epochs=5))
    >>> noisy = run(Experiment(dataset="digits", epochs=5, noise=additive(10), phase="inference"))
    >>> noisy.accuracy < quiet.accuracy
    True
    """
    require_type("experiment", experiment, Experiment, "Experiment(dataset='digits') makes one")
    experiment.require_unchanged()
    network, history = learn(experiment.training_experiment(), on_epoch)
    accuracy = history[-1].accuracy if experiment.phase == "training" else measure(experiment, network)
    return Result(accuracy, history, weight_magnitudes(network))


def learn(
    experiment: Experiment, on_epoch: Callable[[Epoch], None] | None = None, data: Dataset | None = None
) -> tuple[Network, tuple[Epoch, ...]]:
    """Train the network of an experiment of the phase "training".

    Parameters
    ----------
    experiment : Experiment
        Of the phase "training"; see `Experiment.training_experiment`.
    on_epoch : callable, optional
        Called with each `Epoch` as it ends.
    data : Dataset, optional
        The experiment's data set, if it is loaded already.

    Returns
    -------
    network : Network
        Trained.
    history : tuple of Epoch
        Loss and accuracy of every epoch.
    """
    network = experiment.network()
    arguments: dict[str, Any] = {name: getattr(experiment, name) for name in ("noise", "point", *SETTINGS)}
    history = train(network, experiment.data() if data is None else data, **arguments, on_epoch=on_epoch)
    return network, tuple(history)


def measure(experiment: Experiment, network: Network, data: Dataset | None = None) -> float:
    """Evaluate a trained network under the noise of an experiment of the phase "inference".

    Parameters
    ----------
    experiment : Experiment
        Of the phase "inference".
    network : Network
        Trained by `learn` on the experiment's `training_experiment()`.
    data : Dataset, optional
        The experiment's data set, if it is loaded already.

    Returns
    -------
    float
        The accuracy, 0 to 1.
    """
    e = experiment
    data = e.data() if data is None else data
    return evaluate(network, data, e.noise, e.point, e.seed, e.batch_size, executions=e.executions)


def measure_each(experiments: Sequence[Experiment], network: Network, data: Dataset) -> list[float | None]:
    """Evaluate a trained network under the noise of each of several experiments, with the numbers of `measure`.

    Parameters
    ----------
    experiments : sequence of Experiment
        Of the phase "inference", each with a noise and all of one `training_experiment()`.
    network, data
        As for `measure`.

    Returns
    -------
    list of float or None
        The accuracies; None where a logit was not finite.
    """
    injections = [Injection(e.noise, e.point, e.seed, executions=e.executions) for e in experiments]
    return evaluate_each(network, data, injections, experiments[0].batch_size)

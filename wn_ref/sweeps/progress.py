"""What a sweep shows while it runs: done, running, failed, and the time left, on one line of standard error."""

from __future__ import annotations

from wn_ref.experiment import Experiment

WORK = {"mlp": 1.0, "lenet5": 5.0, "cnn_s": 10.0}
"""How long each network takes for an image, roughly, in units of the MLP.

It decides which task starts first and how far the bar is, and has no influence on results.
"""
BACKWARD = 3.0
"""How long an image takes in training, in units of its evaluation."""


def cost(experiment: Experiment) -> float:
    """Return how long an experiment takes, roughly, in units of one image evaluated by the MLP.

    In the phase "training" this is the training, and in the phase "inference" one evaluation of a trained network.
    """
    train_size, test_size = experiment.sizes
    images = test_size if experiment.phase == "inference" else experiment.epochs * (BACKWARD * train_size + test_size)
    return images * WORK[experiment.model]


class Progress:
    """A bar that shows how far a sweep is; each task counts in proportion to its `cost`.

    Parameters
    ----------
    total : float
        The sum of all costs.
    planned, stored, jobs : int
        How many experiments there are, how many of them the store has already, and how many run at once.
    show : bool
        Whether to show the bar at all.
    """

    def __init__(self, total: float, planned: int, stored: int, jobs: int, show: bool) -> None:
        from tqdm import tqdm

        layout = "{desc} {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left"
        self._bar = tqdm(total=total, bar_format=layout, smoothing=0.05, disable=not show)
        self._planned, self._done, self._failed, self._jobs = planned, stored, 0, jobs
        self._describe(self._jobs)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def add(self, amount: float, done: int, failed: int, waiting: int) -> None:
        """Count a task that ended.

        Parameters
        ----------
        amount : float
            Its cost.
        done, failed : int
            How many experiments ended with it, and how many of these failed.
        waiting : int
            How many tasks have not ended yet.
        """
        self._done += done
        self._failed += failed
        self._describe(min(self._jobs, waiting))
        self._bar.update(min(amount, self._bar.total - self._bar.n))

    def _describe(self, running: int) -> None:
        text = f"{self._done} of {self._planned} done, {running} running, {self._failed} failed"
        self._bar.set_description_str(text, refresh=False)

"""What a sweep shows while it runs: done, running, failed, and the time left, on one line of standard error."""

from __future__ import annotations

from wn_ref.experiment import Experiment

WORK = {"mlp": 1.0, "lenet5": 5.0, "cnn_s": 10.0}
"""How long an image takes a network, roughly, in units of the MLP; it decides what starts first, and no result."""
BACKWARD = 3.0
"""How long an image takes in training, in units of an evaluation."""


def cost(experiment: Experiment) -> float:
    """Return how long an experiment takes, roughly: a training, or one evaluation if its phase is "inference"."""
    train_size, images = experiment.sizes
    if experiment.phase == "training":
        images = experiment.epochs * (BACKWARD * train_size + images)
    return images * WORK[experiment.model]


class Progress:
    """A bar over what a sweep has to do, in proportion to how long each part takes.

    Parameters
    ----------
    total : float
        The sum of all costs.
    planned, stored, jobs : int
        How many experiments there are, how many of them the store has already, and how many run at once.
    show : bool
        Whether there is to be a bar at all.
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
        """Count a task that ended: its cost, the experiments that it brought, and how many tasks are left."""
        self._done += done
        self._failed += failed
        self._describe(min(self._jobs, waiting))
        self._bar.update(min(amount, self._bar.total - self._bar.n))

    def _describe(self, running: int) -> None:
        text = f"{self._done} of {self._planned} done, {running} running, {self._failed} failed"
        self._bar.set_description_str(text, refresh=False)

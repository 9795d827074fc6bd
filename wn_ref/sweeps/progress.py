"""What a sweep shows while it runs: done, running, failed, and the time left.

On a terminal it is one line of standard error that changes, in a notebook the notebook's own bar (without ipywidgets a
line that changes, too). A file gets a new line every minute.
"""

from __future__ import annotations

import importlib.util
import io
import sys
from typing import Any

from wn_ref.experiment import Experiment

MINUTE = 60.0
"""Seconds between two lines where standard error is no terminal."""
BACKWARD = 3.0
"""How long an image takes in training, in units of its evaluation."""


def cost(experiment: Experiment) -> float:
    """Return how long an experiment takes, roughly, in multiplications (see `wn_ref.models.multiplications`).

    In the phase "training" this is the training, and in the phase "inference" one evaluation of a trained network.
    """
    train_size, test_size = experiment.sizes
    images = test_size if experiment.phase == "inference" else experiment.epochs * (BACKWARD * train_size + test_size)
    return images * experiment.cost


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
        layout = "{desc} {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left" if total else "{desc} 100%"
        settings: dict[str, Any] = {}
        if not sys.stderr.isatty() and not _in_notebook():
            layout = "{desc} {percentage:3.0f}%, {elapsed}, {remaining} left" if total else layout
            settings = {"file": _Lines(), "mininterval": MINUTE, "maxinterval": MINUTE, "miniters": 0}
        self._planned, self._done, self._failed, self._jobs = planned, stored, 0, jobs
        settings |= {"desc": self._text(min(jobs, planned - stored)), "disable": not show}
        self._bar = _bar()(total=total, bar_format=layout, smoothing=0.05, **settings)

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
        self._bar.set_description_str(self._text(min(self._jobs, waiting)), refresh=False)
        self._bar.update(min(amount, self._bar.total - self._bar.n))

    def _text(self, running: int) -> str:
        return f"{self._done} of {self._planned} done, {running} running, {self._failed} failed"


def _in_notebook() -> bool:
    """Return whether this process runs the cells of a notebook, and does not only have Jupyter's packages loaded."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _bar() -> Any:
    """Return the class of the bar: that of notebooks, where one can be shown."""
    if _in_notebook() and importlib.util.find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm
    else:
        from tqdm import tqdm
    return tqdm


class _Lines(io.TextIOBase):
    """Standard error, with a line for each state of the bar, which comes with marks to write over the one before."""

    _last = ""

    def write(self, text: str) -> int:
        """Print a line, unless there is nothing new in it."""
        shown = text.strip()
        if shown not in ("", self._last):
            print(shown, file=sys.stderr, flush=True)
            self._last = shown
        return len(text)

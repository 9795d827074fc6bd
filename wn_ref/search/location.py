"""Where a midpoint is: the answer of a search, with every run that it is based on."""

from __future__ import annotations

from dataclasses import dataclass, field

from wn_ref.experiment import Experiment
from wn_ref.lazy import pandas
from wn_ref.noise import Noise
from wn_ref.search.question import Estimate


@dataclass(frozen=True)
class Location:
    """Where a midpoint is, as `locate_midpoint` and `locate` return it.

    Attributes
    ----------
    estimate : Estimate
        The midpoint, its interval, how the search ended, and the scatter between networks.
    runs : pandas.DataFrame
        Every run. From `locate_midpoint`, as in the table that `wn_ref.sweep` returns; from `locate`, with the columns
        sigma, seed, accuracy, error and seconds.
    networks : int
        How many networks were trained; from `locate`, how many seeds were measured.
    experiment : Experiment or None
        What the midpoint is of: the settings that all runs share, with the first sigma and seed 0. None if it is of a
        function.
    name : str
        The name of that function; empty otherwise.

    Examples
    --------
    >>> import wn_ref as wn
    >>> location = wn.locate_midpoint(dataset="digits", epochs=3, phase="inference", width=0.3, max_runs=12)
    >>> low, high = location.interval
    >>> low < location.midpoint < high
    True
    >>> location.networks == location.runs["seed"].nunique()
    True
    """

    estimate: Estimate
    runs: pandas.DataFrame = field(repr=False)
    networks: int
    experiment: Experiment | None = None
    name: str = ""

    @property
    def midpoint(self) -> float:
        """mu, in units of sigma; NaN while it is only bounded."""
        return self.estimate.midpoint

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        return self.estimate.interval

    @property
    def kind(self) -> str:
        """How the search ended: "measured", "lower bound", "upper bound", "stopped" or "unknown" (see `Estimate`)."""
        return self.estimate.kind

    def __str__(self) -> str:
        return f"{self.name if self.experiment is None else described(self.experiment)}: {self.estimate}"


def described(experiment: Experiment) -> str:
    """Say what a midpoint is of: data, network, noise, gradient, point and phase, in the values of `Experiment`."""
    e, noise, row = experiment, experiment.noise or Noise(), experiment.row()
    kind = " and ".join(name for name in ("multiplicative", "additive") if getattr(noise, f"sigma_{name[:3]}"))
    details = [f"{noise.first} first"] if noise.sigma_mul and noise.sigma_add else []
    details += [f"{noise.gradient.replace('_', '-')} gradient"] if noise.sigma_mul else []
    name = type(noise).__name__ if e.own_noise else " ".join([kind, *([f"({', '.join(details)})"] if details else [])])
    where = f"all points ({e.point})" if isinstance(e.point, str) else e.points[e.point]
    return (
        f"{row['dataset']}, {row['model']} {'with' if e.batchnorm else 'without'} batch norm, "
        f"{e.epochs} epoch{'s' * (e.epochs > 1)}, {name} noise at {where} in {e.phase}"
    )

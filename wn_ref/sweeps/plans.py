"""Plans: which experiments answer a question of the paper, as plain lists of `Experiment`.

    global_noise      how robust is the whole network?                 Figure 1, Tables 1 and 4
    walking           how robust is each layer?                        Figure 2
    clamped           ... and if weights may not grow?                 section 5
    maximum           which layers learn to withstand any noise?       Figures 3, 5, 9
    mixed             ... and if there are two kinds of noise, in both orders?   Figure 6
    multi_execution   what do repeated executions bring, and where?    Table 3

`wn_ref.sweeps.grids` gives noise levels, repeats and epochs by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from wn_ref.errors import InputError
from wn_ref.experiment import PHASES, Experiment
from wn_ref.injection import ALL, GLOBAL
from wn_ref.noise import ORDERS, Noise, multiplicative
from wn_ref.noise import mixed as mixed_noise


def global_noise(
    noise: Callable[[float], Noise],
    sigmas: Sequence[float],
    seeds: Sequence[int],
    phases: Sequence[str] = PHASES,
    point: int | str = GLOBAL,
    **settings: Any,
) -> list[Experiment]:
    """Plan noise at all injection points at once (section 4.1).

    Parameters
    ----------
    noise : callable
        Returns the noise for a sigma, such as `wn_ref.additive`.
    sigmas, seeds, phases : sequences
        Every combination is one experiment.
    point : int or str
        "global" for all points but the outputs of batch norm; "all" for all points; or one point's number or name.
    **settings
        The other fields of `Experiment`.

    Returns
    -------
    list of Experiment
        Sorted by phase, sigma and seed.

    Raises
    ------
    InputError
        If an argument is no sequence, or a field of `Experiment` has a value that cannot be run.
    """
    _require_free(settings)
    if not callable(noise):
        raise InputError(f"noise: expected a function from sigma to noise, got {noise!r}; try wn_ref.additive")
    levels = [noise(sigma) for sigma in items_of("sigmas", sigmas, "[0.1, 1.0]")]
    seeds = items_of("seeds", seeds, "range(2)")
    return [
        Experiment(noise=level, point=point, phase=phase, seed=seed, **settings)
        for phase in items_of("phases", phases, "['training']")
        for level in levels
        for seed in seeds
    ]


def walking(
    noise: Callable[[float], Noise],
    sigmas: Sequence[float],
    seeds: Sequence[int],
    phases: Sequence[str] = PHASES,
    **settings: Any,
) -> list[Experiment]:
    """Plan Walking Noise: noise at each injection point in turn (section 3.1).

    Parameters
    ----------
    noise : callable
        Returns the noise for a sigma, such as `wn_ref.additive`.
    sigmas, seeds, phases : sequences
        Every combination, at every point, is one experiment.
    **settings
        The other fields of `Experiment`.

    Returns
    -------
    list of Experiment
        Sorted by phase, point, sigma and seed.

    Raises
    ------
    InputError
        As for `global_noise`.

    Examples
    --------
    >>> from wn_ref import additive, walking
    >>> experiments = walking(additive, [0.1, 1.0, 10.0], range(2), dataset="digits", batchnorm=False, epochs=1)
    >>> len(experiments)  # 2 phases x 8 points x 3 sigmas x 2 seeds
    96
    >>> experiments[-1].phase, experiments[-1].point, experiments[-1].noise.sigma_add, experiments[-1].seed
    ('inference', 7, 10.0, 1)
    """
    _require_free(settings, "point")
    sigmas, seeds = items_of("sigmas", sigmas, "[0.1, 1.0]"), items_of("seeds", seeds, "range(2)")
    return [
        experiment
        for phase in items_of("phases", phases, "['training']")
        for point in range(len(Experiment(**settings).points))
        for experiment in global_noise(noise, sigmas, seeds, [phase], point, **settings)
    ]


def clamped(
    noise: Callable[[float], Noise],
    sigmas: Sequence[float],
    seeds: Sequence[int],
    phases: Sequence[str] = PHASES,
    **settings: Any,
) -> list[Experiment]:
    """Plan Walking Noise with weights clipped to [-1, 1] (section 5); see `walking`."""
    return walking(noise, sigmas, seeds, phases, **settings | {"clamp": True})


def maximum(seeds: Sequence[int], noise: Noise | None = None, **settings: Any) -> list[Experiment]:
    """Plan training with more noise than any layer could average out, at each injection point in turn (section 6).

    Parameters
    ----------
    seeds : sequence of int
        Every seed, at every point, is one experiment.
    noise : Noise, optional
        By default multiplicative noise of sigma = 1e10 with the exact gradient.
    **settings
        The other fields of `Experiment`.

    Returns
    -------
    list of Experiment
        First those without noise, which accuracies are compared with; then those with noise, by point and seed.
    """
    _require_free(settings, "point")
    noise = multiplicative(1e10, gradient="exact") if noise is None else noise
    seeds = items_of("seeds", seeds, "range(2)")
    quiet = [Experiment(seed=seed, **settings) for seed in seeds]
    return quiet + walking(lambda _: noise, [0], seeds, ["training"], **settings)


def mixed(
    sigma_mul: Sequence[float],
    sigma_add: Sequence[float],
    seeds: Sequence[int],
    point: int | str,
    orders: Sequence[str] = ORDERS,
    gradient: str = "exact",
    **settings: Any,
) -> list[Experiment]:
    """Plan training with multiplicative and additive noise at one point (section 7, equation 3).

    Parameters
    ----------
    sigma_mul, sigma_add, seeds : sequences
        Every combination, in every order, is one experiment.
    point : int or str
        Where the noise is injected; in Figure 6 at the output of LeNet-5's second convolution.
    orders : sequence of str
        Which noise is applied first: "multiplicative", "additive", or both of them.
    gradient : "exact" or "straight_through"
        The backward pass; the paper's figure has the exact gradient.
    **settings
        The other fields of `Experiment`.

    Returns
    -------
    list of Experiment
        Sorted by order, sigma_mul, sigma_add and seed; all of the phase "training".
    """
    _require_free(settings, "noise")
    sigma_mul = items_of("sigma_mul", sigma_mul, "[0.1, 1.0]")
    sigma_add = items_of("sigma_add", sigma_add, "[0.1, 1.0]")
    orders, seeds = items_of("orders", orders, "['additive']"), items_of("seeds", seeds, "range(2)")
    levels = [mixed_noise(m, a, order, gradient) for order in orders for m in sigma_mul for a in sigma_add]
    return [Experiment(noise=noise, point=point, seed=seed, **settings) for noise in levels for seed in seeds]


def multi_execution(
    noise: Noise, executions: Sequence[Sequence[int]], seeds: Sequence[int], point: int | str = ALL, **settings: Any
) -> list[Experiment]:
    """Plan repeated executions of a network that was trained without noise (section 8).

    Parameters
    ----------
    noise : Noise
        What is injected at inference.
    executions : sequence of sequences of int
        Candidates; each says how often the noise is applied at every noisy point.
    seeds : sequence of int
        Every seed, with every candidate, is one experiment.
    point : int or str
        Where the noise is injected; in Table 3 at all points, also at the outputs of batch norm.
    **settings
        The other fields of `Experiment`.

    Returns
    -------
    list of Experiment
        Sorted by candidate and seed.
    """
    _require_free({name: value for name, value in settings.items() if (name, value) != ("phase", "inference")})
    settings |= {"noise": noise, "point": point, "phase": "inference"}
    seeds, example = items_of("seeds", seeds, "range(2)"), "[[2, 1, 1], [1, 2, 1]]"
    candidates = [
        tuple(items_of("executions", counts, example)) for counts in items_of("executions", executions, example)
    ]
    return [Experiment(executions=counts, seed=seed, **settings) for counts in candidates for seed in seeds]


def _require_free(settings: Mapping[str, Any], *chosen: str) -> None:
    """Raise `InputError` if settings have a field that the plan chooses itself."""
    for name in ("phase", "seed", *chosen):
        if name in settings:
            remedy = "leave it out, or give seeds or phases if the plan takes them"
            raise InputError(f"{name}: expected none, the plan chooses it, got {settings[name]!r}; {remedy}")


def items_of(name: str, values: Iterable[Any], example: str) -> list[Any]:
    """Return the items of a sequence, or of a generator; raise `InputError` if it is no such thing or has no items."""
    try:
        items = [] if isinstance(values, str | bytes | dict) else list(values)
    except TypeError:
        items = []
    if not items:
        raise InputError(f"{name}: expected a list, got {values!r}; try {example}")
    return items

"""Plans: which experiments answer a question of the paper, as plain lists of `Experiment`.

    global_noise      how robust is the whole network?                 Figure 1, Tables 1 and 4
    walking           how robust is each layer?                        Figure 2
    clamped           ... and if weights may not grow?                 section 5
    maximum           which layers learn to bear any noise?            Figures 3, 5, 9
    mixed             ... and if there are two kinds of it, in both orders?   Figure 6
    multi_execution   what do repeated executions bring, and where?    Table 3

`wn_ref.sweeps.grids` fills in noise levels, repeats and epochs by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wn_ref.experiment import PHASES, Experiment
from wn_ref.network import ALL, GLOBAL
from wn_ref.noise import ORDERS, Noise, multiplicative
from wn_ref.noise import mixed as mixed_noise


def global_noise(
    noise: Callable[[float], Noise],
    sigmas: Sequence[float],
    seeds: Sequence[int],
    phases: Sequence[str] = PHASES,
    point: int | str = GLOBAL,
    **settings: object,
) -> list[Experiment]:
    """Plan noise at all points at once (section 4.1).

    Parameters
    ----------
    noise : callable
        Makes the noise of a sigma, such as `wn_ref.additive`.
    sigmas, seeds, phases : sequences
        Every combination is one experiment.
    point : int or str
        "global"; "all" for batch norm's outputs too; or one point.
    **settings
        The other fields of `Experiment`.

    Returns
    -------
    list of Experiment
        By phase, sigma and seed.
    """
    return [
        Experiment(noise=level, point=point, phase=phase, seed=seed, **settings)
        for phase in phases
        for level in map(noise, sigmas)
        for seed in seeds
    ]


def walking(
    noise: Callable[[float], Noise],
    sigmas: Sequence[float],
    seeds: Sequence[int],
    phases: Sequence[str] = PHASES,
    **settings: object,
) -> list[Experiment]:
    """Plan Walking Noise: noise at each injection point in turn (section 3.1).

    Parameters
    ----------
    noise : callable
        Makes the noise of a sigma, such as `wn_ref.additive`.
    sigmas, seeds, phases : sequences
        Every combination with every point is one experiment.
    **settings
        The other fields of `Experiment`.

    Returns
    -------
    list of Experiment
        By phase, point, sigma and seed.
    """
    return [
        experiment
        for phase in phases
        for point in range(len(Experiment(**settings).points))
        for experiment in global_noise(noise, sigmas, seeds, [phase], point, **settings)
    ]


def clamped(
    noise: Callable[[float], Noise],
    sigmas: Sequence[float],
    seeds: Sequence[int],
    phases: Sequence[str] = PHASES,
    **settings: object,
) -> list[Experiment]:
    """Plan Walking Noise with weights clipped to [-1, 1] (section 5); see `walking`."""
    return walking(noise, sigmas, seeds, phases, **settings | {"clamp": True})


def maximum(seeds: Sequence[int], noise: Noise | None = None, **settings: object) -> list[Experiment]:
    """Plan training with more noise than anything could average out, at each point in turn (section 6).

    Parameters
    ----------
    seeds : sequence of int
        Every one with every point is one experiment.
    noise : Noise, optional
        Multiplicative, sigma = 1e10, exact gradient unless another is given.
    **settings
        The other fields of `Experiment`.

    Returns
    -------
    list of Experiment
        First without noise, which is what accuracies are compared with; then by point and seed.
    """
    noise = noise or multiplicative(1e10, gradient="exact")
    quiet = [Experiment(seed=seed, **settings) for seed in seeds]
    return quiet + walking(lambda _: noise, [0], seeds, ["training"], **settings)


def mixed(
    sigma_mul: Sequence[float],
    sigma_add: Sequence[float],
    seeds: Sequence[int],
    point: int | str,
    orders: Sequence[str] = ORDERS,
    gradient: str = "exact",
    **settings: object,
) -> list[Experiment]:
    """Plan training with multiplicative and additive noise at one point (section 7, equation 3).

    Parameters
    ----------
    sigma_mul, sigma_add, seeds : sequences
        Every combination with every order is one experiment.
    point : int or str
        Where; Figure 6 has the output of LeNet-5's second convolution.
    orders : sequence of str
        Which of the two comes first: "multiplicative", "additive".
    gradient : "exact" or "straight_through"
        The paper's figure is of the former.
    **settings
        The other fields of `Experiment`.

    Returns
    -------
    list of Experiment
        By order, sigma_mul, sigma_add and seed; all of the phase "training".
    """
    levels = [mixed_noise(m, a, order, gradient) for order in orders for m in sigma_mul for a in sigma_add]
    return [Experiment(noise=noise, point=point, seed=seed, **settings) for noise in levels for seed in seeds]


def multi_execution(
    noise: Noise, executions: Sequence[Sequence[int]], seeds: Sequence[int], point: int | str = ALL, **settings: object
) -> list[Experiment]:
    """Plan repeated executions of a network that was trained without noise (section 8).

    Parameters
    ----------
    noise : Noise
        What is injected at inference.
    executions : sequence of sequences of int
        How often the noise is applied at each noisy point, once a candidate.
    seeds : sequence of int
        Every one with every candidate is one experiment.
    point : int or str
        Where; in Table 3 batch norm's outputs are noisy, too.
    **settings
        The other fields of `Experiment`.

    Returns
    -------
    list of Experiment
        By candidate and seed.
    """
    settings |= {"noise": noise, "point": point, "phase": "inference"}
    return [Experiment(executions=tuple(counts), seed=seed, **settings) for counts in executions for seed in seeds]

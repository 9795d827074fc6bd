"""Signal-to-noise ratio at each injection point (section 5).

    SNR = E[x^2] / E[(y - x)^2],    in decibels 10 log10 SNR

x is the activation without noise and y the activation that leaves the point; both expectations are averages over images
and elements. The noise power that one injection adds to a given x has a closed form:

    E[(y - x)^2] = sigma_add^2                                            additive: SNR grows with the square of x
                   sigma_mul^2 E[x^2]                                     multiplicative: 1 / sigma_mul^2 for every x
                   sigma_mul^2 E[x^2] + sigma_add^2                       multiplicative first
                   sigma_mul^2 E[x^2] + sigma_add^2 (1 + sigma_mul^2)     additive first

The mean of n executions (section 8) has 1 / n of it.

This is why weights grow under additive noise, but not under multiplicative noise. The paper gives no formula; this is
the usual ratio of powers. A constant offset counts as signal here, so the table also has `variance`, by how much x
differs between images.
"""

from __future__ import annotations

import math

import numpy as np

from wn_ref.errors import InputError, require_number, require_type
from wn_ref.injection import Injection, write_noise
from wn_ref.lazy import pandas
from wn_ref.network import Network
from wn_ref.noise import Noise
from wn_ref.overflow import in_forward
from wn_ref.random import Stream


def noise_power(signal_power: float, noise: Noise) -> float:
    """E[(y - x)^2] of one injection into an activation with E[x^2] = signal_power (see the top of this module).

    Raises
    ------
    InputError
        If the power of the signal is not a finite number >= 0, the noise has an `inject` of its own, for which there is
        no closed form, or the result is beyond the range of a float64.

    Examples
    --------
    >>> from wn_ref import mixed
    >>> noise_power(4.0, mixed(2.0, 3.0, first="multiplicative"))
    25.0
    >>> noise_power(4.0, mixed(2.0, 3.0, first="additive"))
    61.0
    """
    signal_power = require_number("signal_power", signal_power, "a finite mean square >= 0", least=0)
    require_type("noise", noise, Noise, "wn_ref.additive and its like return one")
    if type(noise).inject is not Noise.inject:
        raise InputError(f"noise: expected Gaussian noise, got {noise!r} with its own inject; use signal_to_noise")
    try:
        mul, add = noise.sigma_mul**2, noise.sigma_add**2
        power = mul * signal_power + add * (1 + mul if noise.first == "additive" else 1)
    except OverflowError:
        power = math.inf
    if not math.isfinite(power):
        raise InputError(f"noise: expected a power that a float64 can have, got {noise!r}; use less noise")
    return power


@np.errstate(over="ignore", invalid="ignore")  # looked for at every point
def signal_to_noise(network: Network, x: np.ndarray, injection: Injection) -> pandas.DataFrame:
    """Measure the signal-to-noise ratio at every injection point of a trained network.

    Parameters
    ----------
    network : Network
        It is only evaluated.
    x : np.ndarray
        One batch of images, as for `Network.forward`; 1,000 images are enough.
    injection : Injection
        The noise and where it is injected.

    Returns
    -------
    pandas.DataFrame
        One row per injection point:

        - point, name, noisy: its number, its name, and whether noise is injected there;
        - power: E[x^2];
        - variance: the variance of x between images, averaged over elements;
        - injected: the noise power that the injection at this point adds to the noiseless x, 0 if there is none; from
          the closed form, or of one draw for a noise of one's own;
        - snr, decibels: power / injected as a number and in decibels;
        - total, total_snr: E[(y - x)^2], with the noise of this point and of all before it, and power / total.

        Ratios are inf where there is no noise.

    Raises
    ------
    InputError
        If no noise is given, there is no such injection point, or there are not as many executions as points.
    OverflowStop
        If an activation, with or without noise, or its mean square is not finite.

    Examples
    --------
    >>> from wn_ref import build_model, load_dataset, multiplicative
    >>> data = load_dataset("digits")
    >>> network, x = build_model("mlp", data.shape), data.batch(data.test_images, np.arange(100))
    >>> table = signal_to_noise(network, x, Injection(multiplicative(0.1), point=4))
    >>> table.loc[[3, 4], ["name", "decibels"]].round(3).to_numpy().tolist()
    [['relu1', inf], ['dense2', 20.0]]
    """
    noise = injection.noise
    if noise is None:
        raise InputError("injection: expected noise to compare the signal with, got none; see wn_ref.additive")
    executions = network.injection_points.executions(injection.point, injection.executions)
    quiet = [y.astype(np.float64) for _, y in network.activations(x)]
    rows = []
    for number, (name, y) in enumerate(network.activations(x, injection=injection)):
        clean = quiet[number]
        power, total = float(np.mean(clean**2)), float(np.mean((y - clean) ** 2))
        if not math.isfinite(power + total):
            raise in_forward("signal_to_noise", [(name, np.array([power, total]))], noisy=math.isfinite(power))
        noisy = number in executions
        injected = 0.0
        if noisy and type(noise) is Noise:
            injected = noise_power(power, noise) / executions[number]
        elif noisy:
            stream = Stream(injection.seed, number, injection.step)
            injected = _measured_power(clean.astype(y.dtype), noise, stream, executions[number])
        snr = _ratio(power, injected)
        row = {"point": number, "name": name, "noisy": noisy, "power": power}
        row |= {"variance": float(clean.var(axis=-1).mean()), "injected": injected, "snr": snr}
        row |= {"decibels": float(10 * np.log10(max(snr, 1e-300))), "total": total}
        rows.append(row | {"total_snr": _ratio(power, total)})
    return pandas.DataFrame(rows)


def _measured_power(x: np.ndarray, noise: Noise, stream: Stream, executions: int) -> float:
    y = x.copy()
    write_noise(noise, y, stream, executions)
    return float(np.mean((y.astype(np.float64) - x) ** 2))


def _ratio(signal: float, noise: float) -> float:
    return signal / noise if noise > 0 else float("inf")

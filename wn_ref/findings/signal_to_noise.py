"""Signal-to-noise ratio at each injection point (section 5).

    SNR = E[x^2] / E[(y - x)^2],    in decibels 10 log10 SNR

with x the activation without noise and y what leaves the point, averaged over images and elements. What one injection
adds to a given x has a closed form,

    E[(y - x)^2] = sigma_add^2                                            additive: SNR grows with the square of x
                   sigma_mul^2 E[x^2]                                     multiplicative: 1 / sigma_mul^2 for every x
                   sigma_mul^2 E[x^2] + sigma_add^2                       multiplicative first
                   sigma_mul^2 E[x^2] + sigma_add^2 (1 + sigma_mul^2)     additive first

which is why weights grow under additive noise and not under multiplicative noise. The paper gives no formula; this is
the usual ratio of powers. A constant offset counts as signal, so `variance`, what x varies between images, comes along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wn_ref.network import ALL, Network, noisy_points
from wn_ref.noise import Noise

if TYPE_CHECKING:
    import pandas


def noise_power(signal_power: float, noise: Noise) -> float:
    """E[(y - x)^2] of one injection into an activation with E[x^2] = signal_power; see the module's head."""
    mul, add = noise.sigma_mul**2, noise.sigma_add**2
    return mul * signal_power + add * (1 + mul if noise.first == "additive" else 1)


def signal_to_noise(
    network: Network, x: np.ndarray, noise: Noise, point: int | str = ALL, seed: int = 0
) -> pandas.DataFrame:
    """Measure the ratio at every injection point of a trained network.

    Parameters
    ----------
    network, x, noise, point, seed
        As for `Network.forward`: one batch of images is all that is looked at, 1,000 are plenty.

    Returns
    -------
    pandas.DataFrame
        A row a point: point, name, noisy (whether noise is injected there), power (E[x^2]), variance (of x between
        images, averaged over elements), injected (noise power that this point's own injection adds to the noiseless
        x, 0 if none) and snr, decibels of it; total (E[(y - x)^2], with all that has come from points ahead) and
        total_snr. Ratios are inf where there is no noise.
    """
    import pandas

    where = noisy_points(network.points, point)
    quiet = [y.astype(np.float64) for _, y in network.activations(x)]
    rows = []
    for number, (name, y) in enumerate(network.activations(x, False, noise, point, seed)):
        clean = quiet[number]
        power, total = float(np.mean(clean**2)), float(np.mean((y - clean) ** 2))
        injected = noise_power(power, noise) if number in where else 0.0
        row = {"point": number, "name": name, "noisy": number in where, "power": power}
        row |= {"variance": float(clean.var(axis=-1).mean()), "injected": injected, "snr": _ratio(power, injected)}
        row |= {"decibels": float(10 * np.log10(max(row["snr"], 1e-300))), "total": total}
        rows.append(row | {"total_snr": _ratio(power, total)})
    return pandas.DataFrame(rows)


def _ratio(signal: float, noise: float) -> float:
    return signal / noise if noise > 0 else float("inf")

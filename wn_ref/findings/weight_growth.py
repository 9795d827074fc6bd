"""Weight growth: how much larger do weights become that nothing holds back? (section 5.2, Table 2)

    w(layer) = mean |w|,    ratio = w(unclamped) / w(clamped)

of two networks trained with the same noise, near its midpoint, one of them with its weights clamped to [-1, 1]. Table 2
is headed "Ratio between clamped and non-clamped average weight magnitudes", and holds numbers up to 51 where "weights
grow tremendously". Clamped weights are at most 1 and the others grow, so 51 can only be unclamped over clamped: the
direction here, whatever the heading's order of words. `noise_growth` is the same ratio for training with over training
without noise, which shows what noise does where clamping does nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wn_ref.errors import InputError

if TYPE_CHECKING:
    import pandas


Magnitudes = Mapping[str, float]


def unclamped_over_clamped(unclamped: Sequence[Magnitudes], clamped: Sequence[Magnitudes]) -> pandas.DataFrame:
    """The ratio of Table 2, over several seeds.

    Parameters
    ----------
    unclamped, clamped : sequences of {layer: mean |w|}
        One a seed, in the same order: `wn_ref.network.weight_magnitudes`, or `Result.weight_magnitudes`, of networks
        trained with the same noise, `clamp=False` and `clamp=True`.

    Returns
    -------
    pandas.DataFrame
        A row a layer: layer, unclamped and clamped (means over seeds), ratio (geometric mean of the seeds' ratios), low
        and high (that times and over e to the standard error of ln ratio; NaN for a single seed), seeds.

    Raises
    ------
    InputError
        If numbers of seeds or names of layers differ, or a magnitude is not positive.
    """
    return _ratios({"unclamped": unclamped, "clamped": clamped})


def noise_growth(noisy: Sequence[Magnitudes], quiet: Sequence[Magnitudes]) -> pandas.DataFrame:
    """Training with noise over training without, as `unclamped_over_clamped`; the columns are noisy and quiet."""
    return _ratios({"noisy": noisy, "quiet": quiet})


def _ratios(parts: Mapping[str, Sequence[Magnitudes]]) -> pandas.DataFrame:
    """The first over the second."""
    import pandas

    (above, over), (below, under) = parts.items()
    if len(over) != len(under) or not over:
        raise InputError(f"{below}: expected one a seed, as {above}, got {len(under)} for {len(over)}; match them")
    layers = list(over[0])
    if any(list(each) != layers for each in (*over, *under)):
        raise InputError(
            f"{below}: expected the layers {', '.join(layers)} throughout, got others; compare one network"
        )
    rows = []
    for layer in layers:
        a, b = (np.array([each[layer] for each in part], np.float64) for part in (over, under))
        if not (np.isfinite(a) & np.isfinite(b) & (a > 0) & (b > 0)).all():
            raise InputError(f"{layer}: expected magnitudes > 0, got {a.tolist()} and {b.tolist()}; leave it out")
        logs = np.log(a / b)
        error = logs.std(ddof=1) / math.sqrt(len(logs)) if len(logs) > 1 else math.nan
        row = {"layer": layer, above: a.mean(), below: b.mean(), "ratio": math.exp(logs.mean())}
        rows.append(
            row | {"low": row["ratio"] * math.exp(-error), "high": row["ratio"] * math.exp(error), "seeds": len(a)}
        )
    return pandas.DataFrame(rows)

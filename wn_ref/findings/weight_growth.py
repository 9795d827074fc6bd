"""Weight growth: how much larger do weights become if they are not clamped? (section 5.2, Table 2)

    w(layer) = mean |w|,    ratio = w(unclamped) / w(clamped)

Both networks are trained with the same noise, near its midpoint; the weights of one are clamped to [-1, 1]. Table 2
is headed "Ratio between clamped and non-clamped average weight magnitudes" and has numbers up to 51, where "weights
grow tremendously". Clamped weights are at most 1 while the others grow, so 51 can only be unclamped over clamped. This
is the ratio here, although the words in the heading have the other order. `noise_growth` is the same ratio for training
with noise over training without noise; it shows the effect of noise where clamping has none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wn_ref.arrays import unmasked
from wn_ref.errors import InputError
from wn_ref.lazy import pandas

Magnitudes = Mapping[str, float]


def unclamped_over_clamped(unclamped: Sequence[Magnitudes], clamped: Sequence[Magnitudes]) -> pandas.DataFrame:
    """The ratio of Table 2, averaged over seeds.

    Parameters
    ----------
    unclamped, clamped : sequence of {layer: mean |w|}
        One mapping per seed, in the same order, as in `Result.weight_magnitudes`. The networks were trained with the
        same noise, `clamp=False` and `clamp=True`.

    Returns
    -------
    pandas.DataFrame
        One row per layer: layer; unclamped and clamped (means over seeds); ratio (geometric mean over seeds); low and
        high (one standard error of ln ratio below and above; NaN for a single seed); seeds (how many).

    Raises
    ------
    InputError
        If the numbers of seeds or the names of layers differ, or a magnitude is not positive.

    Examples
    --------
    >>> table = unclamped_over_clamped([{"dense1": 8.0}, {"dense1": 2.0}], [{"dense1": 1.0}, {"dense1": 1.0}])
    >>> table[["layer", "ratio", "low", "high"]].round(3).to_numpy().tolist()
    [['dense1', 4.0, 2.0, 8.0]]
    """
    return _ratios({"unclamped": unclamped, "clamped": clamped})


def noise_growth(noisy: Sequence[Magnitudes], quiet: Sequence[Magnitudes]) -> pandas.DataFrame:
    """The ratio of training with noise over training without noise, otherwise as `unclamped_over_clamped`.

    The columns are called noisy and quiet.
    """
    return _ratios({"noisy": noisy, "quiet": quiet})


def _ratios(parts: Mapping[str, Sequence[Magnitudes]]) -> pandas.DataFrame:
    """The ratio of the first part over the second part; their names become columns."""
    (above, over), (below, under) = parts.items()
    if len(over) != len(under) or not over:
        raise InputError(
            f"{below}: expected one mapping for each seed, as many as {above}, "
            f"got {len(under)} for {len(over)}; give the same seeds to both"
        )
    layers = list(over[0])
    if any(list(each) != layers for each in (*over, *under)):
        raise InputError(
            f"{below}: expected the layers {', '.join(layers)} in every mapping, got others; compare one architecture"
        )
    rows = []
    for layer in layers:
        a, b = (unmasked(layer, [each[layer] for each in part], np.float64) for part in (over, under))
        if not (np.isfinite(a) & np.isfinite(b) & (a > 0) & (b > 0)).all():
            raise InputError(f"{layer}: expected magnitudes > 0, got {a.tolist()} and {b.tolist()}; leave it out")
        logs = np.log(a / b)
        error = logs.std(ddof=1) / math.sqrt(len(logs)) if len(logs) > 1 else math.nan
        row: dict[str, Any] = {"layer": layer, above: a.mean(), below: b.mean(), "ratio": math.exp(logs.mean())}
        rows.append(
            row | {"low": row["ratio"] * math.exp(-error), "high": row["ratio"] * math.exp(error), "seeds": len(a)}
        )
    return pandas.DataFrame(rows)

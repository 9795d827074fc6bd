"""What the results of a command are of: network, data, noise, gradient, epochs and seeds, in words."""

from __future__ import annotations

from collections.abc import Sequence

from wn_ref.lazy import pandas
from wn_ref.noise import Noise


def title(runs: pandas.DataFrame, where: str = "", varied: Sequence[str] = ()) -> str:
    """Say which network some runs are of, and which noise they have.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of `wn_ref.sweep`.
    where : str
        Where the noise is, such as " at dense2".
    varied : sequence of str
        Settings in which the runs differ, so that they are left out.
    """
    from wn_ref.reproduce import words
    from wn_ref.reproduce.together import prepared

    runs = prepared(runs)
    return words.title(runs, f"{_noise(runs)}{where}", varied).replace(r"\$", "$")  # which is for figures


def noise_words(noise: Noise | None) -> str:
    """Name a noise, with its gradient if that matters: "multiplicative noise (exact gradient)"."""
    noise = noise or Noise()
    return _noise(pandas.DataFrame([vars(noise)]))


def _noise(runs: pandas.DataFrame) -> str:
    from wn_ref.reproduce import words

    if (kinds := runs[["sigma_mul", "sigma_add"]] > 0).any().all() and not kinds.all(axis=1).any():
        return "additive and multiplicative noise"
    multiplicative, additive = (bool((runs[f"sigma_{kind}"] > 0).any()) for kind in ("mul", "add"))
    if not multiplicative:
        return "additive noise" if additive else "no noise"
    noisy = runs[runs["sigma_mul"] > 0]
    orders = {"multiplicative": "multiplicative first", "additive": "additive first"}
    order = " and ".join(orders[first] for first in noisy["first"].unique() if first)
    return words.noise_with_gradient(noisy, f"mixed noise, {order}" if additive else "multiplicative noise")


def noise_kind(runs: pandas.DataFrame) -> str:
    """Name the kind of noise in one word for a table: additive, multiplicative or mixed."""
    multiplicative, additive = ((runs[f"sigma_{kind}"] > 0).any() for kind in ("mul", "add"))
    return "mixed" if multiplicative and additive else "multiplicative" if multiplicative else "additive"


def accuracy_words(accuracy: float, noise: str, sigma: float, point: str) -> str:
    """Say how accurate a network is under which noise; all but the accuracy as they were typed."""
    # no gradient: there is no backward pass under noise
    where = f"with {noise} noise of {sigma:g} at {point}" if sigma else "without noise"
    return f"accuracy {where}: {accuracy:.2%}"

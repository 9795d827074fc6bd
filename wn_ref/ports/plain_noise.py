"""The noises that the networks of other frameworks have here: one normal, added or multiplied."""

from __future__ import annotations

from wn_ref.errors import InputError
from wn_ref.noise import Noise


def require_plain(noise: Noise, hint: str) -> None:
    """Check that a noise is additive, or multiplicative with the exact gradient, and not of one's own.

    Parameters
    ----------
    noise : Noise
        What is to be injected.
    hint : str
        What to do for another one.

    Raises
    ------
    InputError
        If it is mixed, has another gradient, or is of a class of its own, whose `inject` nobody knows there.
    """
    if type(noise) is not Noise:
        raise InputError(f"noise: expected a noise of wn_ref, got {noise!r}; {hint}")
    if noise.sigma_mul and (noise.sigma_add or noise.gradient != "exact"):
        expected = "additive noise, or multiplicative noise with the exact gradient"
        raise InputError(f"noise: expected {expected}, got {noise}; use gradient='exact', or {hint}")

"""What identifies a noise of your own: a subclass of `Noise` is what its code does, and not only its numbers."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np

from wn_ref.code_fingerprint import fingerprint_of_code
from wn_ref.errors import InputError
from wn_ref.noise import Noise

LEVEL = "level of"
"""In what is left of a description without the level: the name of the field that it was. No field has such a name."""
_COMMON = {field.name for field in fields(Noise)}


def describe_own_noise(noise: Noise | None) -> str:
    """Return JSON with the class, the fields, and a fingerprint of the code; "" for a noise of this package.

    Two noises with the same description do the same to every activation::

        {"class":"__main__.Uniform","code":"0b61c1f7...","sigma":0.5,"sigma_add":0.0, ...}

    Raises
    ------
    InputError
        If the code reads something of which nobody can say whether it will be the same next time.
    """
    if noise is None or type(noise) is Noise:
        return ""
    kind = type(noise)
    values = {field.name: _plain(getattr(noise, field.name)) for field in fields(noise)}
    plain = {name: value if _is_plain(value) else fingerprint_of_code(value) for name, value in values.items()}
    facts = {"class": f"{kind.__module__}.{kind.__qualname__}", "code": fingerprint_of_code(kind)}
    return json.dumps(plain | facts, sort_keys=True, separators=(",", ":"))


def level_of(description: str) -> tuple[float, str]:
    """Return the noise level of a noise of one's own, and its description without it.

    Parameters
    ----------
    description : str
        From `describe_own_noise`.

    Returns
    -------
    level : float
        The field `sigma`, if the class has one; else the only number among the fields that `Noise` itself has not; else
        0. (A noise may use sigma_mul and sigma_add instead, which have columns of their own.)
    rest : str
        The other fields, and the code: what two noises of one curve have in common.
    """
    try:
        facts = json.loads(description)
    except ValueError:  # not from here
        return 0.0, description
    if LEVEL in facts:  # this is what is left without it
        return 0.0, description
    own = {name: v for name, v in facts.items() if name not in _COMMON and type(v) in (int, float)}
    name = "sigma" if "sigma" in own else next(iter(own)) if len(own) == 1 else ""
    kept = {one: value for one, value in facts.items() if one not in (name, "sigma_mul", "sigma_add")}
    kept[LEVEL] = name
    return float(own.get(name, 0)), json.dumps(kept, sort_keys=True, separators=(",", ":"))


def check_own_noise(noise: Noise) -> None:
    """Check that the fields of a noise of one's own are all that tells it from another one of its class.

    Raises
    ------
    InputError
        If it has other attributes, or a field has a value that may change.
    """
    kind = type(noise).__name__
    if extra := set(vars(noise)) - {field.name for field in fields(noise)}:
        raise InputError(
            f"noise: expected all attributes of {kind} to be fields, got {', '.join(sorted(extra))} beside them; "
            "make it a @dataclass(frozen=True) and declare them"
        )
    if "code" in vars(noise):
        raise InputError(f"noise: expected another name than code for a field of {kind}, got it; choose one")
    for name, value in vars(noise).items():
        try:
            hash(value)
        except TypeError:
            expected = f"numbers, texts, tuples or functions in the fields of {kind}"
            raise InputError(f"noise: expected {expected}, got {name}={value!r}; use a tuple") from None


def _plain(value: object) -> object:
    """Return a number of NumPy's as Python's own, and a whole number as an int: equal numbers have one description."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_plain(value: object) -> bool:
    """Return whether JSON keeps a value as it is."""
    return value is None or type(value) in (bool, int, float, str)

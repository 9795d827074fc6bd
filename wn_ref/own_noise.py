"""What identifies a noise of your own: a subclass of `Noise` is what its code does, and not only its numbers."""

from __future__ import annotations

import json
from dataclasses import fields

from wn_ref.code_fingerprint import fingerprint_of_code
from wn_ref.errors import InputError
from wn_ref.noise import Noise


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
    values = {field.name: getattr(noise, field.name) for field in fields(noise)}
    plain = {name: value if _is_plain(value) else fingerprint_of_code(value) for name, value in values.items()}
    facts = {"class": f"{kind.__module__}.{kind.__qualname__}", "code": fingerprint_of_code(kind)}
    return json.dumps(plain | facts, sort_keys=True, separators=(",", ":"))


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
    for name, value in vars(noise).items():
        try:
            hash(value)
        except TypeError:
            expected = f"numbers, texts, tuples or functions in the fields of {kind}"
            raise InputError(f"noise: expected {expected}, got {name}={value!r}; use a tuple") from None


def _is_plain(value: object) -> bool:
    """Return whether JSON keeps a value as it is."""
    return value is None or type(value) in (bool, int, float, str)

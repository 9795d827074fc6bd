"""Everything that training changes in a network, by name: taken out, and put back with each name and number checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from wn_ref.errors import InputError
from wn_ref.network import Network

Arrays = dict[str, np.ndarray]
"""A trained network: its parameters and running averages by name, such as "dense1.weight"."""


def own_arrays(network: Network) -> Arrays:
    """Return the network's own arrays, parameters first: writing into one of them changes the network."""
    return {**network.parameters, **network.statistics}


def to_arrays(network: Network) -> Arrays:
    """Return copies of everything that training changes in a network, by name."""
    return {name: array.copy() for name, array in own_arrays(network).items()}


def require_alike(
    what: str, expected: Mapping[str, tuple[int, ...]], got: Mapping[str, tuple[int, ...]], hint: str
) -> None:
    """Raise `InputError` unless both have the same names with the same shapes.

    Parameters
    ----------
    what : str
        The name of the argument, for the message.
    expected, got : mapping of str to tuple of int
        Shapes by name.
    hint : str
        What to do.
    """
    require_names(what, expected, got, hint)
    for name, shape in expected.items():
        if tuple(got[name]) != tuple(shape):
            raise InputError(f"{what}: expected shape {tuple(shape)} of {name}, got {tuple(got[name])}; {hint}")


def require_names(
    what: str, expected: Mapping[str, object], got: Mapping[str, object], hint: str, shown: int | None = 4
) -> None:
    """Raise `InputError` unless both have the same names; it tells what is missing and what is too much.

    Parameters
    ----------
    what : str
        The name of the argument, for the message.
    expected, got : mapping
        With these names.
    hint : str
        What to do.
    shown : int or None
        How many names of each kind the message shows; None for all.
    """
    missing, surplus = (
        [name for name in one if name not in other] for one, other in ((expected, got), (got, expected))
    )
    found = [f"nothing for {_list(missing, shown)}"] if missing else []
    found += [f"{_list(surplus, shown)} besides"] if surplus else []
    if found:
        raise InputError(f"{what}: expected {_list(expected, shown)}, got {', but '.join(found)}; {hint}")


def fill(what: str, targets: Mapping[str, np.ndarray], arrays: Mapping[str, np.ndarray], hint: str) -> None:
    """Copy arrays into those of a network: all of them, or none if one cannot be used.

    Parameters
    ----------
    what : str
        The name of the argument, for messages.
    targets : mapping of str to np.ndarray
        The network's own arrays, by any names.
    arrays : mapping of str to np.ndarray
        What they become, under the same names.
    hint : str
        What to do if it does not fit.

    Raises
    ------
    InputError
        If a name is missing or too much, a shape differs, a number is not finite, or a variance is negative.
    """
    expected, got = ({name: array.shape for name, array in one.items()} for one in (targets, arrays))
    require_alike(what, expected, got, hint)
    with np.errstate(over="ignore"):  # found below
        # copies: the arrays may be those of the same network under other names
        converted = {name: np.array(arrays[name], target.dtype) for name, target in targets.items()}
    for name, array in converted.items():
        require_usable(what, name, array, hint)
    for name, target in targets.items():
        target[...] = converted[name]


def require_usable(what: str, name: str, array: np.ndarray, hint: str) -> None:
    """Raise `InputError` unless all numbers of an array are finite, and variances are not negative."""
    bad, expected = ~np.isfinite(array), "finite numbers"
    if not bad.any() and name.endswith("running_var"):
        bad, expected = array < 0, "variances >= 0"
    if bad.any():
        raise InputError(f"{what}: expected {expected} in {name}, got {array[bad].flat[0]}; {hint}")


def _list(names: Iterable[object], shown: int | None) -> str:
    """Return the first few names, and how many more there are."""
    texts = [str(name) for name in names]
    more = len(texts[shown:]) if shown is not None else 0
    return (", ".join(texts[:shown]) or "none") + (f" and {more} more" if more else "")

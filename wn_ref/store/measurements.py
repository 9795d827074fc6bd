"""What functions of the user's measured: the table `measurements` of a store.

Each function goes by a name. Beside every accuracy stands the fingerprint of the code that returned it, so that no
results of two functions are taken for those of one. "" is code that cannot be told from other code: then the name alone
has to tell.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from wn_ref.errors import InputError
from wn_ref.store.store import Store
from wn_ref.store.tables import Cell
from wn_ref.store.writer import StoreWriter


class Measurement(NamedTuple):
    """What a function returned: an accuracy, or, where numbers overflowed, None and the error; and how long it took."""

    accuracy: float | None
    error: str
    seconds: float


class Measurements:
    """What one function has measured so far, in an open store.

    Parameters
    ----------
    store : StoreWriter
        The store.
    name : str
        The name of the function.
    code : str
        The fingerprint of its code; "" if it has none.

    Attributes
    ----------
    code : str
        What new rows say of the code. It stays "" once there is a row that says so.

    Raises
    ------
    InputError
        If the store has measurements of other code under this name.
    """

    def __init__(self, store: StoreWriter, name: str, code: str) -> None:
        self.store, self.name = store, name
        stored = codes(store).get(name, set())
        if is_other_code({code}, stored):
            raise InputError(
                f"name: expected the function that measured {name!r} in {store.name}, got one with other code, or with "
                "other data that it reads, or another version of Python; choose another name or another store"
            )
        self.code = "" if "" in stored else code

    def get(self, point: str, sigma: float, seed: int) -> Measurement | None:
        """Return what was measured there; None if nothing was."""
        query = "SELECT accuracy, error, seconds FROM measurements WHERE (name, point, sigma, seed) = (?, ?, ?, ?)"
        rows = self.store.read(query, [self.name, point, sigma, seed])
        return Measurement(*rows[0]) if rows else None

    def add(self, point: str, sigma: float, seed: int, measured: Measurement) -> None:
        """Write what was measured, in a transaction of its own: it stays there, whatever is killed afterwards."""
        self.store.begin()
        row: dict[str, Cell] = {"name": self.name, "point": point, "sigma": sigma, "seed": seed, "code": self.code}
        row |= {**measured._asdict(), "finished": time.time()}
        self.store.transaction(lambda: self.store.insert("INTO measurements", row))


def codes(store: Store) -> dict[str, set[str]]:
    """Return the fingerprints of the code that measured something, by the name of the function."""
    if not store.read("PRAGMA table_info(measurements)"):  # an older file
        return {}
    found: dict[str, set[str]] = {}
    for name, code in store.read("SELECT DISTINCT name, code FROM measurements"):
        found.setdefault(name, set()).add(code)
    return found


def is_other_code(mine: set[str], theirs: set[str]) -> bool:
    """Return whether fingerprints show that two functions differ; where one has none, they show nothing."""
    mine, theirs = mine - {""}, theirs - {""}
    return bool(mine and theirs and mine != theirs)

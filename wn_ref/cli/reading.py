"""How commands open a store to read it: they say if its runs are not what this version would compute."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wn_ref.store.store import Store


class OtherVersionWarning(UserWarning):
    """A store has runs of another version of the algorithm than this wn_ref computes."""


@contextmanager
def reading(path: Path) -> Iterator[Store]:
    """Open a store for reading, as all commands do that show what is in it.

    Parameters
    ----------
    path : Path
        Its file.

    Raises
    ------
    InputError
        As `wn_ref.open_store`.

    Warns
    -----
    OtherVersionWarning
        If it has runs of another version of the algorithm: new runs would not be the same.
    """
    from wn_ref.store.store import open_store
    from wn_ref.version import ALGORITHM

    with open_store(path) as store:
        if others := {origin.algorithm for origin in store.origins} - {ALGORITHM}:
            theirs = " and ".join(map(str, sorted(others)))
            said = f"these runs are of version {theirs} of the algorithm; this wn_ref computes version {ALGORITHM}"
            warnings.warn(f"store: {said}", OtherVersionWarning, stacklevel=3)
        yield store

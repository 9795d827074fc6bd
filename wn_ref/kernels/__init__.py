"""The same loops as in `wn_ref.layers`, faster: blocks of sums that stay in SIMD registers.

The loops in `wn_ref/layers/` are the definition. A loop that has a faster form here is marked there with
``@fast_form("FILE.FUNCTION")``, which names it; the tests show that both forms give the same numbers up to rounding.
This is the only kind of code that exists twice in the package.

Which form runs? The fast one, unless the environment variable WN_REF_KERNELS is "plain" (on the command line: ``wn-ref
--kernels plain ...``), or Numba is switched off (NUMBA_DISABLE_JIT=1), or the fast form cannot be loaded. It is built
on parts of Numba that may change with its version. If they do, the plain loops serve, with one line of warning.
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

import numba

from wn_ref.errors import require_choice

F = TypeVar("F", bound=Callable[..., Any])

VARIABLE = "WN_REF_KERNELS"
FORMS = ("fast", "plain")


def choose(form: str) -> None:
    """Choose "fast" or "plain" loops, for this process and for those that it starts from now on.

    Raises
    ------
    InputError
        If `form` is neither of the two.
    """
    require_choice("kernels", form, FORMS)
    os.environ[VARIABLE] = form
    _fast_file.cache_clear()


def in_use() -> str:
    """Return "fast" or "plain": the loops that this process computes with."""
    return "plain" if _fast_file("conv") is None else "fast"


def fast_form(place: str) -> Callable[[F], F]:
    """Mark a plain loop that has a faster form in this room.

    Parameters
    ----------
    place : str
        The file and the function, such as "conv.forward"; the function takes the same arguments as the plain loop.
    """
    file, name = place.split(".")

    def mark(plain: F) -> F:
        @wraps(plain)
        def chosen(*arguments: Any) -> Any:
            fast = _fast_file(file)
            return plain(*arguments) if fast is None else fast[name](*arguments)

        chosen.plain = plain  # type: ignore[attr-defined]  # for tests that compare the two forms
        return chosen  # type: ignore[return-value]  # a wrapper of the same signature

    return mark


@cache
def _fast_file(file: str) -> dict[str, Callable[..., Any]] | None:
    """Return the functions of a file of this room by name; None if the plain loops are to be used."""
    form = os.environ.get(VARIABLE) or "fast"
    require_choice(VARIABLE, form, FORMS)
    if form == "plain" or numba.config.DISABLE_JIT or not _vectors():
        return None
    return vars(importlib.import_module(f"wn_ref.kernels.{file}"))


@cache
def _vectors() -> bool:
    """Return whether there are vectors, without which there is no fast form."""
    try:
        importlib.import_module("wn_ref.kernels.vector")
    except Exception as error:  # whatever may have changed in Numba: the plain loops need none of it
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        warnings.warn(
            f"the plain loops are used, which are slower, because the fast ones do not load ({reason})",
            RuntimeWarning,
            stacklevel=2,
        )
        return False
    return True

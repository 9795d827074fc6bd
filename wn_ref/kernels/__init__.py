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
from types import ModuleType
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
    _wanted.cache_clear()


def in_use() -> str:
    """Return "fast" or "plain": the loops that this process computes with."""
    return "plain" if _load("conv") is None else "fast"


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
            fast = _load(file)
            return plain(*arguments) if fast is None else getattr(fast, name)(*arguments)

        chosen.plain = plain  # type: ignore[attr-defined]  # for tests that compare the two forms
        return chosen  # type: ignore[return-value]  # a wrapper of the same signature

    return mark


def _load(file: str) -> ModuleType | None:
    """Return a file of this room; None if the plain loops are to be used."""
    return _import(file) if _wanted() == "fast" else None


@cache
def _wanted() -> str:
    """Return the form that the user asks for."""
    form = os.environ.get(VARIABLE, "fast")
    require_choice(VARIABLE, form, FORMS)
    return "plain" if numba.config.DISABLE_JIT else form


@cache
def _import(file: str) -> ModuleType | None:
    try:
        return importlib.import_module(f"wn_ref.kernels.{file}")
    except Exception as error:  # whatever may have changed in Numba: the plain loops need none of it
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        warnings.warn(
            f"the plain loops are used, which are slower, because the fast ones of {file} do not load ({reason})",
            RuntimeWarning,
            stacklevel=2,
        )
        return None

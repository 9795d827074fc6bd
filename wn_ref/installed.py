"""What is installed, and what is the user's: by where the code of functions, classes and modules comes from."""

from __future__ import annotations

import pickle
import sys
import sysconfig
from importlib.util import find_spec
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

_INSTALLED = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def is_installed(value: Any) -> bool:
    """Return whether a function, class or module belongs to this package, to Python or to an installed library."""
    if not isinstance(value, (ModuleType, type)) and not (callable(value) and hasattr(value, "__name__")):
        return False  # an object, also one that can be called, such as a layer of another framework
    if isinstance(value, np.ufunc):
        return _has_a_place(value)
    if hasattr(value, "__dict__") and not isinstance(value, (ModuleType, type, FunctionType)):
        return False  # one that has got a name, such as np.vectorize(f)
    if isinstance(value, FunctionType):  # its module may be that of another function, which functools.wraps copies
        name = value.__globals__.get("__name__", "")
    else:
        name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) or "builtins"
    if name.split(".")[0] == "wn_ref":
        return True
    if isinstance(value, FunctionType):
        return value.__code__.co_filename.startswith((*_INSTALLED, "<frozen "))
    if name in ("builtins", *sys.builtin_module_names):
        return True
    file = getattr(sys.modules.get(name), "__file__", None)
    return name != "__main__" and file is not None and file.startswith(_INSTALLED)


def _has_a_place(ufunc: np.ufunc) -> bool:
    """Return whether a ufunc is found under its name in some module, as those of np.frompyfunc are not."""
    try:
        pickle.dumps(ufunc)
    except Exception:  # PicklingError, AttributeError, ...
        return False
    return True


def is_installed_module(name: str) -> bool:
    """Return whether a module is this package's, Python's or an installed one's, without importing it."""
    top = name.partition(".")[0]
    module = sys.modules.get(top)
    spec = find_spec(top) if module is None else module.__spec__
    places = [
        getattr(module, "__file__", None),
        *([spec.origin, *(spec.submodule_search_locations or ())] if spec else ()),
    ]
    known = any(place and place.startswith((*_INSTALLED, "frozen", "built-in")) for place in places)
    return known or top in ("wn_ref", *sys.builtin_module_names)

"""Libraries that are loaded when they are first used, and why.

pandas takes as long to import as all the rest of `wn_ref` together, and most of the package works without it. So
`import wn_ref` and `wn-ref --help` do not wait for it: every module that makes tables says ``from wn_ref.lazy import
pandas``, and Python's own lazy loader imports it at the first attribute that is asked for.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas
else:

    def _lazy(name: str) -> ModuleType:
        """Return a module that is loaded at its first use, or the module itself if it is loaded already."""
        if name in sys.modules:
            return sys.modules[name]
        spec = importlib.util.find_spec(name)
        spec.loader = importlib.util.LazyLoader(spec.loader)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    pandas = _lazy("pandas")

__all__ = ["pandas"]

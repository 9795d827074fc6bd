"""What computed a result: versions of the software, and the machine."""

from __future__ import annotations

import json
import os
import platform
from functools import cache
from pathlib import Path

import llvmlite
import numba
import numpy as np

from wn_ref.blas import blas_version
from wn_ref.kernels import in_use
from wn_ref.version import __version__

DECISIVE = ("numpy", "numba", "llvmlite", "blas", "processor", "kernels")
"""The facts of a description on which the last bits of a result may depend."""


def describe() -> str:
    """Describe this process and its machine as JSON.

    Returns
    -------
    str
        An object with the versions of wn_ref, Python, NumPy, Numba, llvmlite and BLAS (with the processor that BLAS was
        tuned for); the name of the host and of its processor; the number of its cores; and `kernels`, "fast" or "plain"
        (see `wn_ref.kernels.in_use`).
    """
    return _describe(in_use())


def differences(one: str, other: str) -> dict[str, tuple[str, str]]:
    """Compare two descriptions in the facts on which bits may depend.

    Returns
    -------
    dict
        {fact: (of `one`, of `other`)} for every fact that both of them have and that differs.
    """
    a, b = _facts(one), _facts(other)
    return {name: (a[name], b[name]) for name in DECISIVE if name in a and name in b and a[name] != b[name]}


def _facts(description: str) -> dict[str, str]:
    try:
        return dict(json.loads(description))
    except (ValueError, TypeError):  # it was not written by `describe`
        return {}


@cache
def _describe(kernels: str) -> str:
    return json.dumps(
        {
            "wn_ref": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "numba": numba.__version__,
            "llvmlite": llvmlite.__version__,
            "blas": blas_version(),
            "host": platform.node(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "kernels": kernels,
        }
    )


def _processor() -> str:
    """Return the processor's name: on Linux its model, elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration, IndexError):
        return platform.processor() or platform.machine()

"""What computed a result: versions of the software, and the machine."""

from __future__ import annotations

import json
import os
import platform
from functools import cache
from pathlib import Path

import numba
import numpy as np

from wn_ref.kernels import in_use
from wn_ref.version import __version__


def describe() -> str:
    """Describe this process and its machine as JSON.

    Returns
    -------
    str
        An object with the versions of wn_ref, Python, NumPy and Numba; the name of the host and of its processor; the
        number of its cores; and `kernels`, "fast" or "plain" (see `wn_ref.kernels.in_use`).
    """
    return json.dumps(
        {
            "wn_ref": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "numba": numba.__version__,
            "host": platform.node(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "kernels": in_use(),
        }
    )


@cache
def _processor() -> str:
    """Return the processor's name: on Linux its model, elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()

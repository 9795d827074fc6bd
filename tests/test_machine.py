"""What computed a result: versions, host, processor, and the kernels in use."""

import json
import platform
import subprocess
import sys

import numpy as np

from wn_ref import machine
from wn_ref.version import __version__


def test_it_says_what_computes(monkeypatch):
    monkeypatch.setattr(machine, "in_use", lambda: "plain")
    facts = json.loads(machine.describe())
    versions = ["wn_ref", "python", "numpy", "numba", "llvmlite", "blas"]
    assert list(facts) == [*versions, "host", "processor", "cores", "kernels"]
    assert (facts["wn_ref"], facts["numpy"], facts["host"]) == (__version__, np.__version__, platform.node())
    assert facts["processor"]
    assert facts["cores"] >= 1
    assert facts["kernels"] == "plain"


def test_the_kernels_are_those_of_the_moment(monkeypatch):
    for form in ("fast", "plain"):
        monkeypatch.setattr(machine, "in_use", lambda form=form: form)
        assert json.loads(machine.describe())["kernels"] == form


def test_only_what_may_change_bits_is_a_difference():
    here = machine.describe()
    facts = json.loads(here)
    assert machine.differences(here, json.dumps(facts | {"host": "another", "cores": 99, "python": "3.99"})) == {}
    changed = {"numpy": "2.0.0", "blas": "openblas 0.3.27 Haswell", "processor": "another", "kernels": "none"}
    found = machine.differences(here, json.dumps(facts | changed))
    assert found == {name: (facts[name], value) for name, value in changed.items()}
    for unknown in ("", "stub", "[]", '{"host": "a"}'):
        assert machine.differences(here, unknown) == {}


def test_it_does_not_depend_on_what_else_is_loaded():
    """SciPy has a BLAS library of its own."""
    code = "import sys; {} import wn_ref.machine; print(wn_ref.machine.describe())"
    said = [
        subprocess.run([sys.executable, "-c", code.format(first)], capture_output=True, text=True, check=True).stdout
        for first in ("", "import scipy.linalg;")
    ]
    assert said[0] == said[1]

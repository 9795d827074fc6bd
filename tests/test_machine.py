"""What computed a result: versions, host, processor, and the kernels in use."""

import json
import platform

import numpy as np

from wn_ref import machine
from wn_ref.version import __version__


def test_it_says_what_computes(monkeypatch):
    monkeypatch.setattr(machine, "in_use", lambda: "plain")
    facts = json.loads(machine.describe())
    assert list(facts) == ["wn_ref", "python", "numpy", "numba", "host", "processor", "cores", "kernels"]
    assert (facts["wn_ref"], facts["numpy"], facts["host"]) == (__version__, np.__version__, platform.node())
    assert facts["processor"]
    assert facts["cores"] >= 1
    assert facts["kernels"] == "plain"


def test_the_kernels_are_those_of_the_moment(monkeypatch):
    for form in ("fast", "plain"):
        monkeypatch.setattr(machine, "in_use", lambda form=form: form)
        assert json.loads(machine.describe())["kernels"] == form

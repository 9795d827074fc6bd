"""Another framework, walked: the example script finds midpoints of a PyTorch network, and goes on where it stopped."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import wn_ref as wn
from wn_ref.code_fingerprint import fingerprint_of_code

torch = pytest.importorskip("torch", reason="pip install -e '.[crosscheck]' brings PyTorch")

pytestmark = pytest.mark.crosscheck

SCRIPT = Path(__file__).parent.parent / "tutorials" / "examples" / "pytorch_resnet.py"
SETTINGS = {"phase": "inference", "classes": 10, "low": 1e-2, "high": 1e4, "width": 0.9, "name": "resnet"}


@pytest.fixture
def script(monkeypatch):
    spec = importlib.util.spec_from_file_location("pytorch_resnet", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "TRAIN", 500)
    monkeypatch.setattr(module, "TEST", 100)
    return module


def test_the_walk_finds_what_a_grid_finds(script, tmp_path):
    """The midpoint is where accuracy, averaged over networks, is half way: 15 levels of each point tell it, too."""
    points = ["stem", "pool"]
    found = wn.walk(script.measure, points, **SETTINGS, store=tmp_path / "s.sqlite")
    assert (found["kind"] == "measured").all()
    levels = np.geomspace(0.1, 1000, 15)
    for _, row in found.iterrows():
        curves = [[float(script.measure(row["point"], s, seed)) for s in (0.0, *levels)] for seed in range(5)]
        clean, *accuracies = np.mean(curves, axis=0)
        above = np.array(accuracies) > (clean + 0.1) / 2
        last = int(np.flatnonzero(above)[-1])
        assert levels[max(last - 1, 0)] < row["midpoint"] < levels[last + 2]


def test_a_second_process_measures_nothing_again(script, tmp_path, monkeypatch):
    """The fingerprint of code that reads PyTorch's modules is the same next time, and another one for other weights."""
    first = wn.walk(script.measure, ["pool"], **SETTINGS, store=tmp_path / "s.sqlite")
    monkeypatch.setattr(script.torch.nn.Module, "__call__", None)  # nothing is computed
    assert wn.walk(script.measure, ["pool"], **SETTINGS, store=tmp_path / "s.sqlite").equals(first)


def test_weights_are_part_of_what_a_function_reads():
    def function_of(net):
        return lambda x: net(x)

    def made(weight):
        net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
        torch.nn.init.constant_(net[0].weight, weight)
        torch.nn.init.zeros_(net[0].bias)
        return net

    one, same, other = (fingerprint_of_code(function_of(made(weight))) for weight in (1.0, 1.0, 2.0))
    assert one == same
    assert one != other

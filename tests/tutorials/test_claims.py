"""Claims of the notebooks can fail: planted as their opposite, each stops the notebook."""

import json
import sys
from pathlib import Path
from types import ModuleType

import matplotlib as mpl
import pytest

TUTORIALS = Path(__file__).parents[2] / "tutorials"
PLANTS = {
    "01_layers_and_gradients": {
        "095cacf2": ("dx[zero] = self.at_zero * there", "dx[zero] = 0 * there"),  # ReLU's derivative at 0 matters
        "2d624c54": ("random_dy, ones = ", "ones, random_dy = "),  # a check with dy = 1 is blind
        "9855806f": ("parameter *= np.sqrt(6)", "parameter *= 1"),  # it is the initial weights
    },
    "02_noise_and_straight_through": {
        "4cef2f4d": ('"next seed": (1, 4, 17)', '"next seed": (0, 4, 17)'),  # pages are independent
        "6f9bf085": ("clean, planted = ", "planted, clean = "),  # a leak of 1 % is seen
        "664531fc": ("0.49 * 1.25", "0.49"),  # the order of mixed noise
        "8edc3b4b": ('numbers("global")', 'numbers("all")'),  # as many points with BN as without
        "ad61c6c0": ('noise.gradient == "exact"', 'noise.gradient == "straight_through"'),  # which gradient is right
    },
    "03_midpoint_and_fit": {
        "a7dc2260": ("= accuracies[2], accuracies[-1]", "= accuracies[-1], accuracies[2]"),  # slower under noise
        "0fc820a8": ("0.01 * rng", "0.02 * rng"),  # 95 % are 95 %
        "e8a74f97": ("scale=scale", "scale={'linear': 'log', 'log': 'linear'}[scale]"),  # which scale fits which phase
    },
    "07_multiplicative_noise": {
        "c32ece75": (
            'noise = wn.multiplicative(1e10, gradient="exact")',
            "noise = wn.additive(1e10)",
        ),  # ratios survive
        "0fdec8f7": ("Injection(noise, 4)", "Injection(noise, 7)"),  # one large array
    },
}
"""By notebook and cell: what is right, and what is wrong in its place."""


@pytest.mark.course
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("stem", PLANTS)
def test_a_claim_that_is_planted_wrong_fails(stem, monkeypatch):
    pytest.importorskip("IPython", reason="notebooks are not installed; pip install 'wn_ref[course]'")
    monkeypatch.chdir(TUTORIALS)
    mpl.use("agg")
    notebook = ModuleType("notebook_under_test")  # a module, because pickle looks classes up in theirs
    monkeypatch.setitem(sys.modules, notebook.__name__, notebook)
    plants, names = dict(PLANTS[stem]), vars(notebook)
    for cell in json.loads((TUTORIALS / f"{stem}.ipynb").read_text())["cells"]:
        if cell["cell_type"] != "code" or not plants or "skip-execution" in cell["metadata"].get("tags", []):
            continue
        source = "".join(line for line in cell["source"] if not line.startswith("%"))
        if plant := plants.pop(cell["id"], None):
            assert source.count(plant[0]) == 1
            with pytest.raises(AssertionError):
                exec(compile(source.replace(*plant), cell["id"], "exec"), dict(names))
        exec(compile(source, cell["id"], "exec"), names)
    assert not plants

"""The bench measures what it says: its bound by hand, its rows complete. How fast it is, is for `wn-ref bench`."""

import json
import subprocess
import sys

import pytest

from wn_ref import additive, bench, build_model
from wn_ref.bench_tools import SHAPES, made_up_data
from wn_ref.datasets import CATALOG


def test_bound_by_hand():
    """LeNet-5: products and normals of a sample, counted on paper; the first layer needs no dx."""
    limits = {"sgemm_gflops": 100.0, "normals_millions": 1000.0}
    conv1, conv2, dense = 6 * 24 * 24 * 25, 16 * 8 * 8 * 6 * 25, 256 * 120 + 120 * 84 + 84 * 10
    operations = 4 * conv1 + 6 * (conv2 + dense)
    normals = 784 + 2 * 6 * 24 * 24 + 6 * 12 * 12 + 2 * 16 * 8 * 8 + 256 + 2 * (120 + 84) + 10
    net = build_model("lenet5", batchnorm=True)  # the outputs of batch norm draw none
    assert bench.bound(net, None, 1000, limits) == pytest.approx(1000 * operations / 1e11)
    assert bench.bound(net, additive(1), 1000, limits) == pytest.approx(1000 * (operations / 1e11 + normals / 1e9))


def test_rows(tmp_path):
    code = "from wn_ref.cli import main; main()"
    arguments = ["bench", "--images", "300", "--rounds", "1", "--models", "mlp", "--json", str(tmp_path / "bench.json")]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "bench.json").read_text())
    assert [row["kind"] for row in rows] == ["limits", *["network"] * 6, "process", "workers"]
    assert {(row["batchnorm"], row["noise"]) for row in rows[1:7]} == {
        (b, n) for b in (False, True) for n in bench.BENCHMARKED
    }
    assert all(
        row["train_seconds"] > 0 and row["evaluate_seconds"] > 0 and row["bound_seconds"] > 0 for row in rows[1:7]
    )
    assert len(done.stdout.splitlines()) == 10


def test_a_network_for_speech_is_measured_with_features_of_speech():
    limits = {"sgemm_gflops": 100.0, "normals_millions": 1000.0}
    data = made_up_data(128, SHAPES["cnn_s"])
    row = bench.measure_network("cnn_s", True, "additive", data, 1, limits)
    assert data.train_images.shape[1:] == CATALOG["gsc"].shape
    assert row["train_seconds"] > 0
    assert row["bound_seconds"] > 0

"""`wn-ref bench`: a line for each row, and the rows as JSON. What it measures is in `tests/test_bench.py`."""

import json

from wn_ref import bench

LIMITS = {"sgemm_gflops": 100.0, "copy_gb": 10.0, "normals_millions": 1000.0, "numpy_normals_millions": 100.0}
PROCESS = {"first_step_cold_seconds": 9.0, "first_step_cached_seconds": 0.5, "peak_memory_mb": 200.0}
MIDPOINT = {"networks": 8.6, "grid_networks": 170, "epochs": 100, "core_hours": 0.1}
MIDPOINT |= {"torch_core_hours": 6.2, "torch_over_ours": 62.0}
WORKERS = {"one_seconds": 1.0, "two_seconds": 1.1, "two_over_one": 1.1}


def test_every_row_is_a_line_and_is_kept(run, tmp_path, monkeypatch):
    for name, row in (("limits", LIMITS), ("processes", PROCESS), ("workers", WORKERS), ("midpoint", MIDPOINT)):
        monkeypatch.setattr(bench, f"measure_{name}", lambda *_, row=row: row)
    done = run("bench", "--images", "300", "--rounds", "1", "--models", "mlp", "--json", "bench.json")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 17
    assert lines[0] == "machine, one core: sgemm 100 GFLOP/s, copy 10 GB/s; normals 1000 M/s (NumPy 100)"
    assert [line.split()[:4] for line in lines[2:14:2]] == [
        ["mlp", batchnorm, noise, "train"] for batchnorm in ("no", "yes") for noise in bench.BENCHMARKED
    ]
    assert [line.split()[0] for line in lines[3:14:2]] == ["evaluate"] * 6
    assert lines[14] == (
        "a midpoint (Table 1, MNIST, MLP) to +-5 %: 8.6 networks of 100 epochs, 0.10 core-hours; "
        "the paper's 170 networks in PyTorch 6.2: 62 times as much"
    )
    assert lines[15] == "LeNet-5: peak memory 200 MB; first step 9.0 s cold, 0.5 s from the cache"
    assert lines[16] == "two workers, two experiments: 1.10 times as long as one on one"
    rows = json.loads((tmp_path / "bench.json").read_text())
    assert [row["kind"] for row in rows] == ["limits", *["network"] * 6, "midpoint", "process", "workers"]
    assert rows[0] == {"kind": "limits"} | LIMITS
    assert all(row["train_seconds"] > 0 for row in rows[1:7])

"""The bench measures what it says: its bound by hand, its rows complete. How fast it is, is for `wn-ref bench`."""

import time
from pathlib import Path

import numpy as np
import pytest

from wn_ref import additive, bench, build_model
from wn_ref.bench_process import train_in_new_process
from wn_ref.bench_tools import NETWORKS, SimulatedNetworks
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


def test_rows(monkeypatch):
    """Everything but the long measurements, which have tests of their own."""
    for name, row in (
        ("processes", {"peak_memory_mb": 1.0}),
        ("workers", {"two_over_one": 1.0}),
        ("midpoint", {"networks": 9.0}),
    ):
        monkeypatch.setattr(bench, f"measure_{name}", lambda *_, row=row: row)
    rows = list(bench.run(128, 1, ("mlp",)))
    assert [row["kind"] for row in rows] == ["limits", *["network"] * 6, "midpoint", "process", "workers"]
    assert rows[-2:] == [{"kind": "process", "peak_memory_mb": 1.0}, {"kind": "workers", "two_over_one": 1.0}]
    assert {(row["batchnorm"], row["noise"]) for row in rows[1:7]} == {
        (b, n) for b in (False, True) for n in bench.BENCHMARKED
    }
    assert all(
        row["train_seconds"] > 0 and row["evaluate_seconds"] > 0 and row["bound_seconds"] > 0 for row in rows[1:7]
    )
    assert min(rows[0][name] for name in ("sgemm_gflops", "copy_gb", "normals_millions", "numpy_normals_millions")) > 0


def test_a_process_is_measured_with_an_empty_cache_and_then_with_what_it_has_left_there(monkeypatch):
    caches = []

    monkeypatch.setattr(bench, "installed", list)

    def measured(images, cache):
        caches.append(cache)
        before = list(Path(cache).iterdir())
        (Path(cache) / "code").touch()
        return {"first_step": 0.5 if before else 9.0, "peak_memory_mb": float(images)}

    monkeypatch.setattr(bench, "train_in_new_process", measured)
    row = bench.measure_processes(300)
    assert row == {"first_step_cold_seconds": 9.0, "first_step_cached_seconds": 0.5, "peak_memory_mb": 300.0}
    assert len(caches) == 2
    assert len(set(caches)) == 1
    assert not Path(caches[0]).exists()


def test_a_new_process_tells_its_first_step_and_its_peak_memory():
    told = train_in_new_process(128, cache="")  # Numba's usual cache: nothing to compile
    assert told["first_step"] > 0
    assert 50 < told["peak_memory_mb"] < 2000


def test_two_workers_with_two_experiments_are_compared_with_one_that_has_one(monkeypatch):
    swept = []

    def sweep(plan, jobs=1):
        swept.append((plan, jobs))
        time.sleep(0.01 * len(plan))

    monkeypatch.setattr(bench, "sweep", sweep)
    row = bench.measure_workers()
    assert [(len(plan), jobs) for plan, jobs in swept[-2:]] == [(1, 1), (2, 2)]
    assert swept[-2][0] == swept[-1][0][:1]
    assert swept[0][1] == 2  # the workers have started before the clock does
    assert row["two_over_one"] == row["two_seconds"] / row["one_seconds"]
    assert row["two_over_one"] > 1


@pytest.mark.parametrize(("name", "shape"), [("cnn_s", "gsc"), ("lenet5_cifar10", "cifar10")])
def test_networks_for_other_data_are_measured_with_their_shapes(name, shape):
    limits = {"sgemm_gflops": 100.0, "normals_millions": 1000.0}
    assert NETWORKS[name][1] == CATALOG[shape].shape
    row = bench.measure_network(name, True, "additive", 128, 2, limits)
    for task in ("train_seconds", "evaluate_seconds", "share_of_bound"):
        low, high = row[f"{task}_range"]
        assert 0 < low <= row[task] <= high
    assert row["bound_seconds"] > 0


def test_peers_are_measured_in_turn_with_us_and_compared_round_by_round(monkeypatch):
    order, clock = [], iter([1.0, 2.0, 4.0, 10.0, 3.0, 4.0, 6.0, 40.0])  # train, evaluate, and a peer's two, twice
    monkeypatch.setattr(bench, "installed", lambda: ["torch"])
    monkeypatch.setattr(bench, "peer_tasks", lambda *_: {"train": lambda: None, "evaluate": lambda: None})
    monkeypatch.setattr(bench, "seconds_of", lambda task: order.append(task) or next(clock))
    row = bench.measure_network("mlp", False, "none", 256, 2, {"sgemm_gflops": 100.0, "normals_millions": 1000.0})
    assert order[:4] == order[4:]
    assert row["torch_train_ratio_range"] == [2.0, 4.0]  # 4 / 1, then 6 / 3
    assert row["torch_evaluate_ratio_range"] == [5.0, 10.0]
    assert row["torch_train_ratio"] == 3.0
    assert row["train_seconds_range"] == [1.0, 3.0]


def test_the_cost_of_a_midpoint_counts_networks_of_searches_and_those_of_the_papers_grid(monkeypatch):
    monkeypatch.setattr(bench, "SEARCHES", 4)
    monkeypatch.setattr(bench, "installed", lambda: ["torch"])
    monkeypatch.setattr(bench, "peer_tasks", lambda *_: {"train": lambda: time.sleep(0.2), "evaluate": lambda: None})
    row = bench.measure_midpoint(256, 2)
    assert (row["grid_networks"], row["epochs"]) == (17 * 10, 100)
    assert 6 <= row["networks"] <= 20
    assert row["core_hours"] == pytest.approx(row["networks"] * 100 * row["epoch_seconds"] / 3600)
    assert row["torch_core_hours"] >= 170 * 100 * 0.2 / 3600
    assert row["torch_over_ours"] == pytest.approx(row["torch_core_hours"] / row["core_hours"])


def test_simulated_networks_fall_half_way_at_their_midpoint():
    networks = SimulatedNetworks(1.69, seed=0)
    clean, half, lost = (np.mean(networks([(sigma, seed) for seed in range(200)])) for sigma in (0.0, 1.69, 1e9))
    assert (clean, half, lost) == pytest.approx((0.98, 0.54, 0.1), abs=0.001)
    assert networks.trained == 600

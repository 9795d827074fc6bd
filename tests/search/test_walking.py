"""A walk through a made-up network whose layers have known midpoints."""

import math
from functools import partial

import numpy as np
import pytest

import wn_ref as wn
from tests.search.test_functions import Counting, height, scattering

TRUTH = {"input": 0.2, "layer1": 3.0, "layer2": 40.0}


def measure(point, sigma, seed):
    mu = scattering(TRUTH[point], seed) if sigma else 1.0
    return 0.1 + 0.85 * height(sigma, mu)


@pytest.mark.parametrize("phase", ["training", "inference"])
def test_each_interval_holds_its_truth(phase):
    points = ["layer2", "input", "layer1"]
    found = wn.walk(measure, points, classes=10, phase=phase)
    assert list(found) == ["point", "midpoint", "low", "high", "kind", "networks", "reason"]
    assert found["point"].tolist() == points
    truth = found["point"].map(TRUTH)
    assert ((found["low"] < truth) & (truth < found["high"])).all()
    assert (found["kind"] == "measured").all()
    assert (found["reason"] == "").all()
    alone = [wn.locate(partial(measure, point), classes=10, phase=phase) for point in points]
    assert found["midpoint"].tolist() == [location.midpoint for location in alone]
    assert found["networks"].tolist() == [location.networks for location in alone]


def test_accuracy_without_noise_is_measured_once():
    counting = Counting(measure)
    wn.walk(counting.of, TRUTH, classes=10)
    clean = [seed for _, sigma, seed in counting.calls if sigma == 0]
    assert {0, 1} <= set(clean)
    assert len(clean) == len(set(clean))


@pytest.mark.filterwarnings("ignore::wn_ref.search.measuring.UnknownCodeWarning")  # it counts
def test_a_walk_that_was_stopped_goes_on_where_it_was(tmp_path, capsys):
    everything, expected = [], wn.walk(measure, TRUTH, classes=10)
    for stop in (5, 30, None):
        counting = Counting(measure, stop)

        def walked(point, sigma, seed):
            return counting.of(point, sigma, seed)  # noqa: B023

        try:
            found = wn.walk(walked, TRUTH, classes=10, store=tmp_path / "s.sqlite", name="walk", progress=True)
        except KeyboardInterrupt:
            assert stop is not None
        everything += counting.calls
    assert found.equals(expected)
    assert len(everything) == len(set(everything))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines[-3:]] == list(TRUTH)
    assert lines[-1].startswith("layer2: midpoint 4")
    assert lines[-1].endswith(f"; {expected['networks'][2]} networks")


def test_points_without_a_midpoint_say_why():
    def measure(point, sigma, seed):
        if point == "broken" and sigma:
            raise OverflowError
        return 0.9 if point == "immune" or sigma == 0 else 0.1

    found = wn.walk(measure, ["immune", "broken", "fragile"], classes=10).set_index("point")
    assert found["kind"].tolist() == ["lower bound", "unknown", "upper bound"]
    assert found["midpoint"].isna().all()
    assert found.loc["immune", ["low", "high"]].tolist() == pytest.approx([1e10, math.inf])
    assert found["reason"].str.len().min() > 10


def test_progress_is_told():
    told = []
    wn.walk(measure, TRUTH, classes=10, show=lambda *arguments: told.append(arguments))
    assert {point for point, _, _ in told} == set(TRUTH)
    networks = [networks for point, networks, _ in told if point == "input"]
    assert networks == sorted(networks)
    assert told[-1][2].kind == "stopped"  # not yet: the last estimate is what the search then calls measured


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ("layer1", "points: expected a list of different names, got 'layer1'; put it in brackets"),
        ([], "points: .*, got none; name at least one"),
        (["a", "b", "a"], "points: .*, got 'a' twice"),
        ([0, 1], "points: .*, got 0; correct it"),
        ([""], "points: .*, got ''"),
        (3, "points: .*, got 3"),
        ([np.zeros(2)], "points: .*, got array"),
    ],
)
def test_bad_points(points, message):
    with pytest.raises(wn.InputError, match=message):
        wn.walk(measure, points, classes=10)


def test_a_function_without_a_point():
    with pytest.raises(wn.InputError, match="measure: expected a function of point, sigma and seed, got one with"):
        wn.walk(lambda sigma, seed: 0.5, TRUTH, classes=10)

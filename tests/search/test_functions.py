"""Functions of one's own: the truth is in the interval, nothing is measured twice, and errors are clear."""

import math
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import wn_ref as wn
from wn_ref.search.measuring import UnknownCodeWarning, checked_accuracy


def height(sigma, mu, s=0.4):
    return 1 / (1 + (sigma / mu) ** (1 / s))


def scattering(mu, seed, relative=0.05):
    """The midpoint of one network: networks scatter around the one that is looked for."""
    return mu * math.exp(relative * np.random.default_rng([7, seed]).standard_normal())


def measure(sigma, seed):
    return 0.1 + 0.85 * height(sigma, scattering(3.0, seed))


class Counting:
    """Calls a function and counts; stops like Ctrl-C at the call of a given number."""

    def __init__(self, function, stop=None):
        self.function, self.stop, self.calls = function, stop, []

    def of(self, *arguments):
        if len(self.calls) == self.stop:
            raise KeyboardInterrupt
        self.calls.append(arguments)
        return self.function(*arguments)


@pytest.mark.parametrize("phase", ["training", "inference"])
@pytest.mark.parametrize("mu", [0.02, 3.0, 5e4])
def test_the_interval_holds_the_truth(phase, mu):
    counting = Counting(lambda sigma, seed: 0.1 + 0.85 * height(sigma, scattering(mu, seed)))
    location = wn.locate(counting.of, classes=10, phase=phase, name="made up")
    low, high = location.interval
    assert location.kind == "measured"
    assert low < mu < high < 1.11 * low
    assert len(counting.calls) == len(set(counting.calls)) == len(location.runs)
    assert location.networks == location.runs["seed"].nunique() <= 28
    assert str(location).startswith("made up: midpoint ")


def test_most_intervals_hold_the_truth():
    """40 curves: a true 95 % has more than 6 misses once in 500 sets. The searches themselves: test_coverage.py."""
    hits = 0
    for curve in range(40):

        def noisy(sigma, seed, curve=curve):
            rng = np.random.default_rng([curve, seed, int(1e6 * sigma)])
            return 0.12 + 0.85 * height(sigma, scattering(3.0, 1000 * curve + seed)) + 0.005 * rng.standard_normal()

        low, high = wn.locate(noisy, chance=0.12).interval
        hits += low < 3.0 < high
    assert hits >= 34


def test_a_floor_above_guessing_is_measured():
    """Accuracy ends at 0.5: half way is 0.7, at sigma = 3. The planted mistake takes 0.1 for the floor."""

    def measure(sigma, seed):
        return 0.5 + 0.4 * height(sigma, scattering(3.0, seed))

    right, wrong = (wn.locate(measure, classes=10, floor_known=known, high=1e6) for known in (False, True))
    assert right.interval[0] < 3 < right.interval[1]
    assert right.kind == "measured"
    assert not wrong.interval[0] < 3 < wrong.interval[1]


@pytest.mark.parametrize(
    "error", [OverflowError("too large"), wn.OverflowStop("overflow in\nepoch 1"), ZeroDivisionError()]
)
def test_an_overflow_is_too_much_noise(error):
    def overflowing(sigma, seed):
        if sigma > 20:
            raise error
        return measure(sigma, seed)

    location = wn.locate(overflowing, classes=10, start=1e3)
    assert location.interval[0] < 3 < location.interval[1]
    failed = location.runs[location.runs["sigma"] > 20]
    assert len(failed) > 0
    assert failed["accuracy"].isna().all()
    assert failed["error"].str.fullmatch(f"{type(error).__name__}:.*").all()


def test_nothing_but_overflow():
    def broken(sigma, seed):
        raise OverflowError

    assert wn.locate(broken, classes=10).estimate.reason == "runs without noise overflow"


@pytest.mark.filterwarnings("ignore::wn_ref.search.measuring.UnknownCodeWarning")  # it counts
@pytest.mark.parametrize("phase", ["training", "inference"])
def test_a_search_that_was_stopped_goes_on_where_it_was(phase, tmp_path):
    store, expected = tmp_path / "results.sqlite", wn.locate(measure, classes=10, phase=phase)

    def function(sigma, seed):
        return counting.of(sigma, seed)

    settings = {"classes": 10, "phase": phase, "store": store, "name": "made up"}
    everything = []
    for _ in range(20):
        counting = Counting(measure, stop=13)
        try:
            location = wn.locate(function, **settings)
            break
        except KeyboardInterrupt:
            everything += counting.calls
    everything += counting.calls
    assert location.estimate == expected.estimate
    assert location.runs.drop(columns="seconds").equals(expected.runs.drop(columns="seconds"))
    assert len(everything) == len(set(everything)) == len(expected.runs)
    counting = Counting(measure, stop=0)
    assert wn.locate(function, **settings).estimate == expected.estimate
    kept = wn.open_store(store).measurements("made up")
    assert set(zip(kept["sigma"], kept["seed"])) == set(everything)


KILLED = """
import os, sys
import wn_ref as wn
from tests.search.test_functions import measure as curve

def measure(sigma, seed):
    print(repr(sigma), seed, flush=True)
    if len(os.listdir("calls")) == int(sys.argv[1]):
        os.kill(os.getpid(), 9)
    open(f"calls/{sigma!r} {seed}", "x").close()  # never twice
    return curve(sigma, seed)

print(wn.locate(measure, classes=10, name="made up", store="results.sqlite"))
"""


def test_what_was_measured_survives_a_kill(tmp_path):
    """The same file is run until it ends: by the fingerprint of its code, it is the same function each time."""
    (tmp_path / "calls").mkdir()
    (tmp_path / "killed.py").write_text(KILLED)
    root = Path(__file__).parents[2]
    for stop in (5, 9, 10_000):
        done = subprocess.run(
            [sys.executable, "-W", "error", "killed.py", str(stop)],
            cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": str(root), "PATH": ""},
        )  # fmt: skip
        assert (done.returncode == -9) == (stop < 100), done.stderr
        assert len(list((tmp_path / "calls").iterdir())) >= min(stop, 10)
    assert str(wn.locate(measure, classes=10, name="made up")) == done.stdout.splitlines()[-1]


def test_other_code_under_the_same_name_is_refused(tmp_path):
    def made(factor):
        return lambda sigma, seed: factor * measure(sigma, seed)

    settings = {"classes": 10, "store": tmp_path / "results.sqlite"}
    first = wn.locate(made(1), name="a", **settings)
    assert wn.locate(made(1), name="a", **settings).estimate == first.estimate
    with pytest.raises(
        wn.InputError, match=r"name: expected the function that measured 'a' in .*; choose another"
    ) as e:
        wn.locate(made(0.9), name="a", **settings)
    assert "\n" not in str(e.value)
    assert wn.locate(made(0.9), name="b", **settings).kind == "measured"
    assert set(wn.open_store(tmp_path / "results.sqlite").measurements()["name"]) == {"a", "b"}


def test_code_that_nobody_can_compare_is_known_by_its_name(tmp_path):
    settings = {"classes": 10, "store": tmp_path / "results.sqlite", "name": "a"}
    lock = threading.Lock()

    def locked(sigma, seed):
        with lock:
            return measure(sigma, seed)

    def locked_otherwise(sigma, seed):
        with lock:
            return 0.9 * measure(sigma, seed)

    with pytest.warns(UnknownCodeWarning) as warned:
        first = wn.locate(locked, **settings)
    assert len(warned) == 1
    for function in (locked, locked_otherwise, measure):  # and it stays so
        with pytest.warns(UnknownCodeWarning, match="store: measurements of 'a' are known by this name alone"):
            assert wn.locate(function, **settings).estimate == first.estimate
    assert wn.locate(locked, classes=10).estimate == first.estimate  # without a store it does not matter


def test_a_function_that_keeps_networks_is_known_by_its_name(tmp_path):
    """Its cache grows: after that, nobody can say whether it is the same function."""
    networks = {}

    def caching(sigma, seed):
        mu = networks.setdefault(seed, scattering(3.0, seed))
        return 0.1 + 0.85 * height(sigma, mu)

    settings = {"classes": 10, "store": tmp_path / "results.sqlite", "name": "a", "phase": "inference"}
    estimates = []
    for _ in range(3):
        with pytest.warns(UnknownCodeWarning) as warned:
            estimates.append(wn.locate(caching, **settings).estimate)
        assert len(warned) == 1
    networks.clear()
    with pytest.warns(UnknownCodeWarning):
        estimates.append(wn.locate(caching, **settings).estimate)
    assert len(set(estimates)) == 1


def test_another_exception_ends_the_search_and_what_was_measured_is_kept(tmp_path):
    def failing(sigma, seed):
        if seed == 5:
            raise MemoryError("no memory left")
        return measure(sigma, seed)

    store = tmp_path / "results.sqlite"
    with pytest.raises(MemoryError, match="no memory left") as caught:
        wn.locate(failing, classes=10, store=store, name="a")
    assert caught.value.__notes__[0].startswith("This ended the search, at sigma ")
    assert sorted(wn.open_store(store).measurements()["seed"]) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (94.79, "got 94.79 at sigma 0.0, seed 0; divide percentages by 100"),
        (-0.1, "got -0.1 at sigma 0.0, seed 0; correct it"),
        (math.nan, "got nan at .*; raise an OverflowError if numbers overflow"),
        (1e300, "got 1e.300 at .*; correct it"),
        (None, "got None at sigma 0.0, seed 0; return one"),
        ("0.5", "got '0.5' at .*; return one"),
        (True, "got True at .*; return one"),
        (np.zeros((1000, 1000)), r"got array.*\.\.\. at .*; return one"),
        ((0.5, 0.1), "got .0.5, 0.1. at .*; return one"),
        (0.5j, "got 0.5j at .*; return one"),
    ],
)
def test_what_is_no_accuracy(value, message, tmp_path):
    with pytest.raises(wn.InputError, match=f"measure: expected an accuracy from 0 to 1, {message}") as caught:
        wn.locate(lambda sigma, seed: value, classes=10, store=tmp_path / "s.sqlite", name="a")
    assert "\n" not in str(caught.value)
    assert wn.open_store(tmp_path / "s.sqlite").measurements().empty


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.array(0.5), np.int64(1), np.array(1)])
def test_what_is_an_accuracy(value):
    assert checked_accuracy(value, "here") == float(value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"measure": 0.5}, "measure: expected a function of sigma and seed, got 0.5; give the function itself"),
        ({"measure": lambda sigma: 0.5}, r"measure: expected .* got one with the arguments \(sigma\) \(too many"),
        ({"classes": None}, "classes: expected either the number of classes or chance, got neither"),
        ({"chance": 0.1}, "classes: expected either the number of classes or chance, got both"),
        ({"classes": 1}, "classes: expected a whole number of at least 2"),
        ({"classes": None, "chance": 1}, "chance: expected the accuracy of guessing, 0 <= chance < 1, got 1"),
        ({"phase": "evaluation"}, "phase: expected one of training, inference, got 'evaluation'"),
        ({"floor_known": 1}, "floor_known: expected True or False"),
        ({"store": "results.sqlite"}, "name: expected a text .* because there is a store, got none"),
        ({"name": ""}, "name: expected a text that says what is measured, got ''"),
        ({"name": 3}, "name: expected a text that says what is measured, got 3"),
        ({"width": 0}, "width: expected 0.001 <= width < 2"),
        ({"max_runs": 3}, "max_runs: expected a whole number of at least 12"),
        ({"start": 1e20}, "start: expected 0 < low <= start <= high"),
        ({"show": 1}, "show: expected a function or None"),
    ],
)
def test_bad_input(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(wn.InputError, match=message):
        wn.locate(**({"measure": measure, "classes": 10} | arguments))
    assert list(tmp_path.iterdir()) == []


def test_a_function_that_does_not_say_what_it_takes():
    with pytest.raises(wn.InputError, match="measure: expected an accuracy from 0 to 1"):
        wn.locate(max, classes=10, low=2.0, start=2.0)


def test_a_store_of_an_older_version_gets_the_table_when_it_is_written_to(tmp_path):
    store = tmp_path / "old.sqlite"
    wn.sweep([wn.Experiment(dataset="digits", epochs=1)], store=store)
    connection = sqlite3.connect(store)
    connection.execute("DROP TABLE measurements")
    connection.commit()
    connection.close()
    assert wn.open_store(store).measurements().empty
    location = wn.locate(measure, classes=10, store=store, name="a")
    with wn.open_store(store) as opened:
        assert len(opened.measurements("a")) == len(location.runs)
        assert opened.measurements("b").empty
        assert opened.status()["done"] == opened.status()["planned"] == 1  # still those of the sweep

"""When a search gives a bound, when it says that it does not know, and when it measures all the same.

A run that overflowed has the accuracy NaN. That is no height.
"""

import math

import numpy as np
import pytest

import wn_ref as wn
from tests.search.curves import SimulatedCurve
from wn_ref.search.at_inference import at_inference
from wn_ref.search.in_training import in_training
from wn_ref.search.plateaus import Plateaus, bracket, highest_measured
from wn_ref.search.question import Question

SEARCHES = pytest.mark.parametrize("search", [in_training, at_inference])


def falling(mu, s=0.3, floor=0.1, overflow=math.inf, scatter=0.005, clean=0.9):
    """Return a `Measure` of a curve with this midpoint and slope in ln sigma that is NaN from `overflow` upwards."""
    rng = np.random.default_rng(3)

    def accuracy(sigma):
        if sigma >= overflow:
            return math.nan
        height = 1.0 if sigma == 0 else 1 / (1 + (sigma / mu) ** (1 / s))
        return floor + (clean - floor) * height + scatter * rng.standard_normal()

    return lambda requests: np.array([accuracy(sigma) for sigma, _ in requests])


@SEARCHES
@pytest.mark.parametrize(
    ("accuracy", "kind", "interval"),
    [
        (lambda sigma: 0.9, "lower bound", (1e10, math.inf)),
        (lambda sigma: 0.1, "upper bound", (0.0, 1e-4)),
        (lambda sigma: 0.1 if sigma else 0.9, "upper bound", (0.0, 1e-4)),
        (lambda sigma: 0.9 if sigma < 1e7 else math.nan, "lower bound", None),
    ],
    ids=["never falls", "guesses", "falls at once", "overflows"],
)
def test_curves_without_a_midpoint_end_in_a_bound(search, accuracy, kind, interval):
    estimate = search(lambda requests: np.array([accuracy(sigma) for sigma, _ in requests]), Question(chance=0.1))
    assert estimate.kind == kind
    assert math.isnan(estimate.midpoint)
    if interval:
        assert estimate.interval == pytest.approx(interval)
    else:
        assert 1e5 < estimate.interval[0] < 1e7


def test_a_floor_above_guessing_is_measured():
    """Multiplicative noise: accuracy ends at 0.5; half way is 0.7."""
    rng = np.random.default_rng(0)

    def accuracy(requests):
        sigmas = np.array([max(sigma, 1e-12) for sigma, _ in requests])
        return 0.5 + 0.4 / (1 + (sigmas / 3) ** 2) + 0.01 * rng.standard_normal(len(sigmas))

    for search in (in_training, at_inference):
        estimate = search(accuracy, Question(chance=0.1, floor_known=False))
        assert estimate.kind == "measured"
        assert estimate.interval[0] < 3 * 1.03
        assert estimate.interval[1] > 3 / 1.03


def test_the_budget_is_kept():
    for search in (in_training, at_inference):
        for jobs in (1, 5):
            made_up = SimulatedCurve(3, scatter=2)
            estimate = search(made_up, Question(chance=0.1, width=0.001, max_runs=14, at_once=jobs))
            assert estimate.kind == "stopped"
            assert len(made_up.networks) <= 14


@SEARCHES
@pytest.mark.parametrize("overflow", [50.0, 1e3, 7e4, 1e10])
@pytest.mark.parametrize("floor", [0.1, 0.5])
def test_a_floor_that_overflows_is_measured_where_it_does_not(search, overflow, floor):
    """Multiplicative noise in float32: accuracy has long fallen when numbers overflow, far below the largest sigma."""
    estimate = search(falling(0.52, floor=floor, overflow=overflow), Question(chance=0.1, floor_known=False))
    assert estimate.kind == "measured"
    assert estimate.midpoint == pytest.approx(0.52, rel=0.06)


@SEARCHES
@pytest.mark.parametrize(("overflow", "high"), [(1.0, 1e10), (2.0, 1e10), (math.inf, 0.9), (math.inf, 1.5)])
def test_a_floor_that_is_not_reached_is_unknown(search, overflow, high):
    """Runs overflow, or the range ends, while accuracy still falls: half way to what?"""
    question = Question(chance=0.1, floor_known=False, high=high, start=0.5)
    estimate = search(falling(0.52, s=0.5, overflow=overflow), question)
    assert estimate.kind == "unknown"
    assert math.isnan(estimate.midpoint)
    assert str(estimate).startswith("midpoint unknown: accuracy still falls at ")


@SEARCHES
@pytest.mark.parametrize("floor_known", [True, False])
def test_runs_that_all_overflow_tell_nothing(search, floor_known):
    """They are no evidence for a midpoint below the smallest noise level."""
    estimate = search(falling(1.0, overflow=1e-9), Question(chance=0.1, floor_known=floor_known))
    assert estimate.kind == "unknown"
    assert "overflow at every noise level" in estimate.reason


@SEARCHES
def test_networks_that_overflow_without_noise_tell_nothing(search):
    estimate = search(falling(1.0, overflow=0.0), Question(chance=0.1))
    assert (estimate.kind, estimate.reason) == ("unknown", "runs without noise overflow")


def test_one_of_the_networks_without_noise_may_overflow():
    curve = falling(2.0)

    def measure(requests):
        return np.where([request == (0.0, 0) for request in requests], math.nan, curve(requests))

    assert in_training(measure, Question(chance=0.1)).midpoint == pytest.approx(2.0, rel=0.06)


def test_a_bound_says_that_overflow_ends_the_range():
    estimate = in_training(falling(1e9, overflow=1e3), Question(chance=0.1))
    assert estimate.kind == "lower bound"
    assert "and runs with more noise overflow" in str(estimate)


def test_runs_around_the_midpoint_that_often_overflow_are_a_selection():
    """Every third network overflows near the midpoint, and what is left may be the better ones."""
    curve = falling(3.0, scatter=0.02)

    def measure(requests):
        diverges = [sigma > 1.5 and seed % 3 == 0 for sigma, seed in requests]
        return np.where(diverges, math.nan, curve(requests))

    estimate = in_training(measure, Question(chance=0.1))
    assert estimate.kind == "unknown"
    assert "runs around it overflow" in estimate.reason


def test_a_network_without_a_midpoint_is_not_left_out_of_the_mean():
    """At inference: the second network never falls."""
    curve = falling(3.0)

    def measure(requests):
        return np.where([seed == 1 and sigma > 0 for sigma, seed in requests], 0.9, curve(requests))

    estimate = at_inference(measure, Question(chance=0.1))
    assert estimate.kind == "unknown"
    assert "the network of seed 1 has no midpoint" in estimate.reason


def test_a_network_that_overflows_earlier_than_the_first_has_a_floor_of_its_own():
    curve = falling(3.0)

    def measure(requests):
        broken = [sigma >= (1e5 if seed == 0 else 1e3) for sigma, seed in requests]
        return np.where(broken, math.nan, curve(requests))

    estimate = at_inference(measure, Question(chance=0.1, floor_known=False))
    assert estimate.kind == "measured"
    assert estimate.midpoint == pytest.approx(3.0, rel=0.06)


@SEARCHES
@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (0.99, 1.01), (0.9, 1.1), (0.5, 2.0)])
def test_ranges_with_hardly_any_levels(search, low, high):
    """Scans of one, two or three levels; the midpoint is at 1."""
    question = Question(chance=0.1, low=low, high=high, max_runs=20)
    for floor_known in (True, False):
        estimate = search(falling(1.0, scatter=0.0), Question(**(vars(question) | {"floor_known": floor_known})))
        if estimate.kind in ("measured", "stopped"):
            assert estimate.interval[0] <= 1.0 <= estimate.interval[1]
            assert floor_known
        elif low < 1 < high:
            assert estimate.kind == "unknown"


def test_an_upper_bound_needs_a_floor():
    """All levels are on the way down; the accuracy at the highest one is not that under infinite noise."""
    for search in (in_training, at_inference):
        question = Question(chance=0.1, floor_known=False, low=1.5, start=1.6, high=2.0)
        assert search(falling(1.0, s=1.0, floor=0.3), question).kind == "unknown"
        assert search(falling(1e-3, s=0.3), question).kind == "upper bound"


def test_the_largest_level_without_overflow_is_found_by_halving():
    for edge in (2e-3, 0.5, 30.0, 9e8):
        tried = []

        def accuracy(sigma, edge=edge, tried=tried):
            tried.append(sigma)
            return math.nan if sigma > edge else 0.2

        sigma, y = highest_measured(accuracy, 1e-4, 1e10)
        assert y == 0.2
        assert edge / 2 <= sigma <= edge
        assert len(tried) <= 6
    assert np.isnan(highest_measured(lambda _: math.nan, 1.0, 1e3)).all()
    assert highest_measured(lambda sigma: 0.2 if sigma < 1.5 else math.nan, 1.0, 5.0) == (1.25, 0.2)


def test_runs_that_overflowed_are_no_part_of_a_plateau():
    plateaus = Plateaus.of_runs([0.9, math.nan, 0.8], [math.nan], 3.0)
    assert (plateaus.clean, plateaus.clean_runs, plateaus.floor_runs) == (pytest.approx(0.85), 2, 0)
    assert math.isnan(plateaus.floor)
    assert bracket([0, 1, 2], [0.9, math.nan, 0.2]) == (0, 1)


def test_networks_that_differ_without_noise_widen_the_interval():
    """They are the upper end of half way: measured 0.2 apart, the midpoint is less certain."""
    rng = np.random.default_rng(0)
    widths = []
    for spread in (0.0, 0.1):
        curve = SimulatedCurve(3)

        def measure(requests, curve=curve, spread=spread):
            clean = np.array([sigma == 0 for sigma, _ in requests])
            return curve(requests) + clean * spread * rng.choice([-1, 1], len(requests))

        widths.append(in_training(measure, Question(chance=0.1, width=0.01, max_runs=30)).width)
    assert widths[1] > 1.3 * widths[0]


def test_a_bound_says_of_how_many_runs_it_is():
    """At the end of the range there is often one run; close to the midpoint it tells little."""
    at_the_end = {"in training": in_training, "at inference": at_inference}
    for search in at_the_end.values():
        low = search(falling(1e-6), Question(chance=0.1, low=1e-3, high=1e3))
        high = search(falling(1e6), Question(chance=0.1, low=1e-3, high=1e3))
        assert (low.kind, high.kind) == ("upper bound", "lower bound")
        assert low.reason.endswith("at every noise level that was tried, in 1 run at the lowest")
        assert high.reason.endswith("up to this noise level, in 1 run there")


@pytest.mark.parametrize("limits", [{"low": 1e-300}, {"high": 1e200}])
def test_a_range_whose_ratio_is_no_number_is_refused(limits):
    with pytest.raises(wn.InputError, match=r"(low|high): expected 1e-100 <= (low|high) < 1e\+100, got "):
        wn.locate(lambda sigma, seed: 0.5, classes=10, phase="inference", **limits)

"""Executions shared out: the paper's counts, closed forms, and the optimum against every other allocation."""

from itertools import product

import numpy as np
import pytest

import wn_ref as wn
from wn_ref import InputError
from wn_ref.findings.allocation import allocate_executions, allocate_optimally

TABLE_3 = [
    (6, 1, 3, 3, 2, 1, 2, 1, 1, 1, 1),
    (8, 1, 2, 1, 1, 1, 1, 1),
    (1, 1, 3, 4, 2, 2, 3, 2, 1, 2, 1),
    (4, 1, 1, 1, 1, 1, 2, 5),
    (3, 2, 3, 3, 3, 1, 3, 4, 2, 1, 1, 2, 1, 1, 1, 1),
    (4, 3, 4, 3, 1, 3, 1, 1, 1, 1, 1, 1),
]


def test_hand_worked_cases():
    """Shares 4.5, 3, 1.5: whole parts 4, 3, 1, and the missing one goes to the first of two equal remainders."""
    assert allocate_executions([1, 1.5, 3], 9).tolist() == [5, 3, 1]
    assert allocate_executions([1, 1, 1, 1], 8).tolist() == [2, 2, 2, 2]
    assert allocate_executions([0.1] * 3, 9).tolist() == [3, 3, 3]
    # shares 5.83, 0.058, 0.058, 0.058: at least 1 each makes 8, and only the first can give back
    assert allocate_executions([1, 100, 100, 100], 6).tolist() == [3, 1, 1, 1]
    assert allocate_executions([1, 2, np.inf], 7).tolist() == [4, 2, 1]
    assert allocate_executions([np.inf, np.inf], 6).tolist() == [3, 3]
    assert wn.allocate_executions is allocate_executions


def test_a_surplus_is_taken_from_what_exceeds_its_share_most():
    """Shares 4.9, 2, 0.05, 0.05: counts 4, 2, 1, 1 are one too many, and 2 exceeds its share (by 0), 4 does not."""
    assert allocate_executions(1 / np.array([4.9, 2.0, 0.05, 0.05]), 7).tolist() == [4, 1, 1, 1]
    # 3.58, 3.26: 3, 3 are two too many; the second gives one (short by 0.26), then the first (0.58 against 1.26)
    assert allocate_executions(1 / np.array([3.58, 3.26, 0.07, 0.045, 0.045]), 7).tolist() == [2, 2, 1, 1, 1]


@pytest.mark.parametrize("counts", TABLE_3, ids=str)
def test_lists_of_table_3_come_back_from_midpoints_that_go_with_them(counts):
    """mu ~ 1 / n gives n back, in any unit of mu."""
    counts, total = np.array(counts), 2 * len(counts)
    assert counts.sum() == total
    assert np.array_equal(allocate_executions(1 / counts, total), counts)
    assert np.array_equal(allocate_executions(7.3 / counts, total), counts)


def test_whatever_the_midpoints_the_sum_is_kept_and_order_respected(rng):
    for _ in range(500):
        points = int(rng.integers(1, 17))
        mu, total = np.exp(rng.normal(0, 2, points)), points + int(rng.integers(0, 40))
        counts = allocate_executions(mu, total)
        assert counts.sum() == total
        assert counts.min() >= 1
        assert np.all(np.diff(counts[np.argsort(mu)]) <= 0)  # never more for a more robust point
        shares = total / mu / np.sum(1 / mu)
        if shares.min() >= 1:
            assert np.all(np.abs(counts - shares) < 1)


def test_the_optimum_is_the_optimum(rng):
    """Against every allocation of up to 10 executions to 4 points."""
    for _ in range(40):
        c, total = rng.exponential(size=4) ** 3, int(rng.integers(4, 11))
        every = np.array([n for n in product(range(1, total), repeat=4) if sum(n) == total])
        best = (c / every).sum(axis=1).min()
        counts = allocate_optimally(c, total)
        assert counts.sum() == total
        assert np.sum(c / counts) == pytest.approx(best, rel=1e-12)


def test_the_optimum_beats_the_papers_rounding_by_its_own_measure(rng):
    """c = 1 / mu^2: the sum of c / n is never larger, often smaller, and n ~ 1 / mu for many executions."""
    gains = []
    for _ in range(200):
        mu = np.exp(rng.normal(0, 1, 11))
        cost = [np.sum(1 / mu**2 / n) for n in (allocate_executions(mu, 22), allocate_optimally(1 / mu**2, 22))]
        gains.append(cost[0] / cost[1])
    assert min(gains) >= 1 - 1e-12
    assert np.mean(np.array(gains) > 1.001) > 0.3
    np.testing.assert_allclose(allocate_optimally(1 / mu**2, 100_000) / 1e5, 1 / mu / np.sum(1 / mu), rtol=0.01)


@pytest.mark.parametrize(
    ("allocate", "arguments", "message"),
    [
        (allocate_executions, ([1, 2], 1), "total: expected a whole number of at least 2, got 1"),
        (allocate_executions, ([1, 2], 4.0), "total: expected a whole number"),
        (allocate_executions, ([1, 0], 4), r"midpoints: expected numbers > 0, got \[1, 0\]"),
        (allocate_executions, ([1, np.nan], 4), "midpoints: expected numbers, got NaN at point 1"),
        (allocate_executions, ([[1, 2]], 4), "midpoints: expected one number for each point"),
        (allocate_executions, ([], 4), "midpoints: expected one number for each point"),
        (allocate_optimally, ([1, -1], 4), "harms: expected finite numbers >= 0"),
        (allocate_optimally, ([1, np.inf], 4), "harms: expected finite numbers >= 0"),
    ],
)
def test_bad_input(allocate, arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        allocate(*arguments)
    assert "\n" not in str(caught.value)


def test_what_is_left_over_goes_to_the_largest_remainder():
    """Shares 6.4, 2.8 and 1.8 of 11: two are left over, and the largest share has the smallest remainder."""
    assert allocate_executions([1 / 6.4, 1 / 2.8, 1 / 1.8], 11).tolist() == [6, 3, 2]


def test_points_with_the_same_harm_have_the_same_executions():
    assert allocate_optimally([0.0] * 4, 12).tolist() == [3] * 4
    assert allocate_optimally([1.0] * 3, 8).tolist() == [3, 3, 2]

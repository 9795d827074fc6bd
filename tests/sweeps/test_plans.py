"""Plans: which experiments they contain."""

from collections import Counter

import pytest

from wn_ref import Experiment, additive, mixed, multiplicative
from wn_ref.sweeps import plans


def test_global_noise_is_every_combination():
    plan = plans.global_noise(additive, [0.1, 1.0], range(3), model="lenet5", epochs=2)
    assert len(plan) == len(set(plan)) == 2 * 2 * 3
    assert {(e.point, e.model, e.epochs) for e in plan} == {("global", "lenet5", 2)}


def test_a_walk_visits_every_point():
    plan = plans.walking(additive, [0.1, 1.0], range(3), batchnorm=False, epochs=1)
    assert len(plan) == len(set(plan)) == 2 * 8 * 2 * 3
    assert {e.point for e in plan} == set(range(8))
    assert {e.noise for e in plan} == {additive(0.1), additive(1.0)}
    assert {e.phase for e in plan} == {"training", "inference"}
    assert [e.phase for e in plan] == ["training"] * 48 + ["inference"] * 48


def test_clamped_is_a_walk_with_clamped_weights():
    plan = plans.clamped(additive, [1.0], [0])
    assert {e.clamp for e in plan} == {True}
    assert {e.training_experiment().clamp for e in plan} == {True}
    assert [(e.phase, e.point) for e in plan] == [(e.phase, e.point) for e in plans.walking(additive, [1.0], [0])]


def test_maximum_has_enormous_noise_at_each_point_and_none_to_compare():
    plan = plans.maximum(range(2))
    assert Counter((e.noise, e.point, e.phase) for e in plan) == {
        (None, "global", "training"): 2,
        **{(multiplicative(1e10, "exact"), point, "training"): 2 for point in range(11)},
    }
    assert {e.noise for e in plans.maximum([0], additive(1e10))} == {None, additive(1e10)}


def test_mixed_has_both_orders_and_the_exact_gradient():
    plan = plans.mixed([0.5, 2.0], [1.0, 3.0, 9.0], [0], point=5, model="lenet5")
    assert len(plan) == len(set(plan)) == 2 * 2 * 3
    assert mixed(2.0, 9.0, "additive", "exact") in {e.noise for e in plan}
    assert Counter(e.noise.first for e in plan) == {"multiplicative": 6, "additive": 6}
    assert {(e.point, e.phase, e.noise.gradient) for e in plan} == {(5, "training", "exact")}


def test_multi_execution_shares_one_network_a_seed():
    plan = plans.multi_execution(additive(0.3), [(2,) * 11, (6, 1, 3, 3, 2, 1, 2, 1, 1, 1, 1)], range(4), epochs=1)
    assert len(plan) == 8
    assert {e.training_experiment() for e in plan} == {Experiment(epochs=1, seed=seed) for seed in range(4)}
    assert {e.point for e in plan} == {"all"}
    assert Counter(sum(e.executions) for e in plan) == {22: 8}
    with pytest.raises(ValueError, match="executions: expected 11 numbers"):
        plans.multi_execution(additive(0.3), [(2,) * 8], [0])

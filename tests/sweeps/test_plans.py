"""Plans: which experiments they contain."""

from collections import Counter

import numpy as np
import pytest

from wn_ref import Experiment, InputError, additive, mixed, multiplicative, walking
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


def test_generators_are_gone_through_once():
    """A generator has no second time, and a plan needs its levels at every point and in every phase."""
    plan = walking(additive, [0.1, 1.0], range(2), dataset="digits")
    assert walking(additive, (s for s in (0.1, 1.0)), iter(range(2)), iter(plans.PHASES), dataset="digits") == plan
    assert plans.global_noise(additive, iter([1.0]), iter([0, 1])) == plans.global_noise(additive, [1.0], [0, 1])
    assert plans.mixed(iter([1.0, 2.0]), iter([1.0, 2.0]), iter([0, 1]), 2) == plans.mixed([1, 2], [1, 2], [0, 1], 2)
    assert plans.maximum(iter([0, 1])) == plans.maximum([0, 1])
    executions = [(1,) * 11, (2,) * 11]
    candidates = (iter(counts) for counts in executions)
    assert plans.multi_execution(additive(1.0), candidates, iter([0, 1])) == plans.multi_execution(
        additive(1.0), executions, [0, 1]
    )


def test_a_point_by_its_name():
    assert plans.global_noise(additive, [1.0], [0], point="dense2") == plans.global_noise(additive, [1.0], [0], point=4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sigmas": 0.1}, r"sigmas: expected a list, got 0.1; try \[0.1, 1.0\]"),
        ({"sigmas": np.array(0.1)}, r"sigmas: expected a list, got array\(0.1\)"),
        ({"sigmas": "0.1"}, "sigmas: expected a list, got '0.1'"),
        ({"sigmas": []}, r"sigmas: expected a list, got \[\]"),
        ({"sigmas": None}, "sigmas: expected a list, got None"),
        ({"sigmas": {0.1: 1}}, "sigmas: expected a list, got {0.1: 1}"),
        ({"sigmas": ["x"]}, "sigma_add: expected a finite standard deviation >= 0, got 'x'"),
        ({"sigmas": [-1.0]}, "sigma_add: expected a finite standard deviation >= 0, got -1.0"),
        ({"seeds": 2}, r"seeds: expected a list, got 2; try range\(2\)"),
        ({"seeds": range(0)}, r"seeds: expected a list, got range\(0, 0\)"),
        ({"seeds": [0.5]}, "seed: expected a whole number of at least 0, got 0.5"),
        ({"phases": "training"}, r"phases: expected a list, got 'training'; try \['training'\]"),
        ({"phases": ["both"]}, "phase: expected one of training, inference, got 'both'"),
        ({"noise": additive(1.0)}, "noise: expected a function from sigma to noise, got Noise.*; try wn_ref.additive"),
        ({"noise": "additive"}, "noise: expected a function from sigma to noise, got 'additive'"),
        ({"noise": lambda sigma: sigma}, "noise: expected what wn_ref.additive and its like return, got 0.1"),
        ({"learning_rate": "x"}, "learning_rate: expected a positive number, got 'x'"),
    ],
)
def test_bad_input(change, message):
    good = {"noise": additive, "sigmas": [0.1], "seeds": [0], "dataset": "digits"}
    for plan in (walking, plans.global_noise, plans.clamped):
        with pytest.raises(InputError, match=message) as caught:
            plan(**good | change)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: plans.maximum(3), "seeds: expected a list, got 3"),
        (lambda: plans.maximum([0], noise=0), "noise: expected what wn_ref.additive and its like return, got 0"),
        (lambda: plans.mixed(1.0, [1.0], [0], 2), "sigma_mul: expected a list, got 1.0"),
        (lambda: plans.mixed([1.0], 1.0, [0], 2), "sigma_add: expected a list, got 1.0"),
        (lambda: plans.mixed([1.0], [1.0], [0], 2, "additive"), "orders: expected a list, got 'additive'"),
        (
            lambda: walking(additive, [1.0], [0], point=3),
            "point: expected none, the plan chooses it, got 3; leave",
        ),
        (lambda: plans.maximum([0], seed=3), "seed: expected none, the plan chooses it, got 3"),
        (
            lambda: plans.mixed([1.0], [1.0], [0], 2, phase="inference"),
            "phase: expected none, the plan chooses it",
        ),
        (lambda: plans.mixed([1.0], [1.0], [0], "dense9"), "point: expected 'global'"),
        (lambda: plans.multi_execution(additive(1.0), 2, [0]), "executions: expected a list, got 2"),
        (lambda: plans.multi_execution(additive(1.0), (2,) * 11, [0]), "executions: expected a list, got 2"),
        (lambda: plans.multi_execution(additive, [(2,) * 11], [0]), "noise: expected what wn_ref.additive"),
    ],
)
def test_bad_input_of_the_other_plans(action, message):
    with pytest.raises(InputError, match=message):
        action()

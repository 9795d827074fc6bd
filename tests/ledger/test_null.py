"""Nothing comes out of nothing: in a world in which only the noise level counts, no claim about differences holds."""

import hashlib
import math
from dataclasses import replace

import numpy as np
import pytest

from tests.ledger import made_up
from wn_ref.ledger import conditions, global_claims, walking_claims
from wn_ref.ledger.catalog import all_rows
from wn_ref.ledger.conditions import exceeds
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.row import NOT, REPRODUCED
from wn_ref.search.question import Estimate

WALK = "figure11/mnist/mlp"
CLAIMS = tuple(
    f"{WALK}/{name}"
    for name in (
        "training-helps/bn",
        "training-helps/nobn",
        "weights/bn",
        "ends/bn",
        "less/nobn",
        "last-two/nobn",
        "clamp/bn",
    )
)
CLAIMS += ("section9.2/training-helps", "section4.2/additive", "figure5/mnist/mlp/deeper", "figure5/mnist-best")
CLAIMS += ("figure6/mnist/mlp/order", "figure8/mnist/mlp", "table3/mnist/mlp/bn/guided-wins")


def nothing_counts(world):
    """Accuracies of a world with one midpoint for all networks, which scatter by 5 %, and points by 2 %."""

    def draw(experiment, what):
        rest = replace(experiment, noise=None, executions=None)
        said = repr((world, what, rest, experiment.noise is None, experiment.executions))
        return np.random.default_rng(list(hashlib.sha256(said.encode()).digest())).standard_normal()

    def accuracy(experiment):
        noise = experiment.noise
        sigma = 0.0 if noise is None else math.hypot(noise.sigma_mul, noise.sigma_add)
        top = 0.9 + 0.02 * draw(experiment, "top")
        if sigma == 0 or sigma >= 1e10:
            return top
        sigma /= math.sqrt(np.mean(experiment.executions or 1))
        x = math.log(sigma / 2) - 0.05 * draw(experiment, "midpoint")
        return 0.1 + (top - 0.1) / (1 + math.exp(min(x / 0.3, 700)))

    return accuracy


@pytest.fixture(scope="module")
def worlds():
    """Rows of claims, and evidence from two worlds."""
    rows = [row for row in all_rows() if row.id in CLAIMS]
    assert len(rows) == len(CLAIMS)
    return rows, [Evidence(made_up.runs_of(rows, nothing_counts(world))) for world in range(2)]


def found(worlds):
    """Claims that hold, with what is said about them."""
    rows, evidences = worlds
    judged = [(row.id, row.judge(row, evidence)) for evidence in evidences for row in rows]
    return [(name, finding.says) for name, finding in judged if finding.verdict != NOT]


def test_no_claim_about_a_difference_holds_where_there_is_none(worlds):
    """28 verdicts; one interval is wrong on one side in 2.5 %, and most claims need several at once."""
    assert len(found(worlds)) < 2, found(worlds)


def test_without_intervals_claims_would_hold_by_chance(worlds, monkeypatch):
    for module in (conditions, walking_claims, global_claims):
        monkeypatch.setattr(module, "exceeds", lambda one, other: conditions.level(one) > conditions.level(other))
    assert len(found(worlds)) >= 4


def measured(mu, low, high):
    return Estimate(mu, (low, high), "measured")


ABOVE, BELOW = Estimate(interval=(3.0, math.inf), kind="lower bound"), Estimate(interval=(0.0, 3.0), kind="upper bound")


@pytest.mark.parametrize(
    ("one", "other", "is_larger"),
    [
        (measured(2, 1.9, 2.1), measured(1, 0.9, 1.1), True),
        (measured(1, 0.9, 1.1), measured(2, 1.9, 2.1), False),
        (measured(2, 1, 4), measured(1.5, 1.4, 1.6), False),  # not beyond its interval
        (measured(2, 1.7, 2.3), measured(1.5, 1.3, 1.73), True),  # intervals overlap, but not in quadrature
        (measured(4, 3.9, 4.1), BELOW, True),
        (measured(2, 1.9, 2.1), BELOW, False),  # which may be 2.5
        (ABOVE, measured(2, 1.9, 2.1), True),
        (ABOVE, measured(4, 3.9, 4.1), False),
        (measured(4, 3.9, 4.1), ABOVE, False),  # whatever it is, it may be more
        (BELOW, measured(1, 0.9, 1.1), False),
        (ABOVE, ABOVE, False),
        (BELOW, BELOW, False),
        (Estimate(), measured(1, 0.9, 1.1), False),
    ],
)
def test_a_midpoint_exceeds_another_beyond_their_intervals_and_a_bound_on_its_certain_side(one, other, is_larger):
    assert exceeds(one, other) == is_larger


KNOWN = measured(5, 4.8, 5.2)
UNKNOWN = Estimate(0.5, (0.0, 20.0), "measured")


@pytest.mark.parametrize(
    ("name", "judge", "ours"),
    [("last-two/nobn", walking_claims.last_two, (-2, -1)), ("weights/bn", walking_claims.weights_help, None)],
)
def test_a_point_exceeds_all_others_only_if_each_of_them_is_known_to_be_less(name, judge, ours, monkeypatch):
    row = next(row for row in all_rows() if row.id == f"{WALK}/{name}")
    batchnorm, names = row.searches[0].batchnorm, row.searches[0].template.points
    higher = [range(len(names))[p] for p in ours] if ours else walking_claims.weighted(names)
    world = {(batchnorm, p): KNOWN if p in higher else measured(1, 0.9, 1.1) for p in range(len(names))}
    monkeypatch.setattr(walking_claims, "estimates", lambda *_, **__: world)
    assert judge(row, None).verdict == REPRODUCED
    world[batchnorm, 0] = UNKNOWN  # whose best guess is the lowest of all, and which may be the highest
    assert judge(row, None).verdict == NOT


def test_a_search_that_stopped_without_a_lower_end_in_the_way_of_the_last_two_does_not_tell(monkeypatch):
    """It may be below both, so the claim is not refuted; a point that is known to be as robust refutes it."""
    row = next(row for row in all_rows() if row.id == f"{WALK}/last-two/nobn")
    points = range(len(row.searches[0].template.points))
    world = {(False, p): KNOWN if p in points[-2:] else measured(1, 0.9, 1.1) for p in points}
    monkeypatch.setattr(walking_claims, "estimates", lambda *_, **__: world)
    world[False, 2] = Estimate(1.5, (0.0, 14.0), "stopped")
    assert walking_claims.last_two(row, None) is None
    world[False, 1] = KNOWN
    assert walking_claims.last_two(row, None).verdict == NOT

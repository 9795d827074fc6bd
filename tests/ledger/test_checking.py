"""Re-runs with other seeds agree, with the error rate that is stated; other networks do not."""

import itertools
import math
from dataclasses import replace

import pytest

from tests.ledger.made_up import accuracy, cells, runs_of, runs_of_search
from tests.ledger.tiny import campaign
from wn_ref import InputError
from wn_ref.ledger import tables
from wn_ref.ledger.catalog import all_rows
from wn_ref.ledger.checking import LIMIT, Check, agree, to_check
from wn_ref.ledger.evidence import Evidence, RowResult
from wn_ref.ledger.row import NOT, QUALITATIVELY, REPRODUCED, UNDECIDED, Judgement

ROWS = {row.id: row for row in all_rows()}
NAMES = (
    "table1/mnist/mlp/nobn/additive",
    "table1/mnist/mlp/bn/multiplicative",
    "table4/mnist/mlp/bn/additive/half-way",
)


FITTED = "table4/mnist/mlp/bn/multiplicative"


def finding(name, first_seed, of=accuracy):
    row = ROWS[name]
    if row.plan:
        runs = [
            cells(experiment, of(replace(experiment, seed=experiment.seed + first_seed))) for experiment in row.plan
        ]
        return row.judge(row, Evidence(runs))
    _, estimate = runs_of_search(row.searches[0], of, first_seed)
    return Judgement(estimate.midpoint, *estimate.interval)


@pytest.mark.parametrize("name", [*NAMES, FITTED])
def test_twenty_of_twenty_simulated_re_runs_agree(name):
    published = finding(name, 0)
    assert all(agree(published, finding(name, 1000 * (1 + number))) for number in range(20))


def test_the_error_rate_is_below_one_in_a_hundred():
    """All pairs of 30 re-runs each."""
    wrong = pairs = 0
    for name in (*NAMES[::2], FITTED):
        for one, other in itertools.combinations([finding(name, 1000 * number) for number in range(30)], 2):
            wrong, pairs = wrong + (not agree(one, other)), pairs + 1
    assert wrong / pairs < 0.01


def test_networks_that_are_more_robust_do_not_agree():
    name = NAMES[0]

    def robust(experiment):
        noise = experiment.noise
        if noise is None:
            return accuracy(experiment)
        weaker = type(noise)(noise.sigma_mul / 1.2, noise.sigma_add / 1.2, noise.first, noise.gradient)
        return accuracy(type(experiment)(**{**{f: getattr(experiment, f) for f in FIELDS}, "noise": weaker}))

    assert not agree(finding(name, 0), finding(name, 1000, robust))


FIELDS = ("dataset", "model", "batchnorm", "point", "phase", "epochs", "seed", "clamp")


def test_the_limit_is_that_of_one_in_a_hundred():
    """Normal logarithms with exact 95 % intervals differ by more than LIMIT in 1 of 100 cases."""
    assert math.erfc(1.959964 * LIMIT / math.sqrt(2)) == pytest.approx(0.01, rel=0.03)
    half = 1.1
    assert agree(Judgement(1.0, 1 / half, half), Judgement(1.13, 1.13 / half, 1.13 * half))
    assert not agree(Judgement(1.0, 1 / half, half), Judgement(1.2, 1.2 / half, 1.2 * half))


NUMBER = Judgement(0.05, 0.048, 0.052, NOT)
BOUND = Judgement(math.nan, 30.0, math.inf, NOT, "midpoint > 30")


def checked(name, one, other):
    return Check(*(RowResult(ROWS[name], finding, [], True) for finding in (one, other)))


def test_claims_agree_if_their_verdicts_do():
    claim = "table3/mnist/mlp/bn/guided-wins"
    gain = Judgement(8.96, 8.7, 9.2, REPRODUCED)
    assert checked(claim, gain, Judgement(4.0, 3.9, 4.1, REPRODUCED)).agrees
    check = checked(claim, gain, Judgement(8.9, 8.6, 9.2, QUALITATIVELY))
    assert not check.agrees
    assert str(check).endswith("does not agree; claims agree if their verdicts are the same")


@pytest.mark.parametrize(
    ("again", "agrees"),
    [
        (Judgement(math.nan, 30.0, math.inf, NOT, "midpoint > 30"), False),
        (Judgement(math.nan, 0.85, math.inf, NOT, "midpoint > 0.85"), True),
        (Judgement(math.nan, 0.0, 0.8, NOT, "midpoint < 0.8"), False),
    ],
)
def test_a_bound_agrees_with_what_it_allows(again, agrees):
    """Both verdicts are "not", which is no agreement."""
    published = Judgement(0.872, 0.843, 0.903, NOT)
    for pair in ((published, again), (again, published)):
        check = checked("table1/gsc/mlp/bn/additive", *pair)
        assert check.agrees == agrees
        assert "0.872 (0.843 to 0.903), not" in str(check)
        assert str(check).endswith("a bound agrees with an interval that it overlaps")


@pytest.mark.parametrize(
    ("name", "silent", "other"),
    [
        ("table1/gsc/mlp/bn/additive", Judgement(math.nan, 0.0, math.inf, NOT, "midpoint unknown"), NUMBER),
        ("table1/gsc/mlp/bn/additive", Judgement(math.nan, 0.0, math.inf, NOT, "midpoint unknown"), BOUND),
        (
            "table1/gsc/mlp/bn/additive",
            Judgement(math.nan, verdict=UNDECIDED, says="5 runs, which do not tell"),
            NUMBER,
        ),
        ("table3/mnist/mlp/bn/guided", Judgement(83.0, verdict=NOT), NUMBER),  # of one network
        ("table3/mnist/mlp/bn/guided-wins", Judgement(math.nan, verdict=UNDECIDED), Judgement(9.0, verdict=REPRODUCED)),
    ],
)
def test_what_says_nothing_neither_agrees_nor_disagrees(name, silent, other):
    for pair in ((silent, other), (other, silent), (silent, silent)):
        check = checked(name, *pair)
        assert not check.tells
        assert not check.agrees
        assert str(check).endswith("does not tell; one that says nothing can neither agree nor disagree")
    assert checked(name, other, other).tells


def test_what_says_nothing_is_not_run_again(tmp_path, monkeypatch):
    """No weight comes to the clamp here; a check could train for hours and never agree."""
    monkeypatch.setattr("wn_ref.ledger.checking.require_like", lambda *_: None)  # these are of made-up data
    row = ROWS["figure11/mnist/mlp/clamp/bn"]
    published = campaign(tmp_path)
    tables.write(published.results, runs_of([row], lambda experiment: accuracy(replace(experiment, clamp=False))))
    with pytest.raises(InputError, match=rf"row: expected one that says something to .*, got {row.id}, undecided \("):
        to_check(row, published)
    tables.write(published.results, runs_of([row]))
    to_check(row, campaign(tmp_path))

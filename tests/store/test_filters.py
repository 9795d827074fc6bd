"""Filters: what is asked for is found, what no run can have is refused, and an empty answer says why."""

import gc
import warnings

import numpy as np
import pandas
import pytest

from tests.store.test_store import DONE, RUNS, one_line, path, write  # noqa: F401  # a fixture
from wn_ref import Experiment, Noise, additive, multiplicative, open_store
from wn_ref.store import delete
from wn_ref.store.filters import NothingFoundWarning, condition
from wn_ref.store.records import Outcome


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"train_size": None}, [0, 1, 2]),
        ({"executions": (2,) * 11}, [2]),
        ({"executions": [(2,) * 11, None]}, [0, 1, 2]),
        ({"executions": None}, [0, 1]),
        ({"point": "relu1"}, [0]),
        ({"point": ["relu1", "all"]}, [0, 2]),
        ({"point": np.array([3, 4])}, [0]),
        ({"point": np.int64(3)}, [0]),
        ({"point": np.array(3)}, [0]),
        ({"sigma_add": pandas.Series([0.5, 0.3])}, [0, 2]),
        ({"sigma_add": {0.5}}, [0]),
        ({"seed": range(3)}, [0, 2]),
        ({"seed": 2**64 - 1}, [1]),
        ({"learning_rate": np.float32(1e-3), "error": ""}, []),
        ({"clamp": True}, [1]),
        ({"phase": "inference", "point": ("all", 3)}, [0, 2]),
    ],
)
def test_what_is_found(path, filters, expected):  # noqa: F811
    with open_store(path) as store, warnings.catch_warnings():
        warnings.simplefilter("ignore", NothingFoundWarning)
        found = store.runs(["key"], **filters)["key"].tolist()
        everything = store.runs(["key"])["key"].tolist()
    assert found == [everything[i] for i in expected]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"dataset": 5}, "dataset: expected a text, as the column has, got 5"),
        ({"phase": 3}, "phase: expected one of training, inference"),
        ({"epochs": "5"}, "epochs: expected a whole number"),
        ({"batchnorm": "yes"}, "batchnorm: expected True or False"),
        ({"sigma_add": "0.5"}, "sigma_add: expected a finite noise level >= 0, got '0.5'; correct it"),
        ({"sigma_add": np.str_("0.5")}, "sigma_add: expected a finite noise level >= 0, got .*0.5'"),
        ({"sigma_mul": [0.5, -1]}, "sigma_mul: expected a finite noise level >= 0, got -1; correct it"),
        ({"sigma_mul": np.nan}, "sigma_mul: expected a finite noise level >= 0, got nan; correct it"),
        ({"accuracy": "0.5"}, "accuracy: expected a number, as the column has, got '0.5'; correct it"),
        ({"gradient": 1}, "gradient: expected a text, as the column has, got 1"),
        ({"accuracy": additive(1)}, "accuracy: expected a number or a text, got Noise"),
        ({"executions": ("2", 1)}, "executions: expected a whole number of at least 1, got '2'"),
        ({"executions": (0, 1)}, "executions: expected a whole number of at least 1, got 0"),
        ({"point": b"relu1"}, "point: expected a number or a text, got b'relu1'"),
    ],
)
def test_what_no_run_can_have(path, filters, message):  # noqa: F811
    with open_store(path) as store:
        one_line(lambda: store.runs(**filters), message)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"point": "dense99"}, "none has point='dense99'; there are 3, 'global', 'all', 'relu1'$"),
        ({"phase": "inference", "epochs": 6}, "none has epochs=6; there are 5$"),
        ({"dataset": "mnits_sample"}, "none has dataset='mnits_sample'; there are 'mnist_sample'$"),
        ({"train_size": 100}, "none has train_size=100; there are None$"),
        ({"clamp": True, "point": 3}, "none has all of clamp, point as given, though there are some for each of them"),
    ],
)
def test_an_empty_answer_says_why(path, filters, message):  # noqa: F811
    with open_store(path) as store, pytest.warns(NothingFoundWarning, match=message):
        assert store.runs(**filters).empty


@pytest.mark.parametrize("name", ["sigma_add", "sigma_mul"])
def test_levels_are_the_same_but_for_rounding(tmp_path, name):
    """A grid has 0.30000000000000004 and 0.6000000000000001 where one writes 0.3 and 0.6: one level everywhere."""
    levels = np.linspace(0, 2, 21)
    write(tmp_path / "new.sqlite", [Experiment(noise=Noise(**{name: sigma})) for sigma in levels], DONE)
    assert levels[3] != 0.3
    with open_store(tmp_path / "new.sqlite") as store:

        def found(wanted):
            return sorted(store.runs([name], **{name: wanted})[name])

        for wanted in ([0.3, 0.6, 1.0], (0.3, 0.6, 1), {0.3, 0.6, 1.0}, np.array([0.3, 0.6, 1.0])):
            assert found(wanted) == levels[[3, 6, 10]].tolist()
        assert found(0.3) == levels[[3]].tolist()
        assert found(np.float64(0.3)) == found(0.3 * (1 + 9e-12)) == found(0.3)
        assert found(range(2)) == [0, 1]
        assert found([*levels, *np.linspace(3, 4, 3000)]) == levels.tolist()  # more than an expression of SQL may have
        assert found([0.3, None]) == found(0.3)
        for other in (0.3 * (1 + 2e-11), 0.3 * (1 - 2e-11), 1e-300):
            with pytest.warns(NothingFoundWarning, match=f"none has {name}="):
                assert found(other) == []
        with pytest.warns(NothingFoundWarning, match="there are some for each of them"):
            assert store.runs(**{name: 0.3}, key=store.runs(["key"], **{name: 0.6})["key"]).empty
    assert delete(tmp_path / "new.sqlite", **{name: 0.3}) == 1


def test_an_empty_store_needs_no_reason(tmp_path):
    write(tmp_path / "new.sqlite", [])
    with open_store(tmp_path / "new.sqlite") as store:
        assert store.runs(epochs=6).empty


def test_runs_come_in_the_order_in_which_they_ended(path):  # noqa: F811
    """Also if an index, or a run that is repeated, has them in another order."""
    write(path, [Experiment(seed=9)], Outcome(None, "MemoryError", 1.0, "{}"))
    write(path, [Experiment(seed=seed) for seed in (8, 5, 7)])
    write(path, [Experiment(seed=9)])
    with open_store(path) as store:
        assert store.runs()["seed"].tolist() == [0, 2**64 - 1, 0, 8, 5, 7, 9]
        assert store.runs(seed=[5, 7, 8, 9])["seed"].tolist() == [8, 5, 7, 9]
        assert store.runs()["finished"].is_monotonic_increasing


def test_a_store_that_nobody_closes_is_closed(path, recwarn):  # noqa: F811
    """Python 3.13 warns of a connection that is left open."""
    store = open_store(path)
    connection = store.connection
    assert len(store.runs()) == 3
    del store
    gc.collect()
    with pytest.raises(Exception, match="closed"):
        connection.execute("SELECT 1")
    assert not recwarn.list


def test_own_types(path):  # noqa: F811
    write(path, [Experiment(noise=multiplicative(0.25, "exact"), seed=3)], DONE)
    with open_store(path) as store:
        assert store.runs(gradient="exact", sigma_mul=0.25)["seed"].tolist() == [3]
        assert len(store.runs(key=[*store.runs(["key"])["key"]])) == len(RUNS) + 1


def test_levels_are_sought_once_and_not_for_every_run(path):  # noqa: F811
    """A join of the wanted levels with those that are there; asked of each row, it would be their product."""
    with open_store(path) as store:
        part, given = condition({"sigma_add": list(np.linspace(1, 2, 50))})
        plan = store.connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM runs WHERE {part}", given).fetchall()
    assert not any("CORRELATED" in str(tuple(row)) for row in plan)

"""One run after the other fails in the same way: the sweep stops, says so, and keeps what was stored."""

import pytest

from wn_ref import Experiment, additive, open_store, running, sweep
from wn_ref.errors import RunError
from wn_ref.store.records import Outcome
from wn_ref.sweeps.failures import IN_A_ROW, Failures

GOOD, EOF, OVERFLOW = "", "EOFError: ran out (cache.py, line 3)", "overflow in epoch 1, step 3: dense1 is not finite"


def stops(*errors):
    failures = Failures()
    for number, error in enumerate(errors, start=1):
        try:
            failures.watch([Outcome(None if error else 0.5, error, 0.1, "{}")])
        except RunError:
            return number
    return None


def test_when_it_stops():
    assert stops(*[EOF] * 9) == IN_A_ROW
    assert stops(GOOD, EOF, EOF, GOOD, *[EOF] * 9) == 4 + IN_A_ROW
    assert stops(*[EOF] * 4, EOF.replace("3", "4"), *[EOF] * 4) is None
    assert stops(*[EOF, GOOD] * 20) is None
    assert stops(*[GOOD] * 20) is None
    assert stops(*[OVERFLOW] * 20) is None
    assert stops(*[EOF] * 4, OVERFLOW, *[EOF] * 4) is None
    assert stops("AssertionError:", *["MemoryError: (dense.py, line 3)"] * 5) == 6


def test_many_outcomes_of_one_task():
    with pytest.raises(RunError):
        Failures().watch([Outcome(None, EOF, 0.1, "{}")] * 16)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_sweep_in_which_every_training_fails(monkeypatch, tmp_path, jobs):
    """As with a truncated file of Numba's cache: 40 of 40 rows failed, and the sweep ended well."""

    def train(*arguments, **options):
        raise EOFError("Ran out of input")

    monkeypatch.setattr(running, "train", train)
    if jobs == 2:
        monkeypatch.setattr("wn_ref.sweeps.runner.train_one", _fails)
    store = tmp_path / "results.sqlite"
    plan = [Experiment(dataset="digits", epochs=1, seed=seed) for seed in range(40)]
    with pytest.raises(
        RunError, match=r"^sweep: expected results, got the same error in 5 runs in a row: EOFError: "
    ) as caught:
        sweep(plan, store=store, jobs=jobs)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1
    with open_store(store) as opened:
        assert len(opened.runs()) == 5
    monkeypatch.undo()
    assert (sweep(plan[:8], store=store, retry_failed=True)["error"] == "").all()


def _fails(training_experiment, data):
    return None, Outcome(None, "EOFError: Ran out of input", 0.1, "{}"), None


_fails.__module__ = "__main__"  # so that it is sent to the workers as it is


def test_a_sweep_in_which_every_evaluation_fails(monkeypatch, tmp_path):
    def evaluate(*arguments, **options):
        raise MemoryError

    for name in ("evaluate", "evaluate_each"):
        monkeypatch.setattr(running, name, evaluate)
    plan = [Experiment(dataset="digits", epochs=1, noise=additive(sigma), phase="inference") for sigma in range(1, 41)]
    with pytest.raises(RunError, match="in a row: MemoryError: "):
        sweep(plan, store=tmp_path / "results.sqlite")
    with open_store(tmp_path / "results.sqlite") as opened:
        assert len(opened.runs()) == 16  # one task

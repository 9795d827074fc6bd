"""Campaigns: whatever stops them, nothing is lost and nothing is run twice; real training, one epoch on a sample."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ledger.made_up import cells
from tests.ledger.tiny import ROWS, SETTINGS, campaign
from wn_ref import Experiment, InputError, RunError, additive, locate_midpoint, open_store
from wn_ref.errors import OverflowStop
from wn_ref.ledger import running, tables
from wn_ref.ledger.checking import check, to_check
from wn_ref.ledger.cost import costs
from wn_ref.ledger.evidence import Evidence
from wn_ref.ledger.row import NOT_RUN, Row
from wn_ref.search.experiments import AT_ONCE
from wn_ref.store.writer import writing
from wn_ref.sweeps import tasks
from wn_ref.version import ALGORITHM

TIMES = ("seconds",)
"""What differs between two runs of one experiment."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A campaign that nothing has stopped."""
    made = campaign(tmp_path_factory.mktemp("whole"))
    made.run(ROWS)
    return made


def bits(results):
    return [{name: cell for name, cell in cells.items() if name not in TIMES} for cells in tables.read(results)]


def finished(store):
    with sqlite3.connect(store) as connection:
        return dict(connection.execute("SELECT key, finished FROM runs"))


def test_a_campaign_runs_every_row_and_publishes_it(whole):
    evidence = whole.evidence()
    found = {row.id: evidence.result(row) for row in ROWS}
    assert NOT_RUN not in {result.finding.verdict for result in found.values()}
    assert all(result.complete and result.hours > 0 for result in found.values())
    assert found["tiny/harm"].finding.says == "holds for 2 of 2 levels"  # the second was planned after the first
    page = (whole.results.parent / "REPRODUCTION.md").read_text()
    assert f"{found['tiny/late'].finding.value:.3g}" in page
    assert all(f"`{row.id}`" in page for row in ROWS)
    assert all(cost.done for cost in costs(ROWS, evidence))


def test_an_estimate_from_tables_is_that_of_the_search_itself(whole):
    for row in ROWS[:2]:
        search = row.searches[0]
        location = locate_midpoint(
            search.noise_of, store=whole.store, at_once=AT_ONCE, **search.limits, **search.settings
        )
        answer = whole.evidence().answer(search)
        assert answer.estimate == location.estimate
        assert answer.networks == location.networks


def test_killed_in_the_middle_and_started_again(whole, tmp_path):
    command = [sys.executable, "-m", "tests.ledger.tiny", str(tmp_path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env=dict(os.environ)) as process:
        for line in process.stdout:
            if line.startswith("2 of 3"):
                process.stdout.readline()  # some networks of the second row
                process.send_signal(signal.SIGKILL)
                break
    before = finished(tmp_path / "reproduction.sqlite")
    published = tables.read(tmp_path / "results")
    assert Evidence(published).result(ROWS[0]).complete  # the row that had ended is published
    assert 0 < len(before) < len(finished(whole.store))
    campaign(tmp_path).run(ROWS)
    after = finished(tmp_path / "reproduction.sqlite")
    assert before.items() <= after.items()  # nothing lost, nothing run twice
    assert bits(tmp_path / "results") == bits(whole.results)


def test_what_is_published_is_not_run_again_even_without_the_store(whole, tmp_path):
    tables.write(tmp_path / "results", tables.read(whole.results))
    again = campaign(tmp_path)
    again.run(ROWS)
    assert not again.store.exists()
    assert bits(again.results) == bits(whole.results)
    assert (tmp_path / "REPRODUCTION.md").read_bytes() == (whole.results.parent / "REPRODUCTION.md").read_bytes()


@pytest.mark.parametrize("row", ROWS[:2], ids=lambda row: row.id)
def test_a_campaign_goes_on_from_what_another_machine_has_published(row, whole, tmp_path):
    """Its accuracies differ by rounding that training amplifies; what a search asks next follows from them.

    Without the store of that machine, its runs are not run again, and the others are those that they call for.
    """
    first = [c for c in Evidence(tables.read(whole.results)).answer(row.searches[0]).runs if int(c["seed"]) < 3]
    images = int(first[0]["tested"])
    lower = [round(float(c["accuracy"]) * 0.97 * images) / images for c in first]
    there = [c | {"accuracy": str(accuracy), "processor": "another"} for c, accuracy in zip(first, lower)]
    again = campaign(tmp_path)
    tables.write(again.results, there)
    again.run([row])
    answer = again.evidence().answer(row.searches[0])
    assert answer.complete
    published = {tables.identity(c): c for c in tables.read(again.results)}
    assert all(published[tables.identity(c)] == c for c in there)
    assert {c["processor"] for c in answer.runs} > {"another"}
    with open_store(again.store) as opened:
        ran = {tables.identity(c) for c in tables.of_store(opened)}
    assert not ran & {tables.identity(c) for c in there}


@pytest.mark.parametrize("then", ["ends", "overflows"])
def test_a_search_with_a_run_that_fails_says_the_cure_and_it_cures(then, tmp_path, monkeypatch):
    """The third network has too little memory; once it has enough, it ends, or overflows, which is too much noise."""
    said, real = [], tasks.learn

    def failing(error):
        def learn(experiment, **given):
            if experiment.seed == 2:
                raise error
            return real(experiment, **given)

        return learn

    monkeypatch.setattr(tasks, "learn", failing(MemoryError("no room")))
    for _ in range(2):  # it is not tried again unasked
        with pytest.raises(RunError, match=r"expected all rows to run, got errors in 1 \(tiny/early\)"):
            campaign(tmp_path, tell=said.append).run([ROWS[1]])
        assert (
            "noise at all points (global) in training to end, got 1 run that failed, the first with MemoryEr"
            in said[-1]
        )
        assert re.search(r"at sigma [\d.]+, seed 2; try --retry-failed$", said[-1])
        campaign(tmp_path).publish()  # what failed is published as such
    monkeypatch.setattr(tasks, "learn", real if then == "ends" else failing(OverflowStop("overflow in epoch 1")))
    again = campaign(tmp_path, retry_failed=True)
    again.run([ROWS[1]])
    assert again.evidence().result(ROWS[1]).complete


def test_the_budget_stops_between_two_batches_and_leaves_a_ledger(tmp_path):
    lines = []
    campaign(tmp_path, hours=1e-9, tell=lines.append).run(ROWS)
    assert lines[-1] == "the 1e-09 hours are over; the same command goes on from here"
    assert "not run" in (tmp_path / "REPRODUCTION.md").read_text()


@pytest.mark.parametrize(("hours", "begun"), [(0.9, [1]), (1.9, [1, 1]), (float("inf"), [3])])
def test_no_network_begins_after_the_budget(hours, begun, tmp_path, monkeypatch):
    """Each batch of runs takes an hour; those of one network stay together."""
    parts = []

    def slow_fill(store, experiments, workers, **_):
        parts.append(experiments)

    monkeypatch.setattr(running, "fill", slow_fill)
    monkeypatch.setattr(running.time, "monotonic", lambda: 3600.0 * len(parts))
    noisy = Experiment(**SETTINGS, phase="inference", noise=additive(1.0))
    made = campaign(tmp_path, hours=hours, start=0.0)
    plan = tuple(replace(noisy, seed=seed, noise=additive(sigma)) for sigma in (1.0, 2.0) for seed in range(3))
    row = replace(ROWS[2], plan=plan, further=None)
    if hours == float("inf"):
        with pytest.raises(RunError):  # nothing was run indeed
            made.run([row])
        parts = parts[:1]
    else:
        made.run([row])
    assert [len({experiment.training_experiment() for experiment in part}) for part in parts] == begun
    assert all(len(part) == 3 * networks for part, networks in zip(parts, begun))


def test_a_search_begins_no_network_after_the_budget(tmp_path, monkeypatch):
    begun, real = [], running.fill

    def slow_fill(store, experiments, workers, **given):
        begun.extend({experiment.training_experiment() for experiment in experiments})
        real(store, experiments, workers, **given)

    monkeypatch.setattr(running, "fill", slow_fill)
    monkeypatch.setattr(running.time, "monotonic", lambda: 3600.0 * len(begun))
    campaign(tmp_path, hours=0.5, start=0.0).run([ROWS[1]])
    assert len(begun) == 1  # of the two that it asks for at once
    assert len(tables.read(tmp_path / "results")) == 1


def test_two_campaigns_that_publish_at_the_same_time_lose_nothing(tmp_path, monkeypatch):
    """The second one begins to publish when the first one has read and not yet written."""
    one, two = campaign(tmp_path), campaign(tmp_path)
    two.store = two.store.with_stem("another")
    for made in (one, two):
        with writing(made.store):
            pass
    runs = [cells(Experiment(**SETTINGS, seed=seed), 0.9, tested=2000) for seed in range(2)]
    monkeypatch.setattr(tables, "of_store", lambda opened: runs[1:] if "another" in opened.name else runs[:1])
    second, real = threading.Thread(target=two.publish), tables.write

    def write_late(folder, merged):
        if not second.ident:
            second.start()
            second.join(1.0)  # it is done before the first one, unless it waits
        real(folder, merged)

    monkeypatch.setattr(tables, "write", write_late)
    one.publish()
    second.join()
    assert tables.read(tmp_path / "results") == runs
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["mnist_sample-mlp.csv"]


def test_fewer_epochs_are_said_in_the_ledger(whole):
    assert whole.evidence().result(ROWS[0]).differs == ["1 epoch, not 100", "a sample of the data set"]


def test_a_row_that_fails_does_not_stop_the_others(tmp_path, monkeypatch):
    def broken(self, *_, **__):
        raise InputError("dataset: expected its files, got none; download them")

    monkeypatch.setattr("wn_ref.ledger.evidence.Evidence.located", broken)
    lines = []
    with pytest.raises(RunError, match=r"got errors in 2 \(tiny/late, tiny/early\); see above"):
        campaign(tmp_path, tell=lines.append).run(ROWS)
    assert "  dataset: expected its files, got none; download them" in lines
    assert Evidence(tables.read(tmp_path / "results")).result(ROWS[2]).complete


def test_costs_are_forecast_and_shared_networks_count_once():
    late, early, harm = (cost.forecast for cost in costs(ROWS, Evidence([])))
    assert (late.trainings, early.trainings) == (7, 14)
    assert harm.trainings == 1  # the one without noise is among the first row's
    assert late.work > 0
    twice = costs([ROWS[0], ROWS[0]], Evidence([]))
    assert twice[1].forecast.trainings == 0


def test_a_published_row_is_checked_with_other_networks(whole):
    made = check(ROWS[0], whole)
    assert made.agrees
    assert str(made).endswith("agrees; a check like this is wrong in fewer than 1 of 100 cases")
    seeds = [{int(cells["seed"]) for cells in tables.read(whole.results)}, {int(c["seed"]) for c in made.again.runs}]
    assert seeds[1] <= set(range(12))  # as rows see them
    keys = finished(whole.store.with_stem("reproduction-check")).keys()
    assert not keys & finished(whole.store).keys()
    assert max(seeds[0]) < 1000


def test_only_published_rows_are_checked(whole, tmp_path):
    with pytest.raises(InputError, match="row: expected one with published runs, got tiny/late; wn-ref reproduce tiny"):
        check(ROWS[0], campaign(tmp_path))
    of = "published runs of its data set and model"
    with pytest.raises(InputError, match=rf"first_seed: expected \d+ or more, above all seeds of {of}, got 1; choose"):
        check(ROWS[0], whole, first_seed=1)


def test_new_networks_are_none_of_another_published_row(whole, tmp_path):
    """The row itself has seed 0 alone; a search of the same network has others."""
    largest = max(int(run["seed"]) for run in tables.read(whole.results))
    assert largest > max(int(run["seed"]) for run in whole.evidence().result(ROWS[2]).runs)
    for first_seed in (1, largest):
        with pytest.raises(InputError, match=f"expected {largest + 1} or more, .* got {first_seed}; choose another"):
            to_check(ROWS[2], whole, first_seed)
    to_check(ROWS[2], whole, largest + 1)


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        (
            "algorithm",
            "2",
            f"expected version {ALGORITHM} of the algorithm, as new runs have, got published runs of ver",
        ),
        (
            "data",
            "0123456789abcdef",
            r"expected the data set mnist_sample of the published runs \(fingerprint 0123456789",
        ),
    ],
)
def test_other_data_and_versions_are_refused_before_anything_is_trained(column, cell, message, whole, tmp_path):
    published = [cells | {column: cell} for cells in tables.read(whole.results)]
    tables.write(tmp_path / "results", published)
    told = []
    other = campaign(tmp_path, tell=told.append)
    with pytest.raises(InputError, match=f"^results: {message}"):
        check(ROWS[0], other)
    other.run(ROWS[:1])  # all that it needs is published
    told.clear()
    other.epochs = 2
    with pytest.raises(InputError, match=f"^results: {message}"):
        other.run([ROWS[0], ROWS[2]])  # the second one would be trained, and nobody waits for the first
    assert not told
    assert not other.store.exists()
    assert not other.store.with_stem("reproduction-check").exists()


def test_rows_are_data(whole):
    assert isinstance(hash(ROWS[0].searches[0]), int)
    assert isinstance(ROWS[0].at(3), Row)
    assert ROWS[2].at(3).plan[0].epochs == 3


def test_a_published_run_that_failed_is_run_again(whole, tmp_path):
    """It had too little memory; the page is made without it, and the same command mends it."""
    row = ROWS[2]
    runs = tables.read(whole.results)
    failed = [c | {"accuracy": "", "error": "MemoryError"} if float(c["sigma_add"]) == 3 else c for c in runs]
    again = campaign(tmp_path)
    tables.write(again.results, failed)
    assert again.publish().result(row).finding.verdict == NOT_RUN
    again.run([row])
    assert again.evidence().result(row).finding == whole.evidence().result(row).finding


def test_runs_that_fail_again_are_said_with_the_cure(whole, tmp_path, monkeypatch):
    said = []
    again = campaign(tmp_path, tell=said.append)
    monkeypatch.setattr("wn_ref.ledger.evidence.has_failed", lambda cells: float(cells["sigma_add"]) == 3)
    with pytest.raises(RunError, match="expected all rows to run, got errors in 1"):
        again.run([ROWS[2]])
    assert any("expected all runs of tiny/harm to end, got 1 run that failed" in line for line in said)
    assert any("try --retry-failed" in line for line in said)

"""Deleting runs takes what was asked for and nothing else; a file without gaps is smaller."""

import pytest

from tests.store.test_store import DONE, FAILED, SOURCE, TRAINED, one_line, path, write  # noqa: F401  # a fixture
from wn_ref import Experiment, InputError, additive, open_store
from wn_ref.store import delete, vacuum
from wn_ref.store.filters import NothingFoundWarning
from wn_ref.store.writer import StoreWriter, writing
from wn_ref.weights import to_arrays

TRAINING = [Experiment(dataset="digits", seed=seed) for seed in (0, 1)]
NOISY = [Experiment(dataset="digits", seed=seed, noise=additive(2.0), phase="inference") for seed in (0, 1)]


@pytest.fixture
def shared(tmp_path):
    """A store with two networks, each with the run that trained it and one that evaluates it."""
    file = tmp_path / "shared.sqlite"
    with writing(file) as store:
        for training, noisy in zip(TRAINING, NOISY):
            store.networks.save(training, SOURCE.data, to_arrays(training.network()))
            store.add(training, TRAINED, {training: DONE, noisy: DONE}, SOURCE)
    return file


def networks_of(file):
    with open_store(file) as store:
        return [store.network(training) is not None for training in TRAINING]


def test_what_is_deleted(path):  # noqa: F811
    write(path, [Experiment(seed=5)], FAILED)
    assert delete(path, point=["relu1", "all"]) == 2
    assert delete(path, failed=True, seed=2**64 - 1) == 0
    assert delete(path, failed=True) == 1
    with open_store(path) as store:
        assert store.runs()["seed"].tolist() == [2**64 - 1]
    write(path, [Experiment(seed=5)])  # can be run again


def test_a_filter_that_finds_nothing_is_no_silent_zero(shared):
    for wrong, message in (
        ({"gradient": "exakt"}, "gradient: expected one of"),
        ({"first": "mult"}, "first: expected"),
    ):
        with pytest.raises(InputError, match=message):
            delete(shared, **wrong)
    for name in ("point", "model", "dataset"):
        with pytest.warns(NothingFoundWarning, match=f"none has {name}='dens2'"):
            assert delete(shared, **{name: "dens2"}) == 0


def test_a_network_is_kept_as_long_as_a_run_needs_it(shared):
    assert delete(shared, seed=0, phase="training") == 1
    assert networks_of(shared) == [True, True]
    assert delete(shared, seed=0) == 1
    assert networks_of(shared) == [False, True]
    assert len(list(shared.with_name("shared.sqlite-networks").iterdir())) == 1


def test_a_network_that_waits_for_its_evaluation_is_kept(tmp_path):
    """A sweep was killed between its two stages."""
    file = tmp_path / "killed.sqlite"
    with writing(file) as store:
        store.networks.save(TRAINING[0], SOURCE.data, to_arrays(TRAINING[0].network()))
        store.add(TRAINING[0], TRAINED, {}, SOURCE)
        store.add(TRAINING[1], TRAINED, {TRAINING[1]: DONE}, SOURCE)
    assert delete(file, seed=1) == 1
    vacuum(file)
    assert networks_of(file) == [True, False]


def test_what_cannot_be_deleted(path, tmp_path):  # noqa: F811
    one_line(lambda: delete(path), "filters: expected what to delete, got nothing; give epochs=5 or the like, or")
    one_line(lambda: delete(path, datasets="digits"), "column: expected one of .*did you mean 'dataset'")
    one_line(lambda: delete(path, phase="train"), "phase: expected one of .*")
    for action in (vacuum, lambda file: delete(file, seed=0)):
        one_line(lambda action=action: action(tmp_path / "none.sqlite"), "which does not exist")
    assert not (tmp_path / "none.sqlite").exists()
    with open_store(path) as store:
        assert len(store.runs()) == 3


def test_a_file_without_gaps_is_smaller(path):  # noqa: F811
    write(path, [Experiment(seed=seed) for seed in range(1, 300)])
    with open_store(path) as store:
        before = store.runs()
    assert delete(path, seed=range(3, 299)) == 296
    large, small = vacuum(path)
    assert small < large / 4
    assert path.stat().st_size == small
    with open_store(path) as store:
        assert store.runs().equals(before[~before["seed"].isin(range(3, 299))].reset_index(drop=True))
        with pytest.warns(NothingFoundWarning):
            assert store.runs(seed=5).empty
    assert vacuum(path)[0] == small


@pytest.mark.parametrize("action", [vacuum, lambda file: delete(file, seed=0)])
def test_a_copy_made_meanwhile_would_know(path, action, monkeypatch):  # noqa: F811
    """While the file is rewritten, it says that it is open; afterwards it does not."""
    seen = []
    real = StoreWriter.transaction

    def transaction(store, write):
        result = real(store, write)
        seen.append(store.read("SELECT count(*) FROM sweeps WHERE closed IS NULL"))
        return result

    monkeypatch.setattr(StoreWriter, "transaction", transaction)
    action(path)
    assert seen[0] == [(1,)]
    assert seen[-1] == [(0,)]

"""What is said and kept when a sweep is interrupted."""

import pytest

from wn_ref import Experiment
from wn_ref.cli.running import Interrupted, filled_store
from wn_ref.sweeps import Workers


@pytest.mark.parametrize(
    ("path", "saved", "message"),
    [
        (None, None, "interrupted after 2 of 3 runs; nothing is kept without --store FILE"),
        (None, "runs.csv", "interrupted; the 2 of 3 runs that ended are in runs.csv"),
        ("r.sqlite", None, "interrupted; the 2 of 3 runs that ended are in r.sqlite; the same command continues"),
        ("r.sqlite", "runs.csv", "the 2 of 3 runs that ended are in runs.csv and r.sqlite; the same command continues"),
    ],
)
def test_an_interruption_says_what_is_kept(path, saved, message, tmp_path, monkeypatch, capsys):
    def interrupt(store, experiments, *_, **__):
        store.start_sweep(len(experiments), 1)
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("wn_ref.sweeps.runner.fill", interrupt)
    experiments = [Experiment(seed=seed) for seed in range(3)]
    with (
        pytest.raises(Interrupted, match=message) as stopped,
        filled_store(path, experiments, Workers(), save=saved and (lambda _: saved)),
    ):
        pytest.fail("nothing is yielded")
    assert stopped.value.exit_code == 130
    assert capsys.readouterr().err == "\n"

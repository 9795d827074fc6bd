"""The clocks of a training against closed forms, and against an optimiser that is watched."""

import pytest

from wn_ref import Experiment, build_model, load_dataset, train
from wn_ref.findings.clocks import clocks
from wn_ref.optim import Adam


@pytest.mark.parametrize(("epochs", "images", "batch"), [(1, 128, 128), (5, 1000, 128), (20, 129, 128), (3, 640, 64)])
def test_closed_forms(epochs, images, batch):
    """A cosine that is stepped once an epoch sums to (E + 1) / 2 times its first rate, a constant rate to E times."""
    per_epoch = -(-images // batch)
    settings = {"train_size": images, "epochs": epochs, "batch_size": batch, "learning_rate": 2e-3}
    found = clocks(Experiment(**settings))
    assert (found["epochs"], found["images"], found["steps"]) == (epochs, images, epochs * per_epoch)
    assert found["path"] == pytest.approx(2e-3 * per_epoch * (epochs + 1) / 2)
    assert clocks(Experiment(**settings, schedule="constant"))["path"] == pytest.approx(2e-3 * per_epoch * epochs)


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_what_a_training_really_does(schedule, monkeypatch):
    """Every step of the optimiser counts, with the rate that it was given."""
    rates, plain = [], Adam.step
    monkeypatch.setattr(Adam, "step", lambda self, g, rate: rates.append(rate) or plain(self, g, rate))
    settings = {"epochs": 3, "batch_size": 100, "learning_rate": 1e-3, "schedule": schedule}
    train(build_model("mlp", (1, 8, 8), 10), load_dataset("digits", train_size=350), **settings)
    found = clocks(Experiment(dataset="digits", train_size=350, **settings))
    assert (found["steps"], found["path"]) == (len(rates), pytest.approx(sum(rates)))

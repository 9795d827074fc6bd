"""Forecasts: what they count and add up. Whether they come true depends on the machine's load; see tests/benchmarks."""

import pytest

from wn_ref import Experiment, additive
from wn_ref.sweeps import forecast as module
from wn_ref.sweeps.forecast import Forecast, forecast


def test_the_sum(monkeypatch):
    """8,000 images are 63 batches of 128, 2,000 are 16."""
    measured = []
    monkeypatch.setattr(module, "_measure", lambda kind: measured.append(kind) or (1.0, 0.25))
    trainings = [Experiment(epochs=epochs, seed=seed) for epochs in (1, 3) for seed in range(2)]
    evaluations = [Experiment(noise=additive(sigma), phase="inference") for sigma in (0.1, 1.0, 10.0)]
    asked = forecast(trainings, evaluations)
    assert len(measured) == 2
    assert asked == Forecast(4, 3, work=8 * (63 + 4) + 3 * 4, longest=3 * (63 + 4))
    assert asked.seconds(1) == 548
    assert asked.seconds(2) == module.START + 274
    assert asked.seconds(100) == module.START + 201
    assert forecast([], []).seconds(2) == 0


@pytest.mark.parametrize(
    "kind", [Experiment(), Experiment(noise=additive(1.0), phase="inference", executions=(3,) * 8)]
)
def test_a_measurement_is_a_plausible_time(kind):
    step, batch = module._measure(kind)
    assert 0 < batch < 1
    assert step < 1

"""Ratios by hand, their direction, and the finding with batch norm on a small scale."""

import math

import numpy as np
import pytest

from wn_ref import Experiment, InputError, additive, build_model, run
from wn_ref.findings.weight_growth import noise_growth, unclamped_over_clamped
from wn_ref.network import weight_magnitudes


def test_magnitudes_are_of_weights_alone():
    net = build_model("lenet5", (1, 28, 28), batchnorm=True)
    net.theta[:] = 100
    for k, name in enumerate(("conv1", "conv2", "dense1", "dense2", "dense3")):
        weight = net.parameters[f"{name}.weight"].reshape(-1)
        weight[:] = k + 1
        weight[::2] *= -1
    assert weight_magnitudes(net) == {"conv1": 1, "conv2": 2, "dense1": 3, "dense2": 4, "dense3": 5}


def test_ratios_by_hand():
    """Seeds 8 / 1 and 2 / 1: geometric mean 4; ln 2 to either side, standard error ln 2."""
    table = unclamped_over_clamped([{"a": 8.0, "b": 1}, {"a": 2.0, "b": 1}], [{"a": 1.0, "b": 2}, {"a": 1.0, "b": 2}])
    assert table["layer"].tolist() == ["a", "b"]
    row = table.iloc[0]
    assert (row["unclamped"], row["clamped"], row["seeds"]) == (5, 1, 2)
    assert row["ratio"] == pytest.approx(4)
    assert (row["low"], row["high"]) == pytest.approx((2, 8))
    assert table["ratio"][1] == 0.5
    single = noise_growth([{"a": 3.0}], [{"a": 2.0}]).iloc[0]
    assert single["ratio"] == pytest.approx(1.5)
    assert math.isnan(single["low"])


def test_weights_grow_with_noise_and_more_so_unclamped():
    """Noise behind dense1, whose weights can drown it out."""
    noise = {"noise": additive(10.0), "point": 1, "epochs": 3}
    free, held = (run(Experiment(clamp=c, learning_rate=0.3, **noise)).weight_magnitudes for c in (False, True))
    assert held["dense1"] <= 1
    assert unclamped_over_clamped([free], [held])["ratio"][0] > 1.2
    noisy, quiet = (run(Experiment(**settings)).weight_magnitudes for settings in (noise, {"epochs": 3}))
    assert noise_growth([noisy], [quiet])["ratio"][0] > 1.7


def test_magnitudes_are_those_of_a_run():
    experiment = Experiment(epochs=1)
    net = experiment.network()
    expected = {f"dense{k}": np.abs(net.parameters[f"dense{k}.weight"]).mean() for k in (1, 2, 3, 4)}
    assert weight_magnitudes(net) == pytest.approx(expected, rel=1e-5)
    assert list(run(experiment).weight_magnitudes) == list(expected)


@pytest.mark.parametrize(
    ("above", "below", "message"),
    [
        ([{"a": 1.0}], [], "clamped: expected one mapping for each seed, as many as unclamped, got 0 for 1"),
        ([], [], "clamped: expected one mapping for each seed"),
        ([{"a": 1.0}], [{"b": 1.0}], "clamped: expected the layers a in every mapping"),
        ([{"a": 1.0}], [{"a": 0.0}], "a: expected magnitudes > 0"),
        ([{"a": math.nan}], [{"a": 1.0}], "a: expected magnitudes > 0"),
    ],
)
def test_bad_input(above, below, message):
    with pytest.raises(InputError, match=message):
        unclamped_over_clamped(above, below)

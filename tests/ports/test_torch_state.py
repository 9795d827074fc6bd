"""Weights under PyTorch's names: with plain arrays here, in PyTorch itself in test_torch_weights.py."""

import sys

import numpy as np
import pytest

import wn_ref as wn
from tests.own import small_cnn
from wn_ref import InputError
from wn_ref.layers import BatchNorm, Dense, Flatten, Layer, ReLU
from wn_ref.layers.residual import residual
from wn_ref.network import Network
from wn_ref.ports.torch_state import load_state_dict, to_state_dict
from wn_ref.weights import own_arrays, to_arrays

LENET = {"conv1": "features.0", "bn1": "features.1", "conv2": "features.4", "bn2": "features.5"} | {
    "dense1": "classifier.1", "bn3": "classifier.2", "dense2": "classifier.4", "bn4": "classifier.5",
    "dense3": "classifier.7",
}  # fmt: skip
COUNT = "bn1.num_batches_tracked"


def moved(model="mlp", shape=(1, 4, 8), batchnorm=True, seed=1):
    """A network whose running averages are not what they were in the beginning."""
    net = wn.build_model(model, shape, 10, batchnorm, seed)
    net.forward(np.random.default_rng(seed).normal(size=(*shape, 9)).astype(np.float32), training=True)
    return net


@pytest.mark.parametrize("names", ["kind", "sequential", LENET])
def test_there_and_back(names):
    net, other = moved("lenet5", (1, 28, 28)), moved("lenet5", (1, 28, 28), seed=2)
    load_state_dict(other, to_state_dict(net, names, tensors=False), names)
    for name, array in own_arrays(net).items():
        assert (own_arrays(other)[name] == array.astype(np.float32)).all(), name


def test_the_names():
    net = moved(batchnorm=True)
    state = to_state_dict(net, tensors=False, num_batches_tracked=7)
    assert list(state)[:7] == [
        "dense1.weight", "dense1.bias", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
        "bn1.num_batches_tracked",
    ]  # fmt: skip
    assert state["bn1.num_batches_tracked"].shape == ()
    assert state["bn1.num_batches_tracked"] == 7
    assert (state["bn2.weight"] == net.parameters["bn2.gamma"]).all()
    assert (state["bn2.bias"] == net.parameters["bn2.beta"]).all()
    assert state["bn2.running_var"].dtype == np.float32
    assert "4.weight" in to_state_dict(net, "sequential", tensors=False)  # flatten, dense, bn, relu, dense
    assert "features.4.weight" in to_state_dict(moved("lenet5", (1, 28, 28)), LENET, tensors=False)


def test_what_is_returned_is_a_copy():
    net = moved()
    state = to_state_dict(net, tensors=False)
    state["dense1.weight"][:] = 0
    assert np.abs(net.parameters["dense1.weight"]).min() > 0


def test_residual_blocks_have_names_but_no_positions():
    block = residual([Dense(4, 8), ReLU(), Dense(8, 8, index=1)], shortcut=BatchNorm(4))
    net = wn.Network([Flatten(), *block])
    assert "add1.running_mean" in to_state_dict(net, tensors=False)
    with pytest.raises(InputError, match="names: expected a mapping for residual blocks"):
        to_state_dict(net, "sequential", tensors=False)


class LayerNorm(Layer):
    """Has what batch norm learns, and no averages."""

    kind = "ln"

    def __init__(self):
        super().__init__()
        self.add_parameter("gamma", np.ones(3, np.float32))
        self.add_parameter("beta", np.zeros(3, np.float32))


def test_other_norms_are_called_as_in_pytorch_too():
    assert list(to_state_dict(wn.Network([Dense(4, 3), LayerNorm()]), tensors=False))[2:] == ["ln1.weight", "ln1.bias"]


class Shifted(Dense):
    """Has a weight, a bias, and a beta."""

    def __init__(self):
        super().__init__(4, 3)
        self.add_parameter("beta", np.ones(3, np.float32))


def test_names_of_layers_of_ones_own_stay_what_they_are():
    net, other = wn.Network([Shifted()]), wn.Network([Shifted()])
    net.theta[:] = np.arange(net.theta.size)
    assert list(to_state_dict(net, tensors=False)) == ["dense1.weight", "dense1.bias", "dense1.beta"]
    load_state_dict(other, to_state_dict(net, tensors=False))
    assert (other.theta == net.theta).all()


def test_two_arrays_of_one_name_are_refused():
    layer = LayerNorm()
    layer.statistics["weight"] = np.ones(3)
    with pytest.raises(InputError, match="expected arrays of other names in ln1, got gamma, beta, weight; rename one"):
        to_state_dict(wn.Network([layer]), tensors=False)


def without(name):
    return lambda state: {key: value for key, value in state.items() if key != name}


def plus(name, value):
    return lambda state: state | {name: value}


BAD = {
    "missing": (without("bn1.running_var"), "got nothing for bn1.running_var"),
    "missing count": (without("bn1.num_batches_tracked"), "got nothing for bn1.num_batches_tracked"),
    "surplus": (plus("dense9.weight", np.zeros((3, 3))), "got dense9.weight besides"),
    "turned": (lambda state: state | {"dense1.weight": state["dense1.weight"].T}, r"\(64, 32\) of .*, got \(32, 64\)"),
    "own names": (lambda _: to_arrays(moved()), "got nothing for bn1.weight, bn1.bias"),
    "count": (plus(COUNT, np.float32(3)), f"expected a whole number >= 0 for {COUNT}, got float32"),
    "count < 0": (plus(COUNT, np.array(-1)), "expected a whole number >= 0"),
    "whole": (plus("dense1.bias", np.zeros(64, np.int64)), "expected floats for dense1.bias, got int64"),
    "text": (plus("dense1.bias", "zero"), "expected floats for dense1.bias, got str"),
    "ragged": (plus("dense1.bias", [[1.0], [1.0, 2.0]]), "expected floats for dense1.bias, got list"),
    "inf": (plus("dense1.bias", np.full(64, np.inf)), "expected finite numbers in dense1.bias, got inf"),
    "overflow": (plus("dense1.bias", np.full(64, 1e300)), "expected finite numbers in dense1.bias, got inf"),
    "variance": (plus("bn1.running_var", np.full(64, -1.0)), "expected variances >= 0 in bn1.running_var"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_states_change_nothing(name):
    change, message = BAD[name]
    net, before = moved(), to_arrays(moved())
    with pytest.raises(InputError, match=message) as caught:
        load_state_dict(net, change(to_state_dict(moved(seed=4), tensors=False)))
    assert str(caught.value).startswith("state: ")
    assert "\n" not in str(caught.value)
    assert all((own_arrays(net)[key] == array).all() for key, array in before.items())


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("layers", "names: expected one of kind, sequential, got 'layers'"),
        ({"conv1": "0"}, "names: expected a name for each of conv1, dense1, got 'dense1' wrong or missing"),
        ({"conv1": "0", "dense1": "1", "relu1": "2"}, "got 'relu1' wrong or missing"),
        ({"conv1": "0", "dense1": "0"}, "expected another name for each layer, got 0, 0"),
    ],
)
def test_bad_names(names, message):
    net = wn.build_model(small_cnn, (1, 8, 8), batchnorm=False)
    with pytest.raises(InputError, match=message):
        to_state_dict(net, names, tensors=False)
    with pytest.raises(InputError, match=message):
        load_state_dict(net, {}, names)


def test_other_bad_arguments(monkeypatch):
    with pytest.raises(InputError, match="network: expected an object of the class Network"):
        to_state_dict({}, tensors=False)
    with pytest.raises(InputError, match="state: expected an object of the class Mapping"):
        load_state_dict(moved(), [])
    with pytest.raises(InputError, match="num_batches_tracked: expected a whole number"):
        to_state_dict(moved(), tensors=False, num_batches_tracked=-1)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match="tensors: expected PyTorch to be installed, got none; pass tensors=False"):
        to_state_dict(moved())


def test_arrays_of_the_same_network_may_change_places():
    """The state is read whole before anything is written."""
    net = Network([Flatten(), Dense(4, 4, 0, 0), ReLU(), Dense(4, 4, 0, 1)], input_shape=(1, 2, 2))
    before = {name: array.copy() for name, array in net.parameters.items()}
    other = {"dense1": "dense2", "dense2": "dense1"}
    swapped = {name: f"{other[name.split('.')[0]]}.{name.split('.')[1]}" for name in before}
    load_state_dict(net, {name: net.parameters[swapped[name]] for name in before})
    for name, array in net.parameters.items():
        np.testing.assert_array_equal(array, before[swapped[name]])

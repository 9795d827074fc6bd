"""Weights under PyTorch's names: with plain arrays here, in PyTorch itself in test_torch_weights.py."""

import re
import sys

import numpy as np
import pytest

import wn_ref as wn
from tests.own import small_cnn
from wn_ref import InputError
from wn_ref.layers import BatchNorm, Dense, Flatten, Layer, ReLU
from wn_ref.layers.batchnorm import EPSILON, MOMENTUM
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


def named(change):
    return lambda state: {change(name): value for name, value in state.items()}


class Detachable:
    """Has a method of a tensor's and is none."""

    def detach(self):
        return self


STRIPPED = re.escape("pass {name.removeprefix('module.'): value for name, value in state.items()}")
BAD = {
    "missing": (without("bn1.running_var"), "got nothing for bn1.running_var"),
    "tied": (without("dense3.weight"), r"nothing for dense3.weight; .* but one of tied weights, so pass state_dict"),
    "surplus": (plus("dense9.weight", np.zeros((3, 3))), "got dense9.weight besides"),
    "turned": (lambda state: state | {"dense1.weight": state["dense1.weight"].T}, r"\(64, 32\) of .*, got \(32, 64\)"),
    "own names": (lambda _: to_arrays(moved()), "got nothing for bn1.weight, bn1.bias.*, but bn1.gamma, bn1.beta"),
    "prefix": (named("module.{}".format), rf"nothing for dense1.weight, .* more, but module.* more bes.*{STRIPPED}"),
    "prefixes": (named("module._orig_mod.{}".format), "the names have the prefix 'module._orig_mod.'"),
    "a part": (lambda state: {"module.dense1.weight": state["dense1.weight"]}, "have the prefix 'module.'"),
    "prefix and more": (lambda state: named("a.{}".format)(state) | {"a.step": np.array(3)}, "have the prefix 'a.'"),
    "checkpoint": (lambda state: {"epoch": 3, "all": state}, r"epoch, all besides; pass state\['all'\], which has"),
    "two": (lambda state: {"a": state, "b": named("c.{}".format)(state)}, r"pass state\['a'\] or state\['b'\], which"),
    "whole buffer": (plus("bn1.calls", np.array(3)), "got bn1.calls besides; leave out what this network has not"),
    "no text": (plus(3, np.zeros(3)), "got 3 besides"),
    "masked": (plus("dense1.bias", np.ma.masked_greater(np.ones(64), 0)), "expected an array, got one with 64 masked"),
    "count": (plus(COUNT, np.float32(3)), f"expected a whole number >= 0 for {COUNT}, got float32"),
    "count < 0": (plus(COUNT, np.array(-1)), "expected a whole number >= 0"),
    "whole": (plus("dense1.bias", np.zeros(64, np.int64)), "expected floats for dense1.bias, got int64"),
    "text": (plus("dense1.bias", "zero"), "expected floats for dense1.bias, got str"),
    "no tensor": (plus("dense1.bias", Detachable()), "expected floats for dense1.bias, got Detachable; convert it"),
    "ragged": (plus("dense1.bias", [[1.0], [1.0, 2.0]]), "dense1.bias.*, got a list that"),
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
    assert str(caught.value).startswith(("state: ", "state['dense1.bias']: "))
    assert "\n" not in str(caught.value)
    assert all((own_arrays(net)[key] == array).all() for key, array in before.items())


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("layers", "names: expected one of kind, sequential, got 'layers'"),
        ({"conv1": "0"}, "names: expected conv1, dense1, got nothing for dense1; give one name"),
        ({"conv1": "0", "dense1": "1", "relu1": "2"}, "got relu1 besides"),
        ({"conv2": "0", 1: "1"}, "got nothing for conv1, dense1, but conv2, 1 besides"),
        ({"conv1": "0", "dense1": "0"}, "expected another name for each layer, got 0, 0"),
        ({"conv1": "0", "dense1": None}, "expected the name of a module for dense1, got None"),
        ({"conv1": "", "dense1": "0"}, "expected the name of a module for conv1, got ''"),
        ({"conv1": "1", "dense1": 1}, "expected the name of a module for dense1, got 1"),
        ({"conv1": "1", "dense1": ["1"]}, r"expected the name of a module for dense1, got \['1'\]"),
    ],
)
def test_bad_names(names, message):
    net = wn.build_model(small_cnn, (1, 8, 8), batchnorm=False)
    with pytest.raises(InputError, match=message):
        to_state_dict(net, names, tensors=False)
    with pytest.raises(InputError, match=message):
        load_state_dict(net, {}, names)


def test_all_names_that_are_missing_are_shown():
    with pytest.raises(InputError, match=f"got nothing for {', '.join(list(LENET)[1:])}; give"):
        to_state_dict(moved("lenet5", (1, 28, 28)), {"conv1": "0"}, tensors=False)


def test_counts_may_be_missing():
    net, other = moved(), moved(seed=2)
    state = {name: array for name, array in to_state_dict(net, tensors=False).items() if name[-7:] != "tracked"}
    load_state_dict(other, state)
    assert (other.theta == net.theta).all()
    with pytest.raises(InputError, match=r"the names have the prefix 'module\.'"):
        load_state_dict(other, named("module.{}".format)(state))


def test_stripping_never_replaces_what_is_there():
    """Two names would become one, so the message does not tell to take the prefix away."""
    state = to_state_dict(moved(), tensors=False)
    state = named("module.{}".format)(state) | {"dense1.bias": state["dense1.bias"]}
    with pytest.raises(InputError, match=r"module\.dense1\.weight.* besides; compare the names"):
        load_state_dict(moved(), state)


@pytest.mark.parametrize(
    ("name", "number", "message"),
    [
        ("bn1.running_var", 1e200, r"numbers in bn1.running_var that float32 can have, got 1e\+200; train it with"),
        ("bn1.running_mean", -1e39, "numbers in bn1.running_mean that float32 can have, got -1e"),
        ("bn1.running_var", -1, "variances >= 0 in bn1.running_var, got -1.0"),
        ("dense1.weight", np.nan, "finite numbers in dense1.weight, got nan"),
    ],
)
def test_what_cannot_be_read_again_is_not_written(name, number, message):
    net = moved()
    own_arrays(net)[name].flat[1] = number
    with pytest.raises(InputError, match=f"^network: expected {message}"):
        to_state_dict(net, "sequential", tensors=False)


def test_large_averages_of_a_float64_network_are_written():
    net = wn.build_model("mlp", (1, 4, 8), dtype="float64")
    net.statistics["bn1.running_var"][:] = 1e200
    assert to_state_dict(net, tensors=False)["bn1.running_var"][0] == 1e200


def test_batch_norm_is_described_as_it_is():
    assert f"They are {EPSILON:.0e}".replace("e-0", "e-") in load_state_dict.__doc__
    assert f"and {MOMENTUM} here" in load_state_dict.__doc__


def test_other_bad_arguments(monkeypatch):
    with pytest.raises(InputError, match="network: expected an object of the class Network"):
        to_state_dict({}, tensors=False)
    with pytest.raises(InputError, match="state: expected an object of the class Mapping"):
        load_state_dict(moved(), [])
    with pytest.raises(InputError, match="num_batches_tracked: expected a whole number"):
        to_state_dict(moved(), tensors=False, num_batches_tracked=-1)
    with pytest.raises(InputError, match="num_batches_tracked: expected a whole number of at most 9223372036854775807"):
        to_state_dict(moved(), tensors=False, num_batches_tracked=2**70)
    assert to_state_dict(moved(), tensors=False, num_batches_tracked=2**63 - 1)[COUNT] == 2**63 - 1
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

"""What a network takes and what it refuses; 2,000 random stacks are refused or agree with central differences."""

import copy
import gc
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

from wn_ref import (
    CallOrderError,
    InputError,
    Network,
    additive,
    allocate_executions,
    build_model,
    cross_entropy,
    fit_midpoint,
    multiplicative,
)
from wn_ref.findings.allocation import allocate_optimally
from wn_ref.injection import Injection
from wn_ref.layers import BatchNorm, Conv, Dense, Flatten, Layer, MaxPool, ReLU
from wn_ref.layers.initial import WeightsWarning
from wn_ref.loss import CrossEntropy
from wn_ref.models import MODELS
from wn_ref.optim import Adam
from wn_ref.random import Stream

IMAGE = (1, 8, 8)


def test_the_chain_of_shapes_is_checked_when_the_network_is_built():
    for layers, message in (
        ([Flatten(), Dense(64, 32), BatchNorm(31), ReLU(), Dense(32, 10)], r"bn1: x: expected \(31,"),
        ([Flatten(), Dense(63, 32)], r"dense1: x: expected \(63, batch\)"),
        ([Conv(1, 4, (3, 3)), MaxPool(7)], r"pool1: x: expected \(channels, >= 7, >= 7, batch\)"),
        ([Conv(1, 4, (3, 3)), Dense(4, 2)], r"dense1: x: expected \(4, batch\)"),
        ([Conv(3, 4, (3, 3))], r"conv1: x: expected \(3, >= 3, >= 3, batch\)"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            Network(layers, input_shape=IMAGE)
        assert "\n" not in str(caught.value)


def test_without_an_input_shape_the_first_batch_is_checked():
    net = Network([Dense(6, 64), BatchNorm(32), ReLU(), Dense(64, 3, index=1)])
    with pytest.raises(InputError, match=r"x: expected \(32, \[height, width,\] batch\) for this batch norm"):
        net.forward(np.zeros((6, 16), np.float32), training=True)


def test_layers_with_the_same_random_weights_are_named():
    """Also if another fan-in has scaled them, or one has more of them; copies of the network say it once."""
    for layers, names in (
        ([Dense(8, 8), ReLU(), Dense(8, 8)], "dense1, dense2"),
        ([Dense(8, 5), ReLU(), Dense(5, 2)], "dense1, dense2"),
        ([Conv(1, 4, (3, 3)), Conv(4, 2, (3, 3), index=1), Flatten(), Dense(32, 9)], "conv1, dense1"),
        (
            [Dense(9, 8, 3, 1), Dense(8, 7, 3, 2), Dense(7, 6, 3, 1), Dense(6, 5, 3, 2)],
            "dense1, dense3, dense2, dense4",
        ),
    ):
        message = f"^layers: expected weights of their own, got the same random numbers in {names}; give each layer an"
        with pytest.warns(WeightsWarning, match=message) as caught:
            net = Network(layers)
        assert len(caught) == 1
        assert caught[0].filename == __file__
        copy.deepcopy(net)
        pickle.loads(pickle.dumps(net))


def test_weights_that_are_not_random_or_of_other_streams_are_nobodys_business():
    zeros = [Dense(4, 4), Dense(4, 4)]
    for layer in zeros:
        layer.parameters["weight"][...] = 0
    Network(zeros)
    Network([Dense(4, 4), Dense(4, 4, seed=1), Dense(4, 4, index=1), BatchNorm(4), BatchNorm(4)])
    Network([Dense(1, 1), Dense(1, 2)])  # a single number is a multiple of any other
    for model in MODELS:
        build_model(model, (3, 32, 32), 10, batchnorm=True, seed=5)


def test_an_object_stands_in_one_place_of_one_network():
    relu = ReLU()
    with pytest.raises(InputError, match=r"layer 3 \(relu\) stands in the list twice; make another object"):
        Network([Flatten(), Dense(64, 8), relu, relu])
    net = build_model("mlp", IMAGE, 3, batchnorm=False)
    with pytest.raises(InputError, match=r"layer 0 \(flatten\) belongs to another network already; use copy\.deepcopy"):
        Network(net.layers[:4])
    for layers in ([], [ReLU], [None], ["relu"]):
        with pytest.raises(InputError, match=r"^layers: expected"):
            Network(layers)
    part = Network(copy.deepcopy(net.layers[:4]))
    part.theta[:] = 0
    assert np.any(net.theta != 0)
    x = np.random.default_rng(0).random((*IMAGE, 5), np.float32)
    before = net.forward(x)
    net.theta[:] *= 2
    assert not np.array_equal(net.forward(x), before)  # the original is still whole
    layers = [Flatten(), Dense(64, 8)]
    Network(layers)
    gc.collect()
    Network(layers)  # a network that is gone holds nothing


def test_every_kind_of_copy_trains_by_itself(rng):
    net = build_model("mlp", IMAGE, 3, batchnorm=True, dtype="float64")
    x, labels = rng.standard_normal((*IMAGE, 6)), rng.integers(0, 3, 6)
    expected = net.forward(x)
    for twin in (copy.copy(net), copy.deepcopy(net)):
        np.testing.assert_array_equal(twin.forward(x), expected)
        _, dlogits = cross_entropy(twin.forward(x, training=True), labels)
        twin.backward(dlogits)
        twin.theta -= 0.1 * twin.dtheta
        assert not np.array_equal(twin.forward(x), expected)
        np.testing.assert_array_equal(net.forward(x), expected)


class Scaled(Network):
    """A network of the user's, with an attribute of its own."""

    scale = 1.0

    def __init__(self, layers, scale):
        self.scale = scale
        super().__init__(layers, "float64")

    def forward(self, *given):
        return self.scale * super().forward(*given)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_has_the_gradients_and_the_attributes_of_a_subclass(duplicate, rng):
    net = Scaled([Dense(3, 2)], 3.0)
    net.more = [1]
    x = rng.standard_normal((3, 5))
    net.forward(x, True)
    net.backward(np.ones((2, 5)))
    twin = duplicate(net)
    assert twin.more == [1]
    np.testing.assert_array_equal(twin.dtheta, net.dtheta)
    np.testing.assert_array_equal(twin.forward(x), net.forward(x))
    with pytest.raises(CallOrderError):
        duplicate(net).backward(np.ones((2, 5)))


def test_a_layer_may_leave_its_gradients_to_the_network():
    class Scale(Layer):
        kind = "scale"

        def __init__(self):
            super().__init__()
            self.parameters["w"] = np.ones((3, 1), np.float32)

        def output_shape(self, shape):
            return shape

        def forward(self, x, training=False):
            self.x = x
            return x * self.parameters["w"]

        def backward(self, dy, input_gradient=True):
            self.gradients["w"][...] = (dy * self.x).sum(axis=1, keepdims=True)
            return dy * self.parameters["w"]

    net = Network([Scale()])
    net.forward(np.ones((3, 2), np.float32), True)
    net.backward(np.ones((3, 2)))
    assert net.dtheta.tolist() == [2, 2, 2]


@pytest.mark.parametrize("training", [additive(100.0), "eval", 1, None])
def test_noise_in_the_place_of_the_mode_is_no_mode(training):
    """It would be no noise, and train batch norm."""
    with pytest.raises(InputError, match="training: expected True or False, got "):
        build_model("mlp", IMAGE, 3).forward(np.zeros((*IMAGE, 2), np.float32), training)


def test_backward_needs_a_forward_pass_that_ran_to_its_end(rng):
    net = build_model("mlp", IMAGE, 3, batchnorm=False, dtype="float64")
    x = rng.standard_normal((*IMAGE, 6))
    dlogits = rng.standard_normal((3, 6))
    net.forward(x)
    net.backward(dlogits)
    with pytest.raises(InputError, match=r"dlogits: expected shape \(3, 6\)"):
        net.backward(dlogits[:, :5])
    with pytest.raises(InputError, match="dlogits: expected values that float64 can have, got complex128"):
        net.backward(dlogits + 0j)
    for refused in (
        lambda: net.forward(x[:, :5]),
        lambda: net.forward(x, noise=additive(1), point=99),
        lambda: net.forward(x, noise=additive(1), executions=[1, 2]),
        lambda: net.forward(x, noise="additive"),
    ):
        net.forward(x)
        with pytest.raises(InputError):
            refused()
        with pytest.raises(CallOrderError, match="a forward pass that ran to its end"):
            net.backward(dlogits)
    next(net.activations(x))
    with pytest.raises(CallOrderError, match="a forward pass that ran to its end"):
        net.backward(dlogits)


def test_activations_complain_at_once():
    net = build_model("mlp", IMAGE, 3)
    with pytest.raises(InputError, match="point: expected"):
        net.activations(np.zeros((*IMAGE, 2)), False, Injection(additive(1), 99))
    with pytest.raises(InputError, match="x: expected"):
        net.activations(np.zeros((2, 2)))


class Identity(Layer):
    """A layer of a user who hands on what came."""

    kind = "identity"

    def forward(self, x, training=False):
        return x

    def backward(self, dy, input_gradient=True):
        return dy


class Turned(Layer):
    """A layer of a user that returns a view with its axes in another order in memory."""

    kind = "turned"

    def forward(self, x, training=False):
        return np.asfortranarray(x)

    def backward(self, dy, input_gradient=True):
        return np.asfortranarray(dy)


def test_noise_never_reaches_what_the_caller_owns(rng):
    x = rng.standard_normal((4, 3))
    kept = x.copy()
    for layers in ([Identity(), Dense(4, 2, dtype=np.float64)], [Identity()], [Identity(), Identity()], [Flatten()]):
        for point in ("all", len(layers) if layers[-1].noisy else 0):
            Network(copy.deepcopy(layers), "float64").forward(x, noise=additive(1), point=point)
            np.testing.assert_array_equal(x, kept)
    net = Network([Identity(), Dense(4, 2, dtype=np.float64), Identity()], "float64")
    dlogits = rng.standard_normal((2, 3))
    kept = dlogits.copy()
    net.forward(x, noise=multiplicative(1, "exact"), point="all")
    net.backward(dlogits, input_gradient=True)
    np.testing.assert_array_equal(dlogits, kept)


@pytest.mark.parametrize("noise", [additive(0.5), multiplicative(0.5, "exact")])
def test_noise_behind_a_turned_array_is_the_same(noise, rng):
    x, dlogits = rng.standard_normal((4, 3)), rng.standard_normal((2, 3))
    results = []
    for middle in (Identity(), Turned()):
        net = Network([Dense(4, 5, dtype=np.float64), middle, Dense(5, 2, index=1, dtype=np.float64)], "float64")
        logits = net.forward(x, noise=noise, point=2, seed=3)
        dx = net.backward(dlogits, input_gradient=True)
        results.append((logits, dx, net.dtheta.copy()))
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert not np.allclose(results[0][0], net.forward(x))


def test_results_are_new_arrays_where_a_user_meets_them(rng):
    net = build_model("mlp", IMAGE, 3, dtype="float64")
    x = rng.standard_normal((*IMAGE, 6))
    a, b = net.forward(x), net.forward(x + 1)
    assert not np.shares_memory(a, b)
    net.forward(x)
    da = net.backward(a, input_gradient=True)
    kept = da.copy()
    net.backward(b, input_gradient=True)
    np.testing.assert_array_equal(da, kept)


def test_two_thousand_random_stacks_in_a_process_of_their_own():
    """Right and wrong shapes, layouts, types and shared objects: each is refused in one line, or agrees with central
    differences along a random direction. A crash of the process fails the test.
    """
    done = subprocess.run([sys.executable, "-m", "tests.random_stacks", "2000"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    agreed, refused = map(int, done.stdout.split())
    assert agreed + refused == 2000
    assert min(agreed, refused) > 300


class Reversed(Identity):
    """Hands back what came in another layout."""

    def backward(self, dy, input_gradient=True):
        return np.asfortranarray(dy)


class ReadOnly(Identity):
    def backward(self, dy, input_gradient=True):
        dx = dy.copy()
        dx.flags.writeable = False
        return dx


@pytest.mark.parametrize("kind", [Reversed, ReadOnly])
def test_the_gradient_of_noise_does_not_depend_on_how_a_layer_returns_dx(kind, rng):
    x, dy = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
    results = []
    for last in (Identity(), kind()):
        net = Network([ReLU(), last], "float64")
        net.forward(x, noise=multiplicative(0.5, "exact"), point="relu1")
        results.append(net.backward(dy, input_gradient=True))
    np.testing.assert_array_equal(*results)


def test_layers_are_told_the_step():
    net = Network([Identity(), Identity()])
    net.forward(np.zeros((4, 3), np.float32), step=17)
    assert [layer.step for layer in net.layers] == [17, 17]


def small():
    return Network([Flatten(), Dense(4, 3), BatchNorm(3), ReLU(), Dense(3, 2, index=1)], input_shape=(1, 2, 2))


def test_whatever_is_assigned_to_is_copied_into_the_vector_that_is_trained():
    """A network, its vectors, its mappings, and the mappings of its layers: nothing parts them."""
    source = small()
    source.theta[:] = np.arange(source.theta.size)
    source.statistics["bn1.running_mean"] = [1, 2, 3]
    ways = {
        "theta": lambda net: setattr(net, "theta", source.theta.copy()),
        "parameters": lambda net: setattr(net, "parameters", dict(source.parameters)),
        "by name": lambda net: net.parameters.update(source.parameters),
        "by layer": lambda net: [
            layer.parameters.update(other.parameters) for layer, other in zip(net.layers, source.layers)
        ],
    }
    for way, assign in ways.items():
        net = small()
        vector = net.theta
        assign(net)
        net.statistics = {name: array.tolist() for name, array in source.statistics.items()}
        assert net.theta is vector, way
        np.testing.assert_array_equal(vector, source.theta)
        x = np.ones((1, 2, 2, 5), np.float32)
        np.testing.assert_array_equal(net.forward(x), source.forward(x))
        vector += 1
        np.testing.assert_array_equal(net.layers[1].parameters["weight"], source.parameters["dense1.weight"] + 1)
        np.testing.assert_array_equal(net.parameters["dense1.weight"], source.parameters["dense1.weight"] + 1)
    with pytest.raises(InputError, match="theta: expected shape"):
        net.theta = np.zeros(3)
    with pytest.raises(InputError, match=r"parameters: expected arrays dense1.weight, .*, got dense1.weight; give all"):
        net.parameters = {"dense1.weight": np.zeros((3, 4))}
    with pytest.raises(InputError, match="weight: expected shape"):
        net.layers[1].parameters["weight"] = np.zeros((4, 3))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
def test_an_optimiser_that_is_copied_with_its_network_trains_the_copy(duplicate):
    net = small()
    optimiser = Adam(net.theta)
    net.dtheta[:] = 1
    (other, its), before = duplicate((net, optimiser)), net.theta.copy()
    assert its.theta is other.theta
    other.dtheta[:] = 1
    its.step(other.dtheta, 0.1)
    assert (other.parameters["dense2.bias"] < net.parameters["dense2.bias"]).all()
    np.testing.assert_array_equal(net.theta, before)


def test_a_copied_layer_shares_no_arrays():
    """Two networks with one array would be trained by one of them alone."""
    layer = Dense(4, 3)
    twin = copy.copy(layer)
    assert not np.shares_memory(twin.parameters["weight"], layer.parameters["weight"])
    np.testing.assert_array_equal(twin.parameters["weight"], layer.parameters["weight"])


def test_a_layer_alone_keeps_the_shape_and_type_of_its_arrays():
    """Compiled loops go by them, and check what they are given at the first x of a shape only."""
    conv = Conv(2, 3, (3, 3), dtype=np.float64)
    x = np.ones((2, 9, 9, 4))
    conv.forward(x)
    for shape in ((3, 2, 5, 5), (2, 2, 3, 3), (3, 4, 3, 3)):
        with pytest.raises(InputError, match="weight: expected shape"):
            conv.parameters["weight"] = np.ones(shape)
    conv.parameters["weight"] = np.ones((3, 2, 3, 3), np.float32)
    conv.parameters["bias"] = np.zeros(3)
    assert conv.parameters["weight"].dtype == np.float64
    np.testing.assert_array_equal(conv.forward(x), np.full((3, 7, 7, 4), 18.0))


def test_a_mask_is_never_ignored():
    """NumPy computes with what is behind it. Without a masked value it is an array like any other."""
    net, x, values = small(), np.ones((1, 2, 2, 3), np.float32), np.array([1.0, 2.0, 3.0])
    masked, whole = (np.ma.MaskedArray(values, mask) for mask in ([0, 1, 0], False))
    stream, relu = Stream(0, 0, 0), ReLU()
    relu.forward(np.ones((2, 3)))
    fitted = fit_midpoint([0.1, 0.3, 1, 3, 10, 30], [0.9, 0.88, 0.7, 0.4, 0.15, 0.1])
    for array, refused in ((masked, True), (whole, False)):
        calls = {
            "x: ": lambda a=array: net.forward(np.ma.MaskedArray(x, np.broadcast_to(a.mask, x.shape))),
            "dense1.bias: ": lambda a=array: net.parameters.update({"dense1.bias": a}),
            "bias: ": lambda a=array: net.layers[1].parameters.update(bias=a),
            "logits: ": lambda a=array: cross_entropy(np.ma.vstack([a, a]), np.array([0, 1, 0])),
            "logits:": lambda a=array: CrossEntropy(2)(np.ma.vstack([a, a]), np.array([0, 1, 0])),
            "sigma: ": lambda a=array: fitted(a),
            "dy: ": lambda a=array: relu.backward(np.ma.vstack([a, a])),
            "labels: ": lambda a=array: cross_entropy(np.zeros((2, 3)), (a > 1).astype(int)),
            "class_weights: ": lambda a=array: cross_entropy(np.zeros((3, 1)), np.array([0]), a),
            "midpoints: ": lambda a=array: allocate_executions(a, 9),
            "harms: ": lambda a=array: allocate_optimally(a, 9),
            "x:": lambda a=array: additive(1).inject(a.copy(), stream),
        }
        for name, call in calls.items():
            if refused:
                with pytest.raises(
                    InputError, match=f"^{name.strip()} expected an array, got one with .* masked value"
                ):
                    call()
            else:
                call()


class Unreadable:
    """An array that NumPy cannot have, as tensors that require a gradient, or of bfloat16, are."""

    def __init__(self, error):
        self.error = error

    def __array__(self, *arguments, **settings):
        raise self.error


@pytest.mark.parametrize("error", [RuntimeError("requires grad.\nDetach it."), TypeError("unsupported BFloat16")])
def test_what_numpy_cannot_read_is_refused_with_its_reason(error):
    net, bad, relu = small(), Unreadable(error), ReLU()
    net.forward(np.zeros((1, 2, 2, 3), np.float32))
    relu.forward(np.ones((2, 3)))
    noise = multiplicative(1, "exact")
    calls = {
        "dlogits": lambda: net.backward(bad),
        "dense1.bias": lambda: net.parameters.update({"dense1.bias": bad}),
        "logits": lambda: cross_entropy(bad, np.zeros(3, int)),
        "dy": lambda: relu.backward(bad),
        "dy ": lambda: noise.backward(bad, Stream(0, 0, 0)),
        "midpoints": lambda: allocate_executions(bad, 9),
        "x": lambda: net.forward(bad),
    }
    reason = " ".join(str(error).rstrip(".").split())
    for name, call in calls.items():
        with pytest.raises(InputError, match=rf"^{name.strip()}: expected an array, got .*\({re.escape(reason)}\)"):
            call()
    with pytest.raises(InputError, match=r"^accuracy: expected real numbers, got "):
        fit_midpoint([0.1, 0.3, 1, 3, 10], bad)


def test_numbers_that_a_type_cannot_have_are_not_made_infinite(rng):
    net = small()
    logits = net.forward(np.zeros((1, 2, 2, 3), np.float32))
    with pytest.raises(InputError, match=rf"dlogits: expected numbers up to 3.4e\+38, got {logits.size} larger ones"):
        net.backward(np.full(logits.shape, 1e300))
    before = net.theta.copy()
    with pytest.raises(InputError, match=r"dense1.bias: expected numbers up to 3.4e\+38, got 1 larger one; scale them"):
        net.parameters["dense1.bias"] = [1e300, *[0] * (net.parameters["dense1.bias"].size - 1)]
    np.testing.assert_array_equal(net.theta, before)


def test_all_is_looked_at_before_one_array_is_written():
    net = small()
    before = net.theta.copy()
    for name, wrong in (("dense2.bias", np.zeros(5)), ("dense2.bias", np.ma.MaskedArray([1.0, 2.0], [0, 1]))):
        with pytest.raises(InputError, match=f"^{name}: expected"):
            net.parameters = {key: array + 1 for key, array in net.parameters.items()} | {name: wrong}
        np.testing.assert_array_equal(net.theta, before)
    for wrong in (None, ["dense1.weight"], {1: 2}):
        with pytest.raises(InputError, match=r"parameters: expected arrays dense1\.weight, .*; give all of them"):
            net.parameters = wrong
    with pytest.raises(InputError, match="theta: expected values that float32 can have, got complex128; convert"):
        net.theta = net.theta.astype(complex)
    gamma, beta = net.parameters["bn1.gamma"].copy(), net.parameters["bn1.beta"].copy() + 3
    net.parameters["bn1.beta"] = beta
    net.parameters = net.parameters | {"bn1.gamma": net.parameters["bn1.beta"], "bn1.beta": net.parameters["bn1.gamma"]}
    np.testing.assert_array_equal(net.parameters["bn1.gamma"], beta)  # exchanged, though they are views of one vector
    np.testing.assert_array_equal(net.parameters["bn1.beta"], gamma)
    assert not hasattr(Network.__new__(Network), "theta")


def test_a_layer_never_writes_into_what_it_was_given():
    """It copies at first, too; and where values do not fit the array, it says so and does not round them off."""
    given = np.ones(3)
    layer = Layer()
    layer.add_parameter("gain", given)
    layer.parameters["gain"] = layer.parameters["gain"] * 2
    layer.statistics["last"] = given
    layer.statistics["last"] = np.zeros(3)
    np.testing.assert_array_equal(given, np.ones(3))
    layer.statistics["count"] = 0
    with pytest.raises(InputError, match="count: expected values that int64 can have, got float64; convert them"):
        layer.statistics["count"] = 0.1
    layer.statistics |= {"last": np.full(3, 5.0)}
    assert layer.statistics["last"].tolist() == [5, 5, 5]
    assert set(layer.statistics | {"more": 1}) == {"last", "count", "more"}
    del layer.parameters["gain"]
    assert not layer.parameters
    for names in ("ab", "c"):  # dictionaries of a class of the user's, which is in no network
        layer.parameters = {name: np.ones(2) for name in names}
        assert set(layer.parameters) == set(names)


def test_a_layer_in_a_network_keeps_its_arrays():
    net = small()
    dense = net.layers[1]
    dense.parameters = {name: np.ones(array.shape) for name, array in dense.parameters.items()}
    assert net.parameters["dense1.weight"].sum() == 12
    net.theta[:] = 0
    assert dense.parameters["weight"].sum() == 0
    for change in (lambda: dense.parameters.pop("bias"), lambda: dense.parameters.update(more=np.ones(2))):
        with pytest.raises(InputError, match=r"cannot be deleted|name: expected one of"):
            change()

"""The whole MLP against central differences; where noise goes; names, numbers and memory."""

import copy
import pickle

import numpy as np
import pytest

from tests.gradcheck import assert_close, numerical_gradient
from wn_ref import CallOrderError, InputError, additive, build_model, cross_entropy, mixed, multiplicative, normal
from wn_ref.injection import Injection
from wn_ref.network import Network

SHAPE = (1, 4, 3)


def small_mlp(batchnorm, seed=1):
    return build_model("mlp", SHAPE, 5, batchnorm, seed, "float64")


@pytest.mark.parametrize("batchnorm", [False, True])
@pytest.mark.parametrize(
    ("noise", "point"),
    [
        (None, "global"),
        (additive(0.3), "global"),
        (additive(0.3), 2),
        (multiplicative(0.3, "exact"), "all"),
        (mixed(0.3, 0.2, "additive", "exact"), "global"),
    ],
    ids=["none", "additive", "additive at 2", "multiplicative", "mixed"],
)
def test_gradients_of_the_whole_mlp(batchnorm, noise, point, rng):
    """Wherever the backward pass is the derivative: without noise, with additive noise, with exact gradients."""
    net = small_mlp(batchnorm)
    labels, nearest = rng.integers(0, 5, 6), 0.0
    while nearest < 5e-5:  # to ReLU's kink: no step may carry an activation over it
        x = rng.standard_normal((*SHAPE, 6))
        activations = net.activations(x, True, Injection(noise, point, seed=7, step=3))
        kinks = ("bn1", "bn2", "bn3") if batchnorm else ("dense1", "dense2", "dense3")
        nearest = min(abs(y).min() for name, y in activations if name in kinks)

    def loss():
        return cross_entropy(net.forward(x, True, noise, point, seed=7, step=3), labels)[0]

    _, dlogits = cross_entropy(net.forward(x, True, noise, point, seed=7, step=3), labels)
    dx = net.backward(dlogits, input_gradient=True)
    received = {name: gradient.copy() for name, gradient in net.gradients.items()}
    assert_close("x", dx, numerical_gradient(loss, x))
    scale = max(abs(gradient).max() for gradient in received.values())
    for name, gradient in received.items():
        values = net.parameters[name]
        if values.ndim == 2 and values.size > 200:  # a block is enough of the large ones
            values, gradient = values[:5, :9], gradient[:5, :9]
        expected = numerical_gradient(loss, values)
        if abs(expected).max() > 1e-6 * scale:
            assert_close(name, gradient, expected)
        else:  # a bias in front of batch norm: its gradient is 0 but for rounding
            assert abs(gradient).max() < 1e-9 * scale


def test_straight_through_is_the_gradient_of_the_network_without_noise_at_the_noisy_activations(rng):
    """dW behind a point sees the noisy input; dx in front of it passes unchanged."""
    net = small_mlp(batchnorm=False)
    x, dlogits = rng.standard_normal((*SHAPE, 6)), rng.standard_normal((5, 6))
    net.forward(x, True, multiplicative(0.8), point=7, seed=7)  # behind the last layer
    straight = {k: v.copy() for k, v in (net.backward(dlogits), net.gradients)[1].items()}
    net.forward(x, True)
    net.backward(dlogits)
    for name, gradient in net.gradients.items():
        assert np.array_equal(gradient, straight[name])
    net.forward(x, True, multiplicative(0.8, "exact"), point=7, seed=7)
    net.backward(dlogits)
    assert not np.allclose(net.gradients["dense4.weight"], straight["dense4.weight"])


@pytest.mark.parametrize("batchnorm", [False, True])
def test_where_noise_goes(batchnorm, rng):
    """Against a forward pass written out with NumPy and the generator's own draws."""
    net = small_mlp(batchnorm)
    x = rng.standard_normal((*SHAPE, 6))
    for point in ("global", "all", 0, 3, len(net.points) - 1):
        expected, number = x, -1
        for name in net.points:
            number += 1
            if name.startswith("dense"):
                expected = net.parameters[f"{name}.weight"] @ expected.reshape(-1, 6)
                expected = expected + net.parameters[f"{name}.bias"][:, None]
            elif name.startswith("bn"):
                expected = expected / np.sqrt(1 + 1e-5)
            elif name.startswith("relu"):
                expected = np.maximum(expected, 0)
            noisy = {"all": True, "global": not name.startswith("bn")}.get(point, point == number)
            if noisy:
                expected = expected + 0.5 * normal(expected.shape, 9, number, 4)
        received = net.forward(x, False, additive(0.5), point, seed=9, step=4)
        np.testing.assert_allclose(received, expected, rtol=1e-9)


def test_points_of_the_mlp():
    assert small_mlp(False).points == ["input", "dense1", "relu1", "dense2", "relu2", "dense3", "relu3", "dense4"]
    names = ["input", "dense1", "bn1", "relu1", "dense2", "bn2", "relu2", "dense3", "bn3", "relu3", "dense4"]
    assert small_mlp(True).points == names
    activations = small_mlp(True).activations(np.zeros((*SHAPE, 2)))
    assert [name for name, _ in activations] == names


def test_parameters_are_views_of_one_vector_and_assignable():
    net = build_model("mlp", (1, 28, 28), batchnorm=True)
    assert list(net.parameters)[:4] == ["dense1.weight", "dense1.bias", "bn1.gamma", "bn1.beta"]
    assert list(net.parameters) == list(net.gradients)
    assert net.parameters["dense1.weight"].shape == (64, 784)
    assert net.theta.size == sum(array.size for array in net.parameters.values()) == 59_210 + 6 * 64
    net.parameters["dense4.bias"] = np.arange(10)
    net.parameters["dense1.weight"][...] = 0
    assert net.theta[-1] == 9
    assert net.layers[1].parameters["weight"].sum() == 0
    np.testing.assert_array_equal(net.forward(np.ones((1, 28, 28, 2))).argmax(axis=0), [9, 9])
    with pytest.raises(InputError, match=r"dense4.bias: expected shape \(10,\), got \(3,\)"):
        net.parameters["dense4.bias"] = np.zeros(3)
    with pytest.raises(InputError, match=r"did you mean 'dense4\.bias'"):
        net.parameters["dense4.bais"] = np.zeros(10)


def test_results_and_input_stay_what_they_were(rng):
    net = small_mlp(True)
    x = rng.standard_normal((*SHAPE, 6))
    kept = x.copy()
    first = net.forward(x, True, additive(1.0))
    copy = first.copy()
    dlogits = np.ones((5, 6))
    net.backward(dlogits)
    net.forward(x + 1, True, multiplicative(1.0, "exact"), "all")
    net.backward(dlogits)
    assert np.array_equal(first, copy)
    assert np.array_equal(x, kept)
    assert np.all(dlogits == 1)


def test_update_loads_and_copies_are_whole(rng):
    """What a checkpoint does, and what a second network does, must reach the vectors that training works on."""
    net = small_mlp(True)
    net.parameters.update({name: np.full(array.shape, 2.0) for name, array in net.parameters.items()})
    assert np.all(net.theta == 2)
    net.theta[:] = rng.standard_normal(net.theta.size)
    x = rng.standard_normal((*SHAPE, 6))
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert np.array_equal(twin.forward(x), net.forward(x))
        twin.theta[:] = 0
        assert np.all(twin.forward(x) == 0)
        assert not np.all(net.forward(x) == 0)
    with pytest.raises(InputError, match="arrays cannot be deleted"):
        del net.parameters["dense1.weight"]


def test_wrong_layouts_are_refused(rng):
    net = build_model("lenet5", (1, 28, 28))
    for shape in ((4, 1, 28, 28), (28, 1, 28, 28), (3, 28, 28, 4), (1, 29, 29, 4), (784, 4)):
        with pytest.raises(InputError, match=r"x: expected \(1, 28, 28, batch\), got .*; the batch is the last axis"):
            net.forward(rng.random(shape))
    with pytest.raises(InputError, match="x: expected normalised floats, got uint8"):
        net.forward(np.zeros((1, 28, 28, 4), np.uint8))
    with pytest.raises(InputError, match=r"noise: expected what wn_ref\.additive"):
        net.forward(np.zeros((1, 28, 28, 4)), noise=0.5)
    with pytest.raises(InputError, match=r"x: expected \(1, >= 5, >= 5, batch\) for this convolution"):
        net.layers[0].forward(np.zeros((3, 28, 28, 4), np.float32))


def test_bad_input():
    net = small_mlp(True)
    x = np.zeros((*SHAPE, 2))
    for point in (11, -1, "globl", 1.5, True):
        with pytest.raises(InputError, match=r"point: expected 'global', 'all' or 0 to 10 \(0 input, 1 dense1"):
            net.forward(x, noise=additive(1), point=point)
    with pytest.raises(CallOrderError, match="call forward"):
        small_mlp(True).backward(np.zeros((5, 2)))
    with pytest.raises(InputError, match="dtype: expected one of float32, float64, got 'float16'"):
        Network([], "float16")


def test_executions_go_to_the_noisy_points_in_order(rng):
    """At "global" batch norm's outputs have no count: the third one is that of relu1, point 3."""
    net = small_mlp(True)
    x = rng.standard_normal((*SHAPE, 6))
    counts = [1, 1, 3, 1, 1, 1, 1, 1]
    kept = {name: y.copy() for name, y in net.activations(x, False, Injection(additive(0.5), "global", 9, 4, counts))}
    clean = np.maximum(kept["bn1"], 0)
    draws = [normal(clean.shape, 9, 3, 4, draw=2 * k) for k in range(3)]
    np.testing.assert_allclose(kept["relu1"], clean + 0.5 * np.mean(draws, axis=0), rtol=1e-6, atol=1e-6)
    once = net.forward(x, False, additive(0.5), "global", 9, 4)
    assert np.array_equal(net.forward(x, False, additive(0.5), "global", 9, 4, executions=(1,) * 8), once)
    assert not np.array_equal(net.forward(x, False, additive(0.5), "global", 9, 4, executions=counts), once)


def test_exact_gradient_with_executions(rng):
    net = small_mlp(False)
    x, labels = rng.standard_normal((*SHAPE, 6)), rng.integers(0, 5, 6)
    injection = {
        "noise": multiplicative(0.3, "exact"),
        "point": "all",
        "seed": 7,
        "executions": [2, 1, 3, 1, 1, 2, 1, 4],
    }

    def loss():
        return cross_entropy(net.forward(x, True, **injection), labels)[0]

    net.backward(cross_entropy(net.forward(x, True, **injection), labels)[1])
    received = net.gradients["dense2.weight"][:5, :9].copy()
    assert_close("dense2.weight", received, numerical_gradient(loss, net.parameters["dense2.weight"][:5, :9]))


@pytest.mark.parametrize(
    ("executions", "message"),
    [
        ([2, 2], "executions: expected 8 numbers, one for each noisy point, got \\[2, 2\\]"),
        (2, "executions: expected 8 numbers, one for each noisy point, got 2"),
        ([1, 1, 1, 0, 1, 1, 1, 1], "executions: expected a whole number of at least 1, got 0"),
        ([1, 1, 1, 1.5, 1, 1, 1, 1], "executions: expected a whole number"),
    ],
)
def test_bad_executions(executions, message):
    with pytest.raises(InputError, match=message) as caught:
        small_mlp(False).forward(np.zeros((*SHAPE, 2)), noise=additive(1), executions=executions)
    assert "\n" not in str(caught.value)


def test_what_is_written_into_an_activation_is_what_the_network_goes_on_with(rng):
    net = small_mlp(True)
    x = rng.standard_normal((*SHAPE, 6))
    expected = net.forward(x)
    kept = {name: y.copy() for name, y in net.activations(x)}
    for chosen in net.points:
        for name, y in net.activations(rng.standard_normal((*SHAPE, 6))):
            if name == chosen:
                y[...] = kept[name]
        np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("noise", [None, additive(0.5), multiplicative(0.5, "exact")])
def test_overwriting_x_saves_a_copy_and_nothing_else(noise, rng):
    net, x = small_mlp(True), rng.standard_normal((*SHAPE, 6))
    given, kept = x.copy(), x.copy()
    expected = net.forward(kept, True, noise)
    assert np.array_equal(kept, x)
    again = small_mlp(True).forward(given, True, noise, overwrite_x=True)
    assert np.array_equal(again, expected)
    assert np.array_equal(given, x) == (noise is None)

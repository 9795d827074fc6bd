"""Residual blocks: gradients with noise inside, names of points, copies, and what is refused."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gradcheck import assert_close, numerical_gradient
from wn_ref import CallOrderError, InputError, Network, additive, cross_entropy, mixed, multiplicative
from wn_ref.injection import Injection
from wn_ref.layers import Add, BatchNorm, Conv, Dense, Flatten, Fork, Layer, MaxPool, ReLU, residual
from wn_ref.random import Stream


def conv(index, inputs, outputs, size=3, stride=1):
    return Conv(inputs, outputs, (size, size), (stride, stride), 3, index, np.float64)


def small_resnet(batchnorm=True):
    """A block with a strided shortcut, and one without a layer in it, within which lies another one."""
    norm = [BatchNorm(4, np.float64)] if batchnorm else []
    first = residual([conv(1, 3, 4, 2, 2), *copy.deepcopy(norm), ReLU(), conv(2, 4, 4, 1)], conv(3, 3, 4, 1, 2))
    inner = residual([Dense(8, 8, 3, 5, np.float64)])
    second = residual([Dense(16, 8, 3, 4, np.float64), *inner, Dense(8, 16, 3, 6, np.float64)])
    layers = [conv(0, 2, 3), *first, ReLU(), Flatten(), *second, Dense(16, 5, 3, 7, np.float64)]
    return Network(layers, "float64", (2, 6, 6))


def check_network(net, x, injection, labels):
    """Compare dx and all gradients of a network with central differences."""
    arguments = (injection.noise, injection.point, injection.seed, injection.step)

    def loss():
        return cross_entropy(net.forward(x, True, *arguments), labels)[0]

    _, dlogits = cross_entropy(net.forward(x, True, *arguments), labels)
    received = {"x": net.backward(dlogits, input_gradient=True), "theta": net.dtheta.copy()}
    for name, value in (("x", x), ("theta", net.theta)):
        assert_close(name, received[name], numerical_gradient(loss, value))
    net.forward(x, True, *arguments)
    net.backward(dlogits)
    np.testing.assert_array_equal(net.dtheta, received["theta"])


@pytest.mark.parametrize("batchnorm", [False, True])
@pytest.mark.parametrize(
    ("noise", "point"),
    [
        (None, "global"),
        (additive(0.3), "all"),
        (additive(0.3), "conv1"),
        (additive(0.3), "add1"),
        (multiplicative(0.3, "exact"), "all"),
        (multiplicative(0.3, "exact"), "conv2"),
        (multiplicative(0.3, "exact"), "add2"),
        (mixed(0.3, 0.2, "additive", "exact"), "global"),
    ],
)
def test_gradients_with_noise_inside_of_blocks(noise, point, batchnorm, rng):
    net = small_resnet(batchnorm)
    kinks = ("bn1" if batchnorm else "conv2", "add1")
    nearest = 0.0
    while nearest < 5e-4:  # to ReLU's kink
        x = rng.standard_normal((2, 6, 6, 3))
        activations = net.activations(x, True, Injection(noise, point, seed=7, step=3))
        nearest = min(abs(y).min() for name, y in activations if name in kinks)
    check_network(net, x, Injection(noise, point, seed=7, step=3), rng.integers(0, 5, 3))


def test_points_and_names():
    net = small_resnet()
    assert net.points == [
        "input", "conv1", "conv2", "bn1", "relu1", "conv3", "add1", "relu2",
        "dense1", "dense2", "add2", "dense3", "add3", "dense4",
    ]  # fmt: skip
    assert net.parameters["add1.weight"].shape == (4, 3, 1, 1)
    assert net.parameters["add1.bias"].shape == (4,)
    assert "add2.weight" not in net.parameters
    assert net.injection_points.in_global[net.points.index("add1")]


def test_forward_is_f_plus_s(rng):
    """Against the equation written out, without noise and with additive noise at one point of the branch."""
    first, second, shortcut = (Dense(4, 4, index=i, dtype=np.float64) for i in range(3))
    net = Network(residual([first, ReLU(), second], shortcut), "float64")
    x = rng.standard_normal((4, 3))

    def dense(layer, x):
        return layer.parameters["weight"] @ x + layer.parameters["bias"][:, None]

    for noise in (None, additive(1.0)):
        n = np.zeros_like(x)
        if noise is not None:
            noise.inject(n, Stream(7, net.points.index("relu1"), 2))
        expected = dense(second, np.maximum(dense(first, x), 0) + n) + dense(shortcut, x)
        np.testing.assert_allclose(net.forward(x, True, noise, "relu1", 7, 2), expected, rtol=1e-12)


class Identity(Layer):
    """Hands on what came, in the same memory: noise behind it is noise in what the fork handed on."""

    kind = "identity"

    def forward(self, x, training=False):
        return self.take_input(x)

    def backward(self, dy, input_gradient=True):
        return self.take_gradient(dy)[1]


@pytest.mark.parametrize("shortcut", [None, Identity()])
def test_noise_in_the_branch_does_not_reach_the_shortcut(shortcut, rng):
    x = rng.standard_normal((4, 3))
    shortcut = copy.deepcopy(shortcut)
    for first in ([], [ReLU()]):
        net = Network([*copy.deepcopy(first), *residual([Identity()], shortcut)], "float64")
        clean = net.forward(x)
        noisy = net.forward(x, noise=additive(1.0), point="identity1", seed=1)
        alone = Network([Identity()], "float64").forward(np.zeros_like(x), noise=additive(1.0), point=1, seed=1)
        seen = next(y for name, y in net.activations(x) if name == net.points[-1])
        np.testing.assert_allclose(seen, clean)
        assert net.points.index("identity1") == len(net.points) - 2
        if not first:
            np.testing.assert_allclose(noisy - clean, alone, atol=1e-12)  # once, not twice
        shortcut = copy.deepcopy(shortcut)


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_keep_pairs_together_and_train_by_themselves(copied, rng):
    net = small_resnet()
    x, labels = rng.standard_normal((2, 6, 6, 4)), rng.integers(0, 5, 4)
    net.forward(x)  # the copy is made between a forward and its backward
    twin = copied(net)
    forks = [layer for layer in twin.layers if isinstance(layer, Fork)]
    adds = [layer for layer in twin.layers if isinstance(layer, Add)]
    assert [forks.index(add.fork) for add in adds] == [0, 2, 1]
    assert all(fork.kept is None for fork in forks)
    assert adds[0].shortcut.parameters is adds[0].parameters
    assert np.shares_memory(adds[0].shortcut.parameters["weight"], twin.theta)
    expected = net.forward(x)
    np.testing.assert_array_equal(twin.forward(x), expected)
    loss, dlogits = cross_entropy(twin.forward(x, training=True), labels)
    twin.backward(dlogits)
    twin.theta -= 0.01 * twin.dtheta
    assert cross_entropy(twin.forward(x, training=True), labels)[0] < loss
    np.testing.assert_array_equal(net.forward(x), expected)


def test_activations_are_not_pickled():
    net = small_resnet()
    size = len(pickle.dumps(net))
    net.backward(net.forward(np.ones((2, 6, 6, 500)), True))
    net.forward(np.ones((2, 6, 6, 500)))
    assert len(pickle.dumps(net)) < size + 1000


def test_running_averages_of_a_shortcut_are_those_of_the_network(rng):
    net = Network(pair(ReLU(), shortcut=BatchNorm(4)))
    net.forward(rng.standard_normal((4, 50)).astype(np.float32), training=True)
    assert list(net.statistics) == ["add1.running_mean", "add1.running_var"]
    assert np.all(net.statistics["add1.running_var"] != 1)
    assert list(net.parameters) == ["add1.gamma", "add1.beta"]


def test_the_shortcut_is_told_the_step():
    block = residual([ReLU()], Identity())
    Network(block).forward(np.zeros((4, 3), np.float32), step=17)
    assert block[-1].shortcut.step == 17


def test_other_batch_sizes_in_between(rng):
    used = small_resnet()
    for batch in (4, 9, 2, 9, 4):
        x, fresh = rng.standard_normal((2, 6, 6, batch)), small_resnet()
        np.testing.assert_array_equal(used.forward(x, True), fresh.forward(x, True))
        dlogits = rng.standard_normal((5, batch))
        np.testing.assert_array_equal(used.backward(dlogits, True), fresh.backward(dlogits, True))
        np.testing.assert_array_equal(used.dtheta, fresh.dtheta)


@pytest.mark.parametrize("before", [[], [Flatten()]])
@pytest.mark.parametrize("shortcut", [False, True])
@pytest.mark.parametrize("branch", ["dense", "bn", "relu"])
def test_backward_stops_in_front_of_the_first_weights_wherever_they_are(before, shortcut, branch, rng):
    """Whatever comes first has its gradient, with and without that of the images."""
    layer = {"dense": Dense(6, 6, dtype=np.float64), "bn": BatchNorm(6, np.float64), "relu": ReLU()}[branch]
    block = residual([ReLU(), layer, ReLU()], Dense(6, 6, index=1, dtype=np.float64) if shortcut else None)
    net = Network([*copy.deepcopy(before), *block, Dense(6, 3, index=2, dtype=np.float64)], "float64")
    x, dlogits = rng.standard_normal((6, 4)), rng.standard_normal((3, 4))
    results = []
    for input_gradient in (True, False, True):
        net.dtheta[:] = np.nan
        net.forward(x, True)
        net.backward(dlogits, input_gradient)
        results.append(net.dtheta.copy())
    assert np.isfinite(results[0]).all()
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])


def blocks(depth):
    """Random shapes of nested blocks: a list of "d" (dense), "r" (ReLU) and lists, which are blocks."""
    leaf = st.sampled_from(["d", "r"])
    return st.recursive(leaf, lambda inner: st.lists(inner, max_size=4), max_leaves=depth)


@settings(max_examples=40, deadline=None)
@given(form=st.lists(blocks(8), min_size=1, max_size=4), shortcuts=st.booleans(), seed=st.integers(0, 99))
def test_blocks_within_blocks(form, shortcuts, seed):
    rng, count = np.random.default_rng(seed), iter(range(1000))

    def dense():
        return Dense(3, 3, seed, next(count), np.float64)

    def build(form):
        for part in form:
            if isinstance(part, list):
                yield from residual(list(build(part)), dense() if shortcuts else None)
            else:
                yield dense() if part == "d" else ReLU()

    net = Network([*build(form), dense()], "float64", (3,))
    x, dy = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    noise = multiplicative(0.3, "exact")
    net.forward(x, True, noise, "all", seed)
    dx = net.backward(dy, input_gradient=True)
    u, v, theta = rng.standard_normal(x.shape), rng.standard_normal(net.theta.size), net.theta.copy()
    received = np.sum(dx * u) + net.dtheta @ v

    def loss(h):
        net.theta[:] = theta + h * v
        return np.sum(dy * net.forward(x + h * u, True, noise, "all", seed))

    slopes = [(loss(h) - loss(-h)) / (2 * h) for h in (1e-6, 1e-7, 1e-8)]  # a kink may lie within the first
    assert min(abs(slope - received) for slope in slopes) <= 1e-5 * max(abs(dx * u).sum(), abs(received), 1)


def pair(*branch, shortcut=None):
    return residual(list(branch), shortcut)


def test_forks_and_adds_that_do_not_belong_together_are_refused():
    a, b = pair(ReLU()), pair(ReLU())
    shared = Dense(4, 4)
    for layers, message in (
        ([Fork(), ReLU()], r"expected an add behind layer 0 \(fork\), got none"),
        ([ReLU(), Add(Fork())], r"expected the last open fork in front of layer 1 \(add\) to be its own"),
        ([Fork(), Add(Fork())], r"expected the last open fork in front of layer 1 \(add\) to be its own"),
        ([a[2], a[1], a[0]], r"expected the last open fork in front of layer 0"),
        ([a[0], b[0], a[1], a[2], b[2]], r"expected the last open fork in front of layer 3 \(add\)"),  # crossing
        ([*a, *residual([])[1:]], r"expected the last open fork in front of layer 3"),
        (
            [*pair(shared, shortcut=shared)],
            r"expected the shortcut of layer 2 \(add\) to be a layer of its own, got one",
        ),
        ([*pair(ReLU(), shortcut=shared), *pair(ReLU(), shortcut=shared)], r"expected the shortcut of layer 5 \(add\)"),
    ):
        with pytest.raises(InputError, match=f"^layers: {message}") as caught:
            Network(layers)
        assert "\n" not in str(caught.value)
    net = Network(pair(ReLU()))
    with pytest.raises(InputError, match="expected an add behind layer 0"):
        Network(copy.deepcopy(net.layers[:2]))
    for arguments in ((None,), (ReLU(),), (Fork(), "conv")):
        with pytest.raises(InputError, match=r"^add: expected a Fork, and a layer or None, got"):
            Add(*arguments)


def test_branch_and_shortcut_end_in_the_same_shape():
    """When a network is built, if its input is known, else at the first batch; nothing is broadcast."""
    for block, shape in (
        (pair(Dense(4, 3)), (4,)),
        (pair(Dense(4, 3), shortcut=Dense(4, 2, index=1)), (4,)),
        (pair(MaxPool(2)), (2, 4, 4)),
        (pair(Conv(2, 1, (1, 1))), (2, 4, 4)),
        (pair(Conv(1, 2, (1, 1))), (1, 4, 4)),
    ):
        with pytest.raises(
            InputError, match=r"^add1: x: expected the branch to end in \(.*\) as the shortcut does, got"
        ):
            Network(copy.deepcopy(block), input_shape=shape)
        net = Network(block)
        for _ in range(2):
            with pytest.raises(InputError, match="x: expected the branch to end in") as caught:
                net.forward(np.ones((*shape, 3), np.float32))
        assert "\n" not in str(caught.value)


def test_a_shortcut_of_unknown_shape_is_checked_at_every_batch():
    net = Network(pair(Dense(4, 1), shortcut=Identity()), input_shape=(4,))
    for _ in range(2):
        with pytest.raises(
            InputError, match=r"^x: expected the branch to end in \(4, 3\) as the shortcut does, got \(1, 3"
        ):
            net.forward(np.ones((4, 3), np.float32))


def test_alone_they_say_what_they_need(rng):
    x = rng.standard_normal((4, 3))
    fork = Fork()
    add = Add(fork)
    with pytest.raises(CallOrderError, match=r"^add: forward needs that of its fork before it; call it in a network"):
        add.forward(x)
    assert fork.forward(x) is x
    with pytest.raises(CallOrderError, match=r"^fork: backward needs that of its add before it"):
        fork.backward(x)
    np.testing.assert_array_equal(add.forward(x), 2 * x)
    with pytest.raises(CallOrderError, match=r"^add: forward needs"):
        add.forward(x)
    add.forward(fork.forward(x))
    dy = rng.standard_normal((4, 3))
    kept = dy.copy()
    np.testing.assert_array_equal(fork.backward(add.backward(dy)), 2 * dy)
    np.testing.assert_array_equal(dy, kept)
    with pytest.raises(CallOrderError, match=r"^fork: backward needs"):
        fork.backward(dy)


class AddThatForgetsTheShortcut(Add):
    def backward(self, dy, input_gradient=True):
        dx = super().backward(dy, input_gradient)
        self.fork.gradient[...] = 0
        return dx


class ForkThatShares(Fork):
    def forward(self, x, training=False):
        x = super().forward(x, training)
        self.kept = x
        return x


@pytest.mark.parametrize("kinds", [(Fork, AddThatForgetsTheShortcut), (ForkThatShares, Add)])
def test_planted_mistakes_fail_the_same_check(kinds, rng):
    fork = kinds[0]()
    layers = [Dense(4, 4, dtype=np.float64), fork, Identity(), kinds[1](fork), Dense(4, 5, index=1, dtype=np.float64)]
    net = Network(layers, "float64", (4,))
    noise = multiplicative(0.5, "exact")
    with pytest.raises(AssertionError, match="relative error"):
        check_network(net, rng.standard_normal((4, 3)), Injection(noise, "identity1", 1), rng.integers(0, 5, 3))


class HandsOn(Layer):
    """Hands dy on as it is, as Flatten does."""

    kind = "handson"

    def output_shape(self, shape):
        return shape

    def forward(self, x, training=False):
        return self.take_input(x)

    def backward(self, dy, input_gradient=True):
        return self.take_gradient(dy)[1]


@pytest.mark.parametrize("shortcut", [Flatten, HandsOn])
def test_a_shortcut_that_hands_on_what_it_is_given(shortcut, rng):
    """The branch ends in a ReLU, which writes its gradient over dy."""
    block = residual([Flatten(), Dense(8, 8, 3, 1, np.float64), ReLU()], shortcut())
    first = [Flatten(), Dense(8, 8, 3, 0, np.float64)]
    net = Network([*first, *block, Dense(8, 3, 3, 2, np.float64)], "float64", (2, 2, 2))
    x, labels = rng.standard_normal((2, 2, 2, 4)), rng.integers(0, 3, 4)
    check_network(net, x, Injection(multiplicative(0.3, "exact"), "all", 1, 2), labels)

"""Other frameworks: the ports to PyTorch and JAX pass the suite, and a port that trains for longer stays the same."""

import ast
import importlib
import inspect
from dataclasses import replace

import numpy as np
import pytest

import wn_ref as wn
from tests.own import Uniform
from wn_ref import steps
from wn_ref.errors import InputError
from wn_ref.layers import BatchNorm, Dense, Flatten
from wn_ref.layers.residual import Add, Fork
from wn_ref.network import Network
from wn_ref.optim import cosine
from wn_ref.ports.case import Case, case_of
from wn_ref.ports.cases import suite
from wn_ref.ports.chain import layers_of
from wn_ref.ports.check import check_case
from wn_ref.ports.normals import Draws, Normals
from wn_ref.ports.numpy_port import NumpyPort
from wn_ref.ports.record import record
from wn_ref.random import EVALUATION

PORTS = {"torch": "wn_ref.ports.torch_port:TorchPort", "jax": "wn_ref.ports.jax_port:JaxPort"}
NEEDED = {"torch": "crosscheck", "jax": "jax"}
framework = pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.crosscheck) for name in PORTS])


def port_of(name):
    """The port to a framework; the test is skipped if the framework is not installed."""
    if name == "numpy":
        return NumpyPort()
    pytest.importorskip(name, reason=f"pip install -e '.[{NEEDED[name]}]' brings it")
    module, _, port = PORTS[name].partition(":")
    return getattr(importlib.import_module(module), port)()


@framework
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_port_passes_the_whole_suite(name, dtype):
    port = port_of(name)
    for case in suite(dtypes=(dtype,)):
        report = check_case(case, record(case), port)
        assert report.ok, report
        assert set(report.not_looked_at) <= {"first_moment", "second_moment"}


@pytest.mark.parametrize("name", ["numpy", pytest.param("torch", marks=pytest.mark.crosscheck)])
def test_three_epochs_with_the_same_noise_give_the_same_network(name):
    """The loss of every step agrees to 1e-9, and so do weights and the logits of every test image."""
    port, noise, epochs, batch, seed = port_of(name), wn.multiplicative(0.3, "exact"), 3, 128, 5
    data = wn.load_dataset("digits" if name == "numpy" else "mnist_sample")
    ours = wn.build_model("mlp", data.shape, len(data.classes), True, seed, "float64")
    case = case_of("one", "mlp", data.shape, len(data.classes), noise=noise, seed=seed, batch=batch)
    port.start(case, {name: array.copy() for name, array in {**ours.parameters, **ours.statistics}.items()})
    told: list[float] = []
    history = wn.train(ours, data, epochs, noise, seed=seed, batch_size=batch, on_step=told.append)

    step, accuracies = 0, []
    for epoch in range(epochs):
        order = steps.image_order(len(data.train_labels), seed, epoch)
        for indices in np.split(order, range(batch, len(order), batch)):
            x, normal = batch_of(data, data.train_images, indices), normals(case, step, len(indices))
            done = port.train_step(x, data.train_labels[indices], normal, cosine(1e-3, epoch, epochs))
            assert float(done.loss) == pytest.approx(told[step], abs=1e-9)
            step += 1
        tests = np.split(np.arange(len(data.test_labels)), range(batch, len(data.test_labels), batch))
        correct = 0
        for number, indices in enumerate(tests):
            where = steps.evaluation_step(number, len(tests), epoch)
            logits = np.asarray(
                port.evaluate(batch_of(data, data.test_images, indices), normals(case, where, len(indices))).logits
            )
            correct += np.sum(logits.argmax(axis=1) == data.test_labels[indices])
            if epoch == epochs - 1:
                x = data.batch(data.test_images, indices, "float64")
                expected = ours.forward(x, False, noise, "global", seed, where)
                np.testing.assert_allclose(logits.T, expected, atol=1e-9 * np.abs(expected).max())
                np.testing.assert_array_equal(logits.argmax(axis=1), expected.argmax(axis=0))
        accuracies.append(correct / len(data.test_labels))
    assert step == len(told)
    assert accuracies == [epoch.accuracy for epoch in history]
    for name, array in {**ours.parameters, **ours.statistics}.items():
        theirs = np.asarray(port.weights()[name])
        np.testing.assert_allclose(theirs, array, atol=1e-9 * np.abs(array).max(), err_msg=name)


def batch_of(data, images, indices):
    return np.array(np.moveaxis(data.batch(images, indices, "float64"), -1, 0), order="C")


def normals(case, step, count):
    return Normals(Draws(case, step, batch=count), "NCHW")


def test_the_steps_of_evaluations_are_their_own():
    assert steps.evaluation_step(0) == EVALUATION
    for arguments in ((3, 0, 2), (9, 8, 0), (8, 8, 1)):  # noise that another batch or repetition has
        with pytest.raises(InputError, match="batches: expected more than the batch"):
            steps.evaluation_step(*arguments)
    found = [steps.evaluation_step(b, 4, r) for r in range(3) for b in range(4)]
    assert found == list(range(EVALUATION, EVALUATION + 12))


@pytest.mark.crosscheck
def test_the_adapter_to_pytorch_is_short():
    port = port_of("torch")
    tree = ast.parse(inspect.getsource(type(port)))
    text = [n.body[0] for n in ast.walk(tree) if isinstance(n, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(n)]
    words = {line for node in text for line in range(node.lineno, node.end_lineno + 1)}
    lines = enumerate(inspect.getsource(type(port)).splitlines(), start=1)
    assert len([line for number, line in lines if line.strip() and number not in words]) <= 25


@pytest.mark.crosscheck
def test_an_unknown_layer_has_no_twin():
    port_of("torch")
    from wn_ref.ports.torch_twin import twin

    fork = Fork()
    network = Network([Flatten(), fork, Dense(4, 4), Add(fork), Dense(4, 2, index=1)], input_shape=(1, 2, 2))
    with pytest.raises(InputError, match=r"expected layers of the kinds dense, .* got fork; write its twin yourself"):
        twin(network, None)


@pytest.mark.crosscheck
def test_half_of_a_noise_is_no_noise():
    port_of("torch")
    from wn_ref.ports.torch_twin import twin

    for noise in (wn.mixed(0.5, 0.1, gradient="exact"), wn.multiplicative(0.5, "straight_through")):
        with pytest.raises(InputError, match="noise: expected additive noise, or multiplicative noise with the exact"):
            twin(wn.build_model("mlp", (1, 2, 2)), noise)


@pytest.mark.crosscheck
def test_a_noise_of_ones_own_needs_a_module_of_ones_own():
    torch = pytest.importorskip("torch")
    from wn_ref.ports.torch_twin import twin

    network, noise = wn.build_model("mlp", (1, 2, 2), batchnorm=False), Uniform(sigma=0.5)
    with pytest.raises(InputError, match=r"noise: expected a noise of wn_ref, got Uniform\(.*; write a module for it"):
        twin(network, noise)
    model = twin(network, noise, lambda _, point: torch.nn.Dropout(0.5))
    assert isinstance(model.dense1_noise, torch.nn.Dropout)


@pytest.mark.crosscheck
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_twin_has_the_type_of_its_network(dtype):
    torch = pytest.importorskip("torch")
    from wn_ref.ports.torch_twin import tensors, twin

    network = wn.build_model("lenet5", seed=3, dtype=dtype)
    for name, tensor in tensors(twin(network, None)).items():
        assert tensor.dtype == getattr(torch, dtype), name
        array = {**network.parameters, **network.statistics}[name].astype(dtype)
        np.testing.assert_array_equal(tensor.detach().numpy(), array)


def with_array(name, value):
    return lambda arrays: arrays | {name: value}


UNFIT = {
    "one row": (with_array("dense1.weight", np.ones((1, 4))), r"shape \(64, 4\) of dense1.weight, got \(1, 4\)"),
    "missing": (lambda arrays: {k: a for k, a in arrays.items() if k != "bn1.beta"}, "got nothing for bn1.beta"),
    "surplus": (with_array("dense9.bias", np.ones(3)), "got dense9.bias besides"),
    "no array": (with_array("epoch", "three"), "got epoch besides"),
    "nan": (with_array("bn1.gamma", np.full(64, np.nan)), "finite numbers in bn1.gamma, got nan"),
    "large": (with_array("bn1.running_var", np.full(64, 1e200)), "finite numbers in bn1.running_var, got inf"),
    "whole": (with_array("bn1.gamma", np.ones(64, int)), "expected floats for bn1.gamma, got int64"),
    "masked": (with_array("bn1.gamma", np.ma.masked_greater(np.ones(64), 0)), "expected an array, got one with 64"),
}  # fmt: skip


@pytest.mark.crosscheck
@pytest.mark.parametrize("kind", UNFIT)
def test_a_twin_takes_arrays_that_fit_or_none(kind):
    port_of("torch")
    from wn_ref.ports.torch_twin import load, tensors, twin

    change, message = UNFIT[kind]
    network, other = (wn.build_model("mlp", (1, 2, 2), seed=seed) for seed in (1, 2))
    model = twin(network, None)
    with pytest.raises(InputError, match=f"^arrays.*{message}"):
        load(model, change({**other.parameters, **other.statistics}))
    for name, tensor in tensors(model).items():
        np.testing.assert_array_equal(tensor.detach().numpy(), {**network.parameters, **network.statistics}[name])


@pytest.mark.crosscheck
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_twins_learn_from_the_images_that_they_are_evaluated_with(dtype):
    """Normalised with mean and std: other images than pixels / 255, of which the network would say something else."""
    torch = pytest.importorskip("torch")
    from wn_ref.ports.torch_twin import evaluate, train_epoch, twin

    data = replace(wn.load_dataset("digits"), mean=(0.3,), std=(0.25,))
    network = wn.build_model("mlp", data.shape, len(data.classes), dtype=dtype)
    wn.train(network, data, epochs=4)
    tests, answers = as_tensors(torch, data, data.test_images), torch.tensor(data.test_labels)
    assert evaluate(twin(network, None), tests, answers) == wn.evaluate(network, data) > 0.8

    torch.manual_seed(0)
    model = twin(wn.build_model("mlp", data.shape, len(data.classes), dtype=dtype), None)
    for _ in range(4):
        train_epoch(model, as_tensors(torch, data, data.train_images), torch.tensor(data.train_labels))
    assert evaluate(model, tests, answers) > 0.8


def as_tensors(torch, data, images):
    return torch.from_numpy(batch_of(data, images, np.arange(len(images))))


@pytest.mark.crosscheck
@pytest.mark.parametrize("name", ["train_epoch", "evaluate"])
def test_pixels_are_no_images_for_a_twin(name):
    torch = pytest.importorskip("torch")
    from wn_ref.ports import torch_twin

    model, use = torch_twin.twin(wn.build_model("mlp", (1, 2, 2)), None), getattr(torch_twin, name)
    pixels, labels = torch.ones((5, 1, 2, 2), dtype=torch.uint8), torch.zeros(5, dtype=torch.int64)
    with pytest.raises(InputError, match=r"images: expected normalised floats, got torch.uint8; pass \(pixel / 255"):
        use(model, pixels, labels)
    with pytest.raises(InputError, match="images: expected equally many images and labels, at least one, got 5 and 4"):
        use(model, pixels.float(), labels[:4])


@pytest.mark.crosscheck
def test_batch_norm_of_features_comes_first_without_an_input_shape():
    torch = pytest.importorskip("torch")
    from wn_ref.ports.torch_twin import twin

    model = twin(Network([BatchNorm(3), Dense(3, 2)]), None)
    assert isinstance(model.bn1, torch.nn.BatchNorm1d)
    assert model(torch.ones(5, 3)).shape == (5, 2)


@framework
@pytest.mark.parametrize("place", ["behind ReLU", "behind Flatten", "first"])
def test_batch_norm_in_another_place(name, place):
    from wn_ref.layers import BatchNorm, Conv, ReLU

    conv, dense = Conv(2, 3, (3, 2)), Dense(3 * 3 * 4, 4, index=5)
    layers = {
        "behind ReLU": [conv, ReLU(), BatchNorm(3), Flatten(), dense],
        "behind Flatten": [conv, Flatten(), BatchNorm(36), dense],
        "first": [BatchNorm(2), conv, Flatten(), dense],
    }[place]
    network = Network(layers, input_shape=(2, 5, 5))
    case = Case("own", "own", layers_of(network), (2, 5, 5), 4, wn.additive(0.3))
    report = check_case(case, record(case), port_of(name))
    assert report.ok, report


@framework
def test_networks_in_another_order_than_the_papers(name):
    from wn_ref.layers import BatchNorm, Conv, MaxPool, ReLU

    layers = [Conv(2, 3, (3, 2), (2, 1)), MaxPool(2, 1), BatchNorm(3), ReLU(), Flatten(), Dense(3 * 3 * 5, 4, index=5)]
    network = Network(layers, input_shape=(2, 9, 7))
    case = Case(
        "own", "own", layers_of(network), (2, 9, 7), 4, wn.mixed(0.2, 0.3, gradient="exact"), "all", (1, 2, 3, 1, 1, 1)
    )
    report = check_case(case, record(case), port_of(name))
    assert report.ok, report

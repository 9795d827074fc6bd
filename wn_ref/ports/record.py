"""Do the steps of a case in wn_ref and keep every array: what a case file holds.

Everything is computed in float64, from first numbers that are rounded to the type of the case, and is rounded to that
type at the end: what a correct port in float32 gets differs from it by the port's own rounding alone.

Images, labels and first weights are drawn from the stream `wn_ref.random.CASES` of the case's seed, at these steps:

    2 k, 2 k + 1      images and labels of pass k: training steps from 0 on, then the evaluation
    FIRST + j         what is added to gamma and beta, in the order of the network, and then to the running averages
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import numpy as np

from wn_ref.injection import Injection
from wn_ref.loss import cross_entropy
from wn_ref.network import Network
from wn_ref.optim import Adam, clamp_weights
from wn_ref.ports.case import Case
from wn_ref.ports.contents import SAMPLE, expected_arrays
from wn_ref.ports.layout import activation_to
from wn_ref.ports.normals import Draws
from wn_ref.random import CASES, normal, uniform, words

FIRST = 1 << 31
SAMPLE_POINT, SAMPLE_STEP = 3, 7


def record(case: Case) -> dict[str, np.ndarray]:
    """Return the arrays of a case by the names that FORMAT.md describes, the batch first.

    Examples
    --------
    >>> from wn_ref import additive
    >>> from wn_ref.ports.case import case_of
    >>> arrays = record(case_of("one", noise=additive(0.5), point=1, steps=1))
    >>> arrays["0/x"].shape, arrays["0/normal/1/0"].shape, arrays["0/gradient/dense1.weight"].shape
    ((8, 1, 28, 28), (8, 64), (64, 784))
    """
    network = first_network(case)
    out: dict[str, np.ndarray] = {}
    out |= _named("start", {**network.parameters, **network.statistics})
    adam = Adam(network.theta)
    for step, rate in enumerate(case.rates):
        out |= _training_step(case, network, adam, step, rate)
    out |= _evaluation(case, network)
    out["generator/words"] = words(SAMPLE, case.seed, SAMPLE_POINT, SAMPLE_STEP)
    out["generator/normals"] = normal(SAMPLE, case.seed, SAMPLE_POINT, SAMPLE_STEP).astype(np.float64)
    types = expected_arrays(case)
    return {name: np.array(array, types[name][1], order="C") for name, array in out.items()}


def first_network(case: Case) -> Network:
    """Build the network of a case in float64, with first numbers that are rounded to the type of the case.

    Unlike those of a new network, gamma, beta and the running averages are no round numbers, so that each one matters.
    """
    layers = [layer.build(case.seed, index) for index, layer in enumerate(case.layers)]
    network = Network(layers, "float64", case.input_shape)
    number = 0
    for arrays in (network.parameters, network.statistics):
        for name, array in arrays.items():
            if name.endswith((".weight", ".bias")):
                array *= case.weight_scale
            else:
                array += uniform(array.shape, case.seed, CASES, FIRST + number) - 0.5
                number += 1
            array[...] = _rounded(case, array)
    return network


def batch_of(case: Case, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images, (channels, height, width, batch), and labels, int64 (batch,), of pass `number`."""
    u = uniform((*case.input_shape, case.batch), case.seed, CASES, 2 * number)
    labels = words(case.batch, case.seed, CASES, 2 * number + 1) % np.uint32(case.classes)
    return _rounded(case, case.image_scale * np.sqrt(12) * (u - 0.5)), labels.astype(np.int64)


def _training_step(case: Case, network: Network, adam: Adam, step: int, rate: float) -> dict[str, np.ndarray]:
    x, labels = batch_of(case, step)
    out = _forward(case, network, x, Injection(case.noise, case.point, case.seed, case.step_of(step)), True)
    weights = None if case.class_weights is None else np.array(case.class_weights)
    loss, dlogits = cross_entropy(_logits(out), labels, weights)
    dx = network.backward(dlogits, input_gradient=True)
    assert dx is not None
    out |= {"labels": labels, "loss": np.array(loss), "gradient/input": activation_to("NCHW", dx)}
    out |= _named("gradient", network.gradients)
    adam.step(network.dtheta, rate)
    if case.clamp:
        clamp_weights(network)
    out |= _named("first_moment", _split(network, adam.m)) | _named("second_moment", _split(network, adam.v))
    out |= _named("after", {**network.parameters, **network.statistics})
    return _named(str(step), out)


def _evaluation(case: Case, network: Network) -> dict[str, np.ndarray]:
    x, labels = batch_of(case, case.steps)
    injection = Injection(case.noise, case.point, case.seed, case.step_of(case.steps), case.executions)
    return _named("evaluation", _forward(case, network, x, injection, False) | {"labels": labels})


def _forward(
    case: Case, network: Network, x: np.ndarray, injection: Injection, training: bool
) -> dict[str, np.ndarray]:
    """Run the network forward; return x, normals, activations before and after the noise, and logits."""
    quiet = copy.deepcopy(network)
    noisy = {name: y.copy() for name, y in network.activations(x, training, injection)}
    out = {"x": x} | {f"noisy/{name}": y for name, y in noisy.items()}
    for point, (name, y) in enumerate(quiet.activations(x.copy(), training)):
        if point in case.noisy():  # elsewhere it is the same before and after
            out[f"clean/{name}"] = y.copy()
        y[...] = noisy[name]  # from here on with noise
    draws = Draws(case, injection.step)
    for point, numbers in case.draws(evaluation=not training).items():
        out |= {f"normal/{point}/{draw}": draws(point, draw) for draw in numbers}
    out["logits"] = noisy[case.points.names[-1]]
    return {name: np.array(activation_to("NCHW", array), order="C") for name, array in out.items()}


def _logits(out: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.ascontiguousarray(out["logits"].T)


def _split(network: Network, vector: np.ndarray) -> dict[str, np.ndarray]:
    """Return a vector in the order of theta as arrays by parameter."""
    arrays, start = {}, 0
    for name, array in network.parameters.items():
        arrays[name] = vector[start : start + array.size].reshape(array.shape)
        start += array.size
    return arrays


def _named(kind: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{kind}/{name}": array.copy() for name, array in arrays.items()}


def _rounded(case: Case, array: np.ndarray) -> np.ndarray:
    return array.astype(case.dtype).astype(np.float64)

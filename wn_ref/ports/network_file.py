"""A network in a file: its weights, its running averages of batch norm, and what one needs to know to use it.

The file is NumPy's .npz without pickle (`wn_ref.npz`). It has one array for each parameter ("conv1.weight") and each
running average ("bn1.running_mean", always float64), and the entry `meta`: bytes (uint8) that are JSON in UTF-8::

    schema        "wn-network/1"
    model         "mlp", "lenet5" or "cnn_s"; or where the function is that builds it, such as "mine:small"
    own_model     what identifies that function (see `wn_ref.own_model`); "" for the networks of this package
    input_shape   [channels, height, width] of an image
    classes       how many there are
    batchnorm     whether there is batch norm
    dtype         "float32" or "float64": the type of the parameters
    points        names of the injection points, in order
    seed          of the initial weights; null if it is not known
    data          name, fingerprint, classes, mean and std of the data set that it learned from, or null: a network sees
                  (pixel / 255 - mean) / std
    experiment    what trained it: the text by which a store knows it (see `wn_ref.store.canonical`); or null
    wn_ref        the version of this package that wrote the file
    algorithm     the version of what it computes (see `wn_ref.version`)

Weights are laid out as in PyTorch: (outputs, inputs) of a dense layer, (outputs, inputs, rows, columns) of a
convolution. Flatten puts channels first, then rows, then columns.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wn_ref.datasets import Dataset
from wn_ref.errors import InputError, require_type
from wn_ref.experiment import Experiment
from wn_ref.files import Output
from wn_ref.models import MODELS, Model, build_model, model_name, model_of
from wn_ref.network import Network
from wn_ref.npz import open_npz, write_npz
from wn_ref.own_model import describe_own_model
from wn_ref.ports.network_facts import NetworkFacts, data_facts
from wn_ref.store.canonical import canonical
from wn_ref.weights import fill, own_arrays, require_alike, require_usable, to_arrays

EXPECTED = "a network that wn_ref.save_network wrote"
HINT = "save the network again"


class NetworkWarning(UserWarning):
    """A network is used with other code, or with other images, than before it was saved."""


def save_network(
    network: Network,
    path: str | Path | Output,
    *,
    model: str | Model | None = None,
    experiment: Experiment | None = None,
    data: Dataset | None = None,
    seed: int | None = None,
    force: bool = False,
) -> Path:
    """Write a network to a file, from which `load_network` makes it again, bit for bit.

    Parameters
    ----------
    network : Network
        Trained or not. It has to know its `input_shape`.
    path : str or Path
        The file, usually .npz; or an `Output`, which was checked before the network was trained.
    model : str or callable, optional
        What built it; see `wn_ref.build_model`. It is not needed for the networks of this package, nor with an
        `experiment`.
    experiment : Experiment, optional
        What trained it; it also tells `model`, `data` and `seed`.
    data : Dataset, optional
        What it learned from: the file then says how images were normalised.
    seed : int, optional
        Of the initial weights.
    force : bool
        Whether a file that has this name already may be replaced.

    Returns
    -------
    Path
        Where the file is.

    Raises
    ------
    InputError
        If the name is taken, nothing is known to build such a network, or a number in it is not finite.
    StorageError
        If the disk is full or fails.

    Examples
    --------
    >>> import wn_ref as wn
    >>> data = wn.load_dataset("digits")
    >>> net = wn.build_model("mlp", data.shape, len(data.classes))
    >>> _ = wn.train(net, data, epochs=2)
    >>> print(wn.save_network(net, "digits.npz", data=data))
    digits.npz
    >>> wn.evaluate(wn.load_network("digits.npz"), data) == wn.evaluate(net, data)
    True
    """
    require_type("network", network, Network, "call save_network(network, path)")
    output = path if isinstance(path, Output) else Output.checked(Path(path), force)
    if experiment is not None:
        require_type("experiment", experiment, Experiment, "leave it out")
        model, data = experiment.model if model is None else model, data or experiment.data()
        seed = experiment.seed if seed is None else seed
    for name, array in own_arrays(network).items():
        require_usable("network", name, array, "train it with another learning rate or noise")
    facts = _facts_of(network, model, seed, data, experiment)
    return output.write(lambda part: write_npz(part, to_arrays(network), facts.as_meta()))


def load_network(path: str | Path, model: str | Model | None = None) -> Network:
    """Read a network from a file that `save_network` wrote.

    Parameters
    ----------
    path : str or Path
        The file.
    model : str or callable, optional
        The function that builds the network, for one that this package does not know: a function, or where to find it,
        such as "mine.py:small". The file says which one it was, but no file can make this program run code.

    Returns
    -------
    Network
        With the weights and running averages of the file.

    Raises
    ------
    InputError
        If the file cannot be read, is of something else or of a later version, an array is missing or too much, has
        another shape or type or a number that is not finite, or the function is needed and not given.

    Warns
    -----
    NetworkWarning
        If the code of the function is not what it was when the network was saved.

    Examples
    --------
    >>> import wn_ref as wn
    >>> _ = wn.save_network(wn.build_model("lenet5", batchnorm=False, seed=7), "lenet5.npz")
    >>> net = wn.load_network("lenet5.npz")
    >>> net.points[:4]
    ['input', 'conv1', 'relu1', 'pool1']
    """
    with open_npz(Path(path), EXPECTED) as file:
        facts, headers = NetworkFacts.of_meta(file.meta(), path), file.headers
    if not facts.own_model:
        facts.require_possible(sum(math.prod(header.shape) for header in headers.values()), path)
    network = build_model(_builder(facts, model), facts.input_shape, facts.classes, facts.batchnorm, 0, facts.dtype)
    if list(facts.points) != network.points:
        expected = f"one with the points of {path}, {', '.join(facts.points)}"
        raise InputError(f"model: expected {expected}, got {', '.join(network.points)}; give another one")
    targets = own_arrays(network)
    shapes = {name: target.shape for name, target in targets.items()}
    require_alike("path", shapes, {name: header.shape for name, header in headers.items()}, HINT)
    for name, target in targets.items():
        if headers[name].dtype != target.dtype:
            raise InputError(f"path: expected {target.dtype} for {name}, got {headers[name].dtype} in {path}; {HINT}")
    with open_npz(Path(path), EXPECTED) as file:
        arrays = {name: file.array(name) for name in targets}
    fill("path", targets, arrays, HINT)
    return network


def network_facts(path: str | Path) -> NetworkFacts:
    """Return what a file says about its network, without reading the network.

    Raises
    ------
    InputError
        If the file cannot be read, or is of something else or of a later version.

    Examples
    --------
    >>> import wn_ref as wn
    >>> _ = wn.save_network(wn.build_model("mlp", seed=3), "mlp.npz", seed=3)
    >>> facts = network_facts("mlp.npz")
    >>> facts.model, facts.input_shape, facts.seed, facts.data
    ('mlp', (1, 28, 28), 3, None)
    """
    with open_npz(Path(path), EXPECTED) as file:
        return NetworkFacts.of_meta(file.meta(), path)


def warn_of_other_images(facts: NetworkFacts, data: Dataset) -> None:
    """Warn if a data set is normalised in another way than that from which a network has learned."""
    learned, here = facts.data, data_facts(data)
    if learned and here and any(learned[name] != here[name] for name in ("mean", "std")):
        now, then = (f"mean {one['mean']} and std {one['std']}" for one in (here, learned))
        expected = f"images normalised with {then}, as the network has learned"
        message = f"dataset: expected {expected}, got {now}; its accuracy may suffer"
        warnings.warn(message, NetworkWarning, stacklevel=2)


def _builder(facts: NetworkFacts, model: str | Model | None) -> str | Model:
    """Return what builds the network: what the user gave, or else the model of this package that the file names."""
    if model is None:
        if facts.own_model:
            expected = f"the function that builds the network, which was {facts.model}"
            raise InputError(f"model: expected {expected}, got none; give it, such as 'file.py:function'")
        return facts.model
    found = model_of(model)
    own = describe_own_model(found)
    if bool(own) != bool(facts.own_model) or (not own and found != facts.model):
        raise InputError(f"model: expected {facts.model}, of which the file is, got {model_name(found)}; leave it out")
    if own != facts.own_model:
        warnings.warn(
            f"model: expected the code with which the network was saved, {facts.model}, got {model_name(found)} with "
            "other code; check that it computes the same",
            NetworkWarning,
            stacklevel=3,
        )
    return found


def _facts_of(
    network: Network, model: str | Model | None, seed: int | None, data: Dataset | None, experiment: Experiment | None
) -> NetworkFacts:
    if network.input_shape is None:
        raise InputError("network: expected one that knows its input_shape, got None; hand it to Network(...)")
    classes = len(_logits(network))
    for candidate, batchnorm in _candidates(network, model, experiment):
        try:
            other = build_model(candidate, network.input_shape, classes, batchnorm, 0, network.dtype)
        except InputError:
            continue
        if _structure(other) == _structure(network) and _computes_the_same(other, network):
            form = None if experiment is None else canonical(experiment)
            return NetworkFacts.of(candidate, network, classes, batchnorm, seed, data_facts(data), form)
    if model is None:
        expected = f"a network of {', '.join(MODELS)}, or the function that built it"
        raise InputError(f"model: expected {expected}, got {network!r} alone; pass model=function")
    raise InputError(f"model: expected the one that built {network!r}, got {model_name(model_of(model))}; correct it")


def _candidates(
    network: Network, model: str | Model | None, experiment: Experiment | None
) -> Iterator[tuple[str | Model, bool]]:
    """Yield what may have built a network: models, each with batch norm if the network has it, and then without."""
    has = any(layer.kind == "bn" for layer in network.layers)
    for candidate in MODELS if model is None else [model_of(model)]:
        for batchnorm in (has, not has) if experiment is None else (experiment.batchnorm,):
            yield candidate, batchnorm


def _structure(network: Network) -> list[tuple]:
    """Return what two networks have in common if they compute the same with the same weights."""
    return [
        (
            type(layer).__name__,
            getattr(layer, "stride", None),
            getattr(layer, "size", None),
            {name: array.shape for name, array in layer.parameters.items()},
        )
        for layer in network.layers
    ]


def _computes_the_same(other: Network, network: Network) -> bool:
    """Return whether another network, with the weights of a network, has the same logits for two images of noise.

    A layer of the user's may be called as another one, and have numbers of its own that are no weights.
    """
    twin = copy.deepcopy(network)
    x = np.random.default_rng(0).standard_normal((*(network.input_shape or ()), 2)).astype(network.dtype)
    try:
        other.parameters, other.statistics = twin.parameters, twin.statistics
        return np.array_equal(other.forward(x), twin.forward(x), equal_nan=True)
    except InputError:  # other arrays
        return False


def _logits(network: Network) -> np.ndarray:
    """Return the logits of a black image; a copy computes them, so that a backward pass may still follow."""
    return copy.deepcopy(network).forward(np.zeros((*(network.input_shape or ()), 1), network.dtype))

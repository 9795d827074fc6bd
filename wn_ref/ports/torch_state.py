"""Weights and running averages under PyTorch's names, and back again.

A `state_dict` of PyTorch has the same arrays in the same layout as a `Network`, under other names:

    here               there
    dense1.weight      NAME.weight            (outputs, inputs)
    conv1.weight       NAME.weight            (outputs, inputs, rows, columns)
    bn1.gamma          NAME.weight
    bn1.beta           NAME.bias
    bn1.running_mean   NAME.running_mean      float64 here, of the type of the weights there
                       NAME.num_batches_tracked, which counts training steps; nothing depends on it

NAME is what the module is called there. Flatten goes over channels, rows and columns in both, so no weight has to be
moved. Both use epsilon 1e-5 and a momentum of 0.1 in batch norm.

PyTorch is needed only for tensors: with ``tensors=False`` all of this is NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from wn_ref.errors import InputError, require_choice, require_type, require_whole
from wn_ref.layers.residual import Add
from wn_ref.network import Network
from wn_ref.weights import fill

NAMES = ("kind", "sequential")
THEIRS = {"gamma": "weight", "beta": "bias"}
"""What PyTorch calls the parameters of batch norm, and of all of its layers that have these two."""
COUNT = "num_batches_tracked"
HINT = "compare the names and shapes of both networks, and choose names=..."

Names = str | Mapping[str, str]


def to_state_dict(
    network: Network, names: Names = "kind", *, tensors: bool = True, num_batches_tracked: int = 0
) -> dict[str, Any]:
    """Return the weights and running averages of a network as a `state_dict`.

    Parameters
    ----------
    network : Network
        Trained or not.
    names : "kind", "sequential" or mapping of str to str
        What modules are called: as the layers here ("conv1.weight"); by their position in an ``nn.Sequential`` of all
        layers, ReLU and Flatten included ("0.weight"); or as a mapping says, from the names of the layers with
        parameters here to those of the modules, such as ``{"conv1": "features.0", "dense1": "classifier.0"}``.
    tensors : bool
        Whether to return tensors of PyTorch, or else arrays of NumPy; copies in both cases.
    num_batches_tracked : int
        What PyTorch's batch norm gets as its count of training steps.

    Returns
    -------
    dict of str to torch.Tensor or np.ndarray
        What ``module.load_state_dict`` takes. Running averages have the type of the weights, as there.

    Raises
    ------
    InputError
        If `names` cannot be used, or PyTorch is not installed.

    Examples
    --------
    >>> import wn_ref as wn
    >>> net = wn.build_model("mlp", batchnorm=False)
    >>> list(to_state_dict(net, tensors=False))[:3]
    ['dense1.weight', 'dense1.bias', 'dense2.weight']
    >>> list(to_state_dict(net, "sequential", tensors=False))[:3]
    ['1.weight', '1.bias', '3.weight']
    """
    require_type("network", network, Network, "wn_ref.build_model returns one")
    require_whole("num_batches_tracked", num_batches_tracked, least=0)
    state: dict[str, Any] = {}
    for module, own in _modules(network, names):
        state |= {f"{module}.{name}": array.astype(network.dtype) for name, array in own.items()}
        if "running_mean" in own:
            state[f"{module}.{COUNT}"] = np.array(num_batches_tracked, np.int64)
    if not tensors:
        return state
    try:
        import torch
    except ImportError:
        raise InputError("tensors: expected PyTorch to be installed, got none; pass tensors=False") from None
    return {name: torch.from_numpy(array) for name, array in state.items()}


def load_state_dict(network: Network, state: Mapping[str, Any], names: Names = "kind") -> None:
    """Copy the weights and running averages of a `state_dict` into a network: all of them, or none on an error.

    Parameters
    ----------
    network : Network
        Of the same architecture; changed in place.
    state : mapping of str to torch.Tensor or array_like
        ``module.state_dict()``, or the same with arrays of NumPy; floats of any type, which are rounded to that of the
        network.
    names : "kind", "sequential" or mapping of str to str
        As for `to_state_dict`.

    Raises
    ------
    InputError
        If a name is missing or too much, a shape differs, or a number is not finite.

    Examples
    --------
    >>> import wn_ref as wn
    >>> net, other = wn.build_model("mlp", seed=1), wn.build_model("mlp", seed=2)
    >>> load_state_dict(other, to_state_dict(net, tensors=False))
    >>> bool((net.theta == other.theta).all())
    True
    """
    require_type("network", network, Network, "wn_ref.build_model returns one")
    require_type("state", state, Mapping, "module.state_dict() returns one")
    targets: dict[str, np.ndarray] = {}
    for module, own in _modules(network, names):
        targets |= {f"{module}.{name}": array for name, array in own.items()}
        if "running_mean" in own:
            targets[f"{module}.{COUNT}"] = np.zeros((), np.int64)  # checked, and then forgotten
    fill("state", targets, {str(name): _array(str(name), value) for name, value in state.items()}, HINT)


def _modules(network: Network, names: Names) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Yield for each layer with parameters or statistics what its module is called, and its arrays by their names."""
    called = _called(network, names)
    for name, layer in zip(network.names, network.layers):
        if name in called:
            theirs = THEIRS if layer.parameters.keys() == THEIRS.keys() else {}  # others may have any names
            own = {theirs.get(key, key): array for key, array in layer.parameters.items()} | layer.statistics
            if len(own) < len(layer.parameters) + len(layer.statistics):
                given = ", ".join([*layer.parameters, *layer.statistics])
                raise InputError(f"network: expected arrays of other names in {name}, got {given}; rename one of them")
            yield called[name], own


def _called(network: Network, names: Names) -> dict[str, str]:
    """Return what the modules of the layers with parameters or statistics are called."""
    weighted = {n: i for i, (n, layer) in enumerate(zip(network.names, network.layers)) if _has_arrays(layer)}
    if not isinstance(names, Mapping):
        if require_choice("names", names, NAMES) == "kind":
            return {name: name for name in weighted}
        if any(isinstance(layer, Add) for layer in network.layers):
            raise InputError(
                "names: expected a mapping for residual blocks, which are no Sequential, got 'sequential'; give one"
            )
        return {name: str(position) for name, position in weighted.items()}
    if set(names) != set(weighted):
        wrong = sorted(set(names) ^ set(weighted))
        raise InputError(
            f"names: expected a name for each of {', '.join(weighted)}, got {wrong[0]!r} wrong or missing; correct it"
        )
    if len(set(names.values())) < len(names):
        raise InputError(f"names: expected another name for each layer, got {', '.join(names.values())}; correct them")
    return {name: str(names[name]) for name in weighted}


def _has_arrays(layer: Any) -> bool:
    return bool(layer.parameters or layer.statistics)


def _array(name: str, value: Any) -> np.ndarray:
    """Return a tensor or an array as an array of numbers."""
    try:
        array = np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError):
        array = np.empty(0, object)
    count = name.endswith(COUNT)
    if array.dtype.kind not in ("iu" if count else "f") or (count and (array < 0).any()):
        expected = "a whole number >= 0" if count else "floats"
        got = getattr(value, "dtype", type(value).__name__)
        raise InputError(f"state: expected {expected} for {name}, got {got}; convert it")
    return array

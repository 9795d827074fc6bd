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
moved. Batch norm has epsilon 1e-5 and a momentum of 0.1 here, which are PyTorch's defaults.

PyTorch is needed only for tensors: with ``tensors=False`` all of this is NumPy.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from wn_ref.arrays import unmasked
from wn_ref.errors import InputError, require_choice, require_type, require_whole
from wn_ref.layers.residual import Add
from wn_ref.network import Network
from wn_ref.weights import fill, own_arrays, require_names, require_usable

NAMES = ("kind", "sequential")
THEIRS = {"gamma": "weight", "beta": "bias"}
"""What PyTorch calls the parameters of batch norm, and of all of its layers that have these two."""
COUNT = "num_batches_tracked"
HINT = "compare the names and shapes of both networks, and choose names=..."
SURPLUS_HINT = "leave out what this network has not, or build the network that has it"
MISSING_HINT = (
    "compare both networks; named_parameters() leaves out running averages, and all but one of tied weights, so pass "
    "state_dict()"
)
UNUSABLE_HINT = "train it with another learning rate or noise"

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
        What PyTorch's batch norm gets as its count of training steps, from 0 to 2^63 - 1.

    Returns
    -------
    dict of str to torch.Tensor or np.ndarray
        What ``module.load_state_dict`` takes. Running averages have the type of the weights, as there.

    Raises
    ------
    InputError
        If `names` or the count cannot be used, PyTorch is not installed, or a number in the network is not finite or is
        too large for the type of the weights, such as a running variance of 1e200 for float32.

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
    require_whole("num_batches_tracked", num_batches_tracked, least=0, most=2**63 - 1)
    _require_finite(network)
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
        ``module.state_dict()``, or the same with arrays of NumPy; dense tensors and arrays of any type of floats, which
        are rounded to that of the network. The counts ``num_batches_tracked`` may be missing.
    names : "kind", "sequential" or mapping of str to str
        As for `to_state_dict`.

    Raises
    ------
    InputError
        If a name is missing or too much, a shape differs, values are masked or no floats, a tensor is sparse or has no
        values, a number is not finite, or `names` cannot be used.

    Notes
    -----
    A checkpoint does not carry the eps and the momentum of batch norm. They are 1e-5 and 0.1 here, as PyTorch has them
    by default: a module with others, such as ``BatchNorm2d(6, eps=1e-3)``, computes something else than the network.

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
    counts: dict[str, np.ndarray] = {}
    for module, own in _modules(network, names):
        targets |= {f"{module}.{name}": array for name, array in own.items()}
        if "running_mean" in own:
            counts[f"{module}.{COUNT}"] = np.zeros((), np.int64)
    hint = _advice(targets, counts, state)
    targets |= {name: count for name, count in counts.items() if name in state}  # checked, and then forgotten
    require_names("state", targets, state, hint)
    fill("state", targets, {name: array_of("state", name, state[name], name in counts) for name in targets}, HINT)


def array_of(what: str, name: str, value: Any, count: bool = False) -> np.ndarray:
    """Return a tensor, or what NumPy takes for an array, as an array of floats.

    Parameters
    ----------
    what, name : str
        The names of the argument and of the value in it, for messages.
    value : torch.Tensor or array_like
        Floats of any type.
    count : bool
        Whether it is a count instead: a whole number >= 0.

    Raises
    ------
    InputError
        If it is something else, values are masked, or a tensor is sparse or has no values.
    """
    torch = sys.modules.get("torch")
    is_tensor = torch is not None and isinstance(value, torch.Tensor)
    array = _values(what, name, value) if is_tensor else unmasked(f"{what}[{name!r}]", value)
    if count and array.dtype.kind in "iu" and (array < 0).any():
        raise InputError(f"{what}: expected a whole number >= 0 for {name}, got {array.min()}; correct it")
    if array.dtype.kind not in ("iu" if count else "f"):
        expected = "a whole number >= 0" if count else "floats"
        got = getattr(value, "dtype", type(value).__name__)
        raise InputError(f"{what}: expected {expected} for {name}, got {got}; convert it")
    return array


def _values(what: str, name: str, tensor: Any) -> np.ndarray:
    """Return the values of a tensor; floats become float64, as NumPy does not know all of their types."""
    if tensor.is_meta:
        got = "a tensor of the device meta, which has no values"
        raise InputError(f"{what}: expected values for {name}, got {got}; load the weights of the module first")
    if str(tensor.layout) != "torch.strided":
        got = f"one with the layout {tensor.layout}"
        raise InputError(f"{what}: expected a dense tensor for {name}, got {got}; pass its to_dense()")
    try:
        tensor = tensor.detach().cpu()
        return np.asarray((tensor.double() if tensor.is_floating_point() else tensor).numpy())
    except (TypeError, ValueError, RuntimeError):
        got = f"a {type(tensor).__name__} that NumPy cannot read"
        raise InputError(f"{what}: expected numbers for {name}, got {got}; convert it") from None


def _require_finite(network: Network) -> None:
    """Raise `InputError` unless all numbers of a network are finite, also as numbers of its type."""
    for name, array in own_arrays(network).items():
        require_usable("network", name, array, UNUSABLE_HINT)
        with np.errstate(over="ignore"):
            lost = np.isinf(array.astype(network.dtype))
        if lost.any():
            expected = f"numbers in {name} that {network.dtype} can have"
            raise InputError(f"network: expected {expected}, got {array[lost].flat[0]}; {UNUSABLE_HINT}")


def _advice(required: Collection[str], optional: Collection[str], state: Mapping[str, Any]) -> str:
    """Return what to do if a state has other names than a network: it may be wrapped."""
    if all(name in state for name in required):
        return SURPLUS_HINT
    if state and all(name in required or name in optional for name in state):
        return MISSING_HINT
    if prefix := _prefix(required, optional, state):
        stripped = f"{{name.removeprefix({prefix!r}): value for name, value in state.items()}}"
        return f"the names have the prefix {prefix!r}, so pass {stripped}"
    within = [f"state[{name!r}]" for name, value in state.items() if _fits(required, optional, value)]
    return f"pass {' or '.join(within)}, which has these names, perhaps with a prefix" if within else HINT


def _prefix(required: Collection[str], optional: Collection[str], state: Mapping[str, Any]) -> str:
    """Return what stands before the names that are missing, such as "module."; "" if they are not there, either."""
    missing = {name for name in required if name not in state}
    allowed = missing.union(optional)
    surplus = [name for name in state if isinstance(name, str) and name not in required and name not in optional]
    for prefix in sorted({one.removesuffix(name) for one in surplus for name in missing if one.endswith(f".{name}")}):
        stripped = {name.removeprefix(prefix) for name in surplus if name.startswith(prefix)}
        whole = missing <= stripped or (len(stripped) == len(surplus) and stripped <= allowed)
        if whole and stripped.isdisjoint(state):  # so that none replaces another
            return prefix
    return ""


def _fits(required: Collection[str], optional: Collection[str], state: object) -> bool:
    """Return whether something is a state with all names of a network, perhaps with a prefix."""
    if not isinstance(state, Mapping):
        return False
    return all(name in state for name in required) or bool(_prefix(required, optional, state))


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
    require_names("names", weighted, names, "give one name to each of these layers", shown=None)
    for name, module in names.items():
        if not isinstance(module, str) or not module:
            raise InputError(f"names: expected the name of a module for {name}, got {module!r}; give a text")
    if len(set(names.values())) < len(names):
        raise InputError(f"names: expected another name for each layer, got {', '.join(names.values())}; correct them")
    return {name: names[name] for name in weighted}


def _has_arrays(layer: Any) -> bool:
    return bool(layer.parameters or layer.statistics)

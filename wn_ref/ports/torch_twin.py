"""The same networks in PyTorch, made of PyTorch's own layers.

`wn-ref bench` compares the speed of wn_ref with them, and `wn_ref.ports.torch_port` is checked like any other port.
They are written as the paper's models are: after each layer stands a noise module; for the bench it draws with
`torch.randn_like`. The optimiser is Adam.

PyTorch comes with ``pip install -e '.[crosscheck]'``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import nn

from wn_ref.errors import InputError
from wn_ref.injection import GLOBAL, kind_of
from wn_ref.layers import BatchNorm, Conv, Dense, Flatten, Layer, MaxPool, ReLU
from wn_ref.network import Network
from wn_ref.noise import Noise
from wn_ref.ports.plain_noise import require_plain
from wn_ref.ports.torch_state import THEIRS, array_of
from wn_ref.weights import fill, require_names

BATCH_NORM = {theirs: ours for ours, theirs in THEIRS.items()}
"""What the parameters of PyTorch's batch norm are called here."""
TELLING = (Dense, Conv, MaxPool, Flatten)
"""Layers that take features only, or images only."""
HINT = "give all arrays of a network with the layers of the twin"


class NoiseModule(nn.Module):
    """One injection point: y = x + sigma n, or y = x (1 + sigma n), with the exact gradient.

    Parameters
    ----------
    noise : Noise
        Additive, or multiplicative with the exact gradient.
    point : int
        Number of the injection point.

    Raises
    ------
    InputError
        If it is mixed, has another gradient, or is a noise of one's own, whose `inject` nobody knows here.
    """

    def __init__(self, noise: Noise, point: int) -> None:
        super().__init__()
        require_plain(noise, "write a module for it")
        self.noise, self.point = noise, point

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return y."""
        n = torch.randn_like(x)
        return x + self.noise.sigma_add * n if self.noise.sigma_add else x * (1 + self.noise.sigma_mul * n)


def twin(
    network: Network,
    noise: Noise | None,
    module: Callable[[Noise, int], nn.Module] = NoiseModule,
    point: int | str = GLOBAL,
) -> nn.Sequential:
    """Build the twin of a network, with the same weights and running averages, and of the same type.

    Its modules have the names of the layers; the noise behind "conv1" is "conv1_noise".

    Parameters
    ----------
    network : Network
        Any network of the layers of `wn_ref.build_model`.
    noise : Noise or None
        What to inject; with another `module`, also a noise of one's own.
    module : callable
        Makes the module that injects it, from the noise and the number of the injection point.
    point : int or str
        Where it is injected; as for `wn_ref.train`.

    Raises
    ------
    InputError
        If the network has a layer of another kind, no such point, or a number that is not finite as one of its type, or
        the module cannot inject the noise.
    """
    noisy = network.injection_points.numbers(point) if noise is not None else ()
    dtype = getattr(torch, network.dtype.name)
    model, number = nn.Sequential(), 0  # number of the last injection point so far; 0 is the input
    if network.input_shape is not None:
        flat = len(network.input_shape) == 1
    else:  # features, if the first layer that tells wants them
        flat = Dense is next((type(layer) for layer in network.layers if type(layer) in TELLING), None)
    if noise is not None and 0 in noisy:
        model.add_module("input_noise", module(noise, 0))
    for name, layer in zip(network.names, network.layers):
        model.add_module(name, _layer(layer, flat).to(dtype))
        flat |= type(layer) in (Dense, Flatten)
        number += layer.noisy
        if noise is not None and layer.noisy and number in noisy:
            model.add_module(f"{name}_noise", module(noise, number))
    load(model, {**network.parameters, **network.statistics})
    return model


def load(model: nn.Sequential, arrays: Mapping[str, np.ndarray]) -> None:
    """Copy parameters and running averages, by the names of wn_ref, into a twin: all of them, or none on an error.

    Parameters
    ----------
    model : nn.Sequential
        Made by `twin`; changed in place.
    arrays : mapping of str to np.ndarray
        Floats, which are rounded to the type of the twin.

    Raises
    ------
    InputError
        If a name is missing or too much, a shape differs, values are masked or no floats, a number is not finite, or a
        variance is negative.
    """
    theirs = tensors(model)
    require_names("arrays", theirs, arrays, HINT)
    targets = {name: np.empty(tuple(tensor.shape), _dtype(tensor)) for name, tensor in theirs.items()}
    fill("arrays", targets, {name: array_of("arrays", name, array) for name, array in arrays.items()}, HINT)
    with torch.no_grad():
        for name, tensor in theirs.items():
            tensor.copy_(torch.from_numpy(targets[name]))


def _dtype(tensor: torch.Tensor) -> type[np.floating]:
    return np.float64 if tensor.dtype == torch.float64 else np.float32


def tensors(model: nn.Sequential) -> dict[str, torch.Tensor]:
    """Return the parameters and running averages of a twin, not copied, by the names of wn_ref."""
    found: dict[str, torch.Tensor] = dict(model.named_parameters())
    found |= {name: buffer for name, buffer in model.named_buffers() if "running" in name}
    return {_their_name(name): tensor for name, tensor in found.items()}


def _their_name(name: str) -> str:
    """Return PyTorch's "bn1.weight" as "bn1.gamma", and all other names as they are."""
    layer, _, kind = name.partition(".")
    return f"{layer}.{BATCH_NORM.get(kind, kind)}" if kind_of(layer) == "bn" else name


def _layer(layer: Layer, flat: bool) -> nn.Module:
    """Make PyTorch's layer of the same kind and shape; `flat` says that it gets features, and no images."""
    shapes = {name: array.shape for name, array in layer.parameters.items()}
    if type(layer) is Dense:
        outputs, inputs = shapes["weight"]
        return nn.Linear(inputs, outputs)
    if type(layer) is Conv:
        outputs, inputs, *size = shapes["weight"]
        return nn.Conv2d(inputs, outputs, tuple(size), layer.stride)
    if type(layer) is BatchNorm:
        return (nn.BatchNorm1d if flat else nn.BatchNorm2d)(*shapes["gamma"])
    if type(layer) is MaxPool:
        return nn.MaxPool2d(layer.size, layer.stride)
    plain: dict[type, type[nn.Module]] = {ReLU: nn.ReLU, Flatten: nn.Flatten}
    if type(layer) not in plain:
        known = "dense, conv, bn, pool, relu and flatten"
        raise InputError(f"network: expected layers of the kinds {known}, got {layer.kind}; write its twin yourself")
    return plain[type(layer)]()


def train_epoch(model: nn.Sequential, images: torch.Tensor, labels: torch.Tensor, batch_size: int = 128) -> None:
    """Train for one epoch with Adam.

    Parameters
    ----------
    model : nn.Sequential
        Made by `twin`.
    images : torch.Tensor
        Normalised floats, (n, channels, height, width): (pixel / 255 - mean) / std, as `Dataset.batch` makes them with
        the samples on the last axis.
    labels : torch.Tensor
        int64, (n,).
    batch_size : int
        Number of images in a step.

    Raises
    ------
    InputError
        If images are no floats, images and labels are not equally many, or there are none.
    """
    _require_normalised(images, labels)
    model.train()
    optimizer, dtype = torch.optim.Adam(model.parameters()), _type_of(model, images)
    for indices in torch.randperm(len(labels)).split(batch_size):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[indices].to(dtype)), labels[indices]).backward()
        optimizer.step()


def evaluate(model: nn.Sequential, images: torch.Tensor, labels: torch.Tensor, batch_size: int = 128) -> float:
    """Return the share of images that are classified correctly, under the noise of the twin.

    Parameters
    ----------
    model, images, labels, batch_size
        As for `train_epoch`: images are normalised floats.

    Raises
    ------
    InputError
        If images are no floats, images and labels are not equally many, or there are none.
    """
    _require_normalised(images, labels)
    model.eval()
    correct, dtype = 0, _type_of(model, images)
    with torch.no_grad():
        for batch, answers in zip(images.split(batch_size), labels.split(batch_size)):
            correct += int((model(batch.to(dtype)).argmax(dim=1) == answers).sum())
    return correct / len(labels)


def _require_normalised(images: torch.Tensor, labels: torch.Tensor) -> None:
    """Raise `InputError` unless images are floats, one for each label, and there is one."""
    if not images.is_floating_point():
        hint = "pass (pixel / 255 - mean) / std, as Dataset.batch does"
        raise InputError(f"images: expected normalised floats, got {images.dtype}; {hint}")
    if len(images) != len(labels) or len(labels) == 0:
        got = f"{len(images)} and {len(labels)}; {'pass some' if len(images) == len(labels) else 'match them'}"
        raise InputError(f"images: expected equally many images and labels, at least one, got {got}")


def _type_of(model: nn.Sequential, images: torch.Tensor) -> torch.dtype:
    """Return the type that a twin computes with; that of the images if it has no parameters."""
    return next(iter(model.parameters()), images).dtype

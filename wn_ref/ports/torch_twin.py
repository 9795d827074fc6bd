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
from wn_ref.ports.torch_state import THEIRS

BATCH_NORM = {theirs: ours for ours, theirs in THEIRS.items()}
"""What the parameters of PyTorch's batch norm are called here."""
TELLING = (Dense, Conv, MaxPool, Flatten)
"""Layers that take features only, or images only."""


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
        If it is mixed, or has another gradient.
    """

    def __init__(self, noise: Noise, point: int) -> None:
        super().__init__()
        if noise.sigma_mul and (noise.sigma_add or noise.gradient != "exact"):
            expected = "additive noise, or multiplicative noise with the exact gradient"
            raise InputError(f"noise: expected {expected}, got {noise}; use gradient='exact', or write a module for it")
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
    """Build the twin of a network, with the same weights and running averages.

    Its modules have the names of the layers; the noise behind "conv1" is "conv1_noise".

    Parameters
    ----------
    network : Network
        Any network of the layers of `wn_ref.build_model`.
    noise : Noise or None
        What to inject.
    module : callable
        Makes the module that injects it, from the noise and the number of the injection point.
    point : int or str
        Where it is injected; as for `wn_ref.train`.

    Raises
    ------
    InputError
        If the network has a layer of another kind, or no such point.
    """
    noisy = network.injection_points.numbers(point) if noise is not None else ()
    model, number = nn.Sequential(), 0  # number of the last injection point so far; 0 is the input
    if network.input_shape is not None:
        flat = len(network.input_shape) == 1
    else:  # features, if the first layer that tells wants them
        flat = Dense is next((type(layer) for layer in network.layers if type(layer) in TELLING), None)
    if noise is not None and 0 in noisy:
        model.add_module("input_noise", module(noise, 0))
    for name, layer in zip(network.names, network.layers):
        model.add_module(name, _layer(layer, flat))
        flat |= type(layer) in (Dense, Flatten)
        number += layer.noisy
        if noise is not None and layer.noisy and number in noisy:
            model.add_module(f"{name}_noise", module(noise, number))
    load(model, {**network.parameters, **network.statistics})
    return model


def load(model: nn.Sequential, arrays: Mapping[str, np.ndarray]) -> None:
    """Copy parameters and running averages, by the names of wn_ref, into a twin."""
    with torch.no_grad():
        for name, tensor in tensors(model).items():
            tensor.copy_(torch.from_numpy(arrays[name]))


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
    """Train for one epoch with Adam on normalised images, (n, channels, height, width)."""
    model.train()
    optimizer = torch.optim.Adam(model.parameters())
    for indices in torch.randperm(len(labels)).split(batch_size):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[indices]), labels[indices]).backward()
        optimizer.step()


def evaluate(model: nn.Sequential, images: torch.Tensor, labels: torch.Tensor, batch_size: int = 128) -> float:
    """Return the share of images, uint8, that are classified correctly."""
    model.eval()
    correct = 0
    with torch.no_grad():
        for batch, answers in zip(images.split(batch_size), labels.split(batch_size)):
            correct += int((model(batch.float() / 255).argmax(dim=1) == answers).sum())
    return correct / len(labels)

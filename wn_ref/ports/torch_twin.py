"""The same networks in PyTorch, made of PyTorch's own layers.

`wn-ref bench` compares the speed of wn_ref with them, and a test compares logits and gradients. They are written as the
paper's models are: after each layer stands a noise module that draws with `torch.randn_like`; the optimiser is Adam.

PyTorch comes with ``pip install -e '.[crosscheck]'``.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from wn_ref.injection import GLOBAL
from wn_ref.layers import BatchNorm, Conv, Dense, Flatten, Layer, MaxPool, ReLU
from wn_ref.network import Network
from wn_ref.noise import Noise


class NoiseModule(nn.Module):
    """One injection point: y = x + sigma n, or y = x (1 + sigma n), with the exact gradient.

    Parameters
    ----------
    noise : Noise
        Additive or multiplicative, not both.
    point : int
        Number of the injection point.
    """

    def __init__(self, noise: Noise, point: int) -> None:
        super().__init__()
        self.noise, self.point = noise, point

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return y."""
        n = torch.randn_like(x)
        return x + self.noise.sigma_add * n if self.noise.sigma_add else x * (1 + self.noise.sigma_mul * n)


def twin(
    network: Network, noise: Noise | None, module: Callable[[Noise, int], nn.Module] = NoiseModule
) -> nn.Sequential:
    """Build the twin of a network, with the same weights and with global noise.

    Parameters
    ----------
    network : Network
        Any network of `wn_ref.build_model`.
    noise : Noise or None
        What to inject.
    module : callable
        Makes the module that injects it, from the noise and the number of the injection point.
    """
    points = network.injection_points
    noisy = set(points.numbers(GLOBAL)) if noise is not None else set()
    modules: list[nn.Module] = []
    point = 0  # the last injection point so far; 0 is the input
    if noise is not None:
        modules.append(module(noise, point))
    for layer in network.layers:
        theirs = _layer(layer, after=points.kinds[point])
        with torch.no_grad():
            for parameter, value in zip(theirs.parameters(), layer.parameters.values(), strict=True):
                parameter.copy_(torch.from_numpy(value))
        modules.append(theirs)
        point += layer.noisy
        if noise is not None and layer.noisy and point in noisy:
            modules.append(module(noise, point))
    return nn.Sequential(*modules)


def _layer(layer: Layer, after: str) -> nn.Module:
    """Make PyTorch's layer of the same kind and shape; `after` is the kind of the layer before it."""
    shapes = {name: array.shape for name, array in layer.parameters.items()}
    if isinstance(layer, Dense):
        outputs, inputs = shapes["weight"]
        return nn.Linear(inputs, outputs)
    if isinstance(layer, Conv):
        outputs, inputs, *size = shapes["weight"]
        return nn.Conv2d(inputs, outputs, tuple(size), layer.stride)
    if isinstance(layer, BatchNorm):
        return (nn.BatchNorm2d if after == "conv" else nn.BatchNorm1d)(*shapes["gamma"])
    if isinstance(layer, MaxPool):
        return nn.MaxPool2d(layer.size, layer.stride)
    return {ReLU: nn.ReLU, Flatten: nn.Flatten}[type(layer)]()


def train_epoch(model: nn.Sequential, images: torch.Tensor, labels: torch.Tensor, batch_size: int = 128) -> None:
    """Train for one epoch with Adam on normalised images, (n, channels, height, width)."""
    model.train()
    optimizer = torch.optim.Adam(model.parameters())
    for indices in torch.randperm(len(labels)).split(batch_size):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[indices]), labels[indices]).backward()
        optimizer.step()


def evaluate(model: nn.Sequential, images: torch.Tensor, batch_size: int = 128) -> None:
    """Classify all images once, without gradients."""
    model.eval()
    with torch.no_grad():
        for batch in images.split(batch_size):
            model(batch).argmax(dim=1)

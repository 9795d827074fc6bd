"""The same networks in PyTorch, with its own layers: what `wn-ref bench` and the cross-checks hold wn_ref against.

Needs the extra `crosscheck`. This is how the paper's models are written: a noise module after every layer that draws
with `torch.randn_like`, Adam, and data that are already in memory.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from wn_ref.network import GLOBAL, Network, noisy_points
from wn_ref.noise import Noise


class NoiseModule(nn.Module):
    """x + sigma n, or x (1 + sigma n) differentiated as written."""

    def __init__(self, noise: Noise, point: int) -> None:
        super().__init__()
        self.noise, self.point = noise, point

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Inject noise."""
        n = torch.randn_like(x)
        return x + self.noise.sigma_add * n if self.noise.sigma_add else x * (1 + self.noise.sigma_mul * n)


def twin(
    network: Network, noise: Noise | None, module: Callable[[Noise, int], nn.Module] = NoiseModule
) -> nn.Sequential:
    """Build the twin of a network, with its weights, and `module(noise, point)` at the points that "global" means."""
    where = noisy_points(network.points, GLOBAL) if noise else ()
    modules: list[nn.Module] = [module(noise, 0)] if where else []
    point = 0
    for layer in network.layers:
        shapes = {name: array.shape for name, array in layer.parameters.items()}
        if layer.kind == "dense":
            theirs = nn.Linear(*shapes["weight"][::-1])
        elif layer.kind == "conv":
            outputs, inputs, *size = shapes["weight"]
            theirs = nn.Conv2d(inputs, outputs, size, layer.stride)
        elif layer.kind == "bn":
            kind = nn.BatchNorm2d if network.points[point].startswith("conv") else nn.BatchNorm1d
            theirs = kind(*shapes["gamma"])
        else:
            theirs = {"relu": nn.ReLU, "flatten": nn.Flatten}.get(layer.kind, lambda: nn.MaxPool2d(2))()
        with torch.no_grad():
            for parameter, value in zip(theirs.parameters(), layer.parameters.values(), strict=True):
                parameter.copy_(torch.from_numpy(value))
        modules.append(theirs)
        if layer.noisy:
            point += 1
            modules += [module(noise, point)] if point in where else []
    return nn.Sequential(*modules)


def train_epoch(model: nn.Sequential, images: torch.Tensor, labels: torch.Tensor, batch_size: int = 128) -> None:
    """One epoch of Adam on normalised images, (n, channels, height, width)."""
    model.train()
    optimizer = torch.optim.Adam(model.parameters())
    for indices in torch.randperm(len(labels)).split(batch_size):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[indices]), labels[indices]).backward()
        optimizer.step()


def evaluate(model: nn.Sequential, images: torch.Tensor, batch_size: int = 128) -> None:
    """One pass without gradients."""
    model.eval()
    with torch.no_grad():
        for batch in images.split(batch_size):
            model(batch).argmax(dim=1)

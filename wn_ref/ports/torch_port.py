"""The port to PyTorch: the twin of `wn_ref.ports.torch_twin` with the noise that the check hands out.

``wn-ref check DIR wn_ref.ports.torch_port:TorchPort`` checks it. `TorchPort` is the adapter; a model of your own takes
the place of `NoisyModel`. PyTorch comes with ``pip install -e '.[crosscheck]'``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import nn

from wn_ref.injection import ALL
from wn_ref.network import Network
from wn_ref.noise import Noise
from wn_ref.ports.case import Case
from wn_ref.ports.port import Normal, Step
from wn_ref.ports.torch_twin import load, tensors, twin

Draw = Callable[[int], list[torch.Tensor]]
"""From a point to its normals, in the order of the draws."""


class HandedNoise(nn.Module):
    """One injection point of a case, with normals from outside: `draw` is set before each pass.

    Parameters
    ----------
    case : Case
        Its operators and its gradient.
    point : int
        Number of the injection point.
    """

    def __init__(self, case: Case, point: int) -> None:
        super().__init__()
        self.case, self.point = case, point
        self.draw: Draw = lambda _: []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the mean of the noisy executions; x where there is no noise."""
        normals, operators = self.draw(self.point), self.case.operators
        executions = [
            self.once(x, normals[k : k + len(operators)]) for k in range(0, len(normals), len(operators) or 1)
        ]
        return torch.stack(executions).mean(dim=0) if executions else x

    def once(self, x: torch.Tensor, normals: list[torch.Tensor]) -> torch.Tensor:
        """Return x with noise; autograd sees it only if the gradient is exact."""
        y = x
        for (kind, sigma), n in zip(self.case.operators, normals, strict=True):
            y = y * (1 + sigma * n) if kind == "multiplicative" else y + sigma * n
        return y if self.case.noise.gradient == "exact" else x + (y - x).detach()


class NoisyModel(nn.Module):
    """The network of a case: the twin, with a noise module at every point.

    Parameters
    ----------
    case : Case
        The case.
    weights : mapping of str to np.ndarray
        Parameters and running averages.
    """

    def __init__(self, case: Case, weights: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        layers = [layer.build(index=index) for index, layer in enumerate(case.layers)]
        network = Network(layers, "float64", case.input_shape)
        dtype = getattr(torch, case.dtype)
        self.case = case
        self.layers = twin(network, Noise(), lambda _, point: HandedNoise(case, point), ALL).to(dtype)
        load(self.layers, weights)
        counts = None if case.class_weights is None else torch.tensor(case.class_weights, dtype=dtype)
        self.loss = nn.CrossEntropyLoss(counts)

    def forward(
        self, x: torch.Tensor, normal: Normal, draws: Mapping[int, list[int]]
    ) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """Return what leaves each point, without a gradient, and the logits, with one."""
        out = {"input": x}
        for name, module in self.layers.named_children():
            if isinstance(module, HandedNoise):
                module.draw = lambda point: [torch.from_numpy(normal(point, draw)) for draw in draws.get(point, [])]
            x = module(x)
            out[name.removesuffix("_noise")] = x.detach()  # noise follows its layer, and takes its place
        return {name: out[name] for name in self.case.points.names}, x

    def arrays(self, gradients: bool = False) -> dict[str, torch.Tensor]:
        """Return copies of parameters and running averages, or of the gradients, by the names of wn_ref."""
        found = tensors(self.layers)
        if gradients:
            found = {name: tensor.grad for name, tensor in found.items() if tensor.grad is not None}
        return {name: tensor.detach().clone() for name, tensor in found.items()}

    @torch.no_grad()
    def clamp(self) -> None:
        """Clip the weights of dense layers and convolutions, if the case says so."""
        for name, tensor in tensors(self.layers).items():
            if self.case.clamp and name.endswith(".weight"):
                tensor.clamp_(-1, 1)


class TorchPort:
    """The adapter: what a check needs, around a model."""

    layout = "NCHW"

    def start(self, case: Case, weights: Mapping[str, np.ndarray]) -> None:
        """Build model and optimiser."""
        self.case, self.model = case, NoisyModel(case, weights)
        self.adam = torch.optim.Adam(self.model.parameters())

    def train_step(self, x: np.ndarray, labels: np.ndarray, normal: Normal, learning_rate: float) -> Step:
        """Forward, backward, Adam, clamp."""
        self.model.train()
        self.adam.param_groups[0]["lr"] = learning_rate
        self.adam.zero_grad()
        images = torch.from_numpy(x).requires_grad_()
        activations, logits = self.model(images, normal, self.case.draws())
        loss = self.model.loss(logits, torch.from_numpy(labels))
        loss.backward()
        self.adam.step()
        self.model.clamp()
        return Step(activations, logits.detach(), loss.item(), self.model.arrays(gradients=True), images.grad)

    def weights(self) -> Mapping[str, torch.Tensor]:
        """Return parameters and running averages."""
        return self.model.arrays()

    @torch.no_grad()
    def evaluate(self, x: np.ndarray, normal: Normal) -> Step:
        """Forward with the running averages."""
        self.model.eval()
        activations, logits = self.model(torch.from_numpy(x), normal, self.case.draws(evaluation=True))
        return Step(activations, logits)

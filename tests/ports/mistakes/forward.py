"""Mistakes in weights and layers."""

import numpy as np

from tests.ports.mistakes.base import mistake
from tests.ports.mistakes.places import activation, always
from wn_ref.ports.numpy_layers import Conv, Dense, Flatten
from wn_ref.ports.numpy_port import NumpyPort

UNUSED = "autograd gives a bias that is not used no gradient"


class Turned:
    """A layer that holds its weight in another order, and whose gradient has that order, too."""

    def turned(self, weight):
        return weight

    def own(self, name):
        return self.turned(super().own(name)) if name == "weight" else super().own(name)

    def keep(self, weight, bias):
        super().keep(weight=self.turned(weight), bias=bias)


def is_square(case, layer):
    return layer.kind == "dense" and layer.shape[0] == layer.shape[1]


def has_square_kernel(case, layer):
    return layer.kind == "conv" and layer.shape[2] == layer.shape[3]


def is_normalised(case, layer):
    behind = case.layers[case.layers.index(layer) + 1 :]
    return bool(behind) and behind[0].kind == "bn"


@mistake("square weights transposed (x W for x Wᵀ)", "transposed-weights", activation("dense", test=is_square), "dense")
class TransposedSquare(Turned, Dense):
    def turned(self, weight):
        return weight.T if weight.shape[0] == weight.shape[1] else weight


@mistake("kernels of convolutions transposed", "kernel-orientation", activation("conv", test=has_square_kernel), "conv")
class TransposedKernels(Turned, Conv):
    def turned(self, weight):
        return weight.swapaxes(2, 3) if weight.shape[2] == weight.shape[3] else weight


@mistake("a true convolution, kernels flipped", "kernel-orientation", activation("conv"), "conv")
class FlippedKernels(Turned, Conv):
    def turned(self, weight):
        return weight[:, :, ::-1, ::-1]


class Biasless(NumpyPort):
    """The bias of some layers is not used."""

    def used(self, about):
        return True

    def start(self, case, weights):
        super().start(case, weights)
        for layer in self.network:
            if layer.about.kind in ("dense", "conv") and not self.used(layer.about):
                self.leave_out(layer)

    @staticmethod
    def leave_out(layer):
        own, keep = layer.own, layer.keep
        layer.own = lambda name: np.zeros_like(own(name)) if name == "bias" else own(name)
        layer.keep = lambda weight, bias: keep(weight=weight, bias=np.zeros_like(bias))


@mistake(
    "no bias in any layer",
    "bias-left-out",
    activation("dense", "conv"),
    also={"missing-bias-gradient": always},
    why=UNUSED,
)
class NoBias(Biasless):
    def used(self, about):
        return False


@mistake(
    "no bias in front of batch norm",
    "bias-left-out",
    activation("dense", "conv", test=is_normalised),
    also={"missing-bias-gradient": always},
    why=UNUSED,
)
class NoBiasBeforeBatchNorm(Biasless):
    def used(self, about):
        return not is_normalised(self.case, about)


@mistake(
    "no bias in the last layer",
    "bias-left-out",
    activation("dense", test=lambda case, layer: is_last(case, layer)),
    also={"missing-bias-gradient": always},
    why=UNUSED,
)
class NoLastBias(Biasless):
    def used(self, about):
        return not is_last(self.case, about)


def is_last(case, layer):
    return layer == case.layers[-1]


class Reordered(Flatten):
    """A flatten layer that goes through the axes in another order."""

    order = (0, 1, 2, 3)

    def forward(self, x, training):
        return super().forward(x.transpose(self.order), training)

    def backward(self, dy):
        return super().backward(dy).transpose(np.argsort(self.order))


def flattened(case):
    """Channels, height and width of what is flattened."""
    number = [layer.kind for layer in case.layers].index("flatten")
    return case.shapes[case.layers[number - 1].point if number else 0]


@mistake(
    "flatten with the channels last",
    "flatten-order",
    lambda case: activation("dense")(case) if flattened(case)[0] > 1 else None,
    "flatten",
)
class ChannelsLast(Reordered):
    order = (0, 2, 3, 1)


@mistake(
    "flatten with the width before the height",
    "flatten-order",
    lambda case: activation("dense")(case) if min(flattened(case)[1:]) > 1 else None,
    "flatten",
)
class WidthFirst(Reordered):
    order = (0, 1, 3, 2)

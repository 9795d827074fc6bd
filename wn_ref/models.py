"""The networks of the paper (section 3.2): MLP, LeNet-5 and CNN-S."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wn_ref.arrays import real_type
from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.layers import BatchNorm, Conv, Dense, Flatten, Layer, MaxPool, ReLU
from wn_ref.network import Network


class _Stack:
    """A list of layers that grows from the input on; every layer with weights draws them from a stream of its own."""

    def __init__(self, batchnorm: bool, seed: int, dtype: np.dtype) -> None:
        self.layers: list[Layer] = []
        self.batchnorm, self.seed, self.dtype = batchnorm, seed, dtype

    def dense(self, inputs: int, outputs: int) -> None:
        self.layers.append(Dense(inputs, outputs, self.seed, len(self.layers), self.dtype))

    def conv(self, inputs: int, outputs: int, size: tuple[int, int], stride: tuple[int, int] = (1, 1)) -> None:
        self.layers.append(Conv(inputs, outputs, size, stride, self.seed, len(self.layers), self.dtype))

    def relu(self, features: int) -> None:
        """[Batch norm,] ReLU."""
        if self.batchnorm:
            self.layers.append(BatchNorm(features, self.dtype))
        self.layers.append(ReLU())


def mlp(stack: _Stack, input_shape: Sequence[int], classes: int) -> None:
    """Three times dense 64, [batch norm,] ReLU, then a dense layer to the classes: 8 points, 11 with batch norm."""
    stack.layers.append(Flatten())
    width = math.prod(input_shape)
    for _ in range(3):
        stack.dense(width, 64)
        stack.relu(64)
        width = 64
    stack.dense(width, classes)


def lenet5(stack: _Stack, input_shape: Sequence[int], classes: int) -> None:
    """Twice conv 5 x 5, [batch norm,] ReLU, max pool; three dense layers: 12 points, 16 with batch norm."""
    channels, height, width = input_shape
    for outputs in (6, 16):
        stack.conv(channels, outputs, (5, 5))
        stack.relu(outputs)
        stack.layers.append(MaxPool(2))
        channels, height, width = outputs, (height - 4) // 2, (width - 4) // 2
    stack.layers.append(Flatten())
    features = channels * height * width  # 256 from 28 x 28, 400 from 32 x 32
    for outputs in (120, 84):
        stack.dense(features, outputs)
        stack.relu(outputs)
        features = outputs
    stack.dense(features, classes)


def cnn_s(stack: _Stack, input_shape: Sequence[int], classes: int) -> None:
    """Two convolutions 4 x 10, each with [batch norm,] ReLU, and two dense layers: 8 points, 11 with batch norm.

    For speech: an input of 1 x 10 x 49 is 49 frames of 10 cepstral coefficients.
    """
    channels, height, width = input_shape
    for outputs, stride in ((28, 2), (30, 1)):
        stack.conv(channels, outputs, (4, 10), (1, stride))
        stack.relu(outputs)
        channels, height, width = outputs, height - 3, (width - 10) // stride + 1
    stack.layers.append(Flatten())
    stack.dense(channels * height * width, 128)
    stack.relu(128)
    stack.dense(128, classes)


@dataclass(frozen=True)
class Model:
    """All that is known about a network before it is built.

    Attributes
    ----------
    title : str
        Its name in the paper.
    build : callable
        Puts its layers on a stack, given the shape of an image and the number of classes.
    least : (int, int)
        Height and width of the smallest image that its kernels fit in.
    cost : float
        How long an image takes, roughly, in units of the MLP. It decides which training of a sweep starts first and how
        its progress is drawn, and has no influence on results.
    """

    title: str
    build: Callable[[_Stack, Sequence[int], int], None]
    least: tuple[int, int]
    cost: float


MODELS = {
    "mlp": Model("MLP", mlp, (1, 1), 1.0),
    "lenet5": Model("LeNet-5", lenet5, (16, 16), 5.0),
    "cnn_s": Model("CNN-S", cnn_s, (7, 28), 10.0),
}


def build_model(
    name: str,
    input_shape: Sequence[int] = (1, 28, 28),
    classes: int = 10,
    batchnorm: bool = True,
    seed: int = 0,
    dtype: npt.DTypeLike = "float32",
) -> Network:
    """Build a network of the paper with its initial weights.

    Parameters
    ----------
    name : str
        "mlp", "lenet5" or "cnn_s".
    input_shape : sequence of int
        (channels, height, width) of an image.
    classes : int
        K, the number of logits.
    batchnorm : bool
        Whether batch norm follows every layer with weights but the last.
    seed : int
        Of the initial weights, uniform in +-1/sqrt(fan in).
    dtype : "float32" or "float64"
        float32 to train, float64 to prove.

    Returns
    -------
    Network
        See `wn_ref.network.Network`.

    Raises
    ------
    InputError
        If there is no such model or dtype, or the model cannot take images of this shape.

    Examples
    --------
    >>> import wn_ref as wn
    >>> net = wn.build_model("lenet5", input_shape=(1, 28, 28), classes=10, batchnorm=False, seed=0)
    >>> net.points[:5]
    ['input', 'conv1', 'relu1', 'pool1', 'conv2']
    >>> net.parameters["conv1.weight"].shape
    (6, 1, 5, 5)
    """
    require_choice("model", name, MODELS)
    require_whole("classes", classes, least=2)
    if np.shape(input_shape) != (3,) or min(input_shape) < 1:
        raise InputError(f"input_shape: expected (channels, height, width), all >= 1, got {input_shape}; correct it")
    real = real_type(dtype)
    model, stack = MODELS[name], _Stack(batchnorm, seed, real)
    if input_shape[1] < model.least[0] or input_shape[2] < model.least[1]:
        raise InputError(
            f"input_shape: expected images of at least {model.least[0]} x {model.least[1]} for {name}, "
            f"got {input_shape[1]} x {input_shape[2]}; choose another model"
        )
    model.build(stack, input_shape, classes)
    return Network(stack.layers, real, input_shape)

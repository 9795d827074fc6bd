"""The networks of the paper (section 3.2): MLP, LeNet-5 and CNN-S, and how a network of your own takes their place.

A model is a function that builds a network::

    def mine(input_shape, classes, batchnorm, seed, dtype) -> Network: ...

The three of the paper are such functions, too. Their names stand for them wherever a model is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from wn_ref.arrays import real_type
from wn_ref.errors import InputError, require_choice, require_flag, require_whole
from wn_ref.layers import BatchNorm, Conv, Dense, Flatten, Layer, MaxPool, ReLU
from wn_ref.network import Network
from wn_ref.user_code import function_of

Model = Callable[[Sequence[int], int, bool, int, npt.DTypeLike], Network]
"""Builds a network from the shape of an image, the number of classes, whether there is batch norm, seed and type."""


class _Stack:
    """A list of layers that grows from the input on; every layer with weights draws them from a stream of its own."""

    def __init__(self, batchnorm: bool, seed: int, dtype: npt.DTypeLike) -> None:
        self.layers: list[Layer] = []
        self.batchnorm, self.seed, self.dtype = batchnorm, seed, real_type(dtype)

    def dense(self, inputs: int, outputs: int) -> None:
        self.layers.append(Dense(inputs, outputs, self.seed, len(self.layers), self.dtype))

    def conv(self, inputs: int, outputs: int, size: tuple[int, int], stride: tuple[int, int] = (1, 1)) -> None:
        self.layers.append(Conv(inputs, outputs, size, stride, self.seed, len(self.layers), self.dtype))

    def relu(self, features: int) -> None:
        """[Batch norm,] ReLU."""
        if self.batchnorm:
            self.layers.append(BatchNorm(features, self.dtype))
        self.layers.append(ReLU())

    def network(self, input_shape: Sequence[int]) -> Network:
        return Network(self.layers, self.dtype, input_shape)


def mlp(input_shape: Sequence[int], classes: int, batchnorm: bool, seed: int, dtype: npt.DTypeLike) -> Network:
    """Three times dense 64, [batch norm,] ReLU, then a dense layer to the classes: 8 points, 11 with batch norm."""
    stack = _Stack(batchnorm, seed, dtype)
    stack.layers.append(Flatten())
    width = math.prod(input_shape)
    for _ in range(3):
        stack.dense(width, 64)
        stack.relu(64)
        width = 64
    stack.dense(width, classes)
    return stack.network(input_shape)


def lenet5(input_shape: Sequence[int], classes: int, batchnorm: bool, seed: int, dtype: npt.DTypeLike) -> Network:
    """Twice conv 5 x 5, [batch norm,] ReLU, max pool; three dense layers: 12 points, 16 with batch norm."""
    _require_images("lenet5", input_shape, 16, 16)
    stack = _Stack(batchnorm, seed, dtype)
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
    return stack.network(input_shape)


def cnn_s(input_shape: Sequence[int], classes: int, batchnorm: bool, seed: int, dtype: npt.DTypeLike) -> Network:
    """Two convolutions 4 x 10, each with [batch norm,] ReLU, and two dense layers: 8 points, 11 with batch norm.

    For speech: an input of 1 x 10 x 49 is 49 frames of 10 cepstral coefficients.
    """
    _require_images("cnn_s", input_shape, 7, 28)
    stack = _Stack(batchnorm, seed, dtype)
    channels, height, width = input_shape
    for outputs, stride in ((28, 2), (30, 1)):
        stack.conv(channels, outputs, (4, 10), (1, stride))
        stack.relu(outputs)
        channels, height, width = outputs, height - 3, (width - 10) // stride + 1
    stack.layers.append(Flatten())
    stack.dense(channels * height * width, 128)
    stack.relu(128)
    stack.dense(128, classes)
    return stack.network(input_shape)


MODELS: dict[str, Model] = {"mlp": mlp, "lenet5": lenet5, "cnn_s": cnn_s}
"""The networks of the paper by name."""
TITLES = {"mlp": "MLP", "lenet5": "LeNet-5", "cnn_s": "CNN-S"}
"""Their names in the paper."""


def model_of(model: object) -> str | Model:
    """Return a model as `Experiment` keeps it: the name of one of the paper's, or the function that builds it.

    Parameters
    ----------
    model : str or callable
        A name, a function, or where to find one: "package.module:function" or "file.py:function".

    Raises
    ------
    InputError
        If there is no such model or function.
    """
    if isinstance(model, str) and ":" in model:
        model = function_of("model", model)
    names = [name for name, function in MODELS.items() if function is model]
    if names:
        return names[0]
    if callable(model) and not isinstance(model, type):
        return model
    try:
        return str(require_choice("model", model, MODELS))
    except InputError as error:
        hint = "" if "did you mean" in str(error) else ", or give a function that builds a network"
        raise InputError(f"{error}{hint}") from None


def build_model(
    name: str | Model,
    input_shape: Sequence[int] = (1, 28, 28),
    classes: int = 10,
    batchnorm: bool = True,
    seed: int = 0,
    dtype: npt.DTypeLike = "float32",
) -> Network:
    """Build a network with its initial weights: one of the paper, or your own.

    Parameters
    ----------
    name : str or callable
        "mlp", "lenet5" or "cnn_s"; or a function that takes the other arguments, in this order, and returns a
        `Network`; or where to find one, "package.module:function" or "file.py:function".
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
        If there is no such model or dtype, the model cannot take images of this shape, or a function returns something
        else than a `Network`. Whether it has `classes` logits is seen once it runs.

    Examples
    --------
    >>> import wn_ref as wn
    >>> net = wn.build_model("lenet5", input_shape=(1, 28, 28), classes=10, batchnorm=False, seed=0)
    >>> net.points[:5]
    ['input', 'conv1', 'relu1', 'pool1', 'conv2']
    >>> net.parameters["conv1.weight"].shape
    (6, 1, 5, 5)
    """
    found = model_of(name)
    require_whole("classes", classes, least=2)
    require_flag("batchnorm", batchnorm)
    if np.shape(input_shape) != (3,):
        raise InputError(f"input_shape: expected (channels, height, width), all >= 1, got {input_shape}; correct it")
    shape = tuple(require_whole("input_shape: each size", size, least=1) for size in input_shape)
    real = real_type(dtype)
    if isinstance(found, str):
        return MODELS[found](shape, classes, batchnorm, seed, real)
    network = found(shape, classes, batchnorm, seed, real)
    if not isinstance(network, Network):
        raise InputError(f"model: expected {model_name(found)} to return a Network, got {network!r}; return one")
    if network.dtype != real:
        expected = f"a network of {real} from {model_name(found)}"
        raise InputError(f"model: expected {expected}, got one of {network.dtype}; hand dtype on to its layers")
    return network


def model_name(model: str | Model) -> str:
    """Return a model's name: that of the paper's, or that of the function."""
    if isinstance(model, str):
        return model
    function = getattr(model, "func", model)  # of a functools.partial
    return str(getattr(function, "__name__", type(function).__name__))


def multiplications(network: Network, input_shape: Sequence[int], classes: int) -> float:
    """Return roughly how many multiplications with weights a network does for one image.

    Raises
    ------
    InputError
        If the network cannot take such an image, or does not return a logit for each class.
    """
    x, total = np.zeros((*input_shape, 1), network.dtype), 0.0
    for layer in network.layers:
        x = layer.forward(x)
        total += sum(x.size * w.size / len(w) for w in layer.parameters.values() if w.ndim > 1)
    if x.shape != (classes, 1):
        got = f"an output of shape {x.shape[:-1]}"
        raise InputError(f"network: expected {classes} logits, one for each class, got {got}; correct the last layer")
    return total


def _require_images(name: str, input_shape: Sequence[int], height: int, width: int) -> None:
    if input_shape[1] < height or input_shape[2] < width:
        raise InputError(
            f"input_shape: expected images of at least {height} x {width} for {name}, "
            f"got {input_shape[1]} x {input_shape[2]}; choose another model"
        )

"""The networks of the paper (section 3.2)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.layers import BatchNorm, Dense, Flatten, Layer, ReLU
from wn_ref.network import Network


def mlp(input_shape: Sequence[int], classes: int, batchnorm: bool, seed: int, dtype: np.dtype) -> list[Layer]:
    """Three times dense 64, [batch norm,] ReLU, then a dense layer to the classes: 8 points, 11 with batch norm."""
    layers: list[Layer] = [Flatten()]
    width = math.prod(input_shape)
    for _ in range(3):
        layers.append(Dense(width, 64, seed, len(layers), dtype))
        width = 64
        if batchnorm:
            layers.append(BatchNorm(width, dtype))
        layers.append(ReLU())
    layers.append(Dense(width, classes, seed, len(layers), dtype))
    return layers


MODELS: dict[str, Callable[..., list[Layer]]] = {"mlp": mlp}


def build_model(
    name: str,
    input_shape: Sequence[int] = (1, 28, 28),
    classes: int = 10,
    batchnorm: bool = True,
    seed: int = 0,
    dtype: str = "float32",
) -> Network:
    """Build a network of the paper with its initial weights.

    Parameters
    ----------
    name : str
        "mlp".
    input_shape : sequence of int
        (channels, height, width) of an image.
    classes : int
        K, the number of logits.
    batchnorm : bool
        Whether batch norm follows every dense layer but the last.
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
        If there is no such model or dtype, or the shape is none.
    """
    require_choice("model", name, MODELS)
    require_choice("dtype", dtype, ("float32", "float64"))
    require_whole("classes", classes, least=2)
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise InputError(f"input_shape: expected (channels, height, width), got {tuple(input_shape)}; correct it")
    return Network(MODELS[name](input_shape, classes, batchnorm, seed, np.dtype(dtype)), dtype)

"""The order of axes in a port: activations and weights, from this package's order to the port's and back.

    layout   activations                       convolution                        dense
    NCHW     (batch, channels, height, width)  (outputs, inputs, rows, columns)   (outputs, inputs)     PyTorch
    NHWC     (batch, height, width, channels)  (rows, columns, inputs, outputs)   (inputs, outputs)     JAX, TensorFlow
    CHWN     (channels, height, width, batch)  (outputs, inputs, rows, columns)   (outputs, inputs)     wn_ref

Features are (batch, features), and (features, batch) in CHWN. In every layout a flatten layer numbers features in C
order of (channels, height, width): a port in NHWC moves the channels to the front before it flattens.
"""

from __future__ import annotations

import numpy as np

LAYOUTS = ("NCHW", "NHWC", "CHWN")

_CONV = {4: ((2, 3, 1, 0), (3, 2, 0, 1)), 2: ((1, 0), (1, 0))}
"""For convolutions and dense layers: the order of axes in NHWC, and the way back."""


def activation_to(layout: str, array: np.ndarray) -> np.ndarray:
    """Return an activation, the batch last, in a layout: a view."""
    if layout == "CHWN" or not array.ndim:
        return array
    if layout == "NHWC" and array.ndim == 4:
        return array.transpose(3, 1, 2, 0)
    return np.moveaxis(array, -1, 0)


def activation_from(layout: str, array: np.ndarray) -> np.ndarray:
    """Return an activation in a layout with the batch last: a view."""
    if layout == "CHWN" or not array.ndim:
        return array
    if layout == "NHWC" and array.ndim == 4:
        return array.transpose(3, 1, 2, 0)
    return np.moveaxis(array, 0, -1)


def weight_to(layout: str, array: np.ndarray) -> np.ndarray:
    """Return a weight, or a gradient of it, in a layout: a view. Vectors are the same in every layout."""
    return array.transpose(_CONV[array.ndim][0]) if layout == "NHWC" and array.ndim in _CONV else array


def weight_from(layout: str, array: np.ndarray) -> np.ndarray:
    """Return a weight, or a gradient of it, in this package's order: a view."""
    return array.transpose(_CONV[array.ndim][1]) if layout == "NHWC" and array.ndim in _CONV else array

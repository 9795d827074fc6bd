"""Central differences: the yardstick of every backward pass.

For a random upstream gradient dy and L(v) = sum(dy y(v)), dL/dv_i is compared with (L(v + h e_i) - L(v - h e_i)) / 2h
in float64. The upstream gradient is random on purpose: with all ones batch norm's dx is 0 whatever its code computes.
"""

from collections.abc import Callable

import numpy as np

TOLERANCE = 1e-7


def numerical_gradient(loss: Callable[[], float], value: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """dL/dvalue by central differences; `value` is changed in place and restored."""
    gradient = np.empty_like(value)
    for i in np.ndindex(value.shape):
        kept = value[i]
        value[i] = kept + step
        above = loss()
        value[i] = kept - step
        below = loss()
        value[i] = kept
        gradient[i] = (above - below) / (2 * step)
    return gradient


def assert_close(name: str, received: np.ndarray, expected: np.ndarray, tolerance: float = TOLERANCE) -> None:
    """Compare relative to the largest element; a failure names the argument, the place and both numbers."""
    error = np.abs(received - expected) / np.abs(expected).max()
    worst = np.unravel_index(np.argmax(error), error.shape)
    assert error[worst] <= tolerance, (
        f"gradient of {name} at {tuple(map(int, worst))}: received {received[worst]:.12g}, "
        f"expected {expected[worst]:.12g}, relative error {error[worst]:.2g} > {tolerance:g}"
    )


def check_layer(layer, x: np.ndarray, rng: np.random.Generator, training: bool = True) -> None:
    """Check dx and the gradient of every parameter of a layer at a random upstream gradient."""
    dy = rng.standard_normal(layer.forward(x, training).shape)

    def loss() -> float:
        return float(np.sum(dy * layer.forward(x, training)))

    layer.forward(x, training)
    received = {"x": layer.backward(dy.copy()).copy()}
    received |= {name: gradient.copy() for name, gradient in layer.gradients.items()}
    values = {"x": x} | layer.parameters
    for name, gradient in received.items():
        assert_close(f"{type(layer).__name__} {name}", gradient, numerical_gradient(loss, values[name]))

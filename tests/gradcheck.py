"""How a whole gradient is compared with central differences; layers have `wn_ref.check_layer`."""

import numpy as np

from wn_ref.checks.differences import numerical_gradient
from wn_ref.checks.promises import TOLERANCE

__all__ = ["assert_close", "numerical_gradient"]


def assert_close(name: str, received: np.ndarray, expected: np.ndarray, tolerance: float = TOLERANCE) -> None:
    """Compare relative to the largest element; a failure names the argument, the place and both numbers."""
    error = np.abs(received - expected) / np.abs(expected).max()
    worst = np.unravel_index(np.argmax(error), error.shape)
    assert error[worst] <= tolerance, (
        f"gradient of {name} at {tuple(map(int, worst))}: received {received[worst]:.12g}, "
        f"expected {expected[worst]:.12g}, relative error {error[worst]:.2g} > {tolerance:g}"
    )

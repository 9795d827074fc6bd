"""What all layers share: their arrays by name, and memory that is allocated once."""

from __future__ import annotations

import math

import numpy as np


class Layer:
    """One step of a network, y = f(x), and its derivative.

    `forward` remembers its *input* for `backward`, never its output: the output belongs to the noise that is
    injected behind the layer, which may overwrite it. Results live in arrays that the layer's next call reuses.

    Attributes
    ----------
    parameters : dict of str to np.ndarray
        What training changes, such as "weight" and "bias".
    gradients : dict of str to np.ndarray
        The loss's derivative by each parameter, under the same names; `backward` overwrites it.
    statistics : dict of str to np.ndarray
        What `forward` itself keeps track of: the running averages of batch norm.
    kind : str
        The layer's name in a network, before its number: "dense" for dense1, dense2, ...
    """

    kind: str
    noisy = True  # whether an injection point follows

    def __init__(self) -> None:
        self.parameters: dict[str, np.ndarray] = {}
        self.gradients: dict[str, np.ndarray] = {}
        self.statistics: dict[str, np.ndarray] = {}
        self._memory: dict[tuple, np.ndarray] = {}

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Compute y from x; `training` matters to batch norm only."""
        raise NotImplementedError

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        """Fill `gradients` and return dx, given dy, the loss's derivative by the last `forward`'s output.

        dy may be overwritten. With `input_gradient=False` a layer may return None: nobody needs dx in front of a
        network's first weights.
        """
        raise NotImplementedError

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_memory": {}}

    def add_parameter(self, name: str, value: np.ndarray) -> None:
        """Register a parameter and an array of zeros for its gradient."""
        self.parameters[name] = value
        self.gradients[name] = np.zeros_like(value)

    def memory(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """Return this layer's array `name` of that shape, the same one at every call; its content is arbitrary."""
        key = (name, shape, dtype)
        if key not in self._memory:
            self._memory[key] = aligned_empty(shape, dtype)
        return self._memory[key]


def aligned_empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """np.empty that starts at a cache line (64 bytes), so that no SIMD load touches two lines."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)

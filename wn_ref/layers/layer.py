"""What all layers share: named arrays, what a layer accepts, and memory that is allocated once."""

from __future__ import annotations

import copy
import weakref

import numpy as np

from wn_ref.arrays import REAL, InPlace, LayerArrays, Memory, unmasked
from wn_ref.errors import CallOrderError, InputError


class Layer:
    """One step of a network, y = f(x), and its derivative.

    `forward` remembers its *input* for `backward`, never its output: the output belongs to the noise that is injected
    behind the layer, and the noise may overwrite it. Results live in arrays that the layer's next call uses again, so
    copy what you want to keep.

    Every layer raises `InputError` if it is made with a size that is not a positive whole number, and if `forward` or
    `backward` gets an array of another shape or type than it takes; and `CallOrderError` if `backward` comes first.

    Attributes
    ----------
    kind : str
        The layer's name in a network, before its number: "dense" for dense1, dense2, ...
    noisy : bool
        Whether an injection point follows the layer.
    globally_noisy : bool
        Whether global noise is injected there, too (section 4.2: not behind batch norm).
    parameters : mapping of str to np.ndarray
        What training changes, such as "weight" and "bias". To assign to a name copies the values into its array.
    gradients : mapping of str to np.ndarray
        The derivative of the loss by each parameter, under the same names; `backward` overwrites it.
    statistics : mapping of str to np.ndarray
        What `forward` itself keeps track of: the running averages of batch norm.
    step : int
        The number of the batch, which the network sets before each `forward`: a layer that draws random numbers takes
        them from ``Stream(seed, LAYERS + index, self.step)``, and a repeated run draws the same (see `wn_ref.random`).
    x : np.ndarray or None
        The input of the last `forward`.
    y_shape : tuple of int
        The shape of its output; () if `output_shape` does not tell it.
    memory : Memory
        ``self.memory("y", shape, dtype)`` is an array for results, from the same memory at every call.
    """

    kind: str
    noisy = True
    globally_noisy = True
    step = 0
    x: np.ndarray | None
    y_shape: tuple[int, ...]

    parameters, gradients, statistics = InPlace[LayerArrays](), InPlace[LayerArrays](), InPlace[LayerArrays]()

    def __init__(self) -> None:
        self.parameters, self.gradients, self.statistics = LayerArrays({}), LayerArrays({}), LayerArrays({})
        self._forget()

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return the shape of y for an x of `shape`, both without the batch; None if it is not known in advance.

        Raises
        ------
        InputError
            If the layer cannot take such an x.
        """
        return None

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Compute y from x; only batch norm asks whether the network is in `training`."""
        raise NotImplementedError

    def backward(self, dy: np.ndarray, input_gradient: bool = True) -> np.ndarray | None:
        """Fill `gradients` and return dx, given dy, the derivative of the loss by the output of the last `forward`.

        With `input_gradient=False` a layer may return None: nobody needs dx in front of a network's first weights.
        """
        raise NotImplementedError

    def take_input(self, x: np.ndarray) -> np.ndarray:
        """Check x, remember it for `backward`, and return it as loops need it: an array without gaps, in C order.

        Loops that are compiled do not check bounds, so every `forward` begins with this. It looks closely at the first
        x of a shape only. An x that is the layer's own last output is copied.

        Raises
        ------
        InputError
            If x is of another shape or type than the layer takes.
        """
        if type(x) is not np.ndarray or (x.shape, x.dtype) != self._accepted:
            self._accept(x)
        x = self.memory.apart(x if x.flags.c_contiguous else np.ascontiguousarray(x))
        self.x = x
        return x

    def take_gradient(self, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Check dy; return the x of the last `forward`, and dy without gaps, in C order.

        Raises
        ------
        CallOrderError
            If there was no `forward`.
        InputError
            If dy has not the shape and type of the output.
        """
        if type(dy) is not np.ndarray:
            dy = unmasked("dy", dy)
        if self.x is None:
            raise CallOrderError(f"{self.kind}: backward needs a forward pass before it; call forward first")
        if dy.dtype != self.x.dtype or (self.y_shape and dy.shape != self.y_shape):
            expected = f"{self.x.dtype} of shape {self.y_shape}, as the output"
            raise InputError(f"dy: expected {expected}, got {dy.dtype} of shape {dy.shape}; pass the output's gradient")
        return self.x, self.memory.apart(dy if dy.flags.c_contiguous else np.ascontiguousarray(dy))

    def add_parameter(self, name: str, value: np.ndarray) -> None:
        """Register a parameter, and an array of zeros for its gradient."""
        self.parameters[name] = value
        self.gradients[name] = np.zeros_like(self.parameters[name])

    def keep_arrays(self) -> None:
        """Replace plain dictionaries, which a class of the user's may have, by mappings whose arrays stay in place."""
        for own in ("parameters", "gradients", "statistics"):
            if not isinstance(arrays := getattr(self, own), LayerArrays):
                vars(self)[own] = LayerArrays({name: np.asarray(array) for name, array in arrays.items()})

    def changeable(self, dy: np.ndarray) -> np.ndarray:
        """Return the numbers of dy in an array that may be overwritten.

        In a network it is dy itself: nobody needs it afterwards, and it is still in the cache. A layer that stands
        alone copies dy, which belongs to the caller.
        """
        if self._network is not None:
            return dy
        copy = self.memory("dx", dy.shape, dy.dtype)
        copy[...] = dy
        return copy

    def __copy__(self) -> Layer:
        """Return a layer of its own: one that shares arrays with this one could not be in another network."""
        return copy.deepcopy(self)

    def __getstate__(self) -> dict[str, object]:
        private = ("memory", "_accepted", "_network", "x", "y_shape")
        return {name: value for name, value in vars(self).items() if name not in private}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._forget()

    def _forget(self) -> None:
        """Set all that is not worth a copy of its own to what it is in a new layer."""
        self.x, self.y_shape = None, ()
        self._accepted: tuple | None = None
        self.memory = Memory()
        self._network: weakref.ref | None = None

    def _accept(self, x: np.ndarray) -> None:
        """Raise `InputError` unless x suits the layer; remember its shape and that of y."""
        self._accepted = self.x = None
        own = next((array.dtype for array in self.parameters.values()), None)
        allowed = REAL if own is None else (own,)
        if type(x) is not np.ndarray or x.dtype not in allowed or x.ndim < 2 or 0 in x.shape:
            expected = f"an array of {' or '.join(map(str, allowed))} with at least one sample, the batch last"
            got = f"{x.dtype} of shape {x.shape}" if type(x) is np.ndarray else type(x).__name__
            raise InputError(f"x: expected {expected}, got {got}; convert it")
        shape = self.output_shape(x.shape[:-1])
        self.y_shape = () if shape is None else (*shape, x.shape[-1])
        self._accepted = (x.shape, x.dtype)

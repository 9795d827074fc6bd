"""A network: layers in a row, with injection points before the first layer and behind each of them."""

from __future__ import annotations

import copy
import warnings
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wn_ref.arrays import ArraysByName, InPlace, Memory, fitting, real_type, unmasked
from wn_ref.errors import CallOrderError, InputError, require_flag
from wn_ref.injection import GLOBAL, INPUT, Injection, Injector, Points, numbered
from wn_ref.layers import Layer
from wn_ref.layers.initial import WeightsWarning, layers_alike
from wn_ref.layers.residual import check_blocks
from wn_ref.noise import Noise


class Network:
    """Layers in a row; made by `wn_ref.build_model`, or from a list of your own.

    Parameters
    ----------
    layers : sequence of Layer
        In order of execution. Every layer belongs to one network and stands in it once.
    dtype : "float32" or "float64"
        The type of the layers' arrays and of everything that is computed: float32 to train, float64 to prove.
    input_shape : sequence of int, optional
        (channels, height, width) of an image. If it is given, the layers are checked to fit together, and `forward`
        refuses any other shape.

    Attributes
    ----------
    layers : tuple of Layer
        The layers.
    points : list of str
        Names of the injection points, in order.
    injection_points : Points
        All that is known about them; see `wn_ref.injection`.
    parameters, gradients : mapping of str to np.ndarray
        By layer and name, such as "dense1.weight". Writing into an array, or assigning to its name, changes the
        network.
    statistics : mapping of str to np.ndarray
        The running averages of batch norm, such as "bn1.running_mean", in float64.
    theta, dtheta : np.ndarray
        All parameters, and all gradients, end to end in one vector each; the arrays above are views into them. To
        assign to any of these attributes copies the values.

    A copy has arrays of its own, also the gradients, and the attributes of a subclass, which therefore have to be such
    that can be copied; those that are views of the arrays above have to be looked up anew.

    Raises
    ------
    InputError
        If a layer stands in the list twice, belongs to another network, or does not fit to the one before it.

    Warns
    -----
    WeightsWarning
        If layers have the same random weights, as those of the same seed and index do.

    Examples
    --------
    >>> import wn_ref as wn
    >>> from wn_ref.layers import Dense, Flatten, ReLU
    >>> net = wn.Network([Flatten(), Dense(4, 3), ReLU(), Dense(3, 2, index=1)], input_shape=(1, 2, 2))
    >>> net.points
    ['input', 'dense1', 'relu1', 'dense2']
    >>> net.forward(np.ones((1, 2, 2, 5), np.float32)).shape
    (2, 5)
    """

    theta, dtheta = InPlace[np.ndarray](), InPlace[np.ndarray]()
    parameters, gradients, statistics = InPlace[ArraysByName](), InPlace[ArraysByName](), InPlace[ArraysByName]()

    def __init__(
        self, layers: Sequence[Layer], dtype: npt.DTypeLike = "float32", input_shape: Sequence[int] | None = None
    ) -> None:
        self._build(layers, dtype, input_shape)
        if alike := layers_alike(_weights(self)):
            message = f"layers: expected weights of their own, got the same random numbers in {', '.join(alike)}"
            warnings.warn(f"{message}; give each layer another index, or another seed", WeightsWarning, stacklevel=2)

    def _build(
        self,
        layers: Sequence[Layer],
        dtype: npt.DTypeLike,
        input_shape: Sequence[int] | None,
        theta: np.ndarray | None = None,
    ) -> None:
        of_a_subclass = set(vars(self))
        self.layers, self.dtype = tuple(layers), real_type(dtype)
        self.input_shape = None if input_shape is None else tuple(input_shape)
        self._own_layers()
        self.names = numbered([layer.kind for layer in self.layers])
        noisy = [index for index, layer in enumerate(self.layers) if layer.noisy]
        self.points = [INPUT] + [self.names[index] for index in noisy]
        self.injection_points = Points(
            tuple(self.points),
            (INPUT, *(self.layers[index].kind for index in noisy)),
            (True, *(self.layers[index].globally_noisy for index in noisy)),
        )
        self._point_behind = {layer: point for point, layer in enumerate(noisy, start=1)}
        self._first_weights = next((i for i, layer in enumerate(self.layers) if layer.parameters), len(self.layers))
        self._gather_parameters(theta)
        if self.input_shape is not None:
            self._check_chain(self.input_shape)
        self._injected: Injector | None = None  # by the last forward pass, if it ended
        self._memory = Memory()
        self._logits = np.empty(0, self.dtype)
        self._built = frozenset(vars(self)) - of_a_subclass | {"_built"}

    def __getstate__(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what a copy is built of, and the attributes of a subclass.

        The layers' arrays become views of the copy's own vectors again. Theta is part of it, so that an optimiser that
        is copied with the network has that of the copy.
        """
        built = {"layers": self.layers, "dtype": self.dtype, "input_shape": self.input_shape, "theta": self.theta}
        return built, {name: value for name, value in vars(self).items() if name not in self._built}

    def __setstate__(self, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
        built, others = state
        self._build(**built)  # a copy is built as the original was
        vars(self).update(others)

    def __copy__(self) -> Network:
        """Return a network of its own: one that shares layers with this one could not be trained."""
        return copy.deepcopy(self)

    def __repr__(self) -> str:
        return f"Network({self.theta.size} parameters, points: {', '.join(self.points)})"

    def forward(
        self,
        x: np.ndarray,
        training: bool = False,
        noise: Noise | None = None,
        point: int | str = GLOBAL,
        seed: int = 0,
        step: int = 0,
        executions: Sequence[int] | None = None,
        overwrite_x: bool = False,
    ) -> np.ndarray:
        """Run the network.

        Parameters
        ----------
        x : np.ndarray
            Images, (channels, height, width, batch), float, normalised. The network may keep x itself for `backward`,
            so change it only after that.
        training : bool
            Whether batch norm uses (and averages) the batch's own statistics.
        noise, point, seed, step, executions
            The noise to inject; see `wn_ref.injection.Injection`.
        overwrite_x : bool
            Whether noise at the input may be written into x itself, which saves a copy of it.

        Returns
        -------
        np.ndarray
            Logits, (classes, batch), a new array.

        Raises
        ------
        InputError
            If there is no such point, or x, `training` or `executions` cannot be used.
        """
        for _ in self.activations(x, training, Injection(noise, point, seed, step, executions), overwrite_x):
            pass
        return self._logits.copy()

    def activations(
        self, x: np.ndarray, training: bool = False, injection: Injection | None = None, overwrite_x: bool = False
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Run the network as `forward` does, and yield what leaves each injection point as (name, array).

        The arrays are the network's own and are overwritten by its next run: copy what you want to keep. The network
        goes on with what it finds in an array, so writing into one replaces the activation ("input" may be x itself).
        """
        injection, training = injection or Injection(), require_flag("training", training)
        self._injected = None
        x = self._checked_input(x, injection.noise)
        injector = Injector(injection, self.injection_points, self._memory if training else None)
        return self._run(x, training, injection.step, injector, overwrite_x)

    def _run(
        self, x: np.ndarray, training: bool, step: int, injector: Injector, overwrite_x: bool
    ) -> Iterator[tuple[str, np.ndarray]]:
        given = None if overwrite_x else x  # belongs to the caller, who may find it changed by no noise
        if 0 in injector:
            x, given = x if given is None else x.copy(), None
            injector.inject(0, x)
        yield INPUT, x
        for index, layer in enumerate(self.layers):
            layer.step = step
            x = layer.forward(x, training)
            here = self._point_behind.get(index)
            if here is not None and here in injector:
                if given is not None and np.may_share_memory(x, given):  # a layer that hands on what it was given
                    x = x.copy()
                given = None
                injector.inject(here, x)
            if here is not None:
                yield self.points[here], x
        self._injected, self._logits = injector, x

    def backward(self, dlogits: np.ndarray, input_gradient: bool = False) -> np.ndarray | None:
        """Fill `gradients`, given the derivative of the loss by the logits of the last `forward`, (classes, batch).

        With `input_gradient=True` also return the derivative of the loss by the images.

        Raises
        ------
        CallOrderError
            If the last forward pass did not end, or there was none.
        InputError
            If `dlogits` has not the shape of the logits, or numbers that their type cannot have.
        """
        if self._injected is None:
            raise CallOrderError("backward: a forward pass that ran to its end has to come first; call forward")
        injector, dx = self._injected, np.array(fitting("dlogits", dlogits, self._logits), order="C")
        for index in reversed(range(len(self.layers))):
            here = self._point_behind.get(index)
            if here is not None and here in injector:
                dx = injector.backward(here, dx)
            returned = self.layers[index].backward(dx, input_gradient or index > self._first_weights)
            if returned is None:
                return None
            dx = returned
        if 0 in injector:
            dx = injector.backward(0, dx)
        return dx.copy() if input_gradient else None

    def _checked_input(self, x: np.ndarray, noise: Noise | None) -> np.ndarray:
        if not isinstance(noise, Noise | None):
            raise InputError(f"noise: expected what wn_ref.additive and its like return, got {noise!r}; use them")
        x = unmasked("x", x)
        if self.input_shape is not None and x.shape[:-1] != self.input_shape:
            expected = ", ".join(map(str, self.input_shape))
            raise InputError(f"x: expected ({expected}, batch), got {x.shape}; the batch is the last axis")
        if x.dtype.kind != "f":
            raise InputError(f"x: expected normalised floats, got {x.dtype}; Dataset.batch makes them")
        return np.ascontiguousarray(x, self.dtype)

    def _own_layers(self) -> None:
        """Take the layers into possession, each once."""
        if not self.layers:
            raise InputError("layers: expected one layer or more, got an empty list; add some")
        for index, layer in enumerate(self.layers):
            if not isinstance(layer, Layer):
                raise InputError(f"layers: expected objects of class Layer, got {layer!r}; see wn_ref.layers")
            owner = layer._network and layer._network()
            if owner is not None and owner is not self:
                raise InputError(
                    f"layers: layer {index} ({layer.kind}) belongs to another network already; use copy.deepcopy(layer)"
                )
            if owner is self:
                raise InputError(f"layers: layer {index} ({layer.kind}) stands in the list twice; make another object")
            layer._network = weakref.ref(self)
            layer.keep_arrays()
        check_blocks(self.layers)

    def _check_chain(self, shape: tuple[int, ...] | None) -> None:
        """Raise `InputError` where a layer cannot take what the one before it returns, as far as that is known."""
        for name, layer in zip(self.names, self.layers):
            if shape is None:
                return
            try:
                shape = layer.output_shape(shape)
            except InputError as error:
                raise InputError(f"{name}: {error}") from None

    def _gather_parameters(self, theta: np.ndarray | None) -> None:
        """Move all parameters and gradients into one vector each, and give every layer views of its part."""
        size = sum(array.size for layer in self.layers for array in layer.parameters.values())
        self.theta, self.dtheta = np.zeros(size, self.dtype) if theta is None else theta, np.zeros(size, self.dtype)
        parameters: dict[str, np.ndarray] = {}
        gradients: dict[str, np.ndarray] = {}
        statistics: dict[str, np.ndarray] = {}
        start = 0
        for name, layer in zip(self.names, self.layers, strict=True):
            for key, array in layer.parameters.items():
                part = slice(start, start := start + array.size)
                self.theta[part] = array.reshape(-1)
                gradient = layer.gradients.get(key)  # a class of the user's may leave it to us
                if gradient is not None and gradient.shape == array.shape:
                    self.dtheta[part] = gradient.reshape(-1)
                parameters[f"{name}.{key}"] = self.theta[part].reshape(array.shape)
                gradients[f"{name}.{key}"] = self.dtheta[part].reshape(array.shape)
                layer.parameters.move(key, parameters[f"{name}.{key}"])
                layer.gradients.move(key, gradients[f"{name}.{key}"])
            layer.parameters.fixed = layer.gradients.fixed = layer.statistics.fixed = True
            statistics |= {f"{name}.{key}": array for key, array in layer.statistics.items()}
        self.parameters, self.gradients = ArraysByName(parameters), ArraysByName(gradients)
        self.statistics = ArraysByName(statistics)


def weight_magnitudes(network: Network) -> dict[str, float]:
    """Return mean |w| of each layer with a weight, {layer: magnitude}; biases and batch norm are left out."""
    return {name: float(np.mean(np.abs(w), dtype=np.float64)) for name, w in _weights(network).items()}


def _weights(network: Network) -> dict[str, np.ndarray]:
    """Return the weight of each layer that has one, by the layer's name."""
    return {k.removesuffix(".weight"): w for k, w in network.parameters.items() if k.endswith(".weight")}

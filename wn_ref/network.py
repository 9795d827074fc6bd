"""A network: layers in a row, with a numbered and named injection point before the first and behind each of them.

    point 0 = "input", then one behind every layer but Flatten, in order of execution: "dense1", "bn1", "relu1", ...

Global noise visits them all except the outputs of batch norm, "to keep the amount of overall injected noise constant
between experiments" with and without it (section 4.2); walking noise visits one alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, MutableMapping, Sequence

import numpy as np

from wn_ref.errors import InputError, require_choice, require_whole
from wn_ref.layers import Layer
from wn_ref.noise import Noise

GLOBAL, ALL = "global", "all"


class ArraysByName(MutableMapping):
    """Named arrays that stay where they are: assigning to a name, or `update`, copies into its array."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self._arrays = arrays

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def __setitem__(self, name: str, value: np.ndarray) -> None:
        require_choice("name", name, self)
        if np.shape(value) != self[name].shape:
            raise InputError(f"{name}: expected shape {self[name].shape}, got {np.shape(value)}; reshape it")
        self[name][...] = value

    def __delitem__(self, name: str) -> None:
        raise InputError(f"{name}: expected to stay, got del; a network keeps its arrays")

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name}: {array.shape}" for name, array in self.items()) + "}"


class Network:
    """Layers in a row; made by `wn_ref.build_model`, or from a list of your own.

    Parameters
    ----------
    layers : sequence of Layer
        In order of execution.
    dtype : "float32" or "float64"
        Of the layers' arrays and of everything computed: float32 to train, float64 to prove.
    input_shape : sequence of int, optional
        (channels, height, width) of an image; if given, `forward` refuses any other.

    Attributes
    ----------
    points : list of str
        Names of the injection points, in order.
    parameters, gradients : mapping of str to np.ndarray
        By layer and name, such as "dense1.weight". Writing into an array, or assigning to its name, changes the net.
    statistics : mapping of str to np.ndarray
        Batch norm's running averages, such as "bn1.running_mean".
    theta, dtheta : np.ndarray
        All parameters, and all gradients, end to end in one vector each; the arrays above are views into them.
    """

    def __init__(
        self, layers: Sequence[Layer], dtype: str = "float32", input_shape: Sequence[int] | None = None
    ) -> None:
        self.layers, self.dtype = list(layers), real_type(dtype)
        self.input_shape = None if input_shape is None else tuple(input_shape)
        self.names = _number([layer.kind for layer in self.layers])
        self._noisy_layers = [i for i, layer in enumerate(self.layers) if layer.noisy]
        self.points = ["input"] + [self.names[i] for i in self._noisy_layers]
        self._point_behind = {layer: point for point, layer in enumerate(self._noisy_layers, start=1)}
        self._first_weights = next((i for i, layer in enumerate(self.layers) if layer.parameters), len(self.layers))
        self._gather_parameters()
        self._injected: tuple[Noise | None, dict[int, int], int, int] | None = None  # noise, executions by point, ...

    def __getstate__(self) -> dict[str, object]:
        """What a copy is made of; its arrays are gathered anew, so that they are views of its own vectors."""
        return {"layers": self.layers, "dtype": self.dtype, "input_shape": self.input_shape}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__init__(**state)

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
    ) -> np.ndarray:
        """Run the network.

        Parameters
        ----------
        x : np.ndarray
            Images, (channels, height, width, batch), float, normalised; kept for `backward`, so change it only after.
        training : bool
            Whether batch norm uses (and averages) the batch's own statistics.
        noise : Noise, optional
            What to inject; nothing by default.
        point : int, "global" or "all"
            Where: at one point, by its number; at all but batch norm's outputs; at every one.
        seed, step : int
            Which noise: what is injected at point p comes from ``normal(shape, seed, p, step)``.
        executions : sequence of int, optional
            How often the noise is applied at each noisy point, in order, to be averaged (section 8); once by default.

        Returns
        -------
        np.ndarray
            Logits, (classes, batch), a new array.

        Raises
        ------
        InputError
            If there is no such point, x has another shape or is not of floats, or there are not as many `executions`
            as noisy points.
        """
        *_, (_, logits) = self.activations(x, training, noise, point, seed, step, executions)
        return logits.copy()

    def activations(
        self,
        x: np.ndarray,
        training: bool = False,
        noise: Noise | None = None,
        point: int | str = GLOBAL,
        seed: int = 0,
        step: int = 0,
        executions: Sequence[int] | None = None,
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Run the network as `forward` does, yielding what leaves each injection point as (name, array).

        The arrays are the network's own and live until its next run: copy what is to be kept. The network goes on
        with what it finds in an array, so writing into one replaces the activation ("input" may be x itself).
        """
        where = {} if noise is None else executions_by_point(noisy_points(self.points, point), executions)
        self._injected = (noise, where, seed, step)
        self._check_input(x, noise)
        x = np.ascontiguousarray(x, self.dtype)
        if 0 in where:
            x = x.copy()
            noise.inject(x, seed, 0, step, where[0])
        yield "input", x
        for index, layer in enumerate(self.layers):
            x = layer.forward(x, training)
            if (here := self._point_behind.get(index)) in where:
                noise.inject(x, seed, here, step, where[here])
            if layer.noisy:
                yield self.names[index], x

    def backward(self, dlogits: np.ndarray, input_gradient: bool = False) -> np.ndarray | None:
        """Fill `gradients`, given the loss's derivative by the last `forward`'s logits, (classes, batch).

        With `input_gradient=True` also return the loss's derivative by the images.
        """
        if self._injected is None:
            raise InputError("backward: expected a forward pass before it, got none; call forward first")
        noise, where, seed, step = self._injected
        dx = np.array(dlogits, self.dtype, order="C")  # a copy: layers may overwrite what they are given
        for index in reversed(range(len(self.layers))):
            if (here := self._point_behind.get(index)) in where:
                dx = noise.backward(dx, seed, here, step, where[here])
            dx = self.layers[index].backward(dx, input_gradient or index > self._first_weights)
            if dx is None:
                return None
        if 0 in where:
            dx = noise.backward(dx, seed, 0, step, where[0])
        return dx.copy() if input_gradient else None

    def _check_input(self, x: np.ndarray, noise: Noise | None) -> None:
        if not isinstance(noise, Noise | None):
            raise InputError(f"noise: expected what wn_ref.additive and its like return, got {noise!r}; use them")
        x = np.asarray(x)
        if self.input_shape is not None and x.shape[:-1] != self.input_shape:
            expected = ", ".join(map(str, self.input_shape))
            raise InputError(f"x: expected ({expected}, batch), got {x.shape}; the batch is the last axis")
        if x.dtype.kind != "f":
            raise InputError(f"x: expected normalised floats, got {x.dtype}; Dataset.batch makes them")

    def _gather_parameters(self) -> None:
        """Move all parameters and gradients into one vector each, and give every layer views of its part."""
        sizes = [array.size for layer in self.layers for array in layer.parameters.values()]
        self.theta, self.dtheta = np.zeros(sum(sizes), self.dtype), np.zeros(sum(sizes), self.dtype)
        parameters, gradients, statistics, start = {}, {}, {}, 0
        for name, layer in zip(self.names, self.layers, strict=True):
            for key, array in layer.parameters.items():
                part = slice(start, start := start + array.size)
                self.theta[part] = array.reshape(-1)
                layer.parameters[key] = parameters[f"{name}.{key}"] = self.theta[part].reshape(array.shape)
                layer.gradients[key] = gradients[f"{name}.{key}"] = self.dtheta[part].reshape(array.shape)
            statistics |= {f"{name}.{key}": array for key, array in layer.statistics.items()}
        self.parameters, self.gradients = ArraysByName(parameters), ArraysByName(gradients)
        self.statistics = ArraysByName(statistics)


def real_type(dtype: object) -> np.dtype:
    """Return float32 or float64 as NumPy's type; raise `InputError` if `dtype` is neither."""
    name = getattr(dtype, "__name__", str(dtype))
    require_choice("dtype", name, ("float32", "float64"))
    return np.dtype(name)


def noisy_points(points: Sequence[str], point: int | str) -> tuple[int, ...]:
    """Return the numbers of the injection points that `point` means.

    Parameters
    ----------
    points : sequence of str
        Their names, in order.
    point : int, "global" or "all"
        One point by its number; all but batch norm's outputs; every one.

    Raises
    ------
    InputError
        If there is no such point.
    """
    if point == ALL:
        return tuple(range(len(points)))
    if point == GLOBAL:
        return tuple(p for p, name in enumerate(points) if not name.startswith("bn"))
    last = len(points) - 1
    if isinstance(point, bool) or not isinstance(point, (int, np.integer)) or not 0 <= point <= last:
        names = ", ".join(f"{number} {name}" for number, name in enumerate(points))
        raise InputError(f"point: expected 'global', 'all' or 0 to {last} ({names}), got {point!r}; choose one")
    return (int(point),)


def weight_magnitudes(network: Network) -> dict[str, float]:
    """Mean |w| of each layer with a weight, biases and batch norm left out, {layer: magnitude}."""
    weights = {k.removesuffix(".weight"): w for k, w in network.parameters.items() if k.endswith(".weight")}
    return {name: float(np.mean(np.abs(w), dtype=np.float64)) for name, w in weights.items()}


def executions_by_point(where: Sequence[int], executions: Sequence[int] | None) -> dict[int, int]:
    """Return how often the noise is applied at each of the noisy points `where`, as {point: executions}.

    Raises
    ------
    InputError
        If there are not as many `executions` as points, or one is no whole number of at least 1.
    """
    if executions is None:
        return dict.fromkeys(where, 1)
    if np.ndim(executions) != 1 or len(executions) != len(where):
        raise InputError(f"executions: expected {len(where)} numbers, one a noisy point, got {executions!r}; add some")
    for count in executions:
        require_whole("executions", count, least=1)
    return {p: int(count) for p, count in zip(where, executions)}


def _number(kinds: Sequence[str]) -> list[str]:
    """Name layers by kind and occurrence: conv, relu, conv -> conv1, relu1, conv2."""
    seen: Counter[str] = Counter()
    names = []
    for kind in kinds:
        seen[kind] += 1
        names.append(f"{kind}{seen[kind]}")
    return names

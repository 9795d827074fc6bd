"""A case: one network, its noise, and some steps of training that a port does, too. It is data and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from wn_ref.errors import InputError, require_choice, require_flag, require_number, require_type, require_whole
from wn_ref.injection import GLOBAL, INPUT, Points
from wn_ref.models import Model, build_model, model_name
from wn_ref.noise import Noise
from wn_ref.optim import cosine
from wn_ref.ports.chain import KINDS, MOST_NUMBERS, CaseLayer, layers_of
from wn_ref.random import EVALUATION

TOLERANCES = {
    "float64": {"values": 1e-9, "updates": 1e-6},
    "float32": {"values": 2e-5, "updates": 1e-3},
}
"""How far a correct port may be away, by the type of its numbers.

"values" is a share of the largest number: of the array, or, for a gradient, of the gradients of its layer. "updates" is
a share of the learning rate.
"""
DTYPES = tuple(TOLERANCES)
MOST_STEPS = 10_000
MOST_ARRAYS = 99_999
"""Arrays of a case file at most, besides its settings."""
LONGEST_NAME = 255
LEAST_BATCH = 4
"""Images in a step at least, for float32 with batch norm."""


@dataclass(frozen=True)
class Case:
    """All settings of a case; made by `case_of`, or read from a file.

    Attributes
    ----------
    name : str
        What the case is called, in printable characters; also the name of its file.
    model : str
        The name of the network, for people.
    layers : tuple of CaseLayer
        The network itself.
    input_shape : tuple of int
        (channels, height, width) of an image.
    classes : int
        Number of logits.
    noise : Noise
        What is injected; with both sigmas 0 there is no noise. It is of the class `Noise` itself: a case has numbers
        and no code.
    point : int or str
        Where: "global", "all", or the number of one point.
    executions : tuple of int or None
        How often the noise is applied at each noisy point in the evaluation, to be averaged; once by default, and
        always once in training.
    class_weights : tuple of float or None
        How much a sample of each class counts in the loss.
    clamp : bool
        Whether the weights of dense layers and convolutions are clipped to [-1, 1] after every step.
    learning_rate, epochs, steps_per_epoch : float, int, int
        The rate of the first epoch, and how a cosine lowers it from epoch to epoch.
    steps, batch : int
        How many steps are trained, and with how many images each: 2 or more; 4 or more for float32 with batch norm.
    seed : int
        Of everything that is random.
    dtype : "float32" or "float64"
        What a port computes with.
    image_scale, weight_scale : float
        Standard deviation of the images, and a factor of the first weights.
    """

    name: str
    model: str
    layers: tuple[CaseLayer, ...]
    input_shape: tuple[int, ...] = (1, 28, 28)
    classes: int = 10
    noise: Noise = Noise()  # noqa: RUF009 (frozen)
    point: int | str = GLOBAL
    executions: tuple[int, ...] | None = None
    class_weights: tuple[float, ...] | None = None
    clamp: bool = False
    learning_rate: float = 1e-3
    epochs: int = 2
    steps_per_epoch: int = 2
    steps: int = 3
    batch: int = 8
    seed: int = 0
    dtype: str = "float64"
    image_scale: float = 1.0
    weight_scale: float = 1.0

    def __post_init__(self) -> None:
        require_type("noise", self.noise, Noise, "wn_ref.additive returns one")
        if type(self.noise) is not Noise:
            expected = "a noise of wn_ref.additive, wn_ref.multiplicative or wn_ref.mixed"
            got = f"one of the class {type(self.noise).__name__}, whose code no case file can hold"
            raise InputError(f"noise: expected {expected}, got {got}; check a port with one of these")
        if not isinstance(self.name, str) or not self.name.isprintable() or len(self.name) > LONGEST_NAME:
            expected = f"at most {LONGEST_NAME} printable characters"
            raise InputError(f"name: expected {expected}, got {self.name!r:.80}; choose another one")
        if len(self.input_shape) != 3:
            got = f"{self.input_shape!r:.60}"
            raise InputError(f"input_shape: expected (channels, height, width), got {got}; correct it")
        require_choice("dtype", self.dtype, DTYPES)
        require_flag("clamp", self.clamp)
        require_whole("seed", self.seed, least=0, most=2**64 - 1)
        require_whole("classes", self.classes, least=2, most=MOST_NUMBERS)
        for name, least in (("epochs", 1), ("steps_per_epoch", 1), ("steps", 1), ("batch", 2)):
            require_whole(name, getattr(self, name), least=least, most=MOST_STEPS)
        if self.batch < LEAST_BATCH and self.batchnorm and self.dtype == "float32":
            expected = f"{LEAST_BATCH} images or more for float32 with batch norm, whose gradient is lost to rounding"
            raise InputError(f"batch: expected {expected} with fewer, got {self.batch}; choose more, or float64")
        for name in ("learning_rate", "image_scale", "weight_scale"):
            require_number(name, getattr(self, name), "a positive number", least=1e-30)
        if self.steps > self.epochs * self.steps_per_epoch:
            most = self.epochs * self.steps_per_epoch
            raise InputError(f"steps: expected at most {most}, all those of the epochs, got {self.steps}; add epochs")
        weights = self.class_weights
        if weights is not None:
            if len(weights) != self.classes:
                got = f"{len(weights)} numbers"
                raise InputError(f"class_weights: expected {self.classes}, one for each class, got {got}; correct them")
            for weight in weights:
                require_number("class_weights", weight, "a number > 0 and < 1e100", least=1e-100, below=1e100)
        object.__setattr__(self, "point", self.points.normalised(self.point))
        self.noisy(evaluation=True)  # checks the executions
        if self.shapes[-1] != (self.classes,):
            raise InputError(f"layers: expected {self.classes} logits, got {self.shapes[-1]}; correct the last layer")
        if self.arrays > MOST_ARRAYS:
            what = f"expected at most {MOST_ARRAYS} arrays in its file, got more"
            raise InputError(f"case: {what}; choose fewer steps, executions or layers")

    @cached_property
    def points(self) -> Points:
        """The injection points of the network."""
        behind = [layer for layer in self.layers if layer.point is not None]
        return Points(
            (INPUT, *(layer.name for layer in behind)),
            (INPUT, *(layer.kind for layer in behind)),
            (True, *(KINDS[layer.kind].globally_noisy for layer in behind)),
        )

    @cached_property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of the activation at each point, without the batch, in this package's order of axes."""
        shape, shapes = self.input_shape, [self.input_shape]
        for layer in self.layers:
            shape = layer.output_shape(shape)
            if layer.point is not None:
                shapes.append(shape)
        return tuple(shapes)

    @property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """The shapes of all parameters, by name."""
        return {name: shape for layer in self.layers for name, shape in layer.parameters.items()}

    @property
    def statistics(self) -> dict[str, tuple[int, ...]]:
        """The shapes of all running averages, by name."""
        return {name: shape for layer in self.layers for name, shape in layer.statistics.items()}

    @property
    def batchnorm(self) -> bool:
        """Whether there is batch norm."""
        return bool(self.statistics)

    @property
    def arrays(self) -> int:
        """How many arrays its file has; `wn_ref.ports.contents` lists them."""
        parameters, both = len(self.parameters), len(self.parameters) + len(self.statistics)
        training, evaluation = (
            3 + len(self.points) + sum(1 + count * len(self.operators) for count in self.noisy(final).values())
            for final in (False, True)
        )
        return 2 + both + self.steps * (2 + 3 * parameters + both + training) + evaluation

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rate of each step."""
        return tuple(
            cosine(self.learning_rate, step // self.steps_per_epoch, self.epochs) for step in range(self.steps)
        )

    @property
    def operators(self) -> tuple[tuple[str, float], ...]:
        """The kinds of noise in the order in which they are applied, ("multiplicative" or "additive", sigma)."""
        both = [("multiplicative", self.noise.sigma_mul), ("additive", self.noise.sigma_add)]
        return tuple(one for one in (both if self.noise.first == "multiplicative" else both[::-1]) if one[1] > 0)

    def noisy(self, evaluation: bool = False) -> dict[int, int]:
        """Return how often the noise is applied at each noisy point, {number: executions}."""
        counts = self.points.executions(self.point, self.executions)
        counts = counts if evaluation else dict.fromkeys(counts, 1)
        return counts if self.operators else {}

    def draws(self, evaluation: bool = False) -> dict[int, list[int]]:
        """Return the draws at each noisy point: execution k has 2 k and, for the second operator, 2 k + 1."""
        second = range(len(self.operators))
        return {p: [2 * k + i for k in range(n) for i in second] for p, n in self.noisy(evaluation).items()}

    def step_of(self, number: int) -> int:
        """Return the step of the generator in pass `number`: of a training step, or, after the last, of the evaluation.

        See `wn_ref.steps.evaluation_step`.
        """
        return number if number < self.steps else EVALUATION

    @property
    def zero_gradients(self) -> tuple[str, ...]:
        """The gradients that are zero but for rounding: of a bias right in front of batch norm.

        Batch norm subtracts what a bias adds. Multiplicative noise with an exact gradient between the two undoes that.
        """
        exact = self.noise.gradient == "exact" and self.noise.sigma_mul > 0
        found = []
        for layer, behind in zip(self.layers, self.layers[1:]):
            if behind.kind == "bn" and layer.kind in ("dense", "conv") and not (exact and layer.point in self.noisy()):
                found.append(f"{layer.name}.bias")
        return tuple(found)


def case_of(
    name: str,
    model: str | Model = "mlp",
    input_shape: Sequence[int] = (1, 28, 28),
    classes: int = 10,
    batchnorm: bool = True,
    noise: Noise | None = None,
    point: int | str = GLOBAL,
    **settings: object,
) -> Case:
    """Make a case.

    Parameters
    ----------
    name : str
        What it is called.
    model, input_shape, classes, batchnorm
        As for `wn_ref.build_model`; a model of your own may have the layers of the paper's networks.
    noise : Noise, optional
        What is injected; nothing by default. A noise of your own, of a class derived from `Noise`, is refused: a case
        file holds sigmas, order and gradient, and not what another `inject` does.
    point : int or str
        Where: at one point, given by its number or its name; "global" or "all".
    **settings
        The other fields of `Case`.

    Raises
    ------
    InputError
        If a setting cannot be used, the noise is one of your own, or the network has a layer of another kind.

    Examples
    --------
    >>> from wn_ref import additive
    >>> case = case_of("one", "mlp", noise=additive(0.5), point="dense1", batchnorm=False)
    >>> case.points.names[:3], case.point, case.shapes[1], case.draws()
    (('input', 'dense1', 'relu1'), 1, (64,), {1: [0]})
    """
    network = build_model(model, input_shape, classes, batchnorm, 0, "float64")
    shape = tuple(int(size) for size in input_shape)
    noise = Noise() if noise is None else noise
    known: Mapping = {"noise": noise, "point": point, "input_shape": shape, "classes": classes}
    return Case(name, model_name(model), layers_of(network), **known, **settings)  # type: ignore[arg-type]

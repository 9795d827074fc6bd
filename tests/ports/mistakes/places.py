"""Where mistakes are found first. The order is that of the computation: activations from the images on, the loss,
gradients from the last layer back, moments and updates of all parameters side by side."""

from collections.abc import Callable

from tests.ports.mistakes.base import Place, Where
from wn_ref.ports.case import Case
from wn_ref.ports.chain import CaseLayer

Test = Callable[[Case, CaseLayer], bool]


def always(case: Case, layer: CaseLayer | None = None) -> bool:
    return True


def activation(*kinds: str, step: int | str = 0, test: Test = always) -> Where:
    """What leaves the first layer of these kinds."""

    def where(case: Case) -> Place | None:
        found = [layer.name for layer in case.layers if layer.kind in kinds and test(case, layer)]
        return Place(step, (f"activation/{found[0]}",)) if found else None

    return where


def noise(step: int | str = 0, test: Callable[[Case], bool] = lambda case: True) -> Where:
    """The first noisy point."""

    def where(case: Case) -> Place | None:
        noisy = list(case.noisy(evaluation=step == "evaluation"))
        return point(case, noisy[0], step) if noisy and test(case) else None

    return where


def point(case: Case, number: int, step: int | str = 0, *others: int) -> Place:
    """A point: what leaves it, or a draw for it, or for one of the others."""
    return Place(step, (f"activation/{case.points.names[number]}",), (number, *others))


def in_front_of(case: Case, layer: CaseLayer) -> CaseLayer | None:
    """The last layer with parameters in front of another one."""
    front = [one for one in case.layers[: case.layers.index(layer)] if one.parameters]
    return front[-1] if front else None


def gradient_in_front_of(kind: str, test: Test = always) -> Where:
    """The parameters in front of the last layer of a kind: the first ones that its wrong derivative reaches."""

    def where(case: Case) -> Place | None:
        found = [layer for layer in case.layers if layer.kind == kind and test(case, layer)]
        front = in_front_of(case, found[-1]) if found else None
        return Place(0, (f"gradient/{front.name}.*",)) if front else None

    return where


def gradient_in_front_of_one(kind: str, test: Test = always) -> Where:
    """The parameters in front of some layer of a kind, in some step, for derivatives that few draws make wrong."""

    def where(case: Case) -> Place | None:
        found = [in_front_of(case, layer) for layer in case.layers if layer.kind == kind and test(case, layer)]
        quantities = tuple(f"gradient/{front.name}.*" for front in found if front)
        return Place("[0-9]*", quantities) if quantities else None

    return where


def gradient_in_front_of_noise(test: Callable[[Case], bool]) -> Where:
    """The parameters in front of the last noisy point, or the images if there are none."""

    def where(case: Case) -> Place | None:
        if not test(case) or not case.noisy():
            return None
        front = [layer for layer in case.layers if layer.parameters and (layer.point or 0) <= max(case.noisy())]
        return Place(0, (f"gradient/{front[-1].name}.*",) if front else ("gradient/input",))

    return where


def gradient_of(*kinds: str, name: str = "*", step: int = 0) -> Where:
    """The last layer of these kinds whose parameter of this name has a gradient at all."""

    def where(case: Case) -> Place | None:
        found = [
            layer.name
            for layer in case.layers
            if layer.kind in kinds and f"{layer.name}.{name}" not in case.zero_gradients
        ]
        return Place(step, (f"gradient/{found[-1]}.{name}",)) if found else None

    return where


def anywhere(*quantities: str, step: int | str = 0, test: Callable[[Case], bool] = lambda case: True) -> Where:
    """Any of these quantities."""
    return lambda case: Place(step, quantities) if test(case) else None


def statistic(name: str, of: str = "bn1") -> Where:
    """A running average, of the first batch norm by default."""
    return lambda case: Place(0, (f"statistic/{of}.{name}",)) if case.batchnorm else None


loss = anywhere("loss")


def loss_or_its_derivative(case: Case) -> Place:
    """The loss, or, where its change is by chance smaller than float32 can tell, the gradient of the last layer."""
    return Place(0, ("loss", f"gradient/{case.layers[-1].name}.*"))


def two(case: Case) -> bool:
    """Whether noise is mixed."""
    return len(case.operators) == 2


def exact(case: Case) -> bool:
    """Whether noise has an exact gradient that is not straight-through."""
    return case.noise.gradient == "exact" and case.noise.sigma_mul > 0

"""What a planted mistake is: a port with it, the cause that is to be named, and the place where it is to be found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from wn_ref.ports.case import Case
from wn_ref.ports.numpy_port import NumpyPort
from wn_ref.ports.report import Finding


@dataclass(frozen=True)
class Place:
    """A step, and the quantities of which one must be the first that deviates, as patterns of file names.

    A finding of the kind "noise" has a point in place of a quantity. The step is a pattern, too, if it is a string.
    """

    step: int | str
    quantities: tuple[str, ...]
    points: tuple[int, ...] = ()

    def holds(self, finding: Finding) -> bool:
        if not fnmatchcase(str(finding.step), str(self.step)):
            return False
        if finding.quantity == "noise":
            return bool(finding.index) and finding.index[0] in self.points
        return any(fnmatchcase(finding.quantity, pattern) for pattern in self.quantities)


Where = Callable[[Case], Place | None]
"""The place by the case; None where the mistake changes nothing."""


Also = Mapping[str, Callable[[Case], bool]]


@dataclass(frozen=True)
class Mistake:
    """A port with one mistake.

    Attributes
    ----------
    name : str
        Of the class.
    says : str
        What is wrong, for people.
    port : type
        The port.
    cause : str or None
        The public name; None if there is none for this mistake.
    where : callable
        The place, derived from what the mistake is.
    also : mapping of str to callable
        Other names that are true, and in which cases; `why` says why.
    shown : tuple of str
        Cases of the suite that are enough for a short look.
    """

    name: str
    says: str
    port: type[NumpyPort]
    cause: str | None
    where: Where
    also: Also = field(default_factory=dict)
    why: str = ""
    shown: tuple[str, ...] = ()

    def allows(self, cause: str, case: Case) -> bool:
        """Whether it is true to name this cause in this case."""
        return cause == self.cause or (cause in self.also and self.also[cause](case))


def mistake(
    says: str,
    cause: str | None,
    where: Where,
    kind: str = "",
    also: Also | None = None,
    why: str = "",
    shown: tuple[str, ...] = (),
) -> Callable[[type], Mistake]:
    """Make a mistake of a port's class, or of a layer's class, which takes the place of the right one of `kind`."""

    def made(wrong: type) -> Mistake:
        layers = {"layers": {**NumpyPort.layers, kind: wrong}}
        port = type(wrong.__name__, (NumpyPort,), layers) if kind else wrong
        return Mistake(wrong.__name__, says, port, cause, where, also or {}, why, shown)

    return made

"""Mistakes that people make in ports, each with the place and the cause at which the check is to arrive."""

from types import ModuleType

from tests.ports.mistakes import (
    amount,
    backward,
    batchnorm,
    clamp,
    forward,
    further,
    further_steps,
    loss,
    noise,
    update,
)
from tests.ports.mistakes.base import Mistake


def _of(*modules: ModuleType) -> tuple[Mistake, ...]:
    return tuple(one for module in modules for one in vars(module).values() if isinstance(one, Mistake))


CLASSIC = _of(forward, batchnorm, noise, amount, loss, backward, update, clamp)
"""Each has a public name."""
FURTHER = _of(further, further_steps)
"""None has a public name."""

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

MODULES: tuple[ModuleType, ...] = (
    forward,
    batchnorm,
    noise,
    amount,
    loss,
    backward,
    update,
    clamp,
    further,
    further_steps,
)
ALL = tuple(one for module in MODULES for one in vars(module).values() if isinstance(one, Mistake))
CLASSIC = tuple(one for one in ALL if one.cause)
"""Each has a public name."""
FURTHER = tuple(one for one in ALL if not one.cause)
"""None has a public name."""

"""Errors and warnings name what the user typed: --learning-rate and CSV, not learning_rate and csv."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from typer.core import TyperCommand

from wn_ref.errors import InputError, RunError
from wn_ref.user_code import said

ALIASES = {
    "sigma_add": ("sigma", "sigmas"),
    "sigma_mul": ("sigma", "sigmas"),
    "output": ("output", "csv", "json_file", "save"),
    "path": ("file",),
    "plan": ("name",),
    "dataset": ("dataset", "name"),
    "figure": ("number",),
    "table": ("number",),
}
"""For the first word of a message: the parameters of commands that it may be about, if they are named otherwise."""


class Command(TyperCommand):
    """A command whose errors and warnings begin with the option or argument that they are about, as it is typed."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises
        ------
        InputError
            What the command raised, with its first word replaced by the name of an option or argument.
        RunError
            If code of the user's exits, which would end the program as if the command were done.
        """
        try:
            with _warnings_as_typed(self.params):
                return super().invoke(ctx)
        except InputError as error:
            raise type(error)(as_typed(str(error), self.params)) from None
        except SystemExit as stop:
            raise RunError(f"expected code of yours to return, got {said(stop)}; correct it") from None


@contextmanager
def _warnings_as_typed(parameters: Sequence[Any]) -> Iterator[None]:
    """Show this package's warnings as `as_typed` writes them, for as long as the context lasts."""
    show = warnings.showwarning

    def show_typed(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        own = category.__module__.split(".")[0] == __name__.split(".")[0]
        show(as_typed(str(message), parameters) if own else message, category, *where, **more)

    warnings.showwarning = show_typed
    try:
        yield
    finally:
        warnings.showwarning = show


def as_typed(message: str, parameters: Sequence[Any]) -> str:
    """Replace the name at the beginning of a message by the option or argument of that name, if there is one."""
    found = re.match(r"(\w+)((?: of \w+)?: .*)", message)
    if found is None:
        return message
    name, rest = found.groups()
    by_name = {parameter.name: parameter for parameter in parameters}
    for parameter in filter(None, map(by_name.get, ALIASES.get(name, (name,)))):
        typed = parameter.opts[0] if parameter.opts[0].startswith("-") else parameter.metavar
        return f"{typed}{rest}"
    return message

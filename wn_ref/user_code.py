"""Functions of the user's that are given by name: "package.module:function" or "file.py:function"."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from wn_ref.errors import InputError

FROM_FILE = "wn_ref_user_"
"""How the name of a module begins that is a file of the user's."""
LONGEST_TEXT = 500
"""Characters of an error of somebody else's that are shown at most."""


def function_of(what: str, text: str) -> Callable[..., Any]:
    """Return the function that a text names; see `object_of`.

    Raises
    ------
    InputError
        Also if it cannot be called.
    """
    function = object_of(what, text)
    if not callable(function):
        place, _, name = text.rpartition(":")
        raise InputError(f"{what}: expected a function of {place}, got {name!r}, which cannot be called; correct it")
    return function


def object_of(
    what: str, text: str, expected: str = "a function of {}", usable: Callable[[Any], bool] = callable
) -> Any:
    """Return what a text names.

    A file is run once as long as it does not change. What it defines travels to worker processes with its code, as what
    a notebook defines does; a module has to be installed there.

    Parameters
    ----------
    what : str
        The name of the argument, for messages.
    text : str
        "package.module:name" or "path/to/file.py:name".
    expected : str
        What is expected, for messages; ``{}`` stands for the place.
    usable : callable
        Which of the objects there the message offers in place of a name that is not there.

    Raises
    ------
    InputError
        If there is no such file, module or name, or running the file fails.
    """
    place, _, name = text.rpartition(":")
    if place.endswith(".py"):
        path = Path(place)
        if not path.is_file():
            raise InputError(
                f"{what}: expected {expected.format('a file')}, got {text!r}, but no such file; correct it"
            )
        module = _run_file(what, str(path.resolve()), path.stat().st_mtime_ns)
    else:
        module = _module(what, place, text)
    try:
        return getattr(module, name)
    except AttributeError:
        there = {n: v for n, v in vars(module).items() if getattr(v, "__module__", "") == module.__name__}
        own = [n for n, v in there.items() if usable(v)]
        got = f"{name!r}; it has {', '.join(own) or 'none'}"
        raise InputError(f"{what}: expected {expected.format(place)}, got {got}") from None


def _module(what: str, place: str, text: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # as `python -m` has it; worker processes look there, too
    try:
        return importlib.import_module(place)
    except (Exception, SystemExit) as error:  # a module of the user's may do what it likes
        raise InputError(f"{what}: expected package.module:name, got {text!r} ({said(error)}); correct it") from None


@lru_cache(maxsize=32)
def _run_file(what: str, path: str, _: int) -> ModuleType:
    """Run a file as a module that nobody can import, so that what it defines is pickled with its code."""
    name = FROM_FILE + Path(path).stem
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{what}: expected a file of Python, got {path}; correct it")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look there while the file runs
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise InputError(f"{what}: expected {path} to run, got {said(error)}; correct it") from None
    finally:
        del sys.modules[name]
    return module


def said(error: BaseException) -> str:
    """Return an error of somebody else's code in one line that is not too long, also if it has no text."""
    try:
        text = " ".join(str(error).split())
    except (Exception, SystemExit):  # also of its text
        text = "with a text that cannot be had"
    text = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}..."
    return f"{type(error).__name__}: {text}"

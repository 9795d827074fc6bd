"""A fingerprint of code: of a class or a function of the user's, and of all that it reads when it runs.

It covers the code of a class and of its base classes, and the functions, classes, constants and arrays that this code
reads, wherever they are defined. Of what comes with Python, with an installed library or with this package, the name is
enough. The code is the one that runs, because a file may have been edited since it was read. So another version of
Python gives another fingerprint, and another comment does not.
"""

from __future__ import annotations

import dis
import importlib
import pickle
from collections.abc import Iterator, Mapping
from functools import _lru_cache_wrapper, cached_property, lru_cache, partial
from hashlib import sha256
from importlib.util import resolve_name
from io import BytesIO
from types import (
    BuiltinMethodType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

import numpy as np

from wn_ref.errors import InputError
from wn_ref.installed import is_installed, is_installed_module

Seen = dict[int, Any]
"""Functions, classes, modules and objects that were met already, by their ids."""

_WITHOUT_INFLUENCE = {"__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__replace__", "_abc_impl"}
"""What dataclasses and abstract classes have beside their own code."""


class _Incomparable(Exception):
    """An object cannot be compared with that of another process; the argument is its class."""


def fingerprint_of_code(value: object, what: str = "noise") -> str:
    """Return 16 hexadecimal digits that are the same only as long as a class or a function does the same.

    `what` is the name of the argument, for the message.

    Raises
    ------
    InputError
        If the code reads an object that cannot be compared with that of another process.
    """
    try:
        return _digest(value, {})
    except RecursionError:
        raise InputError(
            f"{what}: expected its code to read no list that has itself in it, got one; untie it"
        ) from None
    except _Incomparable as error:
        raise InputError(
            f"{what}: expected its code to read numbers, arrays and functions, got an object of {error}, which cannot "
            "be compared with that of another day; make what is needed of it a field or a constant"
        ) from None


def _digest(value: object, seen: Seen) -> str:
    digest = sha256()
    for part in _parts(value, seen):
        digest.update(f"{len(part)}:{part}".encode(errors="surrogatepass"))
    return digest.hexdigest()[:16]


def _parts(value: Any, seen: Seen) -> Iterator[str]:
    """Describe a value, in an order that is the same in every process."""
    value = getattr(value, "py_func", value)  # what Numba has compiled
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes, np.generic)):
        yield f"{type(value).__name__} {value!r}"
    elif isinstance(value, np.ndarray) and value.dtype != object:
        if type(value) is not np.ndarray:
            yield from _parts(type(value), seen)
            if isinstance(value, np.ma.MaskedArray):
                yield from _parts(np.ma.getmaskarray(value), seen)
            yield from _parts_of_own_attributes(value, seen)
        yield f"array {value.dtype.str} {value.shape} {sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    elif isinstance(value, (tuple, list)):
        if type(value) not in (tuple, list):
            yield from _parts(type(value), seen)
            yield from _parts_of_own_attributes(value, seen)
        yield f"{type(value).__name__} {len(value)}"
        for item in value:
            yield from _parts(item, seen)
    elif isinstance(value, (dict, MappingProxyType)):
        if type(value) not in (dict, MappingProxyType):
            yield from _parts((type(value), getattr(value, "default_factory", None)), seen)
            yield from _parts_of_own_attributes(value, seen)
        yield from _parts(list(value.items()), seen)
    elif isinstance(value, (set, frozenset)):
        if type(value) not in (set, frozenset):
            yield from _parts(type(value), seen)
            yield from _parts_of_own_attributes(value, seen)
        yield from ("set", *sorted(_digest(item, dict(seen)) for item in value))
    elif isinstance(value, CodeType):
        yield from _parts_of_code(value, seen)
    elif id(value) in seen:
        yield f"number {list(seen).index(id(value))} above"
    else:
        seen[id(value)] = value
        yield from _parts_of_object(value, seen)


def _parts_of_own_attributes(value: Any, seen: Seen) -> Iterator[str]:
    """Describe the attributes of a container or an array of a class of the user's."""
    if not is_installed(type(value)) and getattr(value, "__dict__", None):
        yield from _parts(vars(value), seen)


def _parts_of_object(value: Any, seen: Seen) -> Iterator[str]:
    if isinstance(value, partial):
        yield from _parts((value.func, value.args, value.keywords), seen)
    elif isinstance(value, _lru_cache_wrapper):
        yield from _parts(value.__wrapped__, seen)
    elif isinstance(value, MethodType):
        yield from _parts((value.__func__, value.__self__), seen)
    elif isinstance(value, BuiltinMethodType) and not isinstance(value.__self__, (ModuleType, type)):
        yield from _parts((value.__name__, value.__self__), seen)
    elif _decorates_code_of_the_users(value):
        yield _name(value)
        yield from _parts(value.__wrapped__, seen)
        yield from _parts_of_closure(value, seen)
        if hasattr(value, "registry"):  # of functools.singledispatch
            yield from _parts(value.registry, seen)
    elif is_installed(value):
        yield _name(value)
    elif isinstance(value, FunctionType):
        yield from _parts_of_function(value, seen)
    elif isinstance(value, type):
        yield _name(value)
        if not is_installed(type(value)):
            yield from _parts(type(value), seen)
        for base in value.__mro__:
            yield from [_name(base)] if is_installed(base) else _parts_of_members(vars(base), seen)
    elif isinstance(value, ModuleType):
        yield from _parts_of_members(vars(value), seen)
    elif isinstance(value, (staticmethod, classmethod)):
        yield from _parts(value.__func__, seen)
    elif isinstance(value, property):
        yield from _parts((value.fget, value.fset), seen)
    elif isinstance(value, cached_property):
        yield from _parts(value.func, seen)
    elif hasattr(value, "__dict__") and not is_installed(type(value)):
        yield from _parts((type(value), vars(value)), seen)
    else:
        yield from _parts_of_foreign_object(value, seen)


def _parts_of_members(members: Mapping[str, Any], seen: Seen) -> Iterator[str]:
    """Describe what a class or a module of the user's defines."""
    for name, member in sorted(members.items()):
        special = name.startswith("__") and not callable(member)
        if not special and name not in _WITHOUT_INFLUENCE and not isinstance(member, MemberDescriptorType):
            yield name
            yield from _parts(member, seen)


def _parts_of_function(function: FunctionType, seen: Seen) -> Iterator[str]:
    yield from _parts((function.__code__, function.__defaults__, function.__kwdefaults__), seen)
    yield from _parts_of_closure(function, seen)
    for name in _globals_of(function.__code__):
        if name in function.__globals__:
            yield name
            yield from _parts(function.__globals__[name], seen)
    for module, names in _imports_of(function.__code__):
        yield from _parts_of_import(module, names, function, seen)
    for name, value in vars(function).items():  # f.rate = 2; a lock or a log file is none of what it computes
        if name in _names_of(function.__code__):
            try:
                parts = [name, *_parts(value, seen)]
            except _Incomparable:
                continue
            yield from parts


def _parts_of_import(module: str, names: tuple[str, ...], function: FunctionType, seen: Seen) -> Iterator[str]:
    """Describe what a function imports when it runs, unless it is installed."""
    try:
        module = resolve_name(module, function.__globals__.get("__package__"))
        if is_installed_module(module):
            return
        found = importlib.import_module(module)
        for name in names or sorted(_names_of(function.__code__) & vars(found).keys()):
            if not hasattr(found, name):
                importlib.import_module(f"{module}.{name}")
            yield name
            yield from _parts(getattr(found, name), seen)
    except (ImportError, SystemExit):
        yield f"{module} cannot be imported"


def _parts_of_closure(function: FunctionType, seen: Seen) -> Iterator[str]:
    for cell in function.__closure__ or ():
        try:
            content = cell.cell_contents
        except ValueError:
            content = "not defined yet"
        yield from _parts(content, seen)


def _decorates_code_of_the_users(value: Any) -> bool:
    """Return whether a function is a library's wrapper around one of the user's, as np.errstate makes it."""
    inner = getattr(value, "__wrapped__", None)
    return isinstance(value, FunctionType) and is_installed(value) and callable(inner) and not is_installed(inner)


def _parts_of_code(code: CodeType, seen: Seen) -> Iterator[str]:
    yield f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {code.co_freevars} {code.co_cellvars}"
    yield f"{code.co_argcount} {code.co_kwonlyargcount} {code.co_posonlyargcount} {code.co_flags}"
    yield from _parts(code.co_consts, seen)


@lru_cache(maxsize=1024)
def _globals_of(code: CodeType) -> tuple[str, ...]:
    """Return the names of the globals that a function reads, and those that the functions within it read."""
    names = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names.update(_globals_of(constant))
    return tuple(sorted(names))


@lru_cache(maxsize=1024)
def _names_of(code: CodeType) -> frozenset[str]:
    """Return all names of globals and attributes in a function, and in the functions within it."""
    within = (_names_of(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return frozenset(code.co_names).union(*within)


@lru_cache(maxsize=1024)
def _imports_of(code: CodeType) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the modules that a function imports when it runs, and the names that it takes from each; () for all."""
    found: list[tuple[str, tuple[str, ...]]] = []
    given: list[Any] = []
    for step in dis.get_instructions(code):
        if step.opname == "IMPORT_NAME":
            level, names = given[-2:]  # the number of dots, and what is wanted
            found.append(("." * level + step.argval, tuple(name for name in names or () if name != "*")))
        elif step.opname.startswith("LOAD_"):
            given.append(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found.extend(_imports_of(constant))
    return tuple(found)


def _parts_of_foreign_object(value: object, seen: Seen) -> Iterator[str]:
    """Describe an object of a class that somebody else has written."""
    kind = _name(type(value))
    if isinstance(value, np.ufunc):  # np.frompyfunc has made it, and nobody can look into it
        raise _Incomparable(kind)
    try:
        pickled = BytesIO()
        _Pickler(pickled, seen).dump(value)
        yield f"{kind} {sha256(pickled.getvalue()).hexdigest()}"
    except Exception:  # whatever that class raises
        raise _Incomparable(kind) from None


class _Pickler(pickle.Pickler):
    """Pickles objects with the code of the user's functions and classes in them, of which pickle itself has the names.

    Sets stand there in one order. Tensors of PyTorch are pickled by their numbers: PyTorch's own way writes addresses.
    """

    def __init__(self, file: BytesIO, seen: Seen) -> None:
        super().__init__(file, protocol=4)
        self._seen = seen

    def persistent_id(self, value: Any) -> str | None:
        of_the_users = isinstance(value, (FunctionType, type)) and not is_installed(value)
        return _digest(value, dict(self._seen)) if of_the_users or isinstance(value, (set, frozenset)) else None

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, type) or not (hasattr(value, "detach") and hasattr(value, "numpy")):
            return NotImplemented
        return np.array, (value.detach().cpu().numpy(),)


def _name(value: Any) -> str:
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', getattr(value, '__name__', ''))}"

"""Fingerprints of code: equal for equal code in any process, another one for whatever may change what a noise does."""

import collections
import contextlib
import functools
import importlib
import math
import shutil
import subprocess
import sys
import textwrap
import threading
import types
from functools import partial

import numpy as np
import pytest
import scipy.special

import wn_ref
from wn_ref import InputError
from wn_ref.code_fingerprint import fingerprint_of_code


def wrapped(factor, around):
    """A function of the user's that says it is one of the package's."""

    @functools.wraps(around)
    def scaled(*given):
        return factor * around(*given)

    return scaled


def test_code_of_the_users_that_wraps_an_installed_function_counts():
    for around in (wn_ref.models.mlp, math.hypot, np.linalg.norm, wn_ref.Noise.inject):
        assert fingerprint_of_code(wrapped(1, around)) != fingerprint_of_code(wrapped(0.01, around))
        assert fingerprint_of_code(wrapped(1, around)) == fingerprint_of_code(wrapped(1, around))
        without = wrapped(1, around)
        del without.__wrapped__
        assert fingerprint_of_code(without) != fingerprint_of_code(around)


BASE = """
from dataclasses import dataclass
from functools import cached_property, lru_cache
import math
import numba
import numpy as np
import wn_ref as wn
from wn_ref.random import uniform

RATE = 0.5
TABLE = np.arange(4.0)
SHAPES = {"a": (1, 2)}
UNUSED = 1

class Options:
    def __init__(self):
        self.factor = 2

options = Options()

def helper(x):
    return RATE * x

@numba.njit
def compiled(x):
    return x + 1

def make(power):
    def inner(x):
        return x ** power
    return inner

squared = make(2)

class Mixin:
    LIMIT = 4
    def limit(self, x):
        return min(x, self.LIMIT)

class Model:
    def predict(self, x):
        return 5 * x

predict = Model().predict

@lru_cache(maxsize=1)
def cached(seed):
    return seed + 23

@dataclass(frozen=True)
class Mine(wn.Noise, Mixin):
    sigma: float = 0.0

    @property
    def scale(self):
        return 3 * self.sigma

    @staticmethod
    def shift(x, by=1):
        return x + by

    @cached_property
    def lazy(self):
        return 17

    def inject(self, x, stream, executions=1):
        # a comment
        x += helper(x) + TABLE.sum() + len(SHAPES["a"]) + squared(2) + compiled(1) + options.factor
        x += predict(1) + cached(3)
        x += uniform(x.shape, *stream) + math.sqrt(2) + np.sqrt(4) + sum(y for y in (1, 2) if y in {"b", "a", "c"})
"""


def fingerprint(source):
    space = {"__name__": "__main__"}
    exec(source, space)
    return fingerprint_of_code(space["Mine"])


def test_the_same_code_has_the_same_fingerprint():
    assert fingerprint(BASE) == fingerprint(BASE)
    for before, after in (
        ("class Mixin", "class Another:\n    pass\n\nclass Mixin"),
        ("# a comment", "# another"),
        ("UNUSED = 1", "UNUSED = 2"),
        ("import math\n", "\n\nimport math\n"),
    ):
        assert fingerprint(BASE) == fingerprint(BASE.replace(before, after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RATE = 0.5", "RATE = 0.25"),  # a constant that a helper reads
        ("RATE * x", "RATE + x"),  # the helper
        ("np.arange(4.0)", "np.arange(5.0)"),
        ("np.arange(4.0)", "np.arange(4)"),  # of another type
        ("(1, 2)}", "(1, 3)}"),
        ("x + 1\n", "x + 2\n"),  # what Numba compiles
        ("make(2)", "make(3)"),  # what a closure holds
        ("x ** power", "x * power"),
        ("LIMIT = 4", "LIMIT = 5"),  # of another base class
        ("min(x, self.LIMIT)", "max(x, self.LIMIT)"),
        ("3 * self.sigma", "4 * self.sigma"),  # a property
        ("by=1", "by=2"),  # a default
        ("return 17", "return 18"),
        ("return 5 * x", "return 6 * x"),  # a method of an object
        ("seed + 23", "seed + 24"),  # what is behind a cache
        ("self.factor = 2", "self.factor = 3"),  # an object of one's own
        ("math.sqrt(2)", "math.exp(2)"),
        ("np.sqrt(4)", "np.exp(4)"),
        ("uniform(x.shape", "wn.normal(x.shape"),
        ("y in (1, 2)", "y in (1, 3)"),  # within a function within
        ('{"b", "a", "c"}', '{"b", "a", "d"}'),
        ("x += helper", "x -= helper"),
    ],
)
def test_whatever_it_reads_counts(before, after):
    changed = BASE.replace(before, after)
    assert changed != BASE
    assert fingerprint(changed) != fingerprint(BASE)


def of_sets():
    """Of sets in objects of the standard library, which pickle would write in the order of their hashes."""
    held = types.SimpleNamespace(some={"alpha", "beta", "gamma"}), collections.deque([frozenset("abcdef")])
    return fingerprint_of_code(lambda: held)


def test_it_is_the_same_in_every_process():
    """The order of a set differs from process to process; that of the fingerprint does not."""
    code = "from tests import test_code_fingerprint as t; print(t.fingerprint(t.BASE), t.of_sets(), end='')"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONHASHSEED": seed, "PATH": ""}
        )
        assert done.stdout == f"{fingerprint(BASE)} {of_sets()}", done.stderr


def test_a_module_of_ones_own_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for number, source in enumerate(("def f(x): return x", "def f(x): return 2 * x")):
        (tmp_path / f"own{number}.py").write_text(source)
        space = {}
        exec(
            textwrap.dedent(f"""
            import own{number} as own
            def noise(x):
                return own.f(x)
        """),
            space,
        )
        found.append(fingerprint_of_code(space["noise"]))
    assert found[0] != found[1]


def test_values():
    values = [None, True, 1, 1.0, -0.0, "1", b"1", (1, 2), [1, 2], (1, (2,)), ((1,), 2), {1: 2}, {1, 2}, np.float32(1)]
    values += [np.zeros(2), np.zeros((2, 1)), np.zeros(2, np.int64), math.sin, np.sin, np, partial(math.pow, 2)]
    assert len({fingerprint_of_code(value) for value in values}) == len(values)
    assert fingerprint_of_code(np.zeros((2, 2)).T) == fingerprint_of_code(np.zeros((2, 2)))


def test_what_cannot_be_compared_is_refused():
    with open(__file__) as file:

        def noise(x):
            return file.read(x)

        with pytest.raises(
            InputError, match=r"noise: expected its code to read numbers, .* got an object of _io"
        ) as caught:
            fingerprint_of_code(noise)
    assert "\n" not in str(caught.value)


class Layer:
    """An object that can be called, as layers are, and that says of itself that an installed library defines it."""

    __module__ = "numpy"

    def __init__(self, weight):
        self.weight = weight

    def __call__(self, x):
        return self.weight * x

    def __reduce__(self):
        return Layer, (self.weight,)


def test_an_object_that_can_be_called_is_more_than_its_class(monkeypatch):
    monkeypatch.setattr(np, "Layer", Layer, raising=False)
    Layer.__qualname__ = "Layer"
    one, same, other = (fingerprint_of_code(Layer(weight)) for weight in (1.0, 1.0, 2.0))
    assert one == same
    assert one != other


def test_code_that_calls_itself():
    def even(n):
        return n == 0 or odd(n - 1)

    def odd(n):
        return n > 0 and even(n - 1)

    assert fingerprint_of_code(even) != fingerprint_of_code(odd)


def decorated(decorator, factor):
    @decorator
    def function(x):
        return factor * x

    return function


@pytest.mark.parametrize(
    "decorator",
    [np.errstate(all="ignore"), functools.singledispatch, functools.cache, contextlib.contextmanager],
    ids=["errstate", "singledispatch", "cache", "contextmanager"],
)
def test_what_a_library_has_decorated_counts(decorator):
    same, again, other = (decorated(decorator, factor) for factor in (2, 2, 3))
    assert fingerprint_of_code(same) == fingerprint_of_code(again)
    assert fingerprint_of_code(same) != fingerprint_of_code(other)


def test_what_cannot_be_looked_into_is_refused_and_not_taken_by_its_name():
    with pytest.raises(InputError, match=r"got an object of numpy\.ufunc, which cannot be compared"):
        fingerprint_of_code(decorated(lambda function: np.frompyfunc(function, 1, 1), 2))
    for known in (np.sin, np.strings.isalpha, scipy.special.expit):  # which have a name of their own
        fingerprint_of_code(lambda x, known=known: known(x))


class Callable(type):
    """A metaclass: what it means to call one of its classes."""

    FACTOR = 1

    def __call__(cls, x):
        return cls.FACTOR * x


class Slots:
    __slots__ = ("function",)

    def __init__(self, function):
        self.function = function


def registered(function):
    @functools.singledispatch
    def of_kind(x):
        return x

    of_kind.register(int, function)
    return of_kind


def with_attribute(function):
    def outer(x):
        return outer.inner(x)

    outer.inner = function
    return outer


HOLDERS = {
    "namespace": lambda f: types.SimpleNamespace(f=f),
    "deque": lambda f: collections.deque([f]),
    "object array": lambda f: np.array([f, None], object),
    "slots": Slots,
    "factory": lambda f: collections.defaultdict(f),
    "vectorize": np.vectorize,
    "partialmethod": lambda f: type("Own", (), {"of": functools.partialmethod(f)}),
    "singledispatch": registered,
    "attribute": with_attribute,
    "metaclass": lambda f: type(Callable)("Meta", (Callable,), {"__call__": lambda cls, x: f(x)})("Own", (), {}),
    "ordered": lambda f: collections.OrderedDict(f=f),
}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_a_function_counts_whatever_holds_it(holder):
    """Pickle has functions and classes by their names; their code may have changed since."""

    def one(*args):
        return 2

    def other(*args):
        return 3

    other.__qualname__, other.__name__ = one.__qualname__, one.__name__
    found = []
    for function in (one, one, other):
        held = holder(function)
        found.append(fingerprint_of_code(lambda x, held=held: held))
    assert found[0] == found[1]
    assert found[0] != found[2]


class Table(dict):
    pass


class Row(list):
    pass


class Group(frozenset):
    pass


class Pixels(np.ndarray):
    __slots__ = ()


class Scaled(np.ndarray):
    pass


@pytest.mark.parametrize("kind", [Table, Row, Group, lambda of: np.zeros(2).view(Scaled)])
def test_attributes_of_a_container_of_ones_own_count(kind):
    digests = []
    for factor in (2, 2, 3):
        held = kind([])
        held.factor = factor
        digests.append(fingerprint_of_code(lambda held=held: held))
    assert digests[0] == digests[1] != digests[2]
    without = np.zeros(2).view(Pixels)
    assert fingerprint_of_code(lambda: without)


def test_a_mask_counts():
    digests = []
    for mask in ([0, 1], [0, 1], [1, 0]):
        array = np.ma.MaskedArray([1.0, 2.0], mask)
        digests.append(fingerprint_of_code(lambda array=array: array))
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    "source",
    [
        "from {} import WIDTH",
        "import {} as there\n    WIDTH = there.WIDTH",
        "def inner():\n        import {} as there\n        return there.WIDTH\n    WIDTH = inner()",
    ],
)
def test_what_is_imported_within_a_function_counts(source, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    digests = []
    for number, width in enumerate((2, 2, 64)):
        name = "settings_of_a_test"
        (tmp_path / f"{name}.py").write_text(f"WIDTH = {width}\nx = {number and 0}\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.invalidate_caches()
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
        space = {"__name__": "__main__"}
        exec(f"def build(x):\n    {source.format(name)}\n    return WIDTH\n", space)
        digests.append(fingerprint_of_code(space["build"]))
    assert digests[0] == digests[1] != digests[2]


def test_what_is_installed_is_not_imported_to_look_at_it():
    def build():
        import this  # noqa: F401 - prints when it is imported

    sys.modules.pop("this", None)
    fingerprint_of_code(build)
    assert "this" not in sys.modules


def test_the_order_of_a_set_does_not_count():
    def helper():
        return 1

    def one():
        return helper()

    def other():
        return helper() + 1

    def first():
        return both

    both = {one, other}
    digests = set()
    for members in ([one, other], [other, one]):
        both = frozenset(members)
        digests.add(fingerprint_of_code(first))
    assert len(digests) == 1


def test_the_class_of_a_container_counts():
    class Pair(tuple):
        def total(self):
            return self[0] + self[1]

    class Other(tuple):
        def total(self):
            return self[0] - self[1]

    one, other = Pair((1, 2)), Other((1, 2))
    assert fingerprint_of_code(lambda: one.total()) != fingerprint_of_code(lambda: other.total())


def test_what_a_bound_method_of_a_dictionary_looks_up_counts():
    def made(table):
        look = table.get
        return lambda x: look(x)

    assert fingerprint_of_code(made({1: 2})) != fingerprint_of_code(made({1: 3}))


def test_a_list_in_itself_is_refused():
    tied = [1]
    tied.append(tied)
    with pytest.raises(InputError, match="noise: expected its code to read no list that has itself in it, got one"):
        fingerprint_of_code(lambda: tied)


@pytest.mark.parametrize(
    "line", ["from own_package import parts", "from . import parts", "import own_package.parts as parts"]
)
def test_a_submodule_that_nobody_has_imported_yet_counts(line, tmp_path, monkeypatch):
    """It is the same before the function has run and after it; and another one if the submodule is."""
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "own_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    digests = []
    for width in (2, 2, 64):
        (package / "parts.py").write_text(f"WIDTH = {width}\n")
        shutil.rmtree(package / "__pycache__", ignore_errors=True)
        for name in ("own_package", "own_package.parts"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.invalidate_caches()
        space = {"__name__": "__main__", "__package__": "own_package"}
        exec(f"def build():\n    {line}\n    return parts.WIDTH\n", space)
        digests.append(fingerprint_of_code(space["build"]))
        assert space["build"]() == width
        assert fingerprint_of_code(space["build"]) == digests[-1]
    assert digests[0] == digests[1] != digests[2]


def test_a_module_that_ends_the_program_does_not(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "ends_it.py").write_text("import sys; sys.exit(3)\n")

    def build():
        import ends_it  # noqa: F401

    fingerprint_of_code(build)


def test_an_attribute_that_nobody_can_compare_is_left_out():
    """A lock is nothing that a function computes with."""

    def build():
        with build.lock:
            return build.width

    build.lock, digests = threading.Lock(), []
    for width in (2, 2, 64):
        build.width = width
        digests.append(fingerprint_of_code(build))
    assert digests[0] == digests[1] != digests[2]

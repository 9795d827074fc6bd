"""Every public function and class has an example, and every example in the package does what it shows."""

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import wn_ref

NEEDS_MORE = (
    *("wn_ref.ports.torch_twin", "wn_ref.ports.torch_port", "wn_ref.ports.jax_port", "wn_ref.ports.jax_epoch"),
    "wn_ref.__main__",
)
"""What needs PyTorch or JAX, and a program that starts when it is imported."""
MODULES = [module.name for module in pkgutil.walk_packages(wn_ref.__path__, "wn_ref.") if module.name not in NEEDS_MORE]
PUBLIC = {name: getattr(wn_ref, name) for name in wn_ref.__all__ if name != "__version__"}


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_public_has_an_example(name):
    if not (inspect.isclass(PUBLIC[name]) and issubclass(PUBLIC[name], Exception)):
        _, heading, example = inspect.getsource(PUBLIC[name]).partition("\n    Examples\n    --------\n")
        assert heading
        assert "    >>> " in example


@pytest.mark.parametrize("name", MODULES)
def test_examples_do_what_they_show(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    outcome = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.ELLIPSIS)
    assert outcome.failed == 0, f"{outcome.failed} of {outcome.attempted} examples of {name} fail"


def test_a_planted_mistake_is_found():
    def wrong() -> None:
        """
        >>> 1 + 1
        3
        """

    test = doctest.DocTestFinder().find(wrong)[0]
    assert doctest.DocTestRunner(verbose=False).run(test, out=lambda _: None).failed == 1

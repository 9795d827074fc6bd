"""The examples are beside the package, and not within it: no wheel has them."""

from configparser import ConfigParser
from pathlib import Path

import examples
from setuptools import find_packages

ROOT = Path(__file__).parents[2]


def test_examples_are_not_shipped():
    assert Path(examples.__file__).parent == ROOT / "tutorials" / "examples"
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    patterns = setup["options.packages.find"]["include"].split()
    shipped = find_packages(ROOT, include=patterns)
    assert "wn_ref.checks" in shipped
    assert not [name for name in shipped if name.split(".")[0] != "wn_ref"]

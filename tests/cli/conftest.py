"""The command line inside of this process, which saves the seconds that a new process takes to start."""

import sys
import warnings
from subprocess import CompletedProcess

import pytest

from wn_ref.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Run `wn-ref` with arguments in an empty folder; return what `subprocess.run` would."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["wn-ref", *map(str, arguments)])
        capfd.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            with pytest.raises(SystemExit) as stopped:
                main()
        said = capfd.readouterr()
        return CompletedProcess(arguments, stopped.value.code or 0, said.out, said.err)

    return run

"""Where standard error is no terminal, progress is a line now and then; nothing is written over."""

import sys
import types

import pytest

from wn_ref.sweeps import progress
from wn_ref.sweeps.progress import Progress


@pytest.mark.parametrize(("seconds", "lines"), [(60, 2), (0, 4)])
def test_a_line_a_minute_and_the_first_and_the_last(seconds, lines, monkeypatch, capsys):
    monkeypatch.setattr(progress, "MINUTE", seconds)
    with Progress(3.0, 5, 2, 1, show=True) as bar:
        for waiting in (2, 1, 0):
            bar.add(1.0, 1, waiting == 1, waiting)
    said = capsys.readouterr().err
    assert "\r" not in said
    assert len(said.splitlines()) == lines
    assert said.splitlines()[0].startswith("2 of 5 done, 1 running, 0 failed   0%")
    assert said.splitlines()[-1].startswith("5 of 5 done, 0 running, 1 failed 100%")


def test_nothing_is_shown_unasked(capsys):
    with Progress(1.0, 1, 0, 1, show=False) as bar:
        bar.add(1.0, 1, 0, 0)
    assert capsys.readouterr().err == ""


def test_a_notebook_has_a_bar_that_changes(monkeypatch, capsys):
    """Its own one if ipywidgets is there; else the line of a terminal, which notebooks know as well."""
    in_kernel = types.SimpleNamespace(get_ipython=lambda: types.SimpleNamespace(kernel="a kernel"))
    monkeypatch.setitem(sys.modules, "IPython", in_kernel)
    monkeypatch.setattr(progress.importlib.util, "find_spec", lambda _: None)
    with Progress(3.0, 5, 2, 1, show=True) as bar:
        bar.add(3.0, 3, 0, 0)
    said = capsys.readouterr().err
    assert "\r" in said
    assert "5 of 5 done, 0 running, 0 failed 100%|" in said
    monkeypatch.setattr(progress.importlib.util, "find_spec", lambda name: name)
    assert progress._bar().__name__ == "tqdm_notebook"


def test_a_program_that_has_jupyter_loaded_is_no_notebook(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    for shell in (None, types.SimpleNamespace()):  # no IPython runs, or the one of a terminal
        monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda shell=shell: shell))
        with Progress(1.0, 1, 0, 1, show=True) as bar:
            bar.add(1.0, 1, 0, 0)
        assert "\r" not in capsys.readouterr().err


def test_nothing_runs_where_nothing_is_left(monkeypatch, capsys):
    with Progress(0.0, 4, 4, 2, show=True):
        pass
    assert capsys.readouterr().err == "4 of 4 done, 0 running, 0 failed 100%\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Progress(0.0, 4, 4, 2, show=True):
        pass
    assert {*capsys.readouterr().err.strip().split("\r")} == {"4 of 4 done, 0 running, 0 failed 100%"}

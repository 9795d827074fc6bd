"""Where standard error is no terminal, progress is a line now and then; nothing is written over."""

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

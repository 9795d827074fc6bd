"""Ctrl-C while the program loads: in a process of its own, stopped where it imports Numba."""

import os
import signal
import subprocess
import sys

import pytest

import wn_ref
from wn_ref import interrupt

SLOW = "import time; print('loading', flush=True); time.sleep(60)"
SCRIPT = "import sys; from wn_ref.cli import main; sys.exit(main())"


def interrupted(tmp_path, *command, patience=60):
    """Send SIGINT to Python with a command while it is importing Numba; return its exit code and what it said."""
    (tmp_path / "numba.py").write_text(SLOW)
    (tmp_path / "wn-ref").write_text(SCRIPT)  # as an installer makes it
    places = os.pathsep.join((str(tmp_path), os.path.dirname(os.path.dirname(wn_ref.__file__))))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = os.environ | {"PYTHONPATH": places}
    with subprocess.Popen(command, env=environment, cwd=tmp_path, **pipes) as process:
        assert process.stdout.readline() == "loading\n"
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, said


@pytest.mark.skipif(os.name == "nt", reason="sends what a terminal sends")
def test_the_program_says_one_line(tmp_path):
    for command in (["wn-ref"], ["wn-ref", "walk", "--epochs", "1"], ["-m", "wn_ref", "data"]):
        assert interrupted(tmp_path, sys.executable, *command) == (130, "wn-ref: interrupted\n"), command


@pytest.mark.skipif(os.name == "nt", reason="sends what a terminal sends")
def test_nobody_else_is_concerned(tmp_path):
    for command in (["-c", "import wn_ref"], ["-c", "import wn_ref", "wn-ref"]):
        code, said = interrupted(tmp_path, sys.executable, *command)
        assert code != 130, command
        assert said.splitlines()[-1] == "KeyboardInterrupt"
    with pytest.raises(subprocess.TimeoutExpired):  # in the background of a script, where SIGINT is ignored, it goes on
        interrupted(tmp_path, "sh", "-c", "trap '' INT; exec \"$@\"", "sh", sys.executable, "wn-ref", patience=2)


def test_once_loaded_the_program_handles_ctrl_c_itself():
    before = signal.signal(signal.SIGINT, interrupt._stop)
    try:
        interrupt.loaded()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        interrupt.loaded()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)

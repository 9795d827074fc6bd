"""Run the command line as a person does: in a process of its own."""

import os
import subprocess
import sys


def wn_ref(*arguments, cwd=None, **environment):
    code = "from wn_ref.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        env=os.environ | environment,
    )


def assert_one_line_error(done, message):
    """Bad input ends in exit code 2 and one line on standard error."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("wn-ref: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1

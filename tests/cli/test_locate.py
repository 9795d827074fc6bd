"""`wn-ref locate` as a person meets it."""

import pytest

from tests.cli.command_line import assert_one_line_error, wn_ref


def test_locate_shows_progress_and_prints_a_midpoint(tmp_path):
    options = ("--no-batchnorm", "--epochs", "1", "--width", "0.3", "--jobs", "1", "--phase", "inference")
    done = wn_ref("locate", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "   6 networks  midpoint 0." in done.stderr
    assert done.stdout.splitlines()[0].split() == ["sigma", "accuracy", "networks"]
    last = done.stdout.splitlines()[-1]
    assert last.startswith("midpoint 0.")
    assert "networks scatter by" in last
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--width", "0"], "width: expected 0.001 <= width < 2, got 0"),
        (["--max-runs", "2"], "max_runs: expected a whole number of at least 12, got 2"),
        (["--phase", "both"], "phase: expected one of training, inference, got 'both'"),
        (["--point", "dense9"], "point: expected 'global', 'all' or 0 to 10"),
        (["--noise", "bogus"], "noise: expected one of"),
        (["--jobs", "-1"], "jobs: expected a whole number of at least 0, got -1"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    done = wn_ref("locate", *arguments, cwd=tmp_path)
    assert_one_line_error(done, message)
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []

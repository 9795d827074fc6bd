"""`wn-ref global` as a person meets it."""

import pytest

from tests.cli.command_line import assert_one_line_error, wn_ref


def test_global_prints_both_tables_and_draws_the_curve(tmp_path):
    done = wn_ref("global", "--dataset", "digits", "--jobs", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Table 1: midpoints of global noise in training" in done.stdout
    assert "Table 4: midpoints of global noise at inference only" in done.stdout
    assert done.stdout.count("digits   mlp       True       5 additive") == 2
    assert "figure: global.png" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["global.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--grid", "huge"], "wn-ref: grid: expected one of small, paper, got 'huge'"),
        (["--noise", "additive_first"], "wn-ref: noise: expected one of additive, multiplicative"),
        (["--output", "a.jpeg"], "wn-ref: output: expected one of .png, .pdf, .svg"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    assert_one_line_error(wn_ref("global", *arguments, cwd=tmp_path), message)
    assert list(tmp_path.iterdir()) == []

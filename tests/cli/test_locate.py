"""`wn-ref locate` as a person meets it."""

import pytest

from tests.cli.command_line import assert_one_line_error


def test_locate_shows_progress_and_prints_a_midpoint(run, tmp_path):
    options = ("--no-batchnorm", "--epochs", "1", "--width", "0.3", "--jobs", "1", "--phase", "inference")
    done = run("locate", *options)
    assert done.returncode == 0, done.stderr
    assert "   6 networks  midpoint 0." in done.stderr
    network, noise, _, head, *_, last = done.stdout.splitlines()
    assert network.startswith("MLP without batch norm, mnist_sample, 1 epoch, ")
    assert noise == "additive noise at all points (global), in inference"
    assert head.split() == ["sigma", "accuracy", "networks"]
    assert last.startswith("midpoint 0.")
    assert "networks scatter by" in last
    assert list(tmp_path.iterdir()) == []


def test_the_midpoint_of_a_network_whose_noise_overflows_in_the_end(run):
    """A grid is half way at 0.43; at 1e10, nothing but NaN is left of the accuracy."""
    done = run(
        "locate",
        "--noise",
        "multiplicative",
        "--phase",
        "inference",
        "--dataset",
        "digits",
        "--jobs",
        "1",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "multiplicative noise (exact gradient) at all points (global), in inference"
    last = done.stdout.splitlines()[-1]
    assert last.startswith("midpoint 0.4")
    assert "nan" not in done.stdout.lower()
    assert "runs overflowed, the first with: overflow in evaluation" in done.stdout


def test_points_by_name(run):
    options = ("--dataset", "digits", "--epochs", "2", "--phase", "inference", "--max-runs", "12", "--width", "1")
    done = run("locate", *options, "--point", "dense2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "additive noise at dense2, in inference"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--width", "0"], "--width: expected 0.001 <= width < 2, got 0"),
        (["--max-runs", "2"], "--max-runs: expected a whole number of at least 12, got 2"),
        (["--phase", "both"], "--phase: expected one of training, inference, got 'both'"),
        (["--point", "dense9"], "--point: expected 'global', 'all' or 0 to 10"),
        (["--noise", "bogus"], "--noise: expected one of"),
        (["--gradient", "bogus"], "--gradient: expected one of"),
        (["--jobs", "-1"], "--jobs: expected a whole number of at least 0, got -1"),
        (["--epochs", "0"], "--epochs: expected a whole number of at least 1, got 0"),
        (["--train-size", "0"], "--train-size: expected a whole number of at least 1, got 0"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, run, tmp_path):
    done = run("locate", *arguments)
    assert_one_line_error(done, message)
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []

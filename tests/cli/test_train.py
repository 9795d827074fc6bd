"""`wn-ref train` as a person meets it."""

import pytest

from tests.cli.command_line import assert_one_line_error, wn_ref


def test_train_prints_every_epoch():
    done = wn_ref("train", "--epochs", "2", "--sigma", "0.5", "--point", "dense2", "--phase", "inference")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["epoch", "loss", "accuracy"]
    assert [line.split()[0] for line in lines[1:3]] == ["1", "2"]
    assert float(lines[2].split()[2].rstrip("%")) > 85
    assert lines[3].startswith("accuracy with additive noise of 0.5 at dense2: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "mnits_sample"], "got 'mnits_sample'; did you mean 'mnist_sample'?"),
        (["--model", "resnet"], "model: expected one of mlp"),
        (["--sigma", "1", "--point", "dense9"], "point: expected 'global', 'all' or 0 to 10 (0 input, 1 dense1"),
        (["--sigma", "1", "--point", "11"], "got 11; choose one"),
        (["--sigma", "-1"], "sigma_add: expected a finite standard deviation >= 0, got -1.0"),
        (["--epochs", "0"], "epochs: expected a whole number of at least 1, got 0"),
        (["--epochs", "many"], "Invalid value for '--epochs'"),
        (["--noise", "uniform", "--sigma", "1"], "noise: expected one of additive, multiplicative"),
        (["--noise", "bogus"], "noise: expected one of"),
        (["--point", "--5"], "point: expected"),
        (["--seed", "-3"], "seed: expected a whole number of at least 0, got -3"),
        (["--seed", str(2**64)], "seed: expected a whole number of at most"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    done = wn_ref("train", *arguments, cwd=tmp_path)
    assert_one_line_error(done, message)
    assert done.stdout in ("", "epoch      loss  accuracy\n")
    assert list(tmp_path.iterdir()) == []

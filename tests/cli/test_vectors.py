"""`wn-ref vectors` as a person meets it."""

import numpy as np
import pytest

from tests.cli.command_line import assert_one_line_error, wn_ref


def test_vectors_are_written(tmp_path):
    done = wn_ref("vectors", "--model", "lenet5", "--no-batchnorm", "--point", "conv2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "vectors.npz") as file:
        assert done.stdout == f"{len(file.files)} arrays in vectors.npz\n"
        assert [name for name in file.files if name.startswith("normal/")] == ["normal/4/0"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output", "nowhere/v.npz"], "wn-ref: output: expected a folder to write to, got nowhere"),
        (["--model", "vgg"], "wn-ref: model: expected one of mlp"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    assert_one_line_error(wn_ref("vectors", *arguments, cwd=tmp_path), message)
    assert list(tmp_path.iterdir()) == []

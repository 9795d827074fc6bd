"""`wn-ref vectors` as a person meets it."""

import numpy as np


def test_vectors_are_written(run, tmp_path):
    for name in ("vectors.npz", "vectors-2.npz"):  # nothing is overwritten
        done = run("vectors", "--model", "lenet5", "--no-batchnorm", "--point", "conv2")
        assert done.returncode == 0, done.stderr
        with np.load(tmp_path / name) as file:
            assert done.stdout == f"{len(file.files)} arrays in {name}; additive noise\n"
            assert [key for key in file.files if key.startswith("normal/")] == ["normal/4/0"]


def test_force_and_the_gradient(run, tmp_path):
    (tmp_path / "v.npz").write_text("mine")
    done = run("vectors", "--noise", "multiplicative", "--output", "v.npz", "--force")
    assert done.stdout.endswith(" arrays in v.npz; multiplicative noise (exact gradient)\n"), done.stderr
    assert np.load(tmp_path / "v.npz")["loss"] > 0

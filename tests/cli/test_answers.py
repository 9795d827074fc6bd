"""Commands that answer a question at once, and those that draw and print what a store holds."""

import numpy as np
import pandas
import pytest

from tests.cli.test_cli import wn_ref


def test_global_prints_both_tables_and_draws_the_curve(tmp_path):
    done = wn_ref("global", "--dataset", "digits", "--jobs", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Table 1: midpoints of global noise in training" in done.stdout
    assert "Table 4: midpoints of global noise at inference only" in done.stdout
    assert done.stdout.count("digits   mlp       True       5 additive") == 2
    assert "figure: global.png" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["global.png"]


def test_mixed_multi_and_report_share_a_store(tmp_path):
    mixed = wn_ref("mixed", "--dataset", "digits", "--jobs", "1", "--store", "r.sqlite", cwd=tmp_path)
    assert "figure: mixed.png" in mixed.stdout, mixed.stderr
    multi = wn_ref("multi", "--jobs", "1", "--store", "r.sqlite", cwd=tmp_path)
    assert "Table 3" in multi.stdout
    assert multi.stdout.count("mnist_sample") == 2
    drawn = wn_ref("figure", "6", "--store", "r.sqlite", "--output", "six.pdf", cwd=tmp_path)
    assert drawn.stdout == "figure 6, accuracy under mixed noise, both orders: six.pdf\n", drawn.stderr
    table = wn_ref("table", "3", "--store", "r.sqlite", cwd=tmp_path)
    assert table.stdout == multi.stdout
    report = wn_ref("report", "--store", "r.sqlite", cwd=tmp_path)
    assert report.stdout.endswith("figures; report/report.md\n"), report.stderr
    page = (tmp_path / "report" / "report.md").read_text()
    assert "![digits-mlp-bn](figure6-digits-mlp-bn.png)" in page
    assert "run `wn-ref sweep walking" in page  # what is missing


def test_fit_reads_a_table(tmp_path):
    sigma = np.geomspace(0.1, 100, 13)
    curve = 0.1 + 0.85 / (1 + (sigma / 3) ** 2)
    pandas.DataFrame({"sigma": sigma, "accuracy": curve}).to_csv(tmp_path / "curve.csv", index=False)
    done = wn_ref("fit", "curve.csv", cwd=tmp_path)
    assert done.stdout.startswith("midpoint 3 (95 %: 3 to 3)\nslope s 0.5 (in ln sigma)\n"), done.stderr
    rng = np.random.default_rng(0)
    rows = [{"sigma": s, "accuracy": a + 0.005 * rng.normal()} for s, a in zip(sigma, curve) for _ in range(3)]
    pandas.DataFrame(rows).to_csv(tmp_path / "runs.csv", index=False)
    done = wn_ref("fit", "runs.csv", "--test-size", "2000", "--a-min", "0.1", cwd=tmp_path)
    assert done.stdout.startswith("midpoint "), done.stderr
    assert abs(float(done.stdout.split()[1]) - 3) < 0.1


def test_vectors_are_written(tmp_path):
    done = wn_ref("vectors", "--model", "lenet5", "--no-batchnorm", "--point", "conv2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "vectors.npz") as file:
        assert done.stdout == f"{len(file.files)} arrays in vectors.npz\n"
        assert [name for name in file.files if name.startswith("normal/")] == ["normal/4/0"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["global", "--grid", "huge"], "grid: expected one of small, paper, got 'huge'"),
        (["global", "--output", "a.jpeg"], "output: expected one of .png, .pdf, .svg"),
        (["multi", "--model", "lenet5"], "multi: expected a network of Table 3"),
        (["figure", "2"], "store: expected a file, got"),
        (["table", "9"], "store: expected a file, got"),
        (["report"], "store: expected a file, got"),
        (["fit", "none.csv"], "csv: expected a table with commas in none.csv, got No such file"),
        (["fit", "--scale", "cubic", "none.csv"], "scale: expected one of log, linear"),
        (["vectors", "--output", "nowhere/v.npz"], "output: expected a folder to write to, got nowhere"),
        (["vectors", "--model", "vgg"], "model: expected one of mlp"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    done = wn_ref(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert done.stderr.startswith(f"wn-ref: {message}")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_columns(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    done = wn_ref("fit", "a.csv", cwd=tmp_path)
    assert "csv: expected columns sigma and accuracy, got x, y; name them so" in done.stderr

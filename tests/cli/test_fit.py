"""`wn-ref fit` as a person meets it."""

import numpy as np
import pandas
import pytest

from tests.cli.command_line import assert_one_line_error, wn_ref


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.csv"], "wn-ref: csv: expected a file of values with commas in none.csv, got No such file"),
        (["a.csv"], "wn-ref: csv: expected columns sigma and accuracy, got x, y; rename the columns of a.csv"),
        (["words.csv"], "wn-ref: csv: expected numbers in column accuracy of words.csv, got 'high'"),
        (["--test-size", "100", "words.csv"], "wn-ref: csv: expected numbers in column accuracy of words.csv"),
        (["--test-size", "100", "gap.csv"], "wn-ref: "),
        (["--test-size", "0", "one.csv"], "wn-ref: test_size: expected a whole number of at least 1, got 0"),
        (["--scale", "cubic", "none.csv"], "wn-ref: scale: expected one of linear, log"),
        (["--classes", "0", "none.csv"], "wn-ref: classes: expected a whole number of at least 2, got 0"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "one.csv").write_text("sigma,accuracy\n1,0.5\n")
    (tmp_path / "words.csv").write_text("sigma,accuracy\n1,high\n2,0.5\n")
    (tmp_path / "gap.csv").write_text(
        "sigma,accuracy\n" + "".join(f"{s},{1 - s / 10}\n" for s in range(1, 9)) + ",0.5\n"
    )
    assert_one_line_error(wn_ref("fit", *arguments, cwd=tmp_path), message)

"""`wn-ref global`, `clamped`, `maximum`, `mixed` and `multi`: what they print, and the runs that they keep."""

import pandas
import pytest

SMALL = ("--dataset", "digits", "--epochs", "1", "--jobs", "1", "--seeds", "1")


@pytest.mark.parametrize(
    ("command", "options", "runs", "words"),
    [
        ("global", "--sigmas 0.1:100:5", 10, ("Table 1: midpoints", "Table 4: midpoints", "figure: global.png")),
        ("global", "--noise multiplicative --sigmas 1,2,3,4", 8, ("Table 1: midpoints", "exact")),
        ("clamped", "--no-batchnorm --sigmas 0.1:100:4", 128, ("Table 2: weights", "figure: clamped.png")),
        ("maximum", "--no-batchnorm", 9, ("no noise  ", "exact gradient", "figure: maximum.png")),
        ("maximum", "--no-batchnorm --gradient straight_through", 9, ("straight-through gradient",)),
        ("mixed", "--sigmas 0.1,1,10 --point dense3", 18, ("exact gradient) at dense3", "figure: mixed.png")),
        ("mixed", "--sigmas 0.1,1 --point 7 --gradient straight_through", 8, ("straight-through gradient) at dense3",)),
        ("multi", "--dataset mnist_sample", 2, ("Table 3: accuracy",)),
    ],
)
def test_a_plan_prints_its_results_and_keeps_its_runs(command, options, runs, words, run, tmp_path):
    done = run(command, *SMALL, *options.split())
    assert done.returncode == 0, done.stderr
    for word in (*words, f"every run is in {command}_runs.csv"):
        assert word in done.stdout
    kept = pandas.read_csv(tmp_path / f"{command}_runs.csv")
    assert len(kept) == runs
    assert set(kept["epochs"]) == {1}
    if command == "global":
        midpoints = pandas.read_csv(tmp_path / "global_midpoints.csv")
        assert set(midpoints["phase"]) == {"training", "inference"}
        assert {"noise", "gradient", "batchnorm", "epochs", "seeds"} <= set(midpoints.columns)


def test_what_is_in_a_store_is_not_computed_again(run, tmp_path):
    options = ("maximum", *SMALL, "--no-batchnorm", "--store", "r.sqlite")
    first, second = run(*options), run(*options)
    assert "0 of 9 done" in first.stderr
    assert "9 of 9 done" in second.stderr
    assert "0 of 9 done" not in second.stderr
    assert (tmp_path / "maximum_runs.csv").read_text() == (tmp_path / "maximum-2_runs.csv").read_text()

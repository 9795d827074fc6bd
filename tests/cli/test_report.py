"""`wn-ref mixed` and `multi` fill a store; `figure`, `table` and `report` draw and print what it holds."""

import pytest

import wn_ref as wn
from tests.cli.command_line import assert_one_line_error


def test_mixed_multi_and_report_share_a_store(run, tmp_path):
    mixed = run("mixed", "--dataset", "digits", "--jobs", "1", "--store", "r.sqlite")
    assert "figure: mixed.png" in mixed.stdout, mixed.stderr
    multi = run("multi", "--jobs", "1", "--store", "r.sqlite")
    assert "Table 3" in multi.stdout
    assert multi.stdout.count("\nmnist_sample ") == 2
    drawn = run("figure", "6", "--store", "r.sqlite", "--output", "six.pdf")
    assert drawn.stdout == "figure 6, accuracy under mixed noise, both orders: six.pdf\n", drawn.stderr
    table = run("table", "3", "--store", "r.sqlite")
    assert multi.stdout.startswith(table.stdout)
    report = run("report", "--store", "r.sqlite")
    assert report.stdout == "1 figure; report/report.md\n", report.stderr
    page = (tmp_path / "report" / "report.md").read_text()
    assert "![digits-mlp-bn](figure6-digits-mlp-bn.png)" in page
    assert "run `wn-ref sweep walking" in page  # what is missing
    again = run("report", "--store", "r.sqlite")
    assert_one_line_error(again, "report/report.md, which exists; choose another or add --force")
    onto_a_file = run("report", "--store", "r.sqlite", "--output", "r.sqlite")
    assert_one_line_error(onto_a_file, "wn-ref: --output: expected a folder to write to, got r.sqlite (File exists)")


def test_one_is_not_several(run, tmp_path):
    wn.sweep([wn.Experiment("digits", epochs=1)], store=tmp_path / "one.sqlite")
    assert run("export", "one.sqlite", "one.csv").stdout == "1 run in one.csv\n"
    assert run("report", "--store", "one.sqlite").stdout == "0 figures; report/report.md\n"
    assert (tmp_path / "report" / "report.md").read_text().startswith("# one.sqlite: 1 run\n")
    few = ("--dataset", "digits", "--epochs", "1", "--seeds", "1", "--sigmas", "1", "--store", "absent.sqlite")
    plan = run("plan", "global", *few).stdout.splitlines()
    assert plan[0] == "2 runs with additive noise, 0 of them done in absent.sqlite"
    assert plan[1] == "to do: 2 networks to train, 1 evaluation of networks trained without noise"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["multi", "--model", "lenet5"], "wn-ref: multi: expected a network of Table 3"),
        (["figure", "2"], "wn-ref: --store: expected a file, got"),
        (["table", "9"], "wn-ref: --store: expected a file, got"),
        (["report"], "wn-ref: --store: expected a file, got"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, run, tmp_path):
    assert_one_line_error(run(*arguments), message)
    assert list(tmp_path.iterdir()) == []

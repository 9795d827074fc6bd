"""`wn-ref mixed` and `multi` fill a store; `figure`, `table` and `report` draw and print what it holds."""

import pytest

from tests.cli.command_line import assert_one_line_error, wn_ref


def test_mixed_multi_and_report_share_a_store(tmp_path):
    mixed = wn_ref("mixed", "--dataset", "digits", "--jobs", "1", "--store", "r.sqlite", cwd=tmp_path)
    assert "figure: mixed.png" in mixed.stdout, mixed.stderr
    multi = wn_ref("multi", "--jobs", "1", "--store", "r.sqlite", cwd=tmp_path)
    assert "Table 3" in multi.stdout
    assert multi.stdout.count("\nmnist_sample ") == 2
    drawn = wn_ref("figure", "6", "--store", "r.sqlite", "--output", "six.pdf", cwd=tmp_path)
    assert drawn.stdout == "figure 6, accuracy under mixed noise, both orders: six.pdf\n", drawn.stderr
    table = wn_ref("table", "3", "--store", "r.sqlite", cwd=tmp_path)
    assert multi.stdout.startswith(table.stdout)
    report = wn_ref("report", "--store", "r.sqlite", cwd=tmp_path)
    assert report.stdout.endswith("figures; report/report.md\n"), report.stderr
    page = (tmp_path / "report" / "report.md").read_text()
    assert "![digits-mlp-bn](figure6-digits-mlp-bn.png)" in page
    assert "run `wn-ref sweep walking" in page  # what is missing
    again = wn_ref("report", "--store", "r.sqlite", cwd=tmp_path)
    assert_one_line_error(again, "report/report.md, which exists; choose another or add --force")
    onto_a_file = wn_ref("report", "--store", "r.sqlite", "--output", "r.sqlite", cwd=tmp_path)
    assert_one_line_error(onto_a_file, "wn-ref: --output: expected a folder, got r.sqlite (File exists)")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["multi", "--model", "lenet5"], "wn-ref: multi: expected a network of Table 3"),
        (["figure", "2"], "wn-ref: --store: expected a file, got"),
        (["table", "9"], "wn-ref: --store: expected a file, got"),
        (["report"], "wn-ref: --store: expected a file, got"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    assert_one_line_error(wn_ref(*arguments, cwd=tmp_path), message)
    assert list(tmp_path.iterdir()) == []

"""Published tables: the same runs, the same bytes; nothing is lost on the way; broken files are said in one line."""

from functools import partial

import pytest

from tests.ledger.made_up import cells, runs_of_search
from wn_ref import (
    Experiment,
    InputError,
    additive,
    mixed,
    multiplicative,
    open_store,
    published_figure,
    published_ledger,
    published_runs,
    sweep,
)
from wn_ref.ledger import tables
from wn_ref.ledger.catalog import all_rows
from wn_ref.version import ALGORITHM

PLAN = [
    Experiment(dataset="digits", epochs=1),
    Experiment(dataset="digits", epochs=1, noise=multiplicative(0.1 + 0.2), point=1),
    Experiment(dataset="digits", epochs=1, noise=additive(1 / 3), point=1, clamp=True),
    Experiment(
        dataset="digits", epochs=1, noise=mixed(1.0, 2.0, "additive", "exact"), phase="inference", test_size=300
    ),
    Experiment(
        dataset="digits", epochs=1, noise=additive(2.0), phase="inference", point="all", executions=(1, 2) + (1,) * 9
    ),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "runs.sqlite"
    sweep(PLAN, store=path)
    return path


def published(store):
    with open_store(store) as opened:
        return tables.of_store(opened)


def test_what_is_published_is_what_was_run(store, tmp_path):
    runs = tables.merged(published(store), ())
    tables.write(tmp_path, runs)
    table = published_runs(tmp_path)
    assert {Experiment.from_row(row) for row in table.to_dict("records")} == set(PLAN)
    with open_store(store) as opened:
        kept = {Experiment.from_row(row): row for row in opened.runs(history=True).to_dict("records")}
    for row in table.to_dict("records"):
        same = kept[Experiment.from_row(row)]
        assert (row["accuracy"], row["tested"], row["data"]) == (same["accuracy"], same["tested"], same["data"])
        if row["point"] == 1:
            assert row["weight"] == pytest.approx(same["weight_magnitudes"]["dense1"], rel=1e-5)


def test_the_same_runs_give_the_same_bytes_in_whatever_order(store, tmp_path):
    runs = published(store)
    tables.write(tmp_path, tables.merged(runs[2:], runs[::-1]))
    (file,) = tmp_path.iterdir()
    first, when = file.read_bytes(), file.stat().st_mtime_ns
    tables.write(tmp_path, tables.merged(tables.read(tmp_path), runs))
    assert file.read_bytes() == first
    assert file.stat().st_mtime_ns == when
    assert file.name == "digits-mlp.csv"


def test_a_published_run_stays_as_it_is_unless_it_had_failed():
    run = cells(PLAN[0], 0.9)
    again = cells(PLAN[0], 0.8, seconds=1.0)
    assert tables.merged([run], [again]) == [run]
    failed = run | {"error": "MemoryError: no room", "accuracy": ""}
    assert tables.merged([failed], [again]) == [again]
    overflowed = run | {"accuracy": "", "error": "overflow in epoch 1: the loss"}
    assert tables.merged([failed], [overflowed]) == [overflowed]
    assert tables.merged([overflowed], [again]) == [overflowed]  # which is a result
    quantised = again | {"quantised": "0.75"}
    assert tables.merged([run], [quantised]) == [run | {"quantised": "0.75"}]


def test_runs_of_other_data_or_of_another_version_are_not_mixed():
    one, two = cells(PLAN[0]), cells(PLAN[1])
    for name, other in (("data", "other"), ("algorithm", "1")):
        with pytest.raises(InputError, match=f"results: expected runs of one {name} of .*, got") as caught:
            tables.merged([one], [two | {name: other}])
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[: len(text) // 2], "expected whole lines, got a last one without an end in"),
        (lambda text: text[:-4], "expected whole lines"),  # in the last cell, so that none is missing
        (lambda text: text[: len(text) // 2] + "\n", "expected a run in each line, got line"),
        (lambda text: text.replace("accuracy", "akkuracy"), "no column 'accuracy'"),
        (lambda text: text.replace(",name,", ",name,colour,", 1), "a column 'colour'"),
        (
            lambda text: text.replace(",0.95", ",a lot"),
            r"expected a run in each line, got line 2 of .*digits-mlp.csv \(accuracy: expected a number, got 'a lot'\)",
        ),
        (
            lambda text: text.replace("\n", ",0.9\n").replace(",0.9", ",accuracy", 1),
            "expected each column once, got 2 columns 'accuracy' in line 1 of .*digits-mlp.csv; get it again",
        ),
        (lambda text: "", "got .*digits-mlp.csv, which is empty; get it again"),
        (lambda text: "\n", "got .*digits-mlp.csv with none of its columns; move it away"),
        (lambda text: "sigma,result\n1,2\n", "got .*digits-mlp.csv with none of its columns; move it away"),
        (lambda text: "\x00" + text, "results: expected a table of runs"),
        (
            lambda text: text.replace(f",{ALGORITHM},", f",{ALGORITHM + 1},"),
            f"expected version {ALGORITHM} of the algorithm",
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_said_in_one_line(change, message, tmp_path):
    tables.write(tmp_path, [cells(experiment, 0.95, tested=experiment.sizes[1]) for experiment in PLAN])
    assert len(tables.read(tmp_path)) == len(PLAN)
    (file,) = tmp_path.iterdir()
    file.write_text(change(file.read_text()))
    with pytest.raises(InputError, match=message) as caught:
        published_runs(tmp_path)
    assert "\n" not in str(caught.value)


def test_an_older_table_lacks_columns_that_came_later(tmp_path):
    tables.write(tmp_path, [cells(PLAN[0], 0.9)])
    (file,) = tmp_path.iterdir()
    head, line = (text.split(",") for text in file.read_text().splitlines())

    def without(*names):
        keep = [number for number, name in enumerate(head) if name not in names]
        file.write_text("\n".join(",".join(row[number] for number in keep) for row in (head, line)) + "\n")

    without("quantised", "weight")
    assert tables.read(tmp_path) == [cells(PLAN[0], 0.9) | {"weight": ""}]
    for name in ("batchnorm", "epochs", "momentum"):  # which would be filled with a default that is wrong
        without(name)
        with pytest.raises(InputError, match=f"results: expected a table of runs, got no column '{name}'"):
            tables.read(tmp_path)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("accuracy", "72.1"), ("accuracy", "-1.0"), ("accuracy", ""), ("accuracy", "nan"), ("error", "MemoryError"),
        ("classes", ""), ("classes", "0"), ("tested", "0"), ("algorithm", ""), ("algorithm", "-5"), ("seconds", ""),
        ("quantised", "1.5"), ("seconds", "inf"), ("phase", "trianing"), ("gradient", "foo"), ("optimizer", "rmsprop"),
        ("model", "mpl"), ("model", "mine.py:function"), ("dataset", "mine.npz"), ("point", "nowhere"),
        ("sigma_add", "-1.0"), ("sigma_mul", "nan"), ("sigma_mul", "inf"), ("epochs", "-5"), ("seed", "-3"),
        ("batchnorm", "7"), ("learning_rate", "-1.0"), ("first", "both"), ("train_size", "0"), ("executions", "0 3"),
        ("seconds", "-1.0"), ("seconds", "nan"), ("seed", "1.5"), ("epochs", "0"), ("sigma_add", "nan"),
        ("point", "-1"), ("tested", "360.0"), ("clamp", "1"), ("classes", "ten"), ("quantised", "nan"),
        ("weight", "little"),
    ],
)  # fmt: skip
def test_a_value_that_no_run_can_have_is_refused(column, cell, tmp_path):
    tables.write(tmp_path, [cells(PLAN[0], 0.9) | {column: cell}])
    (file,) = tmp_path.iterdir()
    file.rename(tmp_path / "digits-mlp.csv")
    column = {"error": "accuracy"}.get(column, column)  # there cannot be both
    message = rf"results: expected a run in each line, got line 2 of .*digits-mlp\.csv \({column}: expected .*, got"
    with pytest.raises(InputError, match=message):
        tables.read(tmp_path)


def test_a_table_has_the_runs_that_it_is_named_after(tmp_path):
    """As would not be the case if it were saved under another name."""
    tables.write(tmp_path, [cells(PLAN[0], 0.9)])
    (tmp_path / "digits-mlp.csv").rename(tmp_path / "mnist-mlp.csv")
    message = r"line 2 of .*mnist-mlp\.csv \(dataset, model: expected mnist-mlp, as the file is named, got digits-mlp\)"
    with pytest.raises(InputError, match=message):
        tables.read(tmp_path)


def test_one_run_has_one_accuracy(tmp_path):
    one = cells(PLAN[0], 0.9)
    tables.write(tmp_path, [one, one])
    assert tables.read(tmp_path) == [one]
    tables.write(tmp_path, [one, one | {"accuracy": "0.8"}])
    with pytest.raises(InputError, match=r"expected one outcome of each run, got 0\.9 and 0\.8 \(digits, mlp, seed 0"):
        tables.read(tmp_path)


def test_an_accuracy_and_an_overflow_are_two_outcomes(tmp_path):
    one = cells(PLAN[0], 0.9)
    tables.write(tmp_path, [one, one | {"accuracy": "", "error": "overflow in epoch 1: the loss"}])
    with pytest.raises(InputError, match=r"expected one outcome of each run, got 0\.9 and an overflow"):
        tables.read(tmp_path)


def test_a_number_is_the_same_however_it_is_written(tmp_path):
    run = cells(PLAN[0], 0.9)
    tables.write(tmp_path, [run | {"momentum": "0", "learning_rate": "1e-3", "seed": "00", "accuracy": "0.90"}])
    assert tables.read(tmp_path) == [run]
    tables.write(tmp_path, [run | {"sigma_add": "-0.0"}])
    assert tables.read(tmp_path) == [run]


def test_a_killed_writer_and_a_spreadsheet_leave_tables_readable(tmp_path):
    """The part that a killed process left is no table; a byte order mark and other line ends change nothing."""
    tables.write(tmp_path, [cells(PLAN[0], 0.9)])
    (file,) = tmp_path.iterdir()
    (tmp_path / ".digits-mlp.4711.part.csv").write_bytes(file.read_bytes()[:300])
    assert tables.read(tmp_path) == [cells(PLAN[0], 0.9)]
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert tables.read(tmp_path) == [cells(PLAN[0], 0.9)]


@pytest.mark.parametrize("name", ["digits-mlp (1).csv", "digits-mlp-2.csv", "my-grades.csv", "mlp-digits.csv"])
def test_a_second_copy_and_a_foreign_table_are_refused_by_their_names(name, tmp_path):
    tables.write(tmp_path, [cells(PLAN[0], 0.9)])
    (file,) = tmp_path.iterdir()
    (tmp_path / name).write_bytes(file.read_bytes())
    with pytest.raises(InputError) as caught:
        published_runs(tmp_path)
    assert str(caught.value) == (
        f"results: expected tables named DATASET-MODEL.csv, such as mnist-mlp.csv, got {tmp_path / name}; move it away"
    )


def test_a_folder_that_is_not_there_is_no_folder_without_runs(tmp_path):
    assert len(published_runs(tmp_path)) == 0
    (tmp_path / "file.csv").write_text("")
    for name, found in (("nowhere", "does not exist; correct it or"), ("file.csv", "is a file; give its folder")):
        for read in (published_runs, partial(published_figure, 5), partial(published_ledger, "table1")):
            with pytest.raises(InputError, match=f"folder of published tables, got .*{name}, which {found}"):
                read(folder=tmp_path / name)
    assert tables.read(tmp_path / "nowhere") == []  # the first row is not run yet
    with pytest.raises(InputError, match="which is a file"):
        tables.read(tmp_path / "file.csv")


def test_without_published_tables_the_message_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("wn_ref.ledger.places.__file__", str(tmp_path / "site" / "wn_ref" / "ledger" / "places.py"))
    with pytest.raises(InputError, match="results: expected published tables in tutorials/results, got none; clone"):
        published_runs()


def test_the_whole_record_stays_below_ten_megabytes():
    """150 to 250 bytes a run, and all rows of the ledger need some 30,000."""
    row = next(row for row in all_rows() if row.id == "table1/cifar10/lenet5/bn/multiplicative")
    runs, _ = runs_of_search(row.searches[0])
    line = ",".join(cells(runs[-1], data="0123456789abcdef", processor="Intel(R) Xeon(R) Processor").values())
    assert len(line) * 30_000 < 10e6

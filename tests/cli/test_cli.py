"""The command line as a person meets it: in processes of its own."""

import subprocess
import sys

import pandas
import pytest


def wn_ref(*arguments, cwd=None):
    code = "from wn_ref.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=cwd, check=False
    )


def test_train_prints_every_epoch():
    done = wn_ref("train", "--epochs", "2", "--sigma", "0.5", "--point", "dense2", "--phase", "inference")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["epoch", "loss", "accuracy"]
    assert [line.split()[0] for line in lines[1:3]] == ["1", "2"]
    assert float(lines[2].split()[2].rstrip("%")) > 85
    assert lines[3].startswith("accuracy with additive noise of 0.5 at dense2: ")


def test_walk_prints_a_table_and_writes_figure_and_runs(tmp_path):
    options = ("--no-batchnorm", "--sigmas", "0.1:100:6", "--seeds", "1", "--epochs", "1", "--jobs", "1")
    done = wn_ref("walk", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "100%" in done.stderr
    table = [line.split() for line in done.stdout.splitlines() if line[:5].strip().isdigit()]
    assert [row[:2] for row in table][:3] == [["0", "input"], ["1", "dense1"], ["2", "relu1"]]
    assert len(table) == 8
    assert "figure: walk.png" in done.stdout
    assert (tmp_path / "walk.png").stat().st_size > 5000
    assert len(pandas.read_csv(tmp_path / "walk_runs.csv")) == 8 * 6 * 2
    assert len(pandas.read_csv(tmp_path / "walk_midpoints.csv")) == 16


def test_locate_shows_progress_and_prints_a_midpoint(tmp_path):
    options = ("--no-batchnorm", "--epochs", "1", "--width", "0.3", "--jobs", "1", "--phase", "inference")
    done = wn_ref("locate", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "   6 networks  midpoint 0." in done.stderr
    assert done.stdout.splitlines()[0].split() == ["sigma", "accuracy", "networks"]
    last = done.stdout.splitlines()[-1]
    assert last.startswith("midpoint 0.")
    assert "networks scatter by" in last
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--dataset", "mnits_sample"], "got 'mnits_sample'; did you mean 'mnist_sample'?"),
        (["locate", "--width", "0"], "width: expected 0.001 <= width < 2, got 0"),
        (["locate", "--max-runs", "2"], "max_runs: expected a whole number of at least 12, got 2"),
        (["locate", "--phase", "both"], "phase: expected one of training, inference, got 'both'"),
        (["locate", "--point", "dense9"], "point: expected 'global', 'all' or 0 to 10"),
        (["locate", "--noise", "bogus"], "noise: expected one of"),
        (["train", "--model", "resnet"], "model: expected one of mlp"),
        (
            ["train", "--sigma", "1", "--point", "dense9"],
            "point: expected 'global', 'all' or 0 to 10 (0 input, 1 dense1",
        ),
        (["train", "--sigma", "1", "--point", "11"], "got 11; choose one"),
        (["train", "--sigma", "-1"], "sigma_add: expected a finite standard deviation >= 0, got -1.0"),
        (["train", "--epochs", "0"], "epochs: expected a whole number of at least 1, got 0"),
        (["train", "--epochs", "many"], "Invalid value for '--epochs'"),
        (["train", "--noise", "uniform", "--sigma", "1"], "noise: expected one of additive, multiplicative"),
        (["train", "--seed", "-3"], "seed: expected a whole number of at least 0, got -3"),
        (["train", "--gama", "1"], "No such option: --gama"),
        (["walk", "--phase", "test"], "phase: expected one of training, inference, both, got 'test'"),
        (["walk", "--sigmas", "0:1:5"], "sigmas: expected LOW:HIGH:COUNT with LOW > 0"),
        (["walk", "--sigmas", "1,-2"], "sigmas: expected LOW:HIGH:COUNT"),
        (["walk", "--sigmas", "a,b"], "try 0.1:100:10"),
        (["walk", "--sigmas", "1,2"], "sigmas: expected at least 4 levels to fit a curve to, got 2"),
        (["train", "--noise", "bogus"], "noise: expected one of"),
        (["train", "--point", "--5"], "point: expected"),
        (["train", "--seed", str(2**64)], "seed: expected a whole number of at most"),
        (["walk", "--sigmas", "0.1:1e9:9999999999"], "sigmas: expected LOW:HIGH:COUNT"),
        (["walk", "--jobs", "1000000"], "jobs: expected a whole number of at most 1024"),
        (["walk", "--seeds", "99999999999"], "seeds: expected a whole number of at most 10000"),
        (["walk", "--seeds", "0"], "seeds: expected a whole number of at least 1, got 0"),
        (["walk", "--jobs", "-1"], "jobs: expected a whole number of at least 0, got -1"),
        (["walk", "--output", "nowhere/walk.png"], "output: expected a folder to write to, got nowhere (No such file"),
        (["walk", "--output", "walk.jpeg"], "output: expected one of .png, .pdf, .svg"),
        (["wlak"], "No such command 'wlak'"),
        ([], "Missing command"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path):
    done = wn_ref(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("wn-ref: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout in ("", "epoch      loss  accuracy\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["train", "walk", "locate"])
def test_help_names_every_choice(command):
    done = wn_ref(command, "--help")
    assert done.returncode == 0
    for word in ("mnist_sample", "fashion_mnist_sample", "mlp", "additive", "--epochs", "--no-batchnorm"):
        assert word in done.stdout


def test_version_and_short_help():
    assert wn_ref("--version").stdout.startswith("wn-ref 0.")
    assert wn_ref("-h").stdout == wn_ref("--help").stdout


def test_an_overflow_at_one_sigma_costs_that_sigma_only(tmp_path):
    options = ("--no-batchnorm", "--sigmas", "0.1,1,10,100,1e39", "--seeds", "1", "--epochs", "1", "--jobs", "1")
    done = wn_ref("walk", *options, "--phase", "inference", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "runs stopped, the first with: overflow in evaluation" in done.stdout
    runs = pandas.read_csv(tmp_path / "walk_runs.csv")
    assert runs[runs["sigma_add"] < 1e39]["accuracy"].notna().all()
    assert runs[runs["sigma_add"] > 1e38]["accuracy"].isna().any()


def test_import_is_light():
    """What takes long to import waits until it is used."""
    heavy = ("matplotlib", "pandas", "joblib", "typer")
    code = f"import sys, wn_ref; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""The program itself: its help, its version, its errors, and the choice of kernels."""

import os
import signal
import subprocess
import sys

import pytest
import typer.main

from tests.cli.command_line import assert_one_line_error, wn_ref
from wn_ref import errors
from wn_ref.cli import app, main
from wn_ref.version import __version__

COMMANDS = ("train", "walk", "locate", "global", "mixed", "multi", "fit", "plan", "sweep", "status", "export", "figure")
COMMANDS += ("table", "report", "vectors", "bench", "data")


def test_version_and_short_help():
    assert wn_ref("--version").stdout == f"wn-ref {__version__}\n"
    assert wn_ref("-h").stdout == wn_ref("--help").stdout


def test_every_command_has_a_help_without_markup():
    group = typer.main.get_command(app)
    assert set(group.commands) == set(COMMANDS)
    for name in COMMANDS:
        command = group.commands[name]
        assert command.help, name
        assert command.get_short_help_str(80).endswith("."), name
        assert "`" not in command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", ""), (name, parameter.name)


@pytest.mark.parametrize("command", ["train", "walk", "locate"])
def test_help_names_every_choice(command):
    done = wn_ref(command, "--help")
    assert done.returncode == 0
    for word in ("mnist_sample", "fashion_mnist_sample", "mlp", "additive", "--epochs", "--no-batchnorm"):
        assert word in done.stdout


def test_python_m_is_the_same_program():
    done = subprocess.run([sys.executable, "-m", "wn_ref", "train", "--help"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == wn_ref("train", "--help").stdout
    assert done.stdout.startswith("Usage: wn-ref train [OPTIONS]")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wlak"], "No such command 'wlak'"),
        ([], "Missing command"),
        (["train", "--gama", "1"], "No such option: --gama"),
        (["--kernels", "slow", "train"], "kernels: expected one of fast, plain, got 'slow'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message):
    assert_one_line_error(wn_ref(*arguments), message)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InputError, 2),
        (errors.StorageError, 1),
        (errors.WorkerError, 1),
        (errors.OverflowStop, 1),
        (errors.CallOrderError, 1),
        (KeyboardInterrupt, 130),
    ],
)
def test_errors_end_in_their_exit_code(error, code, monkeypatch, capsys):
    def fail(**_):
        raise error("what is wrong")

    monkeypatch.setattr("wn_ref.cli.app", fail)
    monkeypatch.setattr("warnings.showwarning", None)  # restored afterwards: main replaces it
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == code
    assert capsys.readouterr().err == f"wn-ref: {'interrupted' if code == 130 else 'what is wrong'}\n"


def test_a_bug_keeps_its_traceback(monkeypatch):
    def fail(**_):
        raise ZeroDivisionError

    monkeypatch.setattr("wn_ref.cli.app", fail)
    monkeypatch.setattr("warnings.showwarning", None)
    with pytest.raises(ZeroDivisionError):
        main()


@pytest.mark.skipif(os.name == "nt", reason="sends what a terminal sends")
def test_ctrl_c_is_one_line():
    code = "from wn_ref.cli import main; main()"
    arguments = [sys.executable, "-c", code, "train", "--epochs", "100000"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(2):
            process.stdout.readline()  # the head, and the first epoch
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.strip() == "wn-ref: interrupted"


def test_kernels_are_chosen_before_the_command_and_give_the_same_numbers():
    arguments = ("train", "--model", "lenet5", "--epochs", "1")
    fast, plain = (wn_ref("--kernels", which, *arguments) for which in ("fast", "plain"))
    assert (fast.returncode, plain.returncode) == (0, 0), fast.stderr + plain.stderr
    loss = [float(done.stdout.split()[-2]) for done in (fast, plain)]
    assert loss[0] == pytest.approx(loss[1], rel=0.02)


def test_kernels_are_inherited_by_child_processes(monkeypatch):
    monkeypatch.setenv("WN_REF_KERNELS", "fast")
    group = typer.main.get_command(app)
    with pytest.raises(errors.InputError, match="csv: expected"):
        group.main(["--kernels", "plain", "fit", "absent.csv"], standalone_mode=False)
    assert os.environ["WN_REF_KERNELS"] == "plain"
    monkeypatch.setenv("WN_REF_KERNELS", "slow")
    with pytest.raises(errors.InputError, match="kernels: expected one of fast, plain, got 'slow'"):
        group.main(["fit", "absent.csv"], standalone_mode=False)


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("wn_ref", ("matplotlib", "pandas.core", "joblib", "typer")),
        ("wn_ref.cli", ("matplotlib", "pandas.core", "joblib")),
    ],
)
def test_import_is_light(module, heavy):
    """What takes long to import waits until it is used; the lazy module `pandas` itself is only a name."""
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""The program itself: its help, its version, its errors, and the choice of kernels."""

import os
import signal
import subprocess
import sys

import pytest
import typer.main

from tests.cli.command_line import wn_ref
from tests.store.test_store import write
from wn_ref import Experiment, errors
from wn_ref.cli import COMMANDS, app, main
from wn_ref.version import __version__


def test_version_and_short_help(run):
    assert run("--version").stdout == f"wn-ref {__version__}\n"
    assert run("-h").stdout == run("--help").stdout


def test_every_command_has_a_help_without_markup():
    group = typer.main.get_command(app)
    names = {*COMMANDS, "data", "store"}
    assert set(group.commands) == names
    for name in names:
        command = group.commands[name]
        assert command.help, name
        assert command.get_short_help_str(80).endswith("."), name
        assert "`" not in command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", ""), (name, parameter.name)


@pytest.mark.parametrize("command", ["train", "walk", "locate"])
def test_help_names_every_choice(command, run):
    done = run(command, "--help")
    assert done.returncode == 0
    for word in ("mnist_sample", "fashion_mnist_sample", "mlp", "additive", "--epochs", "--no-batchnorm"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("command", "option", "least"), [("locate", "max_runs", 12), ("bench", "images", 128), ("vectors", "batch", 2)]
)
def test_help_says_the_lowest_number(command, option, least, run):
    (parameter,) = [one for one in typer.main.get_command(app).commands[command].params if one.name == option]
    assert f", {least} or more" in parameter.help
    done = run(command, parameter.opts[0], least - 1)
    assert f"{parameter.opts[0]}: expected a whole number of at least {least}, got {least - 1}" in done.stderr


@pytest.mark.parametrize("name", ["β.csv", "β/r.csv"])
def test_a_name_that_the_terminal_cannot_show_is_written_with_escapes(name, tmp_path):
    write(tmp_path / "r.sqlite", [Experiment(seed=1)])
    done = wn_ref("export", "r.sqlite", name, cwd=tmp_path, PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
    assert "Traceback" not in done.stderr
    said = done.stdout if done.returncode == 0 else done.stderr  # there is no folder of this name
    assert "\\u03b2" in said
    assert (tmp_path / name).exists() == (done.returncode == 0) == (name == "β.csv")


def test_python_m_is_the_same_program(run):
    done = subprocess.run([sys.executable, "-m", "wn_ref", "train", "--help"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == run("train", "--help").stdout
    assert done.stdout.startswith("Usage: wn-ref train [OPTIONS]")


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


def test_a_name_in_an_error_cannot_write_to_the_terminal(monkeypatch, capsys):
    def fail(**_):
        raise errors.InputError("file: got \x1b[31mna\u00efve\udcff")

    monkeypatch.setattr("wn_ref.cli.app", fail)
    monkeypatch.setattr("warnings.showwarning", None)
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err == "wn-ref: file: got \\x1b[31mna\u00efve\\udcff\n"


def test_code_of_the_users_that_exits_is_not_taken_for_success(run, tmp_path):
    (tmp_path / "nets.py").write_text("def leaves(*_):\n    raise SystemExit(0)\n")
    done = run("train", "--model", "nets.py:leaves", "--epochs", 1, "--dataset", "mnist_sample")
    assert done.returncode == 1
    assert done.stderr.endswith("wn-ref: expected code of yours to return, got SystemExit: 0; correct it\n")


def test_the_shell_is_told_how_to_complete(run):
    """Which ends in an exit of the library's own."""
    assert "complete_bash" in run("--show-completion", "bash").stdout


def test_a_bug_keeps_its_traceback(monkeypatch):
    def fail(**_):
        raise ZeroDivisionError

    monkeypatch.setattr("wn_ref.cli.app", fail)
    monkeypatch.setattr("warnings.showwarning", None)
    with pytest.raises(ZeroDivisionError):
        main()


@pytest.mark.skipif(os.name == "nt", reason="sends what a terminal sends")
@pytest.mark.parametrize(
    ("arguments", "stream", "lines", "message"),
    [
        ("train --epochs 100000", "stdout", 2, "interrupted"),
        ("bench --rounds 1 --models mlp", "stdout", 1, "interrupted"),
        (
            "global --jobs 2 --epochs 100 --output g.png",
            "stderr",
            1,
            "interrupted; the 0 of 40 runs that ended are in g_runs.csv",
        ),
    ],
)
def test_ctrl_c_is_one_line(arguments, stream, lines, message, tmp_path):
    code = "from wn_ref.cli import main; main()"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": tmp_path}
    command = [sys.executable, "-c", code, *arguments.split()]
    with subprocess.Popen(command, **pipes, start_new_session=True) as process:
        for _ in range(lines):
            getattr(process, stream).readline()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers, too
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith(f"wn-ref: {message}")
    assert "Traceback" not in said


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has this device")
def test_nobody_reads_or_nothing_can_be_written():
    code = "from wn_ref.cli import main; main()"
    command = f"{sys.executable} -c '{code}' data"
    done = subprocess.run(f"{command} | head -c 1; {command} > /dev/full", shell=True, capture_output=True, text=True)
    assert done.stdout == "n"
    assert done.stderr == "wn-ref: expected to write to standard output, got No space left on device\n"


def test_the_shell_completes_commands_and_choices():
    code = "from wn_ref.cli import main; main()"
    for words, completed in (("wn-ref cl", "clamped"), ("wn-ref train --model le", "lenet5")):
        environment = os.environ | {"_WN_REF_COMPLETE": "complete_bash", "COMP_WORDS": words}
        environment["COMP_CWORD"] = str(len(words.split()) - 1)
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert done.stdout.split() == [completed], done.stderr


def test_more_workers_than_cores_is_said(run, monkeypatch):
    monkeypatch.setattr("joblib.cpu_count", lambda: 1)
    monkeypatch.setattr("wn_ref.sweeps.runner.fill", lambda *_, **__: (_ for _ in ()).throw(errors.WorkerError("end")))
    done = run("walk", "--dataset", "digits", "--jobs", "2")
    assert done.stderr.startswith("wn-ref: warning: --jobs: 2 workers for 1 core; ")
    assert done.stderr.splitlines()[1:] == ["wn-ref: end"]
    assert done.returncode == 1


def test_kernels_are_chosen_before_the_command_and_give_the_same_numbers(run, monkeypatch):
    monkeypatch.setenv("WN_REF_KERNELS", "fast")
    arguments = ("train", "--model", "lenet5", "--epochs", "1", "--train-size", "2000")
    fast, plain = (run("--kernels", which, *arguments) for which in ("fast", "plain"))
    assert (fast.returncode, plain.returncode) == (0, 0), fast.stderr + plain.stderr
    loss = [float(done.stdout.split()[-2]) for done in (fast, plain)]
    assert loss[0] == pytest.approx(loss[1], rel=0.02)


def test_kernels_are_inherited_by_child_processes(monkeypatch):
    monkeypatch.setenv("WN_REF_KERNELS", "fast")
    group = typer.main.get_command(app)
    with pytest.raises(errors.InputError, match="CSV: expected"):
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
